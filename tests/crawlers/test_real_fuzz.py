"""Are real payloads read whatever happens to them on their way, and what was not hurt beside it? (promises.md H1)

Seeded, over the recorded payloads beside the repository; skipped where they are not.
"""

import json
import random
import time
from contextlib import suppress
from functools import cache
from typing import Final

import pytest
from golden_notices import SHARED
from injuries import damaged, rewritten, spans, torn

from crawlers import payload
from crawlers.notice import Broken, ParsedNotice

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not here")
PAGES: Final = {"page-1.json": "notices", "page-2.json": "notices", "search-response-page.json": "hits"}


@cache
def bodies() -> tuple[tuple[str, bytes], ...]:
    """Every recorded payload, the largest included."""
    found = sorted(path for path in SHARED.glob("*/*") if path.suffix in {".xml", ".json"})
    return tuple((path.name, path.read_bytes()) for path in found)


@cache
def whole(name: str) -> tuple[ParsedNotice | Broken, ...]:
    """What an undamaged payload says."""
    try:
        return tuple(payload.read(dict(bodies())[name], name))
    except payload.NotANotice:
        return ()


@pytest.mark.parametrize(
    "rounds", [250, pytest.param(10_000, marks=[pytest.mark.prove, pytest.mark.timeout(1200)])], ids=["some", "all"]
)
def test_real_payloads_never_crash_and_leave_the_next_ones_alone(rounds: int) -> None:
    """H1: 0 uncaught, 0.5 s each at most; a sound file that is read after a damaged one is read as ever."""
    rng = random.Random(20261123)
    for name, _ in bodies():
        whole(name)
    slowest, read, kept, beside = 0.0, 0, 0, 0
    for _ in range(rounds):
        name, body = rng.choice(bodies())
        wounded = damaged(rng, name, body)
        started = time.process_time()
        with suppress(payload.NotANotice):  # anything else that is raised here is the finding
            read += len(list(payload.read(wounded, name)))
        slowest = max(slowest, time.process_time() - started)
        other, sound = rng.choice([one for one in bodies() if one[0] not in PAGES])
        beside += len(whole(other))
        kept += len([one for one in _read(sound, other) if one in whole(other)])
    print(
        f"{rounds} injuries: {read} read or quarantined, slowest {slowest:.3f} s, {kept} of {beside} beside them kept"
    )
    assert slowest <= 0.5
    assert kept == beside


def _read(body: bytes, name: str) -> list[ParsedNotice | Broken]:
    try:
        return list(payload.read(body, name))
    except payload.NotANotice:
        return []


@pytest.mark.parametrize(
    "rounds", [15, pytest.param(1000, marks=[pytest.mark.prove, pytest.mark.timeout(1200)])], ids=["some", "all"]
)
@pytest.mark.parametrize("name", PAGES)
def test_hits_beside_a_damaged_one_are_kept(name: str, rounds: int) -> None:
    """H1: of the undamaged notices of a real page, 95 % and more come in, though the page is no JSON any more."""
    text = dict(bodies())[name].decode()
    places = spans(text, PAGES[name])
    good = {one.source_id: one.payload_sha256 for one in whole(name) if isinstance(one, ParsedNotice)}
    assert len(places) >= len(good) > 2  # TED gave two of its notices twice
    rng = random.Random(name)
    kept = beside = no_json = 0
    for _ in range(rounds):
        start, end = rng.choice(places)
        hurt = rng.choice([torn, rewritten])(rng, text[start:end].encode())
        body = text[:start].encode() + hurt + text[end:].encode()
        number = next(number for number in good if number in text[start:end])
        found = {one.payload_sha256 for one in _read(body, name) if isinstance(one, ParsedNotice)}
        others = [sha for each, sha in good.items() if each != number]
        kept += len([sha for sha in others if sha in found])
        beside += len(others)
        no_json += _is_no_json(body)
    print(f"{name}: {kept} of {beside} kept ({100 * kept / beside:.2f} %), {no_json} of {rounds} pages were no JSON")
    assert kept >= 0.95 * beside


def _is_no_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return True
    return False
