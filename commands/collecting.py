"""Which commands collect? Sources, crawls, imports, the list of notices and the reference tables."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from commands.out import AsJson, console, fail, ready, show, with_progress


def declare_sources() -> None:
    """Write down which sources this installation has: pages and the watch know of no others."""
    from crawlers.sources import sources as declared
    from db.declared import Declaration, declare

    declare(
        Declaration(
            key=source.key,
            name=source.name,
            country=source.country,
            licence=source.licence,
            terms=source.terms,
            url=source.url,
            cadence_s=int(source.cadence.total_seconds()),
            quiet_s=int(source.quiet.total_seconds()),
            signals=source.spider == "feed",
            state=str(source.state),
            grounds=tuple(str(ground) for ground in source.grounds),
        )
        for source in declared().values()
    )


def sources(*, as_json: AsJson = False) -> None:
    """List every source with its state, licence, last run and counts."""
    ready()
    declare_sources()  # the clock asks for this list as it starts, and so does whoever has changed a setting
    from crawlers.sources import rows
    from db.listing import counts

    known = counts()
    found = [{**row, **known.get(str(row["key"]), {})} for row in rows()]
    if not as_json:  # a terminal has eighty columns: what belongs together shares one
        found = [row | _together(row) for row in found]
    columns = {"key": "key", "state": "state", "run": "last run", "notices": "notices", "quarantined": "broken",
               "terms": "licence, remark"}  # fmt: skip
    show(found, as_json=as_json, columns=columns, title="Sources")


def _together(row: dict[str, Any]) -> dict[str, str]:
    """How the last run went and when, and what is to be known of the source's terms."""
    ran = (row.get("last_state"), str(row["last_run"])[:16] if row.get("last_run") else None)
    terms = (row["licence"], row["reason"])
    return {"run": " ".join(str(one) for one in ran if one), "terms": "; ".join(str(one) for one in terms if one)}


def crawl(
    key: str,
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day to read.")] = None,
    base_url: Annotated[str | None, typer.Option(help="Another address of the portal, such as the sandbox's.")] = None,
    delay: Annotated[
        float | None, typer.Option(min=0, help="Seconds between requests; less than 1 on loopback only.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Read one source now and store what it publishes."""
    ready()
    declare_sources()
    from crawlers.run import crawl as crawl_source
    from crawlers.store import AlreadyRunning, NotYet

    try:
        outcome = crawl_source(key, since=since.date() if since else None, base_url=base_url, delay_s=delay)
    except (AlreadyRunning, NotYet, LookupError) as wrong:
        raise fail(f"{key}: {wrong}") from None
    from classifier.scope import judge_new

    judge_new()
    row = {"source": key, **{name: getattr(outcome, name) for name in outcome.__slots__ if name != "validators"}}
    counts = ("source", "requests", "seen", "new", "changed", "unchanged", "quarantined", "error")
    show([row], as_json=as_json, columns={name: name for name in counts}, title=f"Crawl of {key}")
    if outcome.error is not None:
        raise fail(f"{key}: {outcome.error}")


def import_files(paths: list[Path], *, as_json: AsJson = False) -> None:
    """Take files, folders and .tar.gz packages of any known format through the same parsers and store."""
    ready()
    from classifier.scope import judge_new
    from crawlers.importing import import_paths

    try:
        report = with_progress("importing", lambda step: import_paths(paths, progress=step))
    except FileNotFoundError as wrong:
        raise fail(str(wrong), code=2) from None
    judge_new()
    row = {"files": report.files, **{str(k): report.saved.get(k, 0) for k in ("new", "changed", "unchanged", "quarantined")},
           "skipped": len(report.skipped)}  # fmt: skip
    show([row], as_json=as_json, columns={name: name for name in row}, title="Import")
    if not as_json:
        for name, reason in [*report.broken, *report.skipped]:
            console.print(f"  {name}: {reason}", highlight=False, markup=False)
    if report.incomplete:
        # Importing adds only what is missing, so nothing is to be undone first.
        raise fail(f"not read to the end: {', '.join(report.incomplete)}; fetch it whole and import it again")


def notices(
    source: Annotated[str | None, typer.Option(help="Only of this source.")] = None,
    scope: Annotated[str | None, typer.Option(help="defence, preparedness or none.")] = None,
    country: Annotated[str | None, typer.Option(help="Only of buyers in this country (NO, SE, …).")] = None,
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Published that day or later.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List stored notices, each in its current version."""
    ready()
    from db.listing import Wanted
    from db.listing import notices as listed

    wanted = Wanted(source=source, scope=scope, country=country, since=since.date() if since else None, limit=limit)
    show(
        listed(wanted),
        as_json=as_json,
        columns={"source": "source", "source_id": "number", "title": "title", "buyer": "buyer", "scope": "scope",
                 "deadline_at": "deadline"},
        title="Notices",
    )  # fmt: skip


def reference_import(file: Path) -> None:
    """Take the official full CPV list (eForms code list .gc or .yaml)."""
    ready()
    from db.seed import import_cpv

    try:
        console.print(f"{import_cpv(file.read_bytes())} CPV names imported")
    except (OSError, ValueError) as wrong:
        raise fail(f"{file}: {wrong}") from None
