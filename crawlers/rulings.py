"""How does an administrator say that notices are, or are not, one procurement, so that it stays said?

A ruling is never changed or removed: the newest word on each pair of notices holds, over every key and every guess,
whatever is collected later.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import combinations, product

from sqlalchemy import select
from sqlalchemy.orm import Session

from crawlers.procurement import lock, notice_ids, settle
from db.kinship import RuledPair, Ruling, Verb
from db.models import Notice

Name = tuple[str, str]


class RulingRefused(ValueError):  # noqa: N818 - an answer to a person, told by its name
    """Raised when a ruling would say nothing, or speaks of notices that are not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a ruling made of the notices it speaks of: their procurements, in order."""

    ruling_id: int
    procurement_ids: tuple[int, ...]


def split(s: Session, names: Collection[Name], *, by: str, why: str) -> Outcome:
    """Take these notices of one procurement out of it, together; they and those that stay are never joined again.

    Nobody is told of anything for it: what was told of the whole counts as told of both parts. Raises RulingRefused.
    """
    lock(s)
    mine = _ids(s, names)
    procurements = set(s.scalars(select(Notice.procurement_id).where(Notice.id.in_(mine))))
    if len(procurements) != 1:
        raise RulingRefused("these notices are not of one procurement")
    others = set(s.scalars(select(Notice.id).where(Notice.procurement_id.in_(procurements)))) - mine
    if not others:
        raise RulingRefused("no notice of the procurement would be left")
    return _rule(s, Verb.SPLIT, product(mine, others), by=by, why=why)


def join(s: Session, names: Collection[Name], *, by: str, why: str) -> Outcome:
    """Make the procurements of these notices one; takes back any split between them. Raises RulingRefused."""
    lock(s)
    mine = _ids(s, names)
    groups: dict[int, set[int]] = {}
    whole = select(Notice.procurement_id).where(Notice.id.in_(mine))
    for notice_id, procurement_id in s.execute(
        select(Notice.id, Notice.procurement_id).where(Notice.procurement_id.in_(whole))
    ):
        groups.setdefault(procurement_id, set()).add(notice_id)
    if len(groups) < 2:
        raise RulingRefused("these notices are of one procurement already")
    ordered = [groups[key] for key in sorted(groups)]
    pairs = ((a, b) for at, one in enumerate(ordered) for other in ordered[at + 1 :] for a, b in product(one, other))
    return _rule(s, Verb.JOIN, pairs, by=by, why=why)


def confirm(s: Session, names: Collection[Name], *, by: str, why: str) -> Outcome:
    """Say of notices that are held to be one procurement that they are, whatever was guessed. Raises RulingRefused."""
    lock(s)
    mine = sorted(_ids(s, names))
    procurements = set(s.scalars(select(Notice.procurement_id).where(Notice.id.in_(mine))))
    if len(procurements) != 1 or len(mine) < 2:
        raise RulingRefused("these are not several notices of one procurement")
    return _rule(s, Verb.JOIN, combinations(mine, 2), by=by, why=why)


def _ids(s: Session, names: Collection[Name]) -> set[int]:
    found = notice_ids(s, names)
    if missing := [":".join(name) for name in names if name not in found]:
        raise RulingRefused(f"not stored: {', '.join(missing)}")
    return set(found.values())


def _rule(s: Session, verb: Verb, pairs: Iterable[tuple[int, int]], *, by: str, why: str) -> Outcome:
    if not why.strip():
        raise RulingRefused("a ruling needs its reason")
    spoken = {(min(pair), max(pair)) for pair in pairs}
    ruling = Ruling(verb=verb, by=by, why=why)
    s.add(ruling)
    s.flush()
    s.add_all(RuledPair(ruling_id=ruling.id, notice_id=one, other_id=other) for one, other in spoken)
    s.flush()
    touched = {notice_id for pair in spoken for notice_id in pair}
    settle(s, touched)
    stand = s.scalars(select(Notice.procurement_id).where(Notice.id.in_(touched)).distinct())
    return Outcome(ruling_id=ruling.id, procurement_ids=tuple(sorted(stand)))
