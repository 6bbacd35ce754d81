"""When does what begin? The timetable in one table; it only enqueues, so that being late costs nothing.

Times are local: the hours from 01:00 to 03:59 hold no entry, because they are skipped or doubled when the clocks
change (promises.md 3.6). Two schedulers do no harm: each slot has its effect once, and the leader's lock is a courtesy.
"""

import asyncio
import json
import logging
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import psycopg
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from procrastinate.exceptions import ConnectorException

from alerts import jobs
from alerts.children import command
from alerts.clock import ZONES
from alerts.rhythm import FIRST_MINUTE, crawl_hours
from alerts.sender import pause
from alerts.until_told import run_until_told
from db.session import plain_url, utcnow

log = logging.getLogger(__name__)

LEADER_LOCK: Final = 7_311_904
LEADER_ASKS_S: Final = 5.0
WAKING: Final = "0,4-23"  # hours with work; from one to four the clocks change, and nobody reads
OSLO: Final = ZONES["NO"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the timetable: which task begins when, on whose clock."""

    name: str
    task: Any
    hour: str
    minute: str
    zone: ZoneInfo = OSLO
    source: str | None = None

    @property
    def trigger(self) -> CronTrigger:
        """As APScheduler reads it."""
        return CronTrigger(hour=self.hour, minute=self.minute, timezone=self.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTimes:
    """A source that is read, and how often."""

    key: str
    cadence: timedelta


def table(sources: Iterable[SourceTimes]) -> list[Entry]:
    """The whole timetable. Crawls are spread over the hour, early enough for the digests of the next one."""
    crawls = [
        Entry(
            name=f"crawl {source.key}",
            task=jobs.crawl,
            hour=",".join(str(hour) for hour in crawl_hours(source.cadence)),
            minute=str(FIRST_MINUTE // timedelta(minutes=1) + 4 * place % 30),
            source=source.key,
        )
        for place, source in enumerate(sources)
    ]
    digests = [
        Entry(name=f"digests {country}", task=jobs.digests, hour="4-23", minute="0", zone=zone)
        for country, zone in ZONES.items()
    ]
    return [
        *crawls,
        Entry(name="match", task=jobs.match, hour=WAKING, minute="10,25,40,55"),
        *digests,
        # Daily, though a week has one step: seven days are counted from the last step to the second, so that a weekly
        # entry would come a moment too early every other time, and an hour too early when the clocks change.
        Entry(name="learn", task=jobs.learn, hour="4", minute="5"),
        # The bank publishes at about 16:00 on working days (its own clock is Oslo's).
        Entry(name="rates", task=jobs.rates, hour="17", minute="20"),
        # A quarter of an hour before the watch looks whether it has arrived.
        Entry(name="canary", task=jobs.put_out_canary, hour="5", minute="12"),
        Entry(name="clean", task=jobs.clean, hour="4", minute="20"),
        # Daily as well: the tables know which week was asked, and a Monday that was missed is made up for.
        Entry(name="ask below", task=jobs.ask_below, hour="5", minute="35"),
        # Daily for the same reason: on Monday there is a week to tell, on other days whoever was not told it.
        Entry(name="week report", task=jobs.report_week, hour="8", minute="10"),
        Entry(name="at once", task=jobs.digests, hour=WAKING, minute="*/2"),
        Entry(name="watch", task=jobs.look, hour=WAKING, minute="7,17,27,37,47,57"),
    ]


def last_slot(entry: Entry, now: datetime) -> datetime:
    """When this entry was last due: the slot that a job which begins now is for."""
    last, following = now, entry.trigger.get_next_fire_time(None, now - timedelta(hours=25))
    while following is not None and following <= now:
        last, following = following, entry.trigger.get_next_fire_time(following, following + timedelta(seconds=1))
    return last


def keep() -> None:
    """The scheduler as a process, until SIGTERM or SIGINT."""
    run_until_told(lambda stop: run(table(_sources()), stop))


async def run(entries: Iterable[Entry], stop: asyncio.Event) -> None:
    """Enqueue what is due until ``stop``, as long as no other scheduler does."""
    scheduler = AsyncIOScheduler()
    for entry in entries:
        # APScheduler's own default skips what is more than a second late, silently (promises.md 3.5).
        scheduler.add_job(
            _fire, entry.trigger, args=[entry, stop], name=entry.name, misfire_grace_time=None, coalesce=True
        )
    async with jobs.opened():
        scheduler.start(paused=True)
        try:
            await _lead(scheduler, stop)
        finally:
            scheduler.shutdown(wait=False)


async def _fire(entry: Entry, stop: asyncio.Event) -> None:
    """Enqueue one entry's task for the slot that has come; waits for the database where that is away."""
    while not stop.is_set():
        slot = int(last_slot(entry, utcnow()).timestamp())
        arguments = {"source": entry.source} if entry.source else {}
        try:
            queued = await jobs.enqueue(entry.task, slot, entry=entry.name, **arguments)
        except (psycopg.Error, ConnectorException) as trouble:
            log.warning("queue not reached", extra={"entry": entry.name, "error": type(trouble).__name__})
            await pause(LEADER_ASKS_S, unless=stop)
        else:
            log.info("entry fired", extra={"entry": entry.name, "queued": queued})
            return


async def _lead(scheduler: AsyncIOScheduler, stop: asyncio.Event) -> None:
    """Let the scheduler run while we hold the leader's lock; a lost connection is a lost lock."""
    while not stop.is_set():
        try:
            async with await psycopg.AsyncConnection.connect(plain_url(), autocommit=True) as connection:
                await _lead_on(connection, scheduler, stop)
        except psycopg.Error as trouble:
            log.warning("leadership lost", extra={"error": type(trouble).__name__})
        finally:
            scheduler.pause()
        await pause(LEADER_ASKS_S, unless=stop)


async def _lead_on(connection: psycopg.AsyncConnection[Any], scheduler: AsyncIOScheduler, stop: asyncio.Event) -> None:
    leads = False
    while not stop.is_set():
        if leads:
            await connection.execute("SELECT 1")  # without asking, nobody would notice that the server cut us off
        else:
            answer = await (await connection.execute("SELECT pg_try_advisory_lock(%s)", (LEADER_LOCK,))).fetchone()
            leads = bool(answer and answer[0])
            if leads:
                log.info("leading")
                scheduler.resume()
                # Whatever was missed while nobody led is found by the watch, at once and not in ten minutes.
                await jobs.enqueue(jobs.look, int(utcnow().timestamp()), entry="on taking over")
        await pause(LEADER_ASKS_S, unless=stop)


def _sources() -> list[SourceTimes]:
    """The sources that are read, asked of our own command line: only it may import the crawlers."""
    listed = subprocess.run(command("sources", "--json"), stdout=subprocess.PIPE, check=True, text=True)
    rows = [json.loads(line) for line in listed.stdout.splitlines()]
    return [
        SourceTimes(key=row["key"], cadence=timedelta(seconds=row["cadence"])) for row in rows if row["state"] == "on"
    ]
