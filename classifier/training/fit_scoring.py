"""How much does each signal weigh, and from which score on do we write? `python -m classifier.training.fit_scoring`."""

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from classifier import manifest
from classifier.encoder import OURS, load_encoder
from classifier.reader import Reader, read_rarity
from classifier.score import Fusion
from classifier.signals import SPEAKING, Mode, Signal
from classifier.text import ProfileText
from classifier.training.corpus import half_of
from classifier.training.judged import Judged, best_f1, calibration_error, f1_at, ranking, read_judged
from classifier.training.package import write_json
from db import reference

_STRENGTH = 0.05  # of the penalty on weights: with 24 profiles, little may be believed of any one signal
_PARTLY = 0.5  # what a grade of 1 counts beside a grade of 2
_KEPT_OF_RELEVANT = 0.9  # the keep floor lets this share of relevant pairs through


def main(
    judgements: Annotated[Path, typer.Option("--eval", help="A folder of judged notices.")],
    halves: Annotated[Path, typer.Option(help="Where the two models lie that each miss half of the notices.")],
    out: Annotated[Path, typer.Option(help="The model folder whose scoring.json is written.")] = OURS,
) -> None:
    """Fit weights, calibration, threshold and floor, and print what leave-profiles-out cross-validation measures."""
    console, judged = Console(), read_judged(judgements)
    manifest.write(out)
    model = manifest.check(out, listed=True)
    readers = [Reader(load_encoder(str(halves / str(half))), reference.builtin(), read_rarity(out)) for half in (0, 1)]
    modes, figures = {}, {}
    threshold = floor = 0.0
    for mode in Mode:
        measured = _measured(readers, judged, mode)
        held_out, mirrored = _cross_validated(measured, judged, mode)
        modes[mode.value] = _spelled(_fit(measured, judged, mode, list(range(len(judged.profiles)))), mode)
        if mode is Mode.BOTH:
            threshold, _ = best_f1(held_out, judged.grades)
            floor = float(np.quantile(held_out[judged.grades > 0], 1 - _KEPT_OF_RELEVANT))
        figures[mode.value] = _figures(held_out, mirrored, judged, threshold)
        console.print(mode.value, figures[mode.value])
    scoring = {
        "model": model,
        "default_threshold": round(threshold, 3),
        "keep_floor": round(min(floor, threshold / 2), 4),
        "measured": figures,
        "modes": modes,
    }
    write_json(out / "scoring.json", scoring)
    manifest.write(out)
    console.print_json(json.dumps({key: scoring[key] for key in ("model", "default_threshold", "keep_floor")}))


def _measured(readers: Sequence[Reader], judged: Judged, mode: Mode) -> NDArray[np.float32]:
    """Both ways round the border: firms × notices × signals, with the codes that the mode lacks taken away.

    Each notice is measured by the model that never saw it, as every notice will be that is yet to come.
    """
    notices = [notice if mode in (Mode.BOTH, Mode.NOTICE) else replace(notice, cpv=()) for notice in judged.notices]
    firms: list[ProfileText] = [
        firm if mode in (Mode.BOTH, Mode.PROFILE) else replace(firm, cpv=())
        for firm in (*judged.profiles, *judged.mirrors)
    ]
    found = np.empty((len(firms), len(notices), len(Signal)), dtype=np.float32)
    for half, reader in enumerate(readers):
        roster = reader.roster(firms)
        mine = [at for at, identifier in enumerate(judged.identifiers) if half_of(identifier) == half]
        for start in track(range(0, len(mine), 200), description=f"{mode.value}, half {half}"):
            here = mine[start : start + 200]
            found[:, here] = reader.measure([notices[at] for at in here], roster)[2].transpose(1, 0, 2)
    return found


