"""Which commands serve? The processes of the Procfile, all of them in one go, and the demonstration."""

import signal
import sys
from pathlib import Path
from threading import Event
from typing import Annotated

import typer

from commands.collecting import declare_sources
from commands.out import AsJson, console, fail, ready, show
from settings import get_settings


def db_upgrade() -> None:
    """Bring the database to the newest migration and fill the reference tables."""
    from db.migrate import upgrade

    upgrade()
    declare_sources()
    console.print("the database is up to date")


def db_clean(*, as_json: AsJson = False) -> None:
    """Remove what has served its time, as the timetable does once a day."""
    ready()
    get_settings().require("secret_key")
    from alerts.retention import clean
    from db.session import utcnow

    done = dict(clean(utcnow()))
    show([done], as_json=as_json, columns={name: name for name in done}, title="Removed")


def canary() -> None:
    """Put out our own notice of the day, where there is none yet; the timetable does so each morning."""
    ready()
    get_settings().require("canary_to")
    from alerts.canary import put_out

    console.print("it is on its way" if put_out() else "today's is out already")


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
    from demo.run import run_demo, serve_pages

    if not run_demo(console, then=serve_pages if keep else None):
        raise fail("the demonstration did not go through")


def sandbox(
    port: Annotated[int, typer.Option(help="Where to listen; 0 takes any free port.")] = 8701,
    day: Annotated[int, typer.Option(min=1, max=2, help="On day 2 the corrigenda are out.")] = 1,
    log: Annotated[Path | None, typer.Option(help="Write every request to this JSON Lines file.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Serve the sandbox's portals on loopback until Ctrl-C, and tell how each source is read there."""
    from crawlers.sources import sources as declared
    from demo.addresses import address_of
    from demo.portals import SandboxPortals

    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell that starts us in the background has SIGINT ignored
        signal.signal(number, lambda *_: stop.set())
    with SandboxPortals(day=day, port=port, log_path=log) as portals:
        known = [(source, address_of(source, portals.base_url)) for source in declared().values()]
        rows = [
            {
                "key": source.key,
                "read": f"anbudsvakt crawl {source.key} --delay 0 --base-url {address}",
                "base_url": address,
            }
            for source, address in known
            if address is not None
        ]
        show(
            rows, as_json=as_json, columns={"key": "key", "read": "is read by"}, title=f"Sandbox at {portals.base_url}"
        )
        sys.stdout.flush()
        stop.wait()
