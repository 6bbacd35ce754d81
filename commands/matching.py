"""Which commands match? Profiles in and out, scoring, and a look at what a profile would get."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.out import AsJson, console, fail, ready, show, with_progress

if TYPE_CHECKING:
    from classifier.score import Scorer


def profiles_import(file: Path) -> None:
    """Take subscribers and their profiles from a TOML file; whole or not at all."""
    ready()
    from classifier.profiles import ProfilesBroken, import_profiles

    try:
        subscribers, profiles = import_profiles(file.read_bytes(), by="command line")
    except (OSError, ProfilesBroken) as wrong:
        raise fail(f"{file}: {wrong}", code=2) from None
    console.print(f"{subscribers} subscribers with {profiles} profiles are in")


def profiles_list(*, as_json: AsJson = False) -> None:
    """List every profile with its firm."""
    ready()
    from classifier.profiles import rows

    columns = {name: name for name in ("id", "company", "key", "name", "country", "language", "cadence", "active")}
    show(rows(), as_json=as_json, columns=columns, title="Profiles")


def profiles_show(profile: str) -> None:
    """Show one profile whole, by id, key or company/key."""
    ready()
    from classifier.profiles import rows

    wanted = find_profile(profile)
    console.print_json(data=next(row for row in rows() if row["id"] == wanted), ensure_ascii=False, default=str)


def find_profile(wanted: str) -> int:
    """Id of the profile meant, or exit code 2 with the names there are."""
    from classifier.profiles import find

    try:
        return find(wanted)
    except LookupError as unknown:
        raise fail(str(unknown), code=2) from None


def own_scorer() -> "Scorer":
    """The scorer of this installation, or exit code 2 with what is wrong with its model."""
    from classifier.encoder import ModelRefused
    from classifier.match import load_scorer

    try:
        return load_scorer()
    except ModelRefused as refused:
        raise fail(str(refused), code=2) from None


def match(
    explain: Annotated[
        bool, typer.Option("--explain", help="Show each match above its line with its two sentences.")
    ] = False,
    *,
    as_json: AsJson = False,
) -> None:
    """Score what is new against every profile, and owe alerts for what lies above its line."""
    ready()
    from classifier.match import match_new
    from classifier.revisions import OtherRevision, is_late

    scorer = own_scorer()
    try:
        counts = with_progress("matching", lambda step: match_new(scorer, progress=step))
    except OtherRevision as other:
        # While a release rolls out, others match and this process need not. Where nobody does, a person must act.
        raise fail(str(other), code=2 if is_late() else 1) from None
    row = {"notices": counts.notices, "profiles": counts.profiles, "matches": counts.matches, "alerts": counts.alerts,
           "model": scorer.revision}  # fmt: skip
    if not explain:
        show([row], as_json=as_json, columns={name: name for name in row}, title="Match")
        return
    from classifier.matches import above

    columns = {"company": "company", "profile": "profile", "score": "score", "title": "notice",
               "notice_sentence": "they write", "profile_sentence": "you write"}  # fmt: skip
    show(above(model_rev=scorer.revision), as_json=as_json, columns=columns, title="Matches above their line")


def preview(profile: str, *, as_json: AsJson = False) -> None:
    """Show what a profile has above its line and just under it among open notices; writes nothing."""
    ready()
    wanted = find_profile(profile)
    from classifier.matches import of_profile

    found: list[dict[str, Any]] = of_profile(wanted)
    columns = {"verdict": "verdict", "score": "score", "title": "notice", "buyer": "buyer", "deadline_at": "deadline",
               "notice_sentence": "they write", "profile_sentence": "you write"}  # fmt: skip
    show(found, as_json=as_json, columns=columns, title=f"Preview of {profile}")
