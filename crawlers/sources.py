"""Which portals do we read, on what terms, how often, and what must a run of each bring?

Sources whose terms or robots.txt forbid automated reading are listed with their reason and have no spider. Their
hosts are refused by the gate too, whatever an administrator configures: their EU-size notices reach us through TED.
"""

import re
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from crawlers.permission import permitted
from crawlers.source import Ground, Source, SourceState, forbidden_host
from crawlers.sources_kommers import KOMMERS
from crawlers.sources_nordic import HILMA, UDBUD, neighbours
from net.addresses import refusal
from settings import Settings, SettingsError, get_settings


class UnknownSource(LookupError):  # noqa: N818 - the house's way: a state, told by its name
    """Raised for a key that no source has."""


class SourceClosed(LookupError):  # noqa: N818 - as above
    """Raised when a run of a source that is off or forbidden is asked for; its text is the reason."""


_TED = Source(
    key="ted",
    name="TED, Tenders Electronic Daily",
    country=None,
    licence="Commission Decision 2011/833/EU, reuse with the source named",
    attribution="TED, © European Union",
    terms="https://ted.europa.eu/en/legal-notice",
    contact="https://ted.europa.eu/en/contact",
    url="https://api.ted.europa.eu",
    cadence=timedelta(hours=6),  # published once on working days, before 09:30; the other runs catch what was late
    floor=20,  # Sweden and Norway together publish more than that on any single working day
    ceiling=15_000,
    overlap_days=7,  # late notices need 3; but over Easter and Christmas no issue appears for up to 5 days
    quiet=timedelta(days=6),
    delay_s=1.0,  # the service answered 429 after some 15 calls at 4 to 5 a second (sources.md §2.3)
    spider="ted",
)
_DOFFIN = Source(
    key="doffin",
    name="Doffin",
    country="NO",
    licence="CC BY 4.0",
    attribution="Data: Doffin/DFØ (CC BY 4.0)",
    terms="https://dof-notices-prod-api.developer.azure-api.net",
    contact="https://anskaffelser.no/kontakt-oss",
    url="https://api.doffin.no",
    cadence=timedelta(hours=2),
    floor=20,  # 32 to 75 notices a day, and ten days are read again (sources.md §3.1)
    ceiling=10_000,  # a filter that the service does not know is ignored, and the answer is the whole database
    overlap_days=10,  # publication lags the issue date, the only one to filter by, by up to 7 days
    quiet=timedelta(days=6),  # Easter, from Wednesday's last notice to Tuesday's first
    delay_s=1.0,
    spider="doffin",
)
_REGJERINGEN = Source(
    key="regjeringen",
    name="Regjeringen.no",
    country="NO",
    licence="NLOD 2.0",
    attribution="regjeringen.no",
    terms="https://www.regjeringen.no/no/om-nettstedet/",
    contact="https://www.regjeringen.no/no/om-nettstedet/kontakt/",
    url="https://www.regjeringen.no/no/rss/Rss/2581966/",
    cadence=timedelta(hours=3),
    floor=1,
    ceiling=1000,
    quiet=timedelta(days=7),
    spider="feed",
)
_NSPA = Source(
    key="nspa",
    name="NSPA, NATO Support and Procurement Agency",
    country=None,
    licence="not stated; the list is public for firms to find",
    attribution="NSPA eProcurement, NATO Support and Procurement Agency",
    terms="https://www.nspa.nato.int",
    contact="https://www.nspa.nato.int",
    url="https://eportal.nspa.nato.int",
    cadence=timedelta(hours=12),
    floor=50,  # 426 were open on 14 May 2026 (sources.md §5.2)
    ceiling=3000,  # with a filter that it does not know, the portal answers with an archive of 6,236
    delay_s=5.0,  # it cuts connections that come faster (sources.md §5.2 and §11)
    spider="nspa",
)
_FUNDING = Source(
    key="eu-funding",
    name="EU Funding & Tenders portal, defence and civil protection",
    country=None,
    licence="Commission Decision 2011/833/EU, reuse with the source named",
    attribution="EU Funding & Tenders Portal, © European Union",
    terms="https://commission.europa.eu/legal-notice_en",
    contact="https://commission.europa.eu/about/contact_en",
    url="https://api.tech.ec.europa.eu",
    cadence=timedelta(hours=12),
    quiet=timedelta(days=180),  # calls are open for months, and appear a few times a year
    floor=1,  # of the 500 calls that are forthcoming or open, those about defence; in autumn few are left
    ceiling=2000,
    delay_s=2.0,
    spider="funding",
)


def _unverified(key: str, name: str, url: str, country: str | None, owner: str) -> Source:
    return Source(
        key=key,
        name=name,
        country=country,
        licence="not stated",
        attribution=name,
        terms=owner,
        contact=owner,
        url=url,
        cadence=timedelta(hours=6),
        floor=1,
        ceiling=1000,
        quiet=timedelta(days=60),
        spider="feed",
        state=SourceState.OFF,
        grounds=(Ground.UNVERIFIED,),
        reason=f"unverified address; to read it, set ANBUDSVAKT_FEEDS={key}=<its address>",
    )


def _forbidden(key: str, name: str, url: str, terms: str, reason: str, *grounds: Ground) -> Source:
    return Source(
        key=key,
        name=name,
        country="SE",
        licence="none",
        attribution=name,
        terms=terms,
        contact=terms,
        url=url,
        cadence=timedelta(days=1),
        state=SourceState.FORBIDDEN,
        reason=reason,
        grounds=grounds,
    )


