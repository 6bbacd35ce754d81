"""Which commands judge the scoring itself? Figures on judged notices beside the peers, and scores of any file."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from commands.out import errors, fail, show, with_progress

if TYPE_CHECKING:
    from classifier.encoder import Encoder
    from classifier.evaluate import Groups
    from classifier.judged import Judged
    from classifier.peers import Peer
    from classifier.runs import Run

OURSELVES = "anbudsvakt"
_BATCH = 256  # notices scored before their lines are written
_NOTES = (
    "nDCG@10 as ir-measures has it: the gain of a notice is its grade. What nobody judged counts as 0.",
    "Precision, recall, F1 and ECE (ten bins) are over all pairs; relevant is grade 1 or more.",
    "Peers give no probabilities, hence no F1 and no ECE.",
    "minilm and each --model rank by the best cosine of a title or sentence with a sentence of the profile.",
)


def evaluate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="notices.jsonl(.gz), profiles.jsonl, qrels.tsv, …")],
    cross_validate: Annotated[
        bool, typer.Option("--cross-validate", help="Fit our weights and calibration anew without each firm in turn.")
    ] = False,
    model: Annotated[
        list[Path] | None, typer.Option(help="Folder of a sentence-transformers model, as one more peer; repeatable.")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of tables.")] = False,
) -> None:
    """Measure our scoring, and its peers in the same run, against judged notices. Needs neither database nor network."""
    if find_spec("ir_measures") is None:
        raise fail("ir-measures is not installed: pip install 'anbudsvakt\\[eval]'", code=2)
    from classifier.encoder import ModelRefused, installed_encoder
    from classifier.evaluate import groups, scopes
    from classifier.judged import JudgedBroken, read_judged
    from classifier.peers import PEERS, embedding_peers
    from db import reference

    try:
        judged = read_judged(folder)
        encoder, hub = installed_encoder(), embedding_peers(model or [])
        runs = dict(_runs(judged, encoder, [*PEERS, *hub], cross_validate))
    except (JudgedBroken, ModelRefused) as wrong:
        raise fail(escape(str(wrong)), code=2) from None
    systems = {name: groups(judged, run) for name, run in runs.items()}
    scoped = scopes(judged, reference.builtin())
    line = runs[OURSELVES].line or 0.0
    for note in (*judged.notes, *_NOTES, f"Precision, recall and F1 are at the shipped line, {line:.3f}."):
        _note(note)
    if cross_validate:
        _note("F1 own line is at the line that is best for the other firms: no firm's judgements moved its own.")
    if as_json:
        sys.stdout.write(json.dumps({"systems": systems} | ({"scope": scoped} if scoped else {})) + "\n")
        return
    _tables(systems, scoped)


def _runs(
    judged: "Judged", encoder: "Encoder", peers: Sequence["Peer"], cross_validate: bool
) -> Iterator[tuple[str, "Run"]]:
    from classifier.runs import ours, peer
    from db import reference

    def scored(step: Callable[[int], None]) -> "Run":
        return ours(judged, encoder, reference.builtin(), refitted=cross_validate, step=step)

    yield OURSELVES, with_progress(OURSELVES, scored)
    for one in peers:
        if missing := one.missing():
            _note(
                f"{one.name} is skipped, for {' and '.join(missing)} is not installed: pip install 'anbudsvakt[eval]'"
            )
            continue
        with errors.status(one.name):
            yield one.name, peer(judged, one.rank)


def _note(told: str) -> None:
    errors.print(f"note: {told}", style="dim", highlight=False, markup=False)


def _tables(systems: dict[str, "Groups"], scoped: dict[str, Any]) -> None:
    """The same figures for the eye: who ranks best, what our line decides, which languages meet, and the scopes."""
    ranking = {"system": "system", **{name: name for name in ("nDCG@10", "AP", "R@50", "P@10", "judged@10")}}
    mirrored = {"mirror": "mirror nDCG@10", "nDCG@10 ratio": "ratio"}
    _table("Ranking", ranking | mirrored, [_ranking(name, found) for name, found in systems.items()])
    groups = {"overall": "profiles", "mirror": "mirrors"}
    lined = [
        {"system": f"{name}, {called}", **found[group]}
        for name, found in systems.items()
        for group, called in groups.items()
        if group in found and found[group]["F1"] is not None
    ]
    measures = ("precision", "recall", "F1", "F1 own line", "ECE", "ECE judged")
    told = [name for name in measures if name in lined[0]]
    _table("At the shipped line", {"system": "system", **{name: name for name in told}}, lined)
    pairs = [group for group in systems[OURSELVES] if group not in groups]
    met = [{"pair": pair, **{name: found[pair]["nDCG@10"] for name, found in systems.items()}} for pair in pairs]
    _table("nDCG@10, profile to notice", {"pair": "languages", **{name: name for name in systems}}, met)
    if scoped:
        each = [{"scope": name, **figures} for name, figures in scoped.items() if isinstance(figures, dict)]
        columns = {name: name for name in ("scope", "precision", "recall", "F1")}
        _table("Scope", columns, [*each, {"scope": "macro", "F1": scoped["macro F1"]}])


def _ranking(name: str, found: "Groups") -> dict[str, Any]:
    mirror = found.get("mirror", {})
    return {
        "system": name,
        **found["overall"],
        "mirror": mirror.get("nDCG@10"),
        "nDCG@10 ratio": mirror.get("nDCG@10 ratio"),
    }


def _table(title: str, columns: dict[str, str], rows: list[dict[str, Any]]) -> None:
    written = ({name: f"{cell:.3f}" if isinstance(cell, float) else cell for name, cell in row.items()} for row in rows)
    show(written, as_json=False, columns=columns, title=title)


def score(
    profiles: Annotated[Path, typer.Option(help="Profiles as JSON Lines, plain or .gz.")],
    notices: Annotated[Path, typer.Option(help="Notices as JSON Lines, plain or .gz.")],
    floor: Annotated[float, typer.Option(min=0, max=1, help="Tell only scores of at least this.")] = 0.0,
) -> None:
    """Score any notices against any profiles and print JSON Lines. Needs neither judgements, database nor network."""
    from classifier.encoder import ModelRefused, installed_encoder
    from classifier.jsonl import JudgedBroken, read_notices, read_profiles
    from classifier.score import Scorer
    from db import reference

    try:
        firms, noticed = read_profiles(profiles), read_notices(notices)
        scorer = Scorer(installed_encoder(), reference.builtin())
    except (JudgedBroken, ModelRefused) as wrong:
        raise fail(escape(str(wrong)), code=2) from None
    roster = scorer.roster([firm.text for firm in firms])
    for start in range(0, len(noticed), _BATCH):
        here = noticed[start : start + _BATCH]
        for notice, found in zip(here, scorer.score([one.text for one in here], roster, floor), strict=True):
            for scored in found:
                row = {
                    "profile": firms[scored.profile].identifier,
                    "notice": notice.identifier,
                    "score": round(scored.score, 4),
                    **asdict(scored.evidence),
                    "model": scorer.revision,
                }
                sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
