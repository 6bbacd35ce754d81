"""How soon are a slider move and a page of matches answered at the server, with 2,000 profiles and 200,000 notices stored?

Each is asked over HTTP of a web process of its own, page and all. The peer is what the promise allows: 300 ms for a
move, 150 ms for a page of matches, in nineteen of twenty. 200 profiles and 20,000 notices by default; all with
``--whole``.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

import httpx
from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select, text

from benchmarks.ground import Told
from benchmarks.installation import SMALL, WHOLE, fill
from benchmarks.visiting import Took, served, took, visitor
from classifier.bench import ALL, FIRM
from classifier.candidates import BATCH
from db.models import Administrator, Beat, NoticeVersion
from db.session import transaction, utcnow
from web.api.app import AT
from web.api.tokens import add_token

TIMES: Final = 100
FEWER, FEWEST = 20, 5  # of what no promise is about
MOVE_MS, MATCHES_MS = 300.0, 150.0
READER: Final = 7  # a firm with two profiles
Asked = Callable[[int], httpx.Response]


def run(*, whole: bool = False) -> Told:
    """Ask each page so often, and print how long it took beside what was promised."""
    profiles, notices = WHOLE if whole else SMALL
    fill(profiles, notices)
    with transaction() as s:
        ada = Administrator(email="ada@bench.example", language="nb", password_hash="", created_at=utcnow())
        s.add(ada)
        s.flush()
        _, token = add_token(s, READER, name="bench")
        matches = s.scalar(text("SELECT count(*) FROM match"))
    found: dict[str, tuple[Took, float | None]] = {}
    with served() as (address, process):
        with visitor(address, administrator_id=ada.id) as admin:
            move = partial(_move, admin)
            for name, key, start, days in (
                ("move of one profile, 30 days", str(READER), 0.4, 30),
                ("move of a firm's two profiles, 30 days", f"{FIRM}{READER}", -0.15, 30),
                ("move of a country's profiles, 30 days", "NO", -0.15, 30),
                ("move of all profiles, 30 days", ALL, -0.15, 30),
                ("move of all profiles, 90 days", ALL, -0.15, 90),
            ):
                found[name] = took(partial(move, key, start, days), TIMES), MOVE_MS
            for days in (30, 90):
                asked = partial(move, ALL, -0.15, days)
                found[f"the same, {days} days, each after a heartbeat"] = took(asked, TIMES, between=_beat), MOVE_MS
                found[f"the same, {days} days, each after a match was written"] = (
                    took(asked, TIMES, between=_write),
                    MOVE_MS,
                )
                found[f"the same, {days} days, each after {BATCH} notices were matched"] = (
                    took(asked, TIMES, between=_match), MOVE_MS,
                )  # fmt: skip
            found["scores and their drift"] = took(lambda _: admin.get("/admin/scores"), FEWER), None
        with visitor(address, subscriber_id=READER) as reader:
            for name, query in (
                ("matches, first page", ""),
                ("matches with filters", "?country=NO&line=both&when=all&said=nothing"),
                ("matches with words", "?words=rammeavtale+etat&when=all"),
            ):
                asked = partial(_get, reader, f"/me/matches{query}")
                found[name] = took(asked, TIMES), MATCHES_MS
        with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=60) as program:
            for name, word in (("a usual", "sveising"), ("an unknown", "ubåt")):
                asked = partial(_get, program, f"{AT}/notices?text={word}")
                found[f"API: notices with {name} word"] = took(asked, FEWEST), None
        mib = process.memory_info().rss / 2**20
    _print(found)
    slowest = max((one for one, bar in found.values() if bar == MOVE_MS), key=lambda one: one.most)
    return Told(
        unit="moves/s",
        ours=1000 / slowest.most,
        peer=1000 / MOVE_MS,
        peer_is="the promise: 300 ms, in 19 of 20",
        note=f"{profiles} profiles, {notices} notices, {matches} matches, {TIMES} of each; the web process held {mib:.0f} MiB"
        + ("" if whole else "; --whole for 2,000 profiles and 200,000 notices"),
    )


def _move(admin: httpx.Client, key: str, start: float, days: int, place: int) -> httpx.Response:
    """The slider a little further each time, across where it lies."""
    value = start + place * 0.003
    return admin.get(f"/admin/lab/{key}", params={"value": f"{value:.3f}", "days": days})


def _get(client: httpx.Client, path: str, _: int) -> httpx.Response:
    return client.get(path)


def _write() -> None:
    """The least that a matcher writes."""
    with transaction() as s:
        s.execute(text("UPDATE match SET score = score WHERE id = (SELECT max(id) FROM match)"))


def _match() -> None:
    """What a matcher writes at once: what it says of the newest notices, and that it has met them."""
    with transaction() as s:
        newest = {"after": s.scalar(select(func.max(NoticeVersion.id) - BATCH))}
        s.execute(
            text("CREATE TEMPORARY TABLE met ON COMMIT DROP AS SELECT * FROM match WHERE version_id > :after"), newest
        )
        s.execute(text("DELETE FROM match WHERE version_id > :after"), newest)
        s.execute(text("INSERT INTO match SELECT * FROM met"))
        s.execute(text("UPDATE notice_version SET matched_rev = matched_rev WHERE id > :after"), newest)


def _beat() -> None:
    """What a worker writes all the time, and nobody's matches hang on."""
    with transaction() as s:
        beat = s.scalar(select(Beat).where(Beat.part == "bench")) or Beat(part="bench")
        beat.at = utcnow()
        s.add(beat)


def _print(found: dict[str, tuple[Took, float | None]]) -> None:
    table = Table("asked", "half ms", "19 of 20 ms", "promised ms", "first ms", title="Answers at the server")
    for name, (one, bar) in found.items():
        table.add_row(name, f"{one.half:.0f}", f"{one.most:.0f}", f"{bar:.0f}" if bar else "", f"{one.first:.0f}")
    Console(width=110).print(table)
