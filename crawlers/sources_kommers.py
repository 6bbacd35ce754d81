"""Which lists of Kommers, Sweden's portal of the armed forces' buyer, may be read once their owner was asked?

Kommers Annons (Antirio) is one of Sweden's five registered notice databases; FMV, the police, the transport
administration and many municipalities publish there. One source for each list that an administrator would turn on or
off: the Supplier Hub, which holds them all, eLite, and the buyers' own. All are off until ANBUDSVAKT_PERMITTED names
them, because what the terms say is reported in two ways (sources.md §4.1). Of the other four databases, e-Avrop,
Mercell with TendSign, and Clira are forbidden; Konstpool has art only.
"""

from datetime import timedelta
from typing import Final

from crawlers.source import Ground, Source, SourceState

HUB: Final = "kommers"
SITE: Final = "https://www.kommersannons.se"
_TWO_WAYS: Final = (
    "one study found no terms for readers without an account and a robots.txt that allows all, another that §3.3 of the "
    "terms of registered accounts forbids automated access"
)


def _kommers(key: str, name: str, url: str, asks: str, *, floor: int, ceiling: int, tried: bool, spider: str) -> Source:
    return Source(
        key=key,
        name=name,
        country="SE",
        licence="not stated",
        attribution=f"{name}, Antirio",
        terms=SITE,
        contact=SITE,
        url=url,
        cadence=timedelta(days=1),  # at the same hour each day, so that "days left" moves by one a day
        floor=floor,
        ceiling=ceiling,
        quiet=timedelta(days=45 if floor == 1 else 14),
        delay_s=3.0,  # one request in three seconds (sources.md §11)
        spider=spider,
        state=SourceState.OFF,
        reason="its terms are reported in two ways (none for readers without an account, no machines with one): ask "
        f"{asks}, then set ANBUDSVAKT_PERMITTED={key}"
        + ("" if tried else f" or {key}=ADDRESS, as its list is untried"),
        grounds=(Ground.PERMISSION,) if tried else (Ground.PERMISSION, Ground.UNTRIED),
        asks=f"{asks} whether a machine may read this public list once a day, without an account; {_TWO_WAYS}",
    )


def _of_buyer(key: str, name: str, url: str, buyer: str) -> Source:
    return _kommers(key, name, url, f"Antirio and {buyer}", floor=1, ceiling=1000, tried=False, spider="kommers")


KOMMERS: Final = (
    _kommers(
        HUB,
        "Kommers Annons, Supplier Hub",
        SITE,
        "Antirio",
        floor=100,  # 620 to 680 were open in September 2026 (sources.md §4.2)
        ceiling=3000,
        tried=True,
        spider="hub",
    ),
    _kommers(
        "kommers-elite",
        "Kommers eLite",
        f"{SITE}/elite/notice/noticelist.aspx",
        "Antirio",
        floor=50,  # some twenty pages of twenty (sources.md §4.3)
        ceiling=3000,
        tried=True,
        spider="kommers",
    ),
    _of_buyer("kommers-fmv", "Kommers (FMV)", f"{SITE}/fmv/Notice/NoticeList.aspx?NoticeStatus=1", "FMV"),
    _of_buyer(
        "kommers-polis",
        "Kommers (Polismyndigheten)",
        "https://upphandling.polisen.se/Notice/NoticeList.aspx?NoticeStatus=1",
        "Polismyndigheten",
    ),
    _of_buyer(
        "kommers-trafik",
        "Kommers (Trafikverket)",
        "https://upphandling.trafikverket.se/Notice/NoticeList.aspx?NoticeStatus=1",
        "Trafikverket",
    ),
)
