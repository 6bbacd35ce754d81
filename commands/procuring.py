"""Which commands look into what is held to be one procurement, and set it right for good?"""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.out import AsJson, console, fail, ready, show

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawlers.rulings import Outcome

Named = Annotated[list[str], typer.Argument(metavar="SOURCE:NUMBER…", help="Notices, such as doffin:2024-101190.")]
Why = Annotated[str, typer.Option(help="The reason, as others should read it in the history.")]
By = Annotated[str, typer.Option(help="Who says so.")]
BY = "command line"


def procurement_show(
    wanted: Annotated[str, typer.Argument(metavar="ID|SOURCE:NUMBER", help="A procurement, or a notice of it.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Show the notices of a procurement, what ties them, exact or guessed, and what was ruled of them."""
    ready()
    from db.kin import notices_of, procurement_of, rulings_of
    from db.session import transaction

    with transaction() as s:
        number = int(wanted) if wanted.isdecimal() else procurement_of(s, *_name(wanted))
        if number is None:
            raise fail(f"not stored: {wanted}")
        notices = list(notices_of(s, number))
        rulings = list(rulings_of(s, number))
    if not notices:
        raise fail(f"there is no procurement {number}")
    if as_json:
        show([*notices, *rulings], as_json=True, columns={}, title="")
        return
    told = [{**row, "tie": _tie(row["tie"])} for row in notices]
    columns = {"notice": "notice", "stage": "stage", "published_at": "published", "title": "title", "tie": "tied by"}
    show(told, as_json=False, columns=columns, title=f"Procurement {number}")
    if rulings:
        spoken = [{**row, "pairs": [" / ".join(pair) for pair in row["pairs"]]} for row in rulings]
        named = {name: name for name in ("ruling", "verb", "by", "why", "at", "pairs")}
        show(spoken, as_json=False, columns=named, title="Rulings")


def procurement_split(notices: Named, why: Why, by: By = BY, *, as_json: AsJson = False) -> None:
    """Take notices out of their procurement, together; they and the others stay apart, whatever is collected later."""
    from crawlers.rulings import split

    _rule(split, notices, by, why, as_json)


def procurement_join(notices: Named, why: Why, by: By = BY, *, as_json: AsJson = False) -> None:
    """Make the procurements of these notices one; takes back a split."""
    from crawlers.rulings import join

    _rule(join, notices, by, why, as_json)


def procurement_confirm(notices: Named, why: Why, by: By = BY, *, as_json: AsJson = False) -> None:
    """Say of notices of one procurement that they belong together, so that what was guessed is certain."""
    from crawlers.rulings import confirm

    _rule(confirm, notices, by, why, as_json)


def _rule(verb: "Callable[..., Outcome]", notices: list[str], by: str, why: str, as_json: bool) -> None:
    ready()
    from crawlers.rulings import RulingRefused
    from db.session import transaction

    try:
        with transaction() as s:
            done = verb(s, [_name(written) for written in notices], by=by, why=why)
    except RulingRefused as wrong:
        raise fail(str(wrong)) from None
    if as_json:
        row = {"ruling": done.ruling_id, "procurement_ids": list(done.procurement_ids)}
        show([row], as_json=True, columns={}, title="")
    else:
        told = ", ".join(str(number) for number in done.procurement_ids)
        console.print(f"ruling {done.ruling_id}: now procurement {told}", highlight=False)


def _name(written: str) -> tuple[str, str]:
    source, colon, number = written.partition(":")
    if not (source and colon and number):
        raise fail(f"not a notice: {written!r}; write doffin:2024-101190", code=2)
    return source, number


def _tie(tie: dict[str, Any] | None) -> str | None:
    """``guess, by reference with ted:1-2026: 975950662|2026 14``."""
    if tie is None:
        return None
    likeness = f", {tie['likeness']:.2f} alike" if "likeness" in tie else ""
    certain = "exact" if tie["exact"] else "guess"
    return f"{certain}, by {tie['by']} with {tie['with']}{likeness}: {tie['value']}".removesuffix(": ")
