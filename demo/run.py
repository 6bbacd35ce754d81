"""Does the whole main job go through, from the portals to the mailbox? The demonstration, on loopback alone.

It has a database, a mailbox and a secret of its own under ``var/demo`` and never touches the installation's.
"""

import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import psycopg
from rich.console import Console
from rich.table import Table

from alerts.clock import ZONES
from db import seed
from db.session import database_url, forget_engine, plain_url, utcnow
from demo import forked, rates_wire
from demo.addresses import address_of
from demo.mailbox import KeptMail, Mailbox
from demo.portals import SandboxPortals
from demo.witness import Faults
from settings import Settings, get_settings, variable

COMPANIES = Path(__file__).parent / "companies.toml"
LOCAL = ZONES["NO"]  # Stockholm keeps the same time
CRAWL_LIMIT_S = 300
AT_ONCE = 2  # crawls


def run_demo(console: Console, *, then: Callable[[Console], None] | None = None) -> bool:
    """Collect, match and send two days of sandbox notices, telling as it goes; True when all of it went through.

    ``then``: what is done with the installation before it ends, such as ``serve_pages``.
    """
    folder = get_settings().var.resolve() / "demo"
    mail = folder / "mail"
    shutil.rmtree(mail, ignore_errors=True)
    with (
        SandboxPortals(faults=Faults(doffin_burst=None)) as portals,
        Mailbox(mail) as mailbox,
        _own_installation(folder, mailbox),
    ):
        console.rule("[bold]Day 1")
        through = _rates(portals)
        through &= _collect(console, portals)
        _subscribe(console)
        _match(console)
        _digest_and_send(console, mailbox, day=0)
        first = mailbox.messages
        console.rule("[bold]Day 2: corrigenda are out")
        portals.set_day(2)
        through &= _collect(console, portals)
        _match(console)
        _digest_and_send(console, mailbox, day=1)
        second = mailbox.messages[len(first) :]
        _who_got_what(console, first, second)
        console.print(f"{len(first)} mails on day 1, {len(second)} on day 2: [bold]{_short(mail)}[/] (.eml and .html)")
        if then is not None:
            then(console)
    return through and bool(first)


def serve_pages(console: Console) -> None:
    """Serve the pages behind the mails' links until Ctrl-C."""
    from web.app import serve

    settings = get_settings()
    console.print(f"the pages behind the mails' links are at {settings.site} until Ctrl-C")
    serve(settings.web_host, settings.port)


@contextmanager
def _own_installation(folder: Path, mailbox: Mailbox) -> Iterator[None]:
    """Settings and a fresh database of the demonstration's own, for this process and the crawls it starts."""
    kept = dict(os.environ)
    # Empty is unset, and stands above a .env file: nothing of the installation's own can leak in, least of all its
    # database.
    os.environ |= {variable(field): "" for field in Settings.model_fields}
    for name in [
        name for name in os.environ if name.startswith(("ANBUDSVAKT_", "DATABASE_URL")) and name.endswith("_FILE")
    ]:
        del os.environ[name]
    os.environ |= {
        "ANBUDSVAKT_VAR": str(folder),
        "ANBUDSVAKT_SECRET_KEY": secrets.token_urlsafe(48),
        "ANBUDSVAKT_DOFFIN_KEY": "sandbox",
        "ANBUDSVAKT_FEEDS": "fmv=https://www.fmv.se/rss.xml",  # off elsewhere until its address is confirmed
        "ANBUDSVAKT_SMTP_HOST": mailbox.host,
        "ANBUDSVAKT_SMTP_PORT": str(mailbox.port),
        "ANBUDSVAKT_SMTP_SECURITY": "none",
        "ANBUDSVAKT_MAIL_FROM": "varsel@anbudsvakt.example",
    }
    _forget()
    try:
        # The server that starts here serves a database that begins empty each time.
        with psycopg.connect(plain_url(), autocommit=True) as admin:
            admin.execute("DROP DATABASE IF EXISTS demo WITH (FORCE)")
            admin.execute("CREATE DATABASE demo")
        os.environ["DATABASE_URL"] = plain_url(database_url().set(database="demo"))
        _forget()
        from db.migrate import upgrade

        upgrade()
        yield
    finally:
        forget_engine()
        os.environ.clear()
        os.environ.update(kept)
        _forget()


def _forget() -> None:
    get_settings.cache_clear()
    forget_engine()
    seed.load.cache_clear()


def _rates(portals: SandboxPortals) -> bool:
    """Read what currencies are worth, as the timetable does; True when it went through."""
    with forked.commands(1) as pool:
        return _asked(pool, "rates", "--url", portals.base_url + rates_wire.PATH).result(CRAWL_LIMIT_S).code == 0


