"""Which commands change the model? Fetching one by its hub's name, and moving over to another revision."""

from dataclasses import asdict
from typing import Annotated

import typer

from commands.matching import own_scorer
from commands.out import AsJson, console, fail, ready, show, with_progress
from settings import get_settings


def rescore(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list, per profile, what would be added and removed.")
    ] = False,
    by: Annotated[str, typer.Option(help="Who asks for it, for the history.")] = "command line",
    *,
    as_json: AsJson = False,
) -> None:
    """Move over to the model that the settings name: score every open notice with it, then let it speak, at once."""
    ready()
    scorer = own_scorer()
    if dry_run:
        from classifier.moves import foretell

        moves = with_progress("rescoring", lambda step: foretell(scorer, progress=step))
        columns = {"company": "company", "profile": "profile", "change": "change", "before": "before", "after": "after",
                   "line": "line", "told": "told", "source_id": "number", "title": "notice"}  # fmt: skip
        show((asdict(move) for move in moves), as_json=as_json, columns=columns, title="Would change")
        return
    from classifier.rescore import rescore as move_over

    done = with_progress("rescoring", lambda step: move_over(scorer, by=by, progress=step))
    row = asdict(done)
    show([row], as_json=as_json, columns={name: name for name in row}, title="Rescore")
    if done.before == done.after and not as_json:
        console.print(f"revision {done.after} is in force already")


def model_fetch(
    name: Annotated[str, typer.Argument(help="The model's name on the hub, such as intfloat/multilingual-e5-small.")],
    revision: Annotated[
        str | None, typer.Option(help="Commit, tag or branch; else ANBUDSVAKT_MODEL_REVISION, else the newest.")
    ] = None,
) -> None:
    """Fetch a model, safetensors only, into ANBUDSVAKT_MODELS. The one command that asks a hub for anything."""
    from classifier.hub import fetch
    from classifier.manifest import ModelRefused

    settings = get_settings()
    try:
        found = fetch(name, settings.models, revision=revision or settings.model_revision)
    except ModelRefused as refused:
        raise fail(str(refused)) from None
    console.print(
        f"{found.folder} holds {name} at {found.commit}.\n"
        f"ANBUDSVAKT_MODEL={name}\nANBUDSVAKT_MODEL_REVISION={found.commit}\n"
        "in the settings, then `anbudsvakt rescore`, move over to it.",
        highlight=False,
    )
