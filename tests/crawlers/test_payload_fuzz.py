"""Can any damage to a payload crash an import, or cost the notices beside the damaged one?

Seeded, so that a failure can be met again: bytes torn, repeated and replaced, elements moved and emptied, JSON values
of every wrong kind. The bodies are ours, and the real ones where they are beside the repository.
"""

import json
import random
import re
import time
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from typing import Any, Final

import pytest
from golden_notices import PORTALS, SHARED
from lxml import etree

from crawlers import doffin_search, feeds, funding, hilma, nspa, payload, ted_search, udbud
from crawlers.notice import Broken, ParsedNotice, SourceBroken

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


@cache
def bodies() -> list[tuple[str, bytes]]:
    folders = [PORTALS, *([SHARED] if SHARED.is_dir() else [])]
    found = [
        (path.name, path.read_bytes())
        for folder in folders
        for path in sorted(folder.glob("*/*"))
        if path.suffix in {".xml", ".json", ".html"} and path.name != "expected.json"
    ]
    return [(name, body) for name, body in found if len(body) < LARGEST or name.startswith("page-")]


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


def run(seed: int, rounds: int) -> dict[str, int]:
    rng = random.Random(seed)
    counts = {"read": 0, "broken": 0, "no notice": 0}
    for _ in range(rounds):
        name, body = rng.choice(bodies())
        wounded = damaged(rng, name, body)
        started = time.process_time()
        try:
            for each in payload.read(wounded, name):  # anything else that is raised here is the finding
                counts["broken" if isinstance(each, Broken) else "read"] += 1
        except payload.NotANotice:
            counts["no notice"] += 1
        taken = time.process_time() - started
        assert taken < 0.5, (name, taken)
    return counts


@pytest.fixture(autouse=True)
def _warm() -> None:
    """The language models are loaded once; their second is nobody's notice."""
    doffin_search.parse_hit({"id": "2031-1000001", "heading": "Kjøp av aggregat"})
    list(payload.read((PORTALS / "feeds" / "ted.xml").read_bytes(), "ted.xml"))


def test_damage_never_crashes() -> None:
    counts = run(seed=20261122, rounds=400)
    assert counts["read"] > 100, counts
    assert counts["broken"] > 50, counts


@pytest.mark.prove
def test_ten_thousand_injuries_never_crash() -> None:
    print(run(seed=7, rounds=10_000))


def entries(count: int) -> Iterator[str]:
    for number in range(count):
        yield (
            f"<item><guid>{number}</guid><title>Nyhet nummer {number} om beredskap</title><link>https://a.example.org/{number}"
            "</link><pubDate>Thu, 17 Sep 2031 11:00:00 +0200</pubDate><description>Forsvaret øver.</description></item>"
        )


@pytest.mark.parametrize("seeds", [range(60), pytest.param(range(60, 2060), marks=pytest.mark.prove)])
def test_undamaged_entries_of_a_feed_survive(seeds: range) -> None:
    """H1: 95 % of the entries beside a damaged one are kept."""
    whole = 20
    lost = 0
    for seed in seeds:
        rng = random.Random(seed)
        items = [item.encode() for item in entries(whole)]
        hurt = rng.randrange(whole)
        inside = items[hurt].removeprefix(b"<item>").removesuffix(b"</item>")
        items[hurt] = b"<item>" + rng.choice([torn, rewritten])(rng, inside) + b"</item>"
        body = b'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>A</title>' + b"".join(items)
        try:
            notices, _ = feeds.parse(body + b"</channel></rss>", source="a", url="https://a.example.org/rss")
        except SourceBroken:
            notices = []
        kept = {notice.source_id for notice in notices}
        lost += len({str(number) for number in range(whole) if number != hurt} - kept)
    assert lost <= 0.05 * len(seeds) * (whole - 1), lost


@pytest.mark.parametrize("seeds", [range(100), pytest.param(range(100, 5100), marks=pytest.mark.prove)])
@pytest.mark.parametrize(
    ("name", "key", "read"),
    [
        ("ted_search", "notices", ted_search.parse),
        ("doffin_search", "hits", doffin_search.parse),
        ("eu_funding", "results", lambda body: funding.parse(body, date(2031, 6, 1))),
        ("udbud", "resultatElementDtoList", udbud.parse),
        ("hilma", "value", hilma.parse),
    ],
)
def test_undamaged_hits_of_a_page_survive(name: str, key: str, read: Callable[[bytes], Any], seeds: range) -> None:
    told = json.loads((PORTALS / name / "page.json").read_bytes(), strict=False)
    good: list[ParsedNotice] = read(json.dumps(told).encode()).notices
    for seed in seeds:
        rng = random.Random(seed)
        hurt = dict(rng.choice(told[key][:3])) | {"id": "x", "publication-number": "x"}
        page = {**told, key: [*told[key], confused(rng, hurt, 0.3)]}
        kept = read(json.dumps(page).encode()).notices
        assert kept[: len(good)] == good


@pytest.mark.parametrize("seeds", [range(100), pytest.param(range(100, 3100), marks=pytest.mark.prove)])
def test_undamaged_rows_of_a_list_survive(seeds: range) -> None:
    """H1: a row of NSPA's list that is damaged may take its neighbour along, where its end is lost, and no more."""
    opening = b'<tr class="selectable"'
    head, *rows = (PORTALS / "nspa" / "list.html").read_bytes().split(opening)
    good = {one.source_id: one.payload_sha256 for one in nspa.parse(head + opening + opening.join(rows)).notices}
    lost = total = 0
    for seed in seeds:
        rng = random.Random(seed)
        hurt = rng.randrange(len(rows) - 1)  # the last one is followed by the rest of the page
        wounded = [*rows]
        wounded[hurt] = rng.choice([torn, rewritten])(rng, rows[hurt])
        kept = {one.payload_sha256 for one in nspa.parse(head + opening + opening.join(wounded)).notices}
        others = [sha for number, sha in good.items() if number.encode() not in rows[hurt]]
        total += len(others)
        lost += len([sha for sha in others if sha not in kept])
    assert lost <= 0.05 * total, (lost, total)
