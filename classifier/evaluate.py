"""How well does each system agree with what people judged: overall, across the border, by languages, and in scope?"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from classifier.figures import DECIDED, Scores, decided, ranked, told_right
from classifier.judged import Judged, every_code
from classifier.runs import Run
from classifier.scope import Scope, judge
from db.reference import Reference

Figures = dict[str, float | None]
Groups = dict[str, Figures]
Rows = NDArray[np.int64]

OWN_LINE = "F1 own line"
_PLACES = 4


def groups(judged: Judged, run: Run) -> Groups:
    """Figures of all profiles ("overall"), of the mirrors ("mirror"), and of each pair of languages ("sv-nb").

    A pair of languages looks at the profiles of the first and the notices of the second alone, where any is relevant.
    """
    rows, columns = np.arange(len(judged.firms)), np.arange(len(judged.identifiers))
    found = {"overall": _figures(judged, run, run.own, rows, columns)}
    mirrored = np.flatnonzero([mirror is not None for mirror in judged.mirrors])
    if len(mirrored):
        found["mirror"] = _figures(judged, run, run.mirrored, mirrored, columns) | _border(judged, run)
    for pair, here, there in _pairs(judged):
        found[pair] = _figures(judged, run, run.own, here, there)
    return found


def _pairs(judged: Judged) -> Iterator[tuple[str, Rows, Rows]]:
    spoken = np.array([profile.language for profile in judged.profiles])
    written = np.array([notice.language for notice in judged.notices])
    for mine in sorted(set(spoken.tolist())):
        for theirs in sorted(set(written.tolist())):
            here, there = np.flatnonzero(spoken == mine), np.flatnonzero(written == theirs)
            if (judged.grades[np.ix_(here, there)] > 0).any():
                yield f"{mine}-{theirs}", here, there


def _figures(judged: Judged, run: Run, scores: Scores, rows: Rows, columns: Rows) -> Figures:
    here = np.ix_(rows, columns)
    grades, seen, mine = judged.grades[here], judged.seen[here], scores[here]
    found: Figures = {
        "profiles": int((grades > 0).any(axis=1).sum()),
        **ranked(mine, grades, seen, [judged.identifiers[column] for column in columns]),
        **(dict.fromkeys(DECIDED) if run.line is None else decided(mine, grades, seen, run.line)),
    }
    if run.own_lines is not None:
        found[OWN_LINE] = told_right(mine >= run.own_lines[rows, None], grades > 0)["F1"]
    return _rounded(found)


def _border(judged: Judged, run: Run) -> Figures:
    """nDCG@10 of the same firms in two forms, the worse by the better: own words and mirrors, Swedish and the other.

    "nDCG@10 ratio" sets profiles beside their mirrors; "… by language" all Swedish texts beside the others of the same
    firms, where each firm is written in Swedish once.
    """
    rows = [row for row, mirror in enumerate(judged.mirrors) if mirror is not None and (judged.grades[row] > 0).any()]
    swedish = np.array([[judged.profiles[row].language == "sv", _mirror_is_swedish(judged, row)] for row in rows])
    own, mirrored = run.own[rows], run.mirrored[rows]
    found = {"nDCG@10 ratio": _ratio(judged, rows, own, mirrored)}
    if rows and (swedish.sum(axis=1) == 1).all():
        first = swedish[:, :1]
        sides = np.where(first, own, mirrored), np.where(first, mirrored, own)
        found["nDCG@10 ratio by language"] = _ratio(judged, rows, *sides)
    return _rounded(found)


def _mirror_is_swedish(judged: Judged, row: int) -> bool:
    mirror = judged.mirrors[row]
    return mirror is not None and mirror.language == "sv"


def _ratio(judged: Judged, rows: list[int], one: Scores, other: Scores) -> float | None:
    truth = (judged.grades[rows], judged.seen[rows], judged.identifiers)
    both = sorted(ranked(side, *truth)["nDCG@10"] or 0.0 for side in (one, other))
    return both[0] / both[1] if both[1] else None


def scopes(judged: Judged, names: Reference) -> dict[str, Figures | float | None]:
    """Precision, recall and F1 of each scope and their macro F1 over the labelled notices; empty without labels."""
    labelled = [at for at, one in enumerate(judged.identifiers) if one in judged.scopes]
    if not labelled:
        return {}
    wanted = np.array([judged.scopes[judged.identifiers[at]] for at in labelled])
    told = np.array([_scope(judged, at, names).value for at in labelled])
    each = {scope.value: told_right(told == scope.value, wanted == scope.value) for scope in Scope}
    macro = float(np.mean([figures["F1"] for figures in each.values()]))
    return {"macro F1": round(macro, _PLACES), **{scope: _rounded({**figures}) for scope, figures in each.items()}}


def _scope(judged: Judged, at: int, names: Reference) -> Scope:
    notice, buyer = judged.notices[at], judged.buyers[at]
    return judge(
        names, buyers=[(None, buyer)], cpv=every_code(notice), title=notice.title, text=notice.description
    ).scope


def _rounded(figures: Figures) -> Figures:
    return {name: None if value is None else round(value, _PLACES) for name, value in figures.items()}
