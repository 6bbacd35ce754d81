"""On what terms may the portals of Denmark and Finland be read, where they name defence?

Both are off until somebody who runs this turns them on: what they answer is known from public code alone, and nothing
of it was recorded (sources.md §5.4). Their notices above the Union's thresholds reach us through TED.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

from crawlers.source import Ground, Source, SourceState
from settings import Settings

UDBUD: Final = Source(
    key="udbud",
    name="udbud.dk, defence and preparedness",
    country="DK",
    licence="not stated",
    attribution="udbud.dk, Konkurrence- og Forbrugerstyrelsen",
    terms="https://udbud.dk",
    contact="https://kfst.dk/kontakt",
    url="https://udbud.dk",
    cadence=timedelta(hours=12),
    floor=1,  # of what is published in four days some name defence or preparedness
    ceiling=2000,
    quiet=timedelta(days=21),
    delay_s=2.0,
    spider="udbud",
    state=SourceState.OFF,
    reason="its service is undocumented and known from public code alone; ask its owner, then set ANBUDSVAKT_UDBUD=true",
    grounds=(Ground.UNTRIED,),
)
HILMA: Final = Source(
    key="hilma",
    name="Hilma, defence and preparedness",
    country="FI",
    licence="reuse allowed, commercially too; the content may not be changed",
    attribution="Hilma, hankintailmoitukset.fi",
    terms="https://hns-hilma-prod-apim.developer.azure-api.net",
    contact="https://www.hankintailmoitukset.fi",
    url="https://api.hankintailmoitukset.fi",
    cadence=timedelta(hours=12),
    floor=1,
    ceiling=2000,
    quiet=timedelta(days=21),
    delay_s=2.0,
    spider="hilma",
    state=SourceState.OFF,
    reason="its answers are known from public code alone; to read it, set ANBUDSVAKT_HILMA_KEY to a free key of its own",
    grounds=(Ground.KEY, Ground.UNTRIED),
)


def neighbours(settings: Settings) -> Iterator[Source]:
    """The two as this installation's settings leave them."""
    for source, wanted in ((UDBUD, settings.udbud), (HILMA, settings.hilma_key is not None)):
        yield replace(source, state=SourceState.ON, reason="", grounds=()) if wanted else source
