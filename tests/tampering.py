"""Which portal has changed overnight? The sandbox's, behind a door that alters what comes out of it."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from http.client import HTTPConnection
from typing import Any, Final
from urllib.parse import urlsplit

from loopback import Answer, Reply, Seen

LOG_IN: Final = (
    b"<!DOCTYPE html><html><head><title>Log in</title></head><body><form><input name='user'></form></body></html>"
)
_KEPT: Final = ("content-type", "accept", "cookie", "x-requested-with", "__requestverificationtoken")
_PASSED_ON: Final = ("content-type", "set-cookie", "etag", "last-modified")
Tamper = Callable[[Seen, Reply], Reply]


def door(base_url: str, tamper: Tamper) -> Answer:
    """Answers as the portal behind it does, but for what ``tamper`` makes of each answer."""
    behind = urlsplit(base_url)

    def answer(seen: Seen) -> Reply:
        connection = HTTPConnection(behind.netloc, timeout=20)
        try:
            address = f"{seen.path}?{seen.raw_query}" if seen.raw_query else seen.path
            headers = {name: value for name, value in seen.headers.items() if name in _KEPT or name.startswith("ocp-")}
            connection.request(seen.method, address, seen.body, headers)
            came = connection.getresponse()
            passed = {name: "\n".join(values) for name in _PASSED_ON if (values := came.headers.get_all(name))}
            return tamper(seen, Reply(status=came.status, body=came.read(), headers=passed))
        finally:
            connection.close()

    return answer


def untouched(_: Seen, reply: Reply) -> Reply:
    """The portal on a good day."""
    return reply


def log_in(_: Seen, reply: Reply) -> Reply:
    """A page with status 200 that wants to know who we are."""
    del reply
    return Reply(body=LOG_IN, headers={"content-type": "text/html"})


def nothing(seen: Seen, reply: Reply) -> Reply:
    """The right shape, and not a single notice in it."""
    return _each(seen, reply, lambda _: False)


def renamed(seen: Seen, reply: Reply) -> Reply:
    """What each notice cannot be without has another name now."""
    return _each(seen, reply, lambda _: True, lambda _: True)


def half_odd(seen: Seen, reply: Reply) -> Reply:
    """Every second notice has lost what it cannot be without."""
    return _each(seen, reply, lambda _: True, lambda place: place % 2 == 0)


# Where the notices of an answer lie, what else says how many they are, and what they cannot be without.
_LISTS: Final[Mapping[str, tuple[str, str]]] = {
    "/v3/notices/search": ("notices", "totalNoticeCount"),
    "/public/v2/search": ("hits", "numHitsTotal"),
    "/search-api/prod/rest/search": ("results", "totalResults"),
}
_NAMES: Final = frozenset({"publication-number", "ND", "id", "identifier"})


def _each(
    seen: Seen, reply: Reply, kept: Callable[[int], bool], hurt: Callable[[int], bool] = lambda _: False
) -> Reply:
    if seen.path in _LISTS:
        rows, total = _LISTS[seen.path]
        told = json.loads(reply.body, strict=False)  # Doffin sends control characters raw
        told[rows] = [_nameless(row) if hurt(n) else row for n, row in enumerate(told[rows]) if kept(n)]
        if not told[rows]:
            told |= {total: 0, "iterationNextToken": None}
        return Reply.of(told)
    if b"<rss" in reply.body:
        return _with_body(reply, b"".join(_pieces(reply.body, rb"(<item>.*?</item>)", kept, hurt)))
    if b"<tr" in reply.body:
        body = b"".join(_pieces(reply.body, rb"(<tr class=.selectable.*?</tr>)", kept, hurt))
        if not any(map(kept, range(3))):
            body = re.sub(rb"(GridPagerTotalRowCount'[^>]*value=')\d+", rb"\g<1>0", body)
        return _with_body(reply, body)
    return reply


def _nameless(row: dict[str, Any]) -> dict[str, Any]:
    bare = {name: value for name, value in row.items() if name not in _NAMES}
    if isinstance(bare.get("metadata"), dict):
        bare["metadata"] = _nameless(bare["metadata"])
    return bare


def _pieces(body: bytes, pattern: bytes, kept: Callable[[int], bool], hurt: Callable[[int], bool]) -> Iterator[bytes]:
    """The body in pieces; every second one is a notice."""
    for place, piece in enumerate(re.split(pattern, body, flags=re.DOTALL)):
        if place % 2 == 0:
            yield piece
        elif kept(place // 2):
            yield _emptied(piece) if hurt(place // 2) else piece


def _emptied(piece: bytes) -> bytes:
    """A row or an entry without its number, or its words."""
    bare = re.sub(rb"<(title|description)>.*?</\1>", b"", piece, flags=re.DOTALL)
    return re.sub(rb"reference=\w+|<strong>\w+</strong>", b"", bare)


def _with_body(reply: Reply, body: bytes) -> Reply:
    # Without its validators: what has changed is not what they were given for.
    kept = {name: value for name, value in reply.headers.items() if name in {"content-type", "set-cookie"}}
    return Reply(status=reply.status, body=body, headers=kept)
