"""At which address of the sandbox does each source stand? A portal's spider adds its own paths; a feed or a list is one page."""

from typing import Final

from crawlers.source import Source
from demo import feed_wire
from demo.kommers_list_wire import PATHS

FEEDS: Final = {
    "regjeringen": feed_wire.GOVERNMENT.path,
    "fmv": feed_wire.AGENCY.path,
    "ted-defence": feed_wire.JOURNAL.path,
}


def address_of(source: Source, base_url: str) -> str | None:
    """What `anbudsvakt crawl KEY --base-url` is given to read a source here; None where the sandbox has no such page."""
    match source.spider:
        case None:
            return None
        case "feed":
            return base_url + FEEDS[source.key] if source.key in FEEDS else None
        case "kommers":
            return base_url + PATHS[source.key.removeprefix("kommers-")]
        case _:
            return base_url
