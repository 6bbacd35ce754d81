"""What did people judge: which notices, which profiles, and which grade for each pair? Folders in TREC form."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from classifier.jsonl import JudgedBroken, ReadNotice, ReadProfile, lines_of, read_notices, read_profiles
from classifier.text import NoticeText, ProfileText

__all__ = ["Grades", "Judged", "JudgedBroken", "every_code", "read_judged"]

_SCOPES = frozenset({"defence", "preparedness", "none"})
Grades = NDArray[np.int64]
_Read = TypeVar("_Read", ReadNotice, ReadProfile)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Notices and profiles with a grade for each pair: 2 could bid, 1 partly, 0 not for them or not judged."""

    notices: tuple[NoticeText, ...]
    identifiers: tuple[str, ...]  # of the notices
    buyers: tuple[str, ...]  # of the notices
    firms: tuple[str, ...]  # identifiers of the profiles
    profiles: tuple[ProfileText, ...]
    mirrors: tuple[ProfileText | None, ...]  # the same firms in the neighbour's language, in the same order
    grades: Grades  # profiles × notices
    seen: NDArray[np.bool_]  # profiles × notices: whether anybody judged
    scopes: Mapping[str, str]  # notice → defence, preparedness or none, as far as labelled
    notes: tuple[str, ...]  # what a reader of the figures should know of this set

    def written(self) -> tuple[list[ProfileText], list[int]]:
        """Every text of every firm, its own words first and then the mirrors, and which firm each is of."""
        mirrored = [(mirror, firm) for firm, mirror in enumerate(self.mirrors) if mirror is not None]
        return [*self.profiles, *(text for text, _ in mirrored)], [*range(len(self.firms)), *(at for _, at in mirrored)]


def read_judged(folder: Path) -> Judged:
    """The judgements of a folder: notices.jsonl, profiles.jsonl, qrels.tsv, and what else there is.

    That is profiles_mirror.jsonl (ids ending in -x) and scope.tsv; any file may be packed (.gz). Raises JudgedBroken.
    """
    notes: list[str] = []
    noticed = _once(read_notices(_present(folder, "notices.jsonl")), "notices", notes)
    told = _once(read_profiles(_present(folder, "profiles.jsonl")), "profiles", notes)
    mirrored = _read_mirrors(folder, told, notes)
    grades, seen = _read_grades(_present(folder, "qrels.tsv"), list(told), list(noticed), notes)
    rows = [row for row, mine in enumerate(seen) if mine.any()]
    firms = [firm for row, firm in enumerate(told) if row in rows]
    if unjudged := [firm for firm in told if firm not in firms]:
        notes.append(f"nobody judged a notice for {', '.join(unjudged)}: left out")
    if not firms:
        raise JudgedBroken(f"{folder}: nobody judged any of these notices for any of these profiles")
    grades, seen = grades[rows], seen[rows]
    if silent := [firm for firm, mine in zip(firms, grades, strict=True) if not (mine > 0).any()]:
        notes.append(f"no notice is relevant for {', '.join(silent)}: left out of the means of the ranking")
    return Judged(
        notices=tuple(one.text for one in noticed.values()),
        identifiers=tuple(noticed),
        buyers=tuple(one.buyer for one in noticed.values()),
        firms=tuple(firms),
        profiles=tuple(told[firm].text for firm in firms),
        mirrors=tuple(mirrored[firm].text if firm in mirrored else None for firm in firms),
        grades=grades,
        seen=seen,
        scopes=_read_scopes(folder, noticed, notes),
        notes=tuple(notes),
    )


def every_code(notice: NoticeText) -> list[str]:
    """The codes of a notice and of its lots."""
    return [*notice.cpv, *(code for lot in notice.lots for code in lot.cpv)]


def _read_mirrors(folder: Path, firms: Collection[str], notes: list[str]) -> dict[str, ReadProfile]:
    if (path := _found(folder, "profiles_mirror.jsonl")) is None:
        notes.append("no profiles_mirror.jsonl: the price of the border is not measured")
        return {}
    found = {one.removesuffix("-x"): profile for one, profile in _once(read_profiles(path), "mirrors", notes).items()}
    if strange := [firm for firm in found if firm not in firms]:
        notes.append(f"{len(strange)} mirrors are of no profile in the set: left out")
    if without := [firm for firm in firms if firm not in found]:
        notes.append(f"{len(without)} profiles have no mirror")
    return found


def _read_grades(
    path: Path, firms: Sequence[str], notices: Sequence[str], notes: list[str]
) -> tuple[Grades, NDArray[np.bool_]]:
    row, column = ({name: at for at, name in enumerate(names)} for names in (firms, notices))
    grades = np.zeros((len(firms), len(notices)), dtype=np.int64)
    seen = np.zeros(grades.shape, dtype=np.bool_)
    unknown = 0
    for number, cells in _cells(path):
        if len(cells) != 4:
            raise JudgedBroken(
                f"{path}:{number}: a judgement is `profile 0 notice grade`, here are {len(cells)} fields"
            )
        firm, _, notice, spelled = cells
        try:
            grade = int(float(spelled))
        except ValueError:
            if number == 1:  # a line of headings
                continue
            raise JudgedBroken(f"{path}:{number}: {spelled!r} is not a grade") from None
        if firm in row and notice in column:
            # Grades below zero are how TREC marks rubbish.
            grades[row[firm], column[notice]], seen[row[firm], column[notice]] = max(grade, 0), True
        else:
            unknown += 1
    if unknown:
        notes.append(f"{unknown} judgements are for profiles or notices that are not in the set: left out")
    return grades, seen


def _read_scopes(folder: Path, notices: Collection[str], notes: list[str]) -> dict[str, str]:
    if (path := _found(folder, "scope.tsv")) is None:
        return {}
    found = {}
    for number, cells in _cells(path):
        if len(cells) != 2:
            raise JudgedBroken(f"{path}:{number}: a label is `notice scope`, here are {len(cells)} fields")
        found[cells[0]] = cells[1]
    kept = {notice: scope for notice, scope in found.items() if notice in notices and scope in _SCOPES}
    if left := len(found) - len(kept):
        notes.append(f"{left} lines of scope.tsv have a notice or a scope that is not known: left out")
    return kept


def _cells(path: Path) -> Iterator[tuple[int, list[str]]]:
    for number, line in lines_of(path):
        if line.strip() and not line.startswith("#"):
            yield number, [cell.strip() for cell in line.split("\t")] if "\t" in line else line.split()


def _once(found: list[_Read], what: str, notes: list[str]) -> dict[str, _Read]:
    once: dict[str, _Read] = {}
    for one in found:
        once.setdefault(one.identifier, one)
    if len(once) < len(found):
        notes.append(f"{len(found) - len(once)} {what} have an id that another had before: left out")
    return once


def _found(folder: Path, name: str) -> Path | None:
    return next((path for path in (folder / name, folder / f"{name}.gz") if path.is_file()), None)


def _present(folder: Path, name: str) -> Path:
    if (path := _found(folder, name)) is None:
        raise JudgedBroken(f"{folder}: there is no {name} or {name}.gz")
    return path
