"""Do our processes' logs hold no person, whatever goes wrong? A journey with canary strings, errors and tracebacks (P10)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from mailroom import mailroom, wait_until
from outbox import states, use_relay
from owing import rows
from sqlalchemy import text, update
from sqlalchemy.engine import URL

from alerts import jobs
from db.models import Delivery, Profile
from db.session import transaction, utcnow
from factories import make_alert, make_match, make_notice, make_profile, make_subscriber

WORDS = ("kanari", "Kanarisveis", "hemmelig", "@")
# A worker whose log is set up as the command line does it, with ways to fail that quote what they failed on.
WORKER = """
import logging, sys
from alerts import compose, jobs, log
log.set_up("DEBUG")
jobs.command = lambda *words: [sys.executable, "-c", "raise SystemExit(2)"]
logging.getLogger("aiosmtplib").warning("to %s", "kanari@hemmelig.example")
jobs.work()
"""
ENDS = """
import threading
from alerts import log
log.set_up("INFO")
def fails(): raise RuntimeError("kanari@hemmelig.example, Kanarisveis AS")
one = threading.Thread(target=fails); one.start(); one.join()
try:
    fails()
except RuntimeError as cause:
    raise LookupError("Kanarisveis AS") from cause
"""


async def test_a_journey_with_errors_leaves_nobody_in_the_log(
    database: URL, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # The canary's address is a subscriber's: the database refuses it and quotes the address in its words.
    environment.setenv("ANBUDSVAKT_CANARY_TO", "kanari@hemmelig.example")
    whole, broken = (
        make_subscriber(
            company="Kanarisveis AS", email=f"kanari{n}@hemmelig.example".replace("0", ""), cadence="at_once"
        )
        for n in range(2)
    )
    for subscriber in (whole, broken):
        version = make_notice()
        make_match(version, make_profile(subscriber, name="Kanarisveis"))
        make_alert(subscriber, version, created_at=utcnow().replace(year=2026, month=1))
    with transaction() as s:
        s.execute(update(Profile).where(Profile.subscriber_id == broken.id).values(name="Kanarisveis"))
        s.execute(text("UPDATE match SET evidence = '{\"kanari\": 1}' WHERE profile_id IN (SELECT id FROM profile WHERE subscriber_id = :id)"),
                  {"id": broken.id})  # fmt: skip
    async with jobs.opened():
        for number, task in enumerate((jobs.digests, jobs.put_out_canary, jobs.match, jobs.look)):
            assert await jobs.enqueue(task, int(utcnow().timestamp()) + number)
    told = tmp_path / "log"
    with mailroom(tmp_path) as room, told.open("wb") as stderr:
        use_relay(environment, room.port)
        worker = subprocess.Popen([sys.executable, "-c", WORKER], stderr=stderr)  # noqa: ASYNC220 - as long as it runs
        try:
            wait_until(lambda: states() == {"sent": 1, "broken": 1}, within_s=40)
            wait_until(
                lambda: b"put_out_canary" in told.read_bytes() or b"UniqueViolation" in told.read_bytes(), within_s=40
            )
        finally:
            worker.terminate()
            worker.wait(15)
    lines = [json.loads(line) for line in told.read_text(encoding="utf-8").splitlines()]
    events = {line["event"] for line in lines}
    assert {"digest broken", "mail tried", "to %s"} <= events
    assert any("UniqueViolation" in " ".join(line.get("traceback", [])) for line in lines)
    assert [word for word in WORDS if word in told.read_text(encoding="utf-8")] == []
    assert len(rows(Delivery)) == 2


def test_what_ends_a_process_or_a_thread_is_told_by_type_and_place_alone(environment: pytest.MonkeyPatch) -> None:
    done = subprocess.run([sys.executable, "-c", ENDS], capture_output=True, text=True, check=False)
    thread, process = map(json.loads, done.stderr.splitlines())
    assert done.returncode == 1
    assert (thread["event"], process["event"]) == ("thread ended", "process ended")
    assert [raised.split()[0] for raised in process["traceback"]] == ["RuntimeError", "LookupError"]
    assert [word for word in WORDS if word in done.stderr] == []
