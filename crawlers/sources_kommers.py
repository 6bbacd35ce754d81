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
    "its terms are reported in two ways: one study found none for anonymous readers and a robots.txt that allows all, "
    "another that §3.3 of the terms of registered accounts forbids automated access"
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
        reason=f"{_TWO_WAYS}; ask {asks}, then name it in ANBUDSVAKT_PERMITTED"
        + ("" if tried else f" ({key}=ADDRESS if its list stands elsewhere: nobody has seen this one answer)"),
        grounds=(Ground.PERMISSION,) if tried else (Ground.PERMISSION, Ground.UNTRIED),
        asks=asks,
    )


def _of_buyer(key: str, name: str, url: str, buyer: str) -> Source:
    asks = f"Antirio and {buyer} whether a machine may read this public list once a day, without an account"
    return _kommers(key, name, url, asks, floor=1, ceiling=1000, tried=False, spider="kommers")


_ANTIRIO: Final = "Antirio whether a machine may read this public list once a day, without an account"
KOMMERS: Final = (
    _kommers(
        HUB,
        "Kommers Annons, Supplier Hub",
        SITE,
        _ANTIRIO,
        floor=100,  # 620 to 680 were open in September 2026 (sources.md §4.2)
        ceiling=3000,
        tried=True,
        spider="hub",
    ),
    _kommers(
        "kommers-elite",
        "Kommers eLite",
        f"{SITE}/elite/notice/noticelist.aspx",
        _ANTIRIO,
        floor=50,  # some twenty pages of twenty (sources.md §4.3)
        ceiling=3000,
        tried=True,
        spider="kommers",
    ),
    _of_buyer("kommers-fmv", "Kommers, FMV's own list", f"{SITE}/fmv/Notice/NoticeList.aspx?NoticeStatus=1", "FMV"),
    _of_buyer(
        "kommers-polisen",
        "Kommers, Polismyndigheten's own list",
        "https://upphandling.polisen.se/Notice/NoticeList.aspx?NoticeStatus=1",
        "Polismyndigheten",
    ),
    _of_buyer(
        "kommers-trafikverket",
        "Kommers, Trafikverket's own list",
        "https://upphandling.trafikverket.se/Notice/NoticeList.aspx?NoticeStatus=1",
        "Trafikverket",
    ),
)
