"""Does a sender that is killed lose a mail, or send more copies than it may? (D1, D2, D3)"""

import random
import secrets
import signal
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest
from mailroom import Mailroom, mailroom, wait_until
from outbox import fill, sender_process, states, use_relay
from sqlalchemy.engine import URL

CONNECTIONS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What the relay's own witness says at the end."""

    lost: int
    extra: int
    most_of_one: int
    differing: int


def tally(room: Mailroom, sent: list[str]) -> Tally:
    copies = Counter(one.message_id for one in room.accepted())
    contents = defaultdict(set)
    for one in room.accepted():
        contents[one.message_id].add(one.sha256)
    return Tally(
        lost=len(set(sent) - set(copies)),
        extra=copies.total() - len(copies),
        most_of_one=max(copies.values()),
        differing=sum(len(hashes) > 1 for hashes in contents.values()),
    )


def storm(room: Mailroom, *, mails: int, blows: int, blow: signal.Signals, chance: random.Random) -> float:
    """Strike the sender this often while the outbox empties; gives the seconds that the slowest exit took."""
    slowest = 0.0
    for _ in range(blows):
        with sender_process() as sender:
            struck_at = len(room.accepted()) + chance.randint(1, max(2, mails // (blows + 4)))
            room.wait_for(min(struck_at, mails))
            time.sleep(chance.uniform(0, 0.01))  # at any point of a mail, not just after a 250
            began = time.monotonic()
            sender.send_signal(blow)
            sender.wait(15)
            slowest = max(slowest, time.monotonic() - began)
    return slowest


def finish() -> None:
    with sender_process():
        wait_until(lambda: states().keys() == {"sent"}, within_s=60)


@pytest.mark.parametrize(
    ("mails", "kills", "slow_s"),
    [
        (200, 5, 0.004),
        pytest.param(10_000, 200, 0.004, marks=[pytest.mark.prove, pytest.mark.timeout(1800)]),
        pytest.param(1_000, 20, 0.05, marks=pytest.mark.prove, id="relay slow after accepting"),
    ],
)
def test_d1_and_d2_a_killed_sender_loses_nothing_and_copies_little(
    database: URL, environment: pytest.MonkeyPatch, tmp_path: Path, mails: int, kills: int, slow_s: float
) -> None:
    seed = secrets.randbits(32)
    with mailroom(tmp_path, slow_s=slow_s) as room:
        use_relay(environment, room.port, smtp_connections=str(CONNECTIONS))
        sent = fill(mails)
        began = time.monotonic()
        storm(room, mails=mails, blows=kills, blow=signal.SIGKILL, chance=random.Random(seed))
        finish()
        found = tally(room, sent)
        print(f"\nseed {seed}: {kills} kills, {mails} mails, {time.monotonic() - began:.1f} s, {found}")
    assert found.lost == 0
    assert found.differing == 0
    assert found.extra <= kills * CONNECTIONS
    assert states() == {"sent": mails}


@pytest.mark.parametrize(
    ("mails", "stops"), [(100, 3), pytest.param(5_000, 100, marks=[pytest.mark.prove, pytest.mark.timeout(1800)])]
)
def test_d3_a_polite_stop_loses_and_doubles_nothing(
    database: URL, environment: pytest.MonkeyPatch, tmp_path: Path, mails: int, stops: int
) -> None:
    seed = secrets.randbits(32)
    with mailroom(tmp_path, slow_s=0.02) as room:
        use_relay(environment, room.port, smtp_connections=str(CONNECTIONS))
        sent = fill(mails)
        slowest = storm(room, mails=mails, blows=stops, blow=signal.SIGTERM, chance=random.Random(seed))
        finish()
        found = tally(room, sent)
        print(f"\nseed {seed}: {stops} stops, {mails} mails, slowest exit {slowest:.2f} s, {found}")
    assert found == Tally(lost=0, extra=0, most_of_one=1, differing=0)
    assert slowest <= 10