def _fit(measured: NDArray[np.float32], judged: Judged, mode: Mode, firms: list[int]) -> Fusion:
    """A logistic fusion of these firms' pairs, then one slope and offset so that a score is a probability.

    A firm with hundreds of relevant notices must not drown one with four: while the weights are found, each counts by
    the inverse root of how many it has. The calibration counts every pair as it is.
    """
    from sklearn.linear_model import LogisticRegression

    count = len(judged.profiles)
    rows = [*firms, *(firm + count for firm in firms)]
    columns = [list(Signal).index(signal) for signal in SPEAKING[mode]]
    table = measured[rows].reshape(-1, len(Signal))
    grades = np.concatenate([judged.grades[row % count] for row in rows])
    shares = np.concatenate([_share(judged.grades[row % count]) for row in rows])
    middle, spread = np.zeros(len(Signal), dtype=np.float32), np.ones(len(Signal), dtype=np.float32)
    middle[columns] = np.nanmean(table[:, columns], axis=0)
    spread[columns] = np.nanstd(table[:, columns], axis=0) + 1e-6
    scaled = np.nan_to_num((table - middle) / spread)[:, columns]
    counted = shares * np.where(grades == 1, _PARTLY, 1.0)
    fused = LogisticRegression(C=_STRENGTH, max_iter=500).fit(scaled, grades > 0, counted)
    raw = fused.decision_function(scaled).reshape(-1, 1)
    fair = LogisticRegression(C=1e6, max_iter=500).fit(raw, grades > 0)
    slope, offset = float(fair.coef_[0, 0]), float(fair.intercept_[0])
    weights = np.zeros(len(Signal), dtype=np.float32)
    weights[columns] = fused.coef_[0] * slope
    return Fusion(middle=middle, spread=spread, weights=weights, bias=float(fused.intercept_[0]) * slope + offset)


def _share(grades: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.full(len(grades), 1 / math.sqrt(max(int((grades > 0).sum()), 1)))


def _cross_validated(
    measured: NDArray[np.float32], judged: Judged, mode: Mode
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scores of each firm, and of its mirror, by a fusion that saw neither."""
    count = len(judged.profiles)
    own, mirrored = np.zeros(judged.grades.shape), np.zeros(judged.grades.shape)
    for firm in track(range(count), description=f"{mode.value}: leaving one out"):
        fusion = _fit(measured, judged, mode, [other for other in range(count) if other != firm])
        own[firm], mirrored[firm] = fusion(measured[firm]), fusion(measured[firm + count])
    return own, mirrored


def _figures(
    held_out: NDArray[np.float64], mirrored: NDArray[np.float64], judged: Judged, threshold: float
) -> dict[str, float]:
    first, second = ranking(held_out, judged.grades), ranking(mirrored, judged.grades)
    both = sorted((first["nDCG@10"], second["nDCG@10"]))
    top = np.argsort(-held_out, axis=1, kind="stable")[:, :10]
    return {
        **first,
        "mirror nDCG@10": second["nDCG@10"],
        "mirror ratio": round(both[0] / both[1], 4),
        "F1": round(f1_at(held_out, judged.grades, threshold), 4),
        "ECE": round(calibration_error(held_out.ravel(), (judged.grades > 0).ravel()), 4),
        "ECE judged": round(calibration_error(held_out[judged.seen], judged.grades[judged.seen] > 0), 4),
        "judged in top ten": round(float(np.take_along_axis(judged.seen, top, axis=1).mean()), 4),
    }


def _spelled(fusion: Fusion, mode: Mode) -> dict[str, object]:
    signals = {}
    for column, signal in enumerate(Signal):
        if signal in SPEAKING[mode]:
            values = (fusion.middle[column], fusion.spread[column], fusion.weights[column])
            names = ("middle", "spread", "weight")
            signals[signal.value] = {name: round(float(value), 5) for name, value in zip(names, values, strict=True)}
    return {"bias": round(fusion.bias, 5), "signals": signals}


if __name__ == "__main__":
    typer.run(main)
