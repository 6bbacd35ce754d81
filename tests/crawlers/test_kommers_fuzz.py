"""Can any damage to a page of Kommers crash a run, take long, or cost the rows beside the damaged one? (H1)"""

import contextlib
import random
import re
import time
from collections.abc import Callable
from datetime import date
from typing import Final

import pytest
from golden_notices import bodies

from crawlers import kommers_hub, kommers_list, kommers_page
from crawlers.kommers import Listing
from crawlers.notice import NoticeBroken, ParsedNotice, SourceBroken

READ: Final = date(2031, 5, 14)
HUB, LIST = bodies("kommers_hub", "*.html"), bodies("kommers_list", "*.html")
Parse = Callable[[bytes], Listing]
WORDS: Final = [
    *(
        b"",
        b"-1",
        b"9" * 400,
        b"2026-02-31",
        b"99/99/9999 25:61 +99:00",
        b"javascript:alert(1)",
        b"\xff\xfe",
        b"SE" * 50,
    ),
    "ø\u202e".encode(),
]
TORN: Final = [
    *(b"<script>", b"&#99999999;", b"<!--", b"]]>", b"</div>", b"<div>", b'"', b"\x00", b"\xc3", b"<", b"</p>", b"<a>"),
    *(b'class="row mt-4"', b"<div class='row mt-4 mb-4 align-items-center'>", b"<table>", b"&x;", "æ".encode()),
]


def hub(body: bytes) -> Listing:
    return kommers_hub.parse(body, READ)


def instance(body: bytes) -> Listing:
    return kommers_list.parse(body, source="kommers-elite", address="https://www.kommersannons.se/elite/notice/x.aspx")


def injured(rng: random.Random, body: bytes) -> bytes:
    """Bytes lost, repeated or replaced, or a text or an attribute that says what it may not."""
    if rng.random() < 0.4:
        places = [*re.finditer(rb">([^<>]{1,80})<", body), *re.finditer(rb'="([^"<>]{0,60})"', body)]
        for found in sorted(rng.sample(places, min(len(places), 3)), key=lambda each: -each.start(1)):
            body = body[: found.start(1)] + rng.choice(WORDS) + body[found.end(1) :]
        return body
    wounded = bytearray(body)
    for _ in range(rng.choice([1, 1, 2, 5])):
        start = rng.randrange(len(wounded) + 1)
        end = min(len(wounded), start + rng.choice([1, 2, 8, 50, 300]))
        wounded[start:end] = rng.choice(
            [b"", rng.randbytes(3), bytes(wounded[start:end]) * rng.choice([2, 3, 50]), rng.choice(TORN)]
        )
    return bytes(wounded[: rng.randrange(len(wounded))] if rng.random() < 0.05 else wounded)


@pytest.mark.parametrize("rounds", [400, pytest.param(10_000, marks=pytest.mark.prove)])
def test_damage_is_told_and_raises_nothing_else_within_half_a_second(rounds: int) -> None:
    rng = random.Random(20261123)  # seeded, so that a failure can be met again
    row, entry = hub(HUB["list.html"]).notices[0], instance(LIST["kommers-elite.html"]).notices[0]
    readers: list[tuple[bytes, Callable[[bytes], Listing | ParsedNotice]]] = [
        (HUB["list.html"], hub),
        (HUB["prior.html"], hub),
        (HUB["page.html"], lambda body: kommers_page.joined(row, body)),
        (LIST["kommers-elite.html"], instance),
        *(
            (body, lambda body: kommers_list.joined(entry, body))
            for name, body in LIST.items()
            if name.startswith("page")
        ),
    ]
    read = told = 0
    for _ in range(rounds):
        whole, reader = rng.choice(readers)
        body = injured(rng, whole)
        started = time.process_time()
        try:
            reader(body)  # anything else that is raised here is the finding
            read += 1
        except (SourceBroken, NoticeBroken):
            told += 1
        assert time.process_time() - started < 0.5
    assert read > rounds / 2
    assert told > 0


@pytest.mark.parametrize("seeds", [range(150), pytest.param(range(150, 3000), marks=pytest.mark.prove)])
@pytest.mark.parametrize(
    ("body", "opening", "parse"),
    [
        (HUB["list.html"], b'<div class="row mt-4 mb-4 align-items-center">', hub),
        (LIST["kommers-elite.html"], b'<div class="row mt-4">', instance),
    ],
    ids=["hub", "instance"],
)
def test_undamaged_rows_survive(body: bytes, opening: bytes, parse: Parse, seeds: range) -> None:
    """A damaged row may take its neighbour along, where its end is lost, and no more: 95 % of the others are kept."""
    head, *rows = body.split(opening)
    good = {one.source_id: one.payload_sha256 for one in parse(body).notices}
    lost = total = 0
    for seed in seeds:
        rng = random.Random(seed)
        hurt = rng.randrange(len(rows) - 1)  # the last one is followed by the rest of the page
        wounded = [*rows]
        wounded[hurt] = injured(rng, rows[hurt])
        kept: set[str] = set()
        with contextlib.suppress(SourceBroken):  # the page is lost, and every row of it counts
            kept = {one.payload_sha256 for one in parse(head + opening + opening.join(wounded)).notices}
        others = [sha for number, sha in good.items() if number.split("-")[0].encode() not in rows[hurt]]
        total += len(others)
        lost += len([sha for sha in others if sha not in kept])
    print(f"{lost} of {total} undamaged rows lost")
    assert lost <= 0.05 * total, (lost, total)


@pytest.mark.parametrize("parse", [hub, instance], ids=["hub", "instance"])
@pytest.mark.parametrize(
    "body",
    [
        b"<div class='row mt-4 mb-4 align-items-center'>" * 20_000,
        b"<a href='/Notices/TenderNotice/1'>" * 5000,
        b"".join(b"<div><a href='/Notices/TenderNotice/%d'>x</a>" % n for n in range(1, 4000)),
        b"".join(b"<div><a href='NoticeOverview.aspx?ProcurementId=%d'>x</a>" % n for n in range(1, 4000)),
        b"<p>" + b"1 / " * 100_000 + b"</p>",
        b"<small>" + b"skickades f\xc3\xb6r publicering " * 10_000,
        b"<a href='/Notices/TenderNotice/1'>" + b" - " * 50_000 + b"</a>",
    ],
)
def test_pages_that_are_written_to_be_slow_are_not(parse: Parse, body: bytes) -> None:
    started = time.process_time()
    with contextlib.suppress(SourceBroken):
        parse(b"<html><body>" + body)
    assert time.process_time() - started < 2
