"""Which work is queued, and who does it? Procrastinate's tasks, and the worker that does them and sends.

No task is the only one who knows what is to be done: each looks at the tables for what is owed, so that a job that
is lost or comes twice costs nothing. Nobody here imports the crawlers; a crawl is a child process (house.md §1).
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Status
from psycopg import Error as DatabaseError

from alerts import beat, canary, errands, events, push, pusher, retention, sender, source_health, watch, week_mail
from alerts.alarms import AlarmKind, close_alarm, raise_alarm
from alerts.beat import Part
from alerts.children import Overran, command, run_child
from alerts.digest import run_due
from alerts.until_told import run_until_told
from classifier import recall
from db.session import plain_url, transaction, utcnow

log = logging.getLogger(__name__)

CRAWLS: Final = "crawls"  # a queue of their own, so that no slow portal ever keeps a digest waiting (T2)
ALERTS: Final = "alerts"
MATCH_LIMIT_S: Final = 1200.0
LEARN_LIMIT_S: Final = 600.0
RATES_LIMIT_S: Final = 120.0
# Jobs that have not ended by then are cut off; what they were doing is taken up again from the tables.
GRACE_S: Final = 3.0
RETRY_S: Final = 5.0
KEPT_HOURS: Final = 7 * 24
# Every transaction of the queue is one statement. A scheduler that is paused between it and its commit would
# otherwise hold the slot's key, and nobody could queue that slot.
QUEUE_OPTIONS: Final = {
    "application_name": "anbudsvakt queue",
    "options": "-c timezone=UTC -c idle_in_transaction_session_timeout=5s",
}

# The address of the database is known only when the app is opened: :func:`opened`.
app = App(connector=PsycopgConnector())


@app.task(name="crawl", queue=CRAWLS)
async def crawl(source: str, timestamp: int) -> None:
    """Read one source, unless it rests or was read since the slot at ``timestamp`` (seconds); then match what it brought."""
    slot = datetime.fromtimestamp(timestamp, UTC)
    if await asyncio.to_thread(watch.need_not_read, source, slot):
        return
    await _child("crawl", source, limit_s=watch.CRAWL_LIMIT.total_seconds())
    await asyncio.to_thread(watch.close_dead_fetches, utcnow())
    await asyncio.to_thread(source_health.judge_sources)
    await enqueue(match, timestamp)


@app.task(name="match", queue=ALERTS)
async def match(timestamp: int) -> None:
    """Score what is owed to the scorer, in a child whose memory is given back; then see who is to be told."""
    if await _child("match", limit_s=MATCH_LIMIT_S):
        await asyncio.to_thread(beat.keep, Part.MATCH)
    await enqueue(digests, timestamp)


@app.task(name="canary", queue=ALERTS)
async def put_out_canary(timestamp: int) -> None:
    """Store our own notice of the day, where an operator wants one, and see it on its way."""
    try:
        if not await asyncio.to_thread(canary.put_out):
            return
    except Exception as error:
        await asyncio.to_thread(canary.could_not, error)
        raise
    await enqueue(match, timestamp)


@app.task(name="learn", queue=ALERTS)
async def learn(timestamp: int) -> None:
    """Take the steps that verdicts ask for; how far they go in a week is the tables' affair, not the timetable's."""
    del timestamp
    await _child("learn", limit_s=LEARN_LIMIT_S)


@app.task(name="rates", queue=ALERTS)
async def rates(timestamp: int) -> None:
    """Read what currencies are worth; a day without it is no loss, for yesterday's rates still hold."""
    del timestamp
    await _child("rates", limit_s=RATES_LIMIT_S)


@app.task(name="clean", queue=ALERTS)
def clean(timestamp: int) -> None:
    """Remove what has served its time."""
    del timestamp
    retention.clean(utcnow())


@app.task(name="ask below", queue=ALERTS)
async def ask_below(timestamp: int) -> None:
    """Draw the week's questions of what lay under lines; drawn once a week, however often it is asked for."""
    del timestamp
    await asyncio.to_thread(recall.draw, utcnow())


@app.task(name="week report", queue=ALERTS)
async def report_week(timestamp: int) -> None:
    """Queue the last week's report for administrators; nobody gets it twice, however often it is asked for."""
    del timestamp
    await asyncio.to_thread(week_mail.post_week, utcnow())


@app.task(name="digests", queue=ALERTS, pass_context=True)
def digests(context: JobContext, timestamp: int) -> None:
    """Move the deadlines that corrigenda moved, see what webhooks are owed; then build every digest run that is due."""
    del timestamp  # what is due is asked of the tables, so that a late job does all that was missed
    events.keep()
    push.owe()
    run_due(utcnow(), enough=context.should_abort)
    beat.keep(Part.DIGESTS)