def _collect(console: Console, portals: SandboxPortals) -> bool:
    """Run the real spiders, each in a process of its own, as workers do; True when every one went through."""
    counts = ("requests", "seen", "new", "changed", "unchanged", "quarantined")
    table = Table("source", *counts, title="Collected")
    good = True
    read_here = _read_here(portals.base_url)
    with console.status(f"reading {', '.join(read_here)}"), forked.commands(AT_ONCE) as pool:
        crawls = {
            key: _asked(pool, "crawl", key, "--base-url", address, "--delay", "0", "--json")
            for key, address in read_here.items()
        }
        for key, crawl in crawls.items():
            outcome = _outcome(crawl.result(CRAWL_LIMIT_S))
            good &= outcome.get("error") is None
            table.add_row(key, *(str(outcome.get(name, "")) for name in counts))
            if outcome.get("error"):
                console.print(f"[red]{key}: {outcome['error']}[/]")
    console.print(table)
    return good


def _read_here(base_url: str) -> dict[str, str]:
    """Every source that is on, with its address in the sandbox."""
    from crawlers.sources import SourceState, sources

    on = [source for source in sources().values() if source.state is SourceState.ON]
    return {source.key: address for source in on if (address := address_of(source, base_url)) is not None}


def _asked(pool: ProcessPoolExecutor, *words: str) -> Future[forked.Done]:
    return pool.submit(forked.run, dict(os.environ), list(words))


def _outcome(done: forked.Done) -> dict[str, Any]:
    try:
        outcome: dict[str, Any] = json.loads(done.told.splitlines()[-1])
    except (IndexError, ValueError):
        return {"error": done.errors.strip() or f"exit code {done.code}"}
    return outcome


def _subscribe(console: Console) -> None:
    from classifier.profiles import import_profiles

    subscribers, profiles = import_profiles(COMPANIES.read_bytes(), by="demo")
    console.print(f"{subscribers} firms with {profiles} profiles subscribe")


def _match(console: Console) -> None:
    from classifier.match import load_scorer, match_new

    with console.status("matching"):
        counts = match_new(load_scorer())
    console.print(f"{counts.notices} readings scored, {counts.matches} matches kept, {counts.alerts} alerts owed")


def _digest_and_send(console: Console, mailbox: Mailbox, *, day: int) -> None:
    from alerts.digest import run
    from alerts.sender import drain
    from db.models import Cadence

    at = utcnow()
    if day:
        tomorrow = at.astimezone(LOCAL).date() + timedelta(days=day)
        at = datetime.combine(tomorrow, time(7), tzinfo=LOCAL)
    run(Cadence.DAILY, at)
    with console.status(f"sending to {mailbox.host}:{mailbox.port}"):
        counts = drain()
    console.print(f"{counts.sent} mails accepted by the mailbox")


def _who_got_what(console: Console, *days: tuple[KeptMail, ...]) -> None:
    """The table of who got what and why, read from what the digests told."""
    from sqlalchemy import select

    from alerts.view import DigestView
    from db.models import Digest
    from db.session import transaction

    with transaction() as s:
        kept = s.scalars(select(Digest.view).where(Digest.view.is_not(None)).order_by(Digest.id)).all()
    table = Table(
        "firm", "day", "notice", "score", "they write", "you write", title="Who got what, and why", show_lines=True
    )
    for view in map(DigestView.from_json, kept):
        for entry in (*view.entries, *view.changed):
            if not entry.reasons:  # told before, for a profile that is no more
                continue
            reason = entry.reasons[0]
            moved = "; ".join(f"{c.field}: {_plain(c.old)} → {_plain(c.new)}" for c in entry.changes)
            table.add_row(
                f"{view.company} ({view.language})",
                f"{view.day:%d.%m.}",
                f"[{entry.country}] {entry.title}" + (f"\n[bold]{moved}[/]" if moved else ""),
                f"{reason.score:.2f}",
                reason.notice_sentence,
                reason.profile_sentence,
            )
    console.print(table)
    subjects = Table("to", "subject", title="Mails")
    for message in (mail for day in days for mail in day):
        subjects.add_row(message.recipients[0], message.subject)
    console.print(subjects)


def _plain(value: str | None) -> str:
    """A change's value for the terminal: moments in local time, the rest as it is."""
    try:
        return f"{datetime.fromisoformat(value or '').astimezone(LOCAL):%d.%m. %H:%M}"
    except ValueError:
        return value or "none"


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
