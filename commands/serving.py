"""Which commands serve? The processes of the Procfile, all of them in one go, and the demonstration."""

from typing import Annotated

import typer

from commands.collecting import declare_sources
from commands.out import console, fail, ready
from settings import get_settings


def db_upgrade() -> None:
    """Bring the database to the newest migration and fill the reference tables."""
    from db.migrate import upgrade

    upgrade()
    declare_sources()
    console.print("the database is up to date")


def run() -> None:
    """Run web, clock, worker and postbox in one go, for one machine; stops all of them on Ctrl-C or SIGTERM."""
    get_settings().require("secret_key", "smtp_host", "mail_from")
    ready()
    from alerts.postbox import wanted
    from commands.supervise import supervise

    raise typer.Exit(supervise(("web", "clock", "worker", *(["postbox"] if wanted(get_settings()) else []))))


def web() -> None:
    """Serve the pages: signing up, logging in, unsubscribing, each digest's permanent page, what is read, /healthz."""
    ready()
    get_settings().require("secret_key", "mail_from")
    from web.app import serve

    serve(get_settings().web_host, get_settings().port)


def clock() -> None:
    """Keep the timetable; it only enqueues work."""
    ready()
    from alerts.timetable import keep

    keep()


def worker() -> None:
    """Do the queued work: crawls, matching, digests, sending. Run as many as needed."""
    ready()
    get_settings().require("secret_key", "smtp_host", "mail_from")
    from alerts.jobs import work
    from alerts.signature import check_key

    check_key()
    work()


def postbox() -> None:
    """Take returned mail from the LMTP port and the Maildir of the settings. One is enough."""
    ready()
    get_settings().require("secret_key", "bounce_domain")
    from alerts.postbox import serve, wanted

    if not wanted(get_settings()):
        raise fail("neither ANBUDSVAKT_LMTP_PORT nor ANBUDSVAKT_BOUNCE_MAILDIR is set", code=2)
    serve()


def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave the pages served until Ctrl-C.")] = False,
) -> None:
    """Run the whole main job on the sandbox's portals, companies and mailbox; the mails lie under var/demo."""
    from demo.run import run_demo

    if not run_demo(console, keep=keep):
        raise fail("the demonstration did not go through")
