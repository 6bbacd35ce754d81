"""What can happen to a payload on its way? Seeded injuries to bytes, texts, elements and JSON values (promises.md H1)."""

import json
import random
import re
from typing import Any, Final

from lxml import etree

LARGEST: Final = 60_000  # bodies above are the same elements more often
WORDS: Final = [
    *(b"", b"0000-00-00", b"99999", b"-1", b"1" * 400, b"NaN", b"Infinity", b"24:00:00", b"2026-10-25+25:00", b"1e999"),
    *(
        b"javascript:alert(1)",
        b"NOB",
        b"xx",
        b"00000000-2026",
        "ø\u202e".encode(),
        b"\xff\xfe",
        b"9" * 5000,
        b"ZZ",
        b"Part",
    ),
]
TORN: Final = [
    *(b"&#99999999;", b"<![CDATA[", b"]]>", b"<!--", b"\x00", b"<script>", b"</", b'xmlns=""', b"-1", b"\xc3", b"&x;"),
    *("æ".encode(), b"<!DOCTYPE a [", b'encoding="klingon"', b"{", b"]", b'"', b"\\ud800"),
]
ODD: Final[list[Any]] = [
    *(None, True, -1, 0, 1e308, float("nan"), "", [], {}, [[]], [None], {"swe": None}, "9" * 5000),
    *({"x": ["a", None, 3]}, "\ud800", "\x00", {"nor": [{"a": 1}]}, "2026-13-45+99:00", "24:00:00", "99999-01-01"),
]


def torn(rng: random.Random, body: bytes) -> bytes:
    """The body with one to twenty injuries to its bytes."""
    wounded = bytearray(body)
    for _ in range(rng.choice([1, 1, 2, 5, 20])):
        start = rng.randrange(len(wounded) + 1)
        end = min(len(wounded), start + rng.choice([1, 2, 8, 50, 500]))
        injury = rng.randrange(4)
        if injury == 0:
            wounded[start:end] = b""
        elif injury == 1:
            wounded[start:end] = rng.randbytes(rng.choice([1, 3, 20]))
        elif injury == 2:
            wounded[start:end] = wounded[start:end] * rng.choice([2, 3, 50])
        else:
            wounded[start:end] = rng.choice(TORN)
        if rng.random() < 0.05:
            del wounded[start:]
    return bytes(wounded)


def rewritten(rng: random.Random, body: bytes) -> bytes:
    """Well-formed still: texts and attributes replaced by what they may not hold."""
    places = [*re.finditer(rb">([^<>]{1,80})<", body[:200_000]), *re.finditer(rb'="([^"<>]{0,60})"', body[:200_000])]
    for found in sorted(rng.sample(places, min(len(places), rng.choice([1, 3, 10]))), key=lambda each: -each.start(1)):
        body = body[: found.start(1)] + rng.choice(WORDS) + body[found.end(1) :]
    return body


def rearranged(rng: random.Random, body: bytes) -> bytes:
    """Well-formed still: elements dropped, doubled and moved elsewhere."""
    top = etree.fromstring(body)
    for _ in range(rng.choice([1, 3, 10])):
        elements = [
            element for element in top.iter() if isinstance(element.tag, str) and element.getparent() is not None
        ]
        if not elements:
            break
        chosen, target = rng.choice(elements), rng.choice(elements)
        parent = chosen.getparent()
        action = rng.randrange(4)
        if action == 0 and parent is not None:
            parent.remove(chosen)
        elif action == 1 and parent is not None:
            parent.append(etree.fromstring(etree.tostring(chosen, with_tail=False)))
        elif action == 2:
            target.append(etree.fromstring(etree.tostring(chosen, with_tail=False)))
        else:
            chosen.clear()
    return etree.tostring(top)


def confused(rng: random.Random, value: Any, share: float = 0.05) -> Any:
    """JSON with values of every wrong kind."""
    if rng.random() < share:
        return rng.choice(ODD)
    if isinstance(value, dict):
        return {key: confused(rng, each, share) for key, each in value.items() if rng.random() > 0.02}
    return [confused(rng, each, share) for each in value] if isinstance(value, list) else value


def damaged(rng: random.Random, name: str, body: bytes) -> bytes:
    if name.endswith(".json"):
        if rng.random() < 0.4:
            return torn(rng, body[:LARGEST])
        told = json.loads(body, strict=False)
        if isinstance(told, dict) and "notices" in told:
            told["notices"] = rng.sample(told["notices"], min(3, len(told["notices"])))
        return json.dumps(confused(rng, told)).encode()
    return rng.choice([torn, rewritten] if name.endswith(".html") else [torn, rewritten, rearranged])(rng, body)


def spans(text: str, key: str) -> list[tuple[int, int]]:
    """Where each hit of a page begins and ends."""
    at = text.index("[", text.index(f'"{key}"')) + 1
    found = []
    while (at := at + len(text[at:]) - len(text[at:].lstrip(", \r\n\t"))) < len(text) and text[at] == "{":
        _, end = json.JSONDecoder(strict=False).raw_decode(text, at)
        found.append((at, end))
        at = end
    return found