@app.task(name="watch", queue=ALERTS, pass_context=True)
async def look(context: JobContext, timestamp: int) -> None:
    """Find lost and late work, the queue's own included."""
    del timestamp
    await asyncio.to_thread(watch.look, enough=context.should_abort)
    # Whoever did these is dead. They need not be done again: their work is found in the tables.
    for job in await app.job_manager.get_stalled_jobs():
        await app.job_manager.finish_job(job, Status.FAILED, delete_job=False)
    await app.job_manager.delete_old_jobs(
        nb_hours=KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
    )
    await asyncio.to_thread(beat.keep, Part.WATCH)
    await beat.tell_outside()


async def enqueue(task: Any, timestamp: int, *, entry: str = "", **arguments: str) -> bool:
    """Queue a task for a slot; gives False where it is queued already, or was for this slot.

    Two schedulers that fire the newest slot queue one job. Of an entry's slots procrastinate remembers the newest alone,
    so that a scheduler which was paused may queue one that is past a second time. That has no second effect: what a task
    does is fenced where it is written (one run per day and slot, one crawl since its slot), and each asks what is owed.
    """
    key = ":".join((task.name, *arguments.values()))
    job = task.configure(queueing_lock=key, task_kwargs={**arguments, "timestamp": timestamp}).job
    try:
        queued = await app.job_manager.defer_periodic_job(job=job, periodic_id=entry or key, defer_timestamp=timestamp)
    except AlreadyEnqueued:
        return False
    return queued is not None


@asynccontextmanager
async def opened() -> AsyncIterator[App]:
    """The app on this installation's database."""
    with app.replace_connector(PsycopgConnector(conninfo=plain_url(), kwargs=QUEUE_OPTIONS)):
        async with app.open_async():
            yield app


def work() -> None:
    """The worker as a process: jobs and the sender, until SIGTERM or SIGINT; gone within ten seconds of it."""
    run_until_told(worker)


async def worker(stop: asyncio.Event) -> None:
    """Do queued jobs and errands, and send what is in the outbox, until ``stop``; outlives restarts of the database."""
    await asyncio.to_thread(watch.mend_all)
    async with asyncio.TaskGroup() as group:
        group.create_task(sender.run(stop))
        group.create_task(pusher.run(stop))
        group.create_task(errands.run(stop))
        group.create_task(_jobs(stop))


async def _jobs(stop: asyncio.Event) -> None:
    while not stop.is_set():
        try:
            async with opened() as queue:
                # Two of procrastinate's workers: crawls in one, all else in the other.
                await _until(stop, *(_one_worker(queue, name) for name in (CRAWLS, ALERTS)))
        except (DatabaseError, ConnectorException) as trouble:
            log.warning("queue not reached", extra={"error": type(trouble).__name__})
        await sender.pause(RETRY_S, unless=stop)


async def _one_worker(queue: App, name: str) -> None:
    await queue.run_worker_async(
        queues=[name],
        name=name,
        concurrency=2,
        delete_jobs="successful",
        shutdown_graceful_timeout=GRACE_S,
        install_signal_handlers=False,
    )


async def _until(stop: asyncio.Event, *work: Any) -> None:
    """Run these until one ends or ``stop`` is set; then cancel the rest and see them end."""
    running = [asyncio.create_task(one) for one in work]
    told = asyncio.create_task(stop.wait())
    await asyncio.wait({*running, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    for one in running:
        one.cancel()
    for outcome in await asyncio.gather(*running, return_exceptions=True):
        if isinstance(outcome, Exception):
            raise outcome


async def _child(*words: str, limit_s: float) -> bool:
    """Run one of our commands as a child; an alarm where it hangs or breaks, closed when it goes well again.

    Gives whether it went well.
    """
    subject = " ".join(words)
    try:
        code = await run_child(command(*words), limit_s=limit_s)
    except Overran as overran:
        with transaction() as s:
            raise_alarm(s, AlarmKind.CHILD_FAILED, subject, str(overran))
        return False
    with transaction() as s:
        # Exit code 1 is the source's own trouble, which its Fetch tells; anything else is ours.
        if code in {0, 1}:
            close_alarm(s, AlarmKind.CHILD_FAILED, subject)
        else:
            raise_alarm(s, AlarmKind.CHILD_FAILED, subject, f"ended with exit code {code}")
    return code == 0
