"""What does today's parser make of a body that an earlier one could not read? Pure: bytes in, notices or reasons out."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from crawlers import doffin_search, eforms, feeds, payload, ted_search
from crawlers.notice import Broken, NoticeBroken, ParsedNotice, SourceBroken
from crawlers.page import decoded

Met = ParsedNotice | Broken
# What is kept of these sources' answers is one hit; of all others, a body that tells by itself what it is.
_HITS: Final[Mapping[str, Callable[[Any], ParsedNotice]]] = MappingProxyType(
    {ted_search.TED: ted_search.parse_hit, doffin_search.DOFFIN: doffin_search.parse_hit}
)
_PAGES: Final = ("notices", "hits")


def read_again(kept: Broken) -> Iterator[Met]:
    """The notices in a body that was kept, as read now; what still cannot be read comes out as Broken, with why.

    Never raises: where our own parser breaks, that is the reason, and the body stays.
    """
    found: list[Met] = []
    try:
        found.extend(_read(kept))
    except (NoticeBroken, SourceBroken) as reason:
        found = [replace(kept, reason=str(reason))]
    except payload.NotANotice as reason:
        found = [replace(kept, reason=f"no parser reads this: {reason}")]
    except Exception as fault:  # noqa: BLE001 - recorded as the row's reason; one body must not keep the others waiting
        found = [replace(kept, reason=f"our parser failed: {type(fault).__name__}")]
    yield from found or [replace(kept, reason="there is no notice in it")]


def _read(kept: Broken) -> Iterator[Met]:
    if kept.content_type == "application/json":
        told = _json(kept.body)
        if isinstance(told, dict) and not any(isinstance(told.get(key), list) for key in _PAGES):
            hit = _HITS.get(kept.source)
            if hit is not None:
                yield hit(told)
                return
            if "entry" in told or "title_detail" in told or "links" in told:
                yield feeds.parse_kept(kept.body, source=kept.source)
                return
    elif payload.recognise(kept.body, kept.source) is payload.Kind.EFORMS:
        yield eforms.parse(kept.body, source=kept.source, source_id=kept.source_id)
        return
    # A feed is called by its file's name.
    yield from payload.read(kept.body, f"{kept.source}.xml")


def _json(body: bytes) -> Any:
    try:
        return json.loads(decoded(body), strict=False)
    except (ValueError, RecursionError):
        return None
