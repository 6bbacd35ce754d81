"""Can any damage to a payload crash an import, or cost the notices beside the damaged one?

Seeded, so that a failure can be met again: bytes torn, repeated and replaced, elements moved and emptied, JSON values
of every wrong kind. The bodies are ours, and the real ones where they are beside the repository.
"""

import json
import random
import time
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from typing import Any

import pytest
from golden_notices import PORTALS, SHARED
from injuries import LARGEST, confused, damaged, rewritten, spans, torn

from crawlers import doffin_search, feeds, funding, hilma, nspa, payload, ted_search, udbud
from crawlers.notice import Broken, ParsedNotice, SourceBroken


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


@pytest.mark.parametrize("seeds", [range(40), pytest.param(range(100, 3100), marks=pytest.mark.prove)])
@pytest.mark.parametrize(
    ("name", "key"), [("ted_search", "notices"), ("doffin_search", "hits"), ("eu_funding", "results")]
)
def test_undamaged_hits_survive_where_the_page_is_no_json_any_more(name: str, key: str, seeds: range) -> None:
    """H1: in a file that is imported, the hits that are whole come in, and the page is kept beside them."""
    text = (PORTALS / name / "page.json").read_text(encoding="utf-8")
    places = spans(text, key)
    kept = beside = 0
    for seed in seeds:
        rng = random.Random(seed)
        start, end = rng.choice(places)
        around = text[:start].encode(), text[end:].encode()
        others = _notices(around[0] + b"{}" + around[1])
        found = _notices(around[0] + torn(rng, text[start:end].encode()) + around[1])
        beside += len(others)
        kept += len([sha for sha in others if sha in found])
    print(f"{name}: {kept} of {beside} kept")
    assert kept >= 0.95 * beside > 0


def _notices(body: bytes) -> set[str]:
    return {one.payload_sha256 for one in payload.read(body, "page.json") if isinstance(one, ParsedNotice)}


@pytest.mark.parametrize("unit", ["{", '{"a":[0,', '{"a":{', '{"id":"', '{"a":"\\', '[{"a":1,', "{\n"])
def test_a_page_that_is_written_to_be_slow_is_left_in_the_middle(unit: str) -> None:
    """H13: a megabyte of what could be looked at again and again."""
    body = ('{"notices": [' + unit * (1_000_000 // len(unit))).encode()
    started = time.process_time()
    assert all(isinstance(one, Broken) for one in payload.read(body, "page.json"))
    assert time.process_time() - started < 3


def _rows_of(body: bytes) -> set[str]:
    """What is kept of NSPA's list; of a page that is refused whole, as one that would keep a parser busy, nothing."""
    try:
        return {one.payload_sha256 for one in nspa.parse(body).notices}
    except SourceBroken:
        return set()


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
        kept = _rows_of(head + opening + opening.join(wounded))
        others = [sha for number, sha in good.items() if number.encode() not in rows[hurt]]
        total += len(others)
        lost += len([sha for sha in others if sha not in kept])
    assert lost <= 0.05 * total, (lost, total)
