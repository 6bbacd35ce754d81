"""Which commands draw and learn lines? A profile's line and the weights of its sentences: shown, set, learned, undone."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from commands.matching import find_profile
from commands.out import AsJson, console, fail, ready, show

BY = "command line"
COLUMNS = {"at": "at", "what": "what", "moved_from": "from", "value": "to", "drawn": "drawn", "by": "by", "why": "why"}


def learn(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell the steps that would be taken.")] = False,
    *,
    as_json: AsJson = False,
) -> None:
    """Move lines and weights by what subscribers said of their alerts, a bounded step a week; again is a no-op."""
    ready()
    from classifier.learn import learn as take
    from classifier.profiles import rows

    steps = take(dry_run=dry_run)
    named = {row["id"]: row for row in rows()} if steps else {}
    told = [
        {
            "profile": f"{named[step.profile_id]['company']}/{named[step.profile_id]['key']}",
            "what": step.sentence or "line",
            "moved_from": float(step.old),
            "value": float(step.new),
            "why": step.why,
        }
        for step in steps
    ]
    columns = {"profile": "profile", "what": "what", "moved_from": "from", "value": "to", "why": "why"}
    if told or as_json:
        show(told, as_json=as_json, columns=columns, title="Would be learned" if dry_run else "Learned")
    else:
        console.print("the verdicts ask for no step, or no step is left this week")


def threshold_show(profile: str, *, as_json: AsJson = False) -> None:
    """Show every line that a profile had and every weight of its sentences: when, from where, by whom and why."""
    ready()
    wanted = find_profile(profile)
    from classifier.threshold import history
    from classifier.weights import weight_history
    from db.session import transaction

    with transaction() as s:
        lines, weights = history(s, wanted), weight_history(s, wanted)
    named: list[tuple[Any, str]] = [*((row, "line") for row in lines), *((row, row.sentence) for row in weights)]
    told = [_record(row, what) for row, what in sorted(named, key=lambda one: one[0].at)]
    if told or as_json:
        show(told, as_json=as_json, columns=COLUMNS, title=f"Lines and weights of {profile}")
    else:
        console.print("nothing was drawn or learned yet: the model's own line holds")


def threshold_set(
    profile: str,
    value: float,
    why: Annotated[str, typer.Option(help="The reason, as others should read it in the history.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Draw a profile's line by hand; learning leaves it alone for 30 days, and begins from it then."""
    ready()
    wanted = find_profile(profile)
    from classifier.threshold import set_threshold
    from db.session import transaction

    try:
        with transaction() as s:
            row = set_threshold(s, wanted, value, by=BY, why=why)
    except ValueError as wrong:
        raise fail(str(wrong), code=2) from None
    show([_record(row, "line")], as_json=as_json, columns=COLUMNS, title=f"Line of {profile}")


def threshold_undo(
    profile: str,
    sentence: Annotated[
        int | None, typer.Option(help="Take back the weight of this sentence instead: 1 is the profile's first.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Take back the last change of a profile's line that stands; the history keeps both."""
    ready()
    wanted = find_profile(profile)
    from classifier.history import NotLast, last_change
    from classifier.learn import undo_weight
    from classifier.threshold import history, undo
    from db.session import transaction

    try:
        with transaction() as s:
            if sentence is None:
                line = last_change(history(s, wanted))
                done = None if line is None else _record(undo(s, line, by=BY), "line")
            else:
                weight = last_change(_weights(s, wanted, sentence))
                done = None if weight is None else _record(undo_weight(s, weight, by=BY), weight.sentence)
    except NotLast as wrong:
        raise fail(str(wrong)) from None
    if done is None:
        raise fail("there is no change to take back")
    show([done], as_json=as_json, columns=COLUMNS, title=f"Taken back for {profile}")


def _weights(s: Any, profile_id: int, number: int) -> Sequence[Any]:
    """The weights that a profile's sentence had, by its number; exit code 2 where there is no such sentence."""
    from classifier.weights import weight_history
    from db.models import Profile

    sentences = s.get_one(Profile, profile_id).sentences
    if not 1 <= number <= len(sentences):
        raise fail(f"the profile's sentences are numbered 1 to {len(sentences)}", code=2)
    return [row for row in weight_history(s, profile_id) if row.sentence == sentences[number - 1]]


def _record(row: Any, what: str) -> dict[str, Any]:
    return {
        "at": row.at.isoformat(timespec="seconds"),
        "what": what,
        "moved_from": None if row.moved_from is None else float(row.moved_from),
        "value": float(row.value),
        "drawn": row.drawn,
        "by": row.by,
        "why": row.why,
    }
