"""How much does each signal weigh, and from which score on do we write? `python -m classifier.training.fit_scoring`."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console

from classifier import manifest
from classifier.encoder import OURS, load_encoder, our_lexicon
from classifier.evaluate import groups
from classifier.fusing import best_line, cross_validated, fit, measured
from classifier.fusion import Fusion
from classifier.judged import Judged, read_judged
from classifier.reader import Reader, read_rarity
from classifier.rows import Rows
from classifier.runs import run
from classifier.signals import FIRST, OF_WORDS, SPEAKING, Mode, Signal
from classifier.training.package import write_json
from classifier.training.trades import half_of
from db import reference
from settings import get_settings

_KEPT_OF_RELEVANT = 0.9  # the keep floor lets this share of relevant pairs through


def main(
    judgements: Annotated[Path, typer.Option("--eval", help="A folder of judged notices.")],
    halves: Annotated[
        Path | None,
        typer.Option(
            help="Where the two models lie that each miss half of the notices; none: the model saw no notice."
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="The model folder whose scoring.json is written.")] = OURS,
) -> None:
    """Fit weights, calibration, threshold and floor, and print what leave-profiles-out cross-validation measures.

    For any model that lies in a folder, ours or one that was fetched; the prefixes are those of the settings.
    """
    console, judged = Console(), read_judged(judgements)
    manifest.write(out)
    told = get_settings()
    encoder = load_encoder(str(out), query=told.model_query_prefix, passage=told.model_passage_prefix)
    measuring = [encoder] * 2 if halves is None else [load_encoder(str(halves / str(half))) for half in (0, 1)]
    rarity = read_rarity(out if (out / "grams.safetensors").is_file() else OURS)
    readers = [
        Reader(half, reference.builtin(), rarity, our_lexicon(half) if halves is None else half.lexicon())
        for half in measuring
    ]
    firms, modes, figures = judged.written()[1], {}, {}
    threshold = floor = 0.0
    for mode in Mode:
        table, grades = _measured(readers, judged, mode), judged.grades[firms]
        chances = cross_validated(table, grades, firms, mode)
        modes[mode.value] = _spelled(fit(table, grades, mode), mode)
        held_out = chances[: len(judged.firms)]
        if mode is Mode.BOTH:
            threshold, _ = best_line(held_out, judged.grades)
            floor = float(np.quantile(held_out[judged.grades > 0], 1 - _KEPT_OF_RELEVANT))
        found = groups(judged, run(judged, chances, line=threshold))
        figures[mode.value] = {group: found[group] for group in ("overall", "mirror") if group in found}
        console.print(mode.value, figures[mode.value])
    scoring = {
        "model": encoder.revision,
        "default_threshold": round(threshold, 3),
        "keep_floor": round(min(floor, threshold / 2), 4),
        "measured": figures,
        "modes": modes,
    }
    write_json(out / "scoring.json", scoring)
    manifest.write(out)
    console.print_json(json.dumps({key: scoring[key] for key in ("model", "default_threshold", "keep_floor")}))


def _measured(readers: Sequence[Reader], judged: Judged, mode: Mode) -> Rows:
    """Every text of every firm × notices × signals.

    Each notice is measured by the model that never saw it, as every notice will be that is yet to come.
    """
    texts, _ = judged.written()
    found = np.empty((len(texts), len(judged.notices), len(Signal)), dtype=np.float32)
    for half, reader in enumerate(readers):
        mine = [at for at, identifier in enumerate(judged.identifiers) if half_of(identifier) == half]
        found[:, mine] = measured(reader, [judged.notices[at] for at in mine], texts, mode)
    return found


def _spelled(fusion: Fusion, mode: Mode) -> dict[str, object]:
    signals = {}
    for column, signal in enumerate(FIRST):
        if signal in SPEAKING[mode]:
            values = (fusion.middle[column], fusion.spread[column], fusion.weights[column])
            names = ("middle", "spread", "weight")
            signals[signal.value] = {name: round(float(value), 5) for name, value in zip(names, values, strict=True)}
    weights = {signal.value: float(weight) for signal, weight in zip(OF_WORDS, fusion.words, strict=True)}
    words = {"from": fusion.worded_from, "slope": fusion.slope, "offset": fusion.offset, **weights}
    return {
        "bias": round(fusion.bias, 5),
        "signals": signals,
        "words": {name: round(value, 5) for name, value in words.items()},
    }


if __name__ == "__main__":
    typer.run(main)
