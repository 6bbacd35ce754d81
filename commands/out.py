"""How do commands speak to the person at the terminal? Rows as tables or JSON Lines, bars on long work, one way to fail."""

import json
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from settings import get_settings

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line instead of a table.")]
console = Console()
errors = Console(stderr=True)


def ready() -> None:
    """Bring the embedded database to today's tables; a server's own is upgraded by ``db upgrade`` on release."""
    if get_settings().database_url is None:
        from db.migrate import upgrade

        upgrade()


def show(rows: Iterable[dict[str, Any]], *, as_json: bool, columns: dict[str, str], title: str) -> None:
    """Rows as JSON Lines, or the named columns of them as a table."""
    if as_json:
        for row in rows:
            sys.stdout.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")
        return
    table = Table(title=title)
    for place, header in enumerate(columns.values()):
        # The first column names the row: it is never cut, whatever the terminal's width.
        table.add_column(header, no_wrap=place == 0, overflow="fold")
    for row in rows:
        table.add_row(*("" if row.get(key) is None else _cell(row[key]) for key in columns))
    console.print(table)


def _cell(value: Any) -> str:
    return " ".join(str(part) for part in value) if isinstance(value, list) else str(value)


def fail(text: str, *, code: int = 1) -> typer.Exit:
    """Say what went wrong; to be raised."""
    errors.print(f"[red]{text}[/]", highlight=False, markup=True)
    return typer.Exit(code)


def with_progress(told: str, work: Callable[[Callable[[int], None]], Any]) -> Any:
    """Do the work behind a progress bar on standard error; ``work`` is given a function that steps it."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task(told, total=None)
        return work(lambda steps: bar.advance(task, steps))


def moment(text: str | None) -> datetime:
    """A moment as a person writes it; without an offset it is local to Oslo and Stockholm. None is now."""
    from alerts.clock import ZONES
    from db.session import utcnow

    if text is None:
        return utcnow()
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise fail(f"not a moment: {text!r}; write 2026-11-23T07:00", code=2) from None
    return (at if at.tzinfo else at.replace(tzinfo=ZONES["NO"])).astimezone(UTC)
