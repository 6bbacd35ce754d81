"""Which commands alert? Digests, the outbox, and a doctor that says what an installation lacks."""

from dataclasses import asdict
from typing import Annotated, Literal

import typer

from commands.out import AsJson, console, fail, moment, ready, show
from settings import get_settings


def digest(
    as_of: Annotated[str | None, typer.Option(help="As if it were this moment (2026-11-23T07:00, Oslo time).")] = None,
    cadence: Annotated[str, typer.Option(help="daily, weekly or at_once.")] = "daily",
    *,
    as_json: AsJson = False,
) -> None:
    """Open the digest run of a day and put every owed digest into the outbox; again is a no-op."""
    ready()
    get_settings().require("secret_key", "mail_from")
    from alerts.digest import run
    from alerts.signature import check_key
    from db.models import Cadence

    check_key()

    try:
        wanted = Cadence(cadence)
    except ValueError:
        raise fail(f"no such cadence: {cadence}; there are {', '.join(Cadence)}", code=2) from None
    built = run(wanted, moment(as_of))
    columns = {name: name for name in ("run_id", "day", "cadence", "slot", "queued", "empty", "broken")}
    show([] if built is None else [asdict(built)], as_json=as_json, columns=columns, title="Digest run")
    if built is None and not as_json:
        console.print("nobody of this cadence is due or owed anything")


def report(*, as_json: AsJson = False) -> None:
    """Put the report of the last whole week into the outbox, for every administrator who wants it; again is a no-op."""
    ready()
    get_settings().require("secret_key", "mail_from")
    from alerts.signature import check_key
    from alerts.week_mail import post_week
    from db.session import utcnow

    check_key()
    show([{"queued": post_week(utcnow())}], as_json=as_json, columns={"queued": "queued"}, title="Weekly report")


def send(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what would be sent.")] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="First close the breaker, after seeing to why the relay refused us.")
    ] = False,
    *,
    as_json: AsJson = False,
) -> None:
    """Send every mail of the outbox that is due."""
    ready()
    from alerts import sender

    if resume and not sender.resume() and not as_json:
        console.print("the breaker was not open")
    if dry_run:
        columns = {name: name for name in ("id", "digest_id", "state", "attempts", "not_before")}
        show(sender.due(), as_json=as_json, columns=columns, title="Would be sent")
        return
    get_settings().require("smtp_host", "mail_from")
    counts = sender.drain()
    row = {"sent": counts.sent, "deferred": counts.deferred, "failed": counts.failed, "suppressed": counts.suppressed}
    show([row], as_json=as_json, columns={name: name for name in row}, title="Send")
    if counts.stopped:
        raise fail(f"sending has stopped: {counts.stopped}")


def doctor(
    what: Annotated[
        Literal["all", "mail"], typer.Argument(help="mail: ask the DNS for what mailbox providers want of our domain.")
    ] = "all",
    *,
    as_json: AsJson = False,
) -> None:
    """Say what this installation has and lacks; exit code 1 when something must be done before it can serve."""
    if what == "mail":
        from commands.doctor_mail import findings
    else:
        from commands.doctor import findings

    found = list(findings())
    columns = {"state": "", "what": "what", "told": "finding"}
    show((row.record() for row in found), as_json=as_json, columns=columns, title="Doctor")
    if any(row.state == "wrong" for row in found):
        raise typer.Exit(1)