# A third channel for TED's notices, as signals only: no answer of it was ever recorded, and a reader that asked for
# 45 days got nothing (sources.md §2.5). Never depended on: the search has all of it.
_TED_FEED = replace(
    _unverified(
        "ted-defence",
        "TED, its news feed of defence",
        "https://ted.europa.eu/en/simap/rss-feed/-/rss/search/defe",
        None,
        _TED.contact,
    ),
    licence=_TED.licence,
    attribution=_TED.attribution,
    terms=_TED.terms,
)


SOURCES: Final = (
    _TED,
    _DOFFIN,
    _REGJERINGEN,
    _NSPA,
    _FUNDING,
    *KOMMERS,
    UDBUD,
    HILMA,
    _unverified("fmv", "FMV, Försvarets materielverk", "https://www.fmv.se/rss.xml", "SE", "https://www.fmv.se"),
    _unverified(
        "forsvarsmakten",
        "Försvarsmakten",
        "https://www.forsvarsmakten.se/sv/rss/nyheter/",
        "SE",
        "https://www.forsvarsmakten.se",
    ),
    _unverified("mcf", "Myndigheten för civilt försvar", "https://www.msb.se/RSS/nyheter/", "SE", "https://www.mcf.se"),
    _TED_FEED,
    _forbidden(
        "e-avrop",
        "e-Avrop",
        "https://www.e-avrop.com",
        "https://www.e-avrop.com",
        "robots.txt says Disallow: /, and the terms (§2.2) forbid a parallel database",
        Ground.ROBOTS,
        Ground.REUSE,
    ),
    _forbidden(
        "tendsign",
        "TendSign",
        "https://tendsign.com",
        "https://www.mercell.com",
        "robots.txt disallows, and Mercell's terms forbid automated download",
        Ground.ROBOTS,
        Ground.DOWNLOAD,
    ),
    _forbidden(
        "clira",
        "Clira",
        "https://annonser.clira.io",
        "https://clira.io",
        "the terms (§9) forbid registering the content",
        Ground.REUSE,
    ),
    _forbidden(
        "mercell",
        "Mercell",
        "https://app.mercell.com",
        "https://www.mercell.com",
        "the terms (§2.5, 21 January 2026) forbid crawling and automated download",
        Ground.DOWNLOAD,
    ),
)
_KEY: Final = re.compile(r"[a-z][a-z0-9-]{1,39}\Z")


def sources(settings: Settings | None = None) -> dict[str, Source]:
    """Every source by its key, as this installation's settings leave it, feeds of its own included.

    Raises SettingsError when ANBUDSVAKT_FEEDS names something that is no feed or may not be read, and when
    ANBUDSVAKT_PERMITTED names a source that no permission turns on.
    """
    wanted = settings or get_settings()
    found = {source.key: source for source in SOURCES}
    if wanted.doffin_key is None:
        reason = "needs a free subscription key: set ANBUDSVAKT_DOFFIN_KEY"
        found["doffin"] = replace(_DOFFIN, state=SourceState.OFF, reason=reason, grounds=(Ground.KEY,))
    found |= {source.key: source for source in neighbours(wanted)}
    for feed in _feeds(wanted.feeds, found):
        found[feed.key] = feed
    for source in permitted(wanted.permitted, found):
        found[source.key] = source
    return found


def source_of(key: str, settings: Settings | None = None) -> Source:
    """The source with this key. Raises UnknownSource."""
    known = sources(settings)
    if key not in known:
        raise UnknownSource(f"no such source; there are {', '.join(known)}")
    return known[key]


def rows(settings: Settings | None = None) -> Iterator[dict[str, object]]:
    """Each source as a plain row, for a table on paper or in JSON; durations in seconds."""
    for source in sources(settings).values():
        row = asdict(source)
        del row["spider"]
        seconds = {name: int(row[name].total_seconds()) for name in ("cadence", "quiet")}
        yield row | seconds | {"state": str(source.state), "grounds": [str(ground) for ground in source.grounds]}


def _feeds(entries: tuple[str, ...], known: dict[str, Source]) -> Iterator[Source]:
    for entry in entries:
        key, _, url = (part.strip() for part in entry.partition("="))
        standing = known.get(key)
        if _KEY.match(key) is None:
            raise SettingsError(f"ANBUDSVAKT_FEEDS: {key!r} is no key; a-z, 0-9 and hyphens, then =, then the address")
        if standing is not None and (standing.spider != "feed" or standing.state is SourceState.FORBIDDEN):
            raise SettingsError(f"ANBUDSVAKT_FEEDS: {key} is another source's key")
        if reason := refusal(url) or forbidden_host(urlsplit(url).hostname or ""):
            raise SettingsError(f"ANBUDSVAKT_FEEDS: {key}: {reason}")
        model = standing or _unverified(key, key, url, "", url)
        yield replace(model, url=url, country=model.country or None, state=SourceState.ON, reason="", grounds=())


__all__ = [
    "SOURCES",
    "Ground",
    "Source",
    "SourceClosed",
    "SourceState",
    "UnknownSource",
    "forbidden_host",
    "rows",
    "source_of",
    "sources",
]
