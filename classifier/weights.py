"""How much does each sentence of a profile count? A history per sentence; the newest row rules, and 1 where none is."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from db.models import SentenceWeight

UNWEIGHED = Decimal(1)


def weights_of(s: Session, profile_ids: Iterable[int]) -> dict[int, dict[str, float]]:
    """By profile, the weight of each sentence that has one; a sentence that no longer stands may be among them."""
    newest = (
        select(SentenceWeight.profile_id, SentenceWeight.sentence, SentenceWeight.value)
        .where(SentenceWeight.profile_id.in_(list(profile_ids)))
        .ext(distinct_on(SentenceWeight.profile_id, SentenceWeight.sentence))
        .order_by(SentenceWeight.profile_id, SentenceWeight.sentence, SentenceWeight.id.desc())
    )
    found: dict[int, dict[str, float]] = {}
    for profile_id, sentence, value in s.execute(newest):
        found.setdefault(profile_id, {})[sentence] = float(value)
    return found


def in_order(sentences: Sequence[str], weighed: Mapping[str, float]) -> tuple[float, ...]:
    """One weight for each sentence, or none at all where each counts fully: a profile nobody judged reads as ever."""
    found = tuple(weighed.get(sentence, 1.0) for sentence in sentences)
    return () if all(weight == 1.0 for weight in found) else found


def weight_history(s: Session, profile_id: int) -> Sequence[SentenceWeight]:
    """Every weight that a sentence of this profile ever had, oldest first."""
    rows = select(SentenceWeight).where(SentenceWeight.profile_id == profile_id).order_by(SentenceWeight.id)
    return s.scalars(rows).all()
