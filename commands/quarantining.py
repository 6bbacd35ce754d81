"""Which commands look after the quarantine? What could not be read: list it, see it whole, try it again."""

import sys
from dataclasses import asdict
from typing import Annotated

import typer

from commands.out import AsJson, console, fail, ready, show, with_progress

OfSource = Annotated[str | None, typer.Option("--source", help="Only of this source.")]


def quarantine_list(
    source: OfSource = None,
    by_reason: Annotated[bool, typer.Option("--by-reason", help="How many for each reason.")] = False,
    *,
    as_json: AsJson = False,
) -> None:
    """List what could not be read, each with its reason."""
    ready()
    from db.quarantine import kept, reasons

    if by_reason:
        columns = {"notices": "notices", "source": "source", "reason": "reason", "last_seen": "last seen"}
        show(reasons(source), as_json=as_json, columns=columns, title="Quarantine by reason")
        return
    show(
        kept(source),
        as_json=as_json,
        columns={"id": "id", "source": "source", "source_id": "number", "bytes": "bytes", "last_seen": "last seen",
                 "reason": "reason"},
        title="Quarantine",
    )  # fmt: skip


def quarantine_show(row_id: Annotated[int, typer.Argument(metavar="ID")]) -> None:
    """Write the kept body to standard output, byte for byte as the portal sent it; pipe it to a file or a pager."""
    ready()
    from db.quarantine import body_of

    body = body_of(row_id)
    if body is None:
        raise fail(f"not in quarantine: {row_id}", code=2)
    if sys.stdout.isatty():
        # A stranger's bytes may hold commands for the terminal.
        console.print("".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in body.decode(errors="replace")),
                      highlight=False, markup=False)  # fmt: skip
        return
    sys.stdout.buffer.write(body)


def quarantine_retry(
    ids: Annotated[list[int] | None, typer.Argument(metavar="[ID]...", help="These alone; none: all.")] = None,
    source: OfSource = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Read what is kept with today's parsers, as after a fix: store what now parses, keep the rest with its new reason."""
    ready()
    from classifier.scope import judge_new
    from crawlers.retry import NoSuchRow, retry

    try:
        report = with_progress("reading again", lambda step: retry(source=source, ids=ids or (), progress=step))
    except NoSuchRow as wrong:
        raise fail(str(wrong), code=2) from None
    judge_new()
    row = {"tried": report.tried, "cleared": report.cleared, "overtaken": report.overtaken,
           **{str(k): report.saved.get(k, 0) for k in ("new", "changed", "unchanged")}, "kept": len(report.kept)}  # fmt: skip
    show([row], as_json=as_json, columns={name: name for name in row}, title="Retry")
    if not as_json:
        for one in report.kept:
            told = asdict(one)
            console.print("  {id}  {source} {source_id}: {reason}".format_map(told), highlight=False, markup=False)
