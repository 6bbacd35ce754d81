"""What do a firm's verdicts teach? Its line and its sentences' weights move by bounded, recorded, reversible steps.

Bounded by the tables, not by the timetable: a step is what is left of the week's way, so that learning may run as
often as it likes. Evidence is what was said since a person last drew the line or the weight.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy import exists, or_, select, update
from sqlalchemy.orm import Session

from classifier import estimate, history
from classifier.feedback import Judgement, hold, judgements, keep_judged
from classifier.history import LEARNING, SIGN_UP, check_last, lock
from classifier.revisions import alone
from classifier.threshold import history as lines
from classifier.threshold import line_in_force, set_threshold
from classifier.weights import UNWEIGHED, weight_history
from db.models import Alert, Drawn, Feedback, FirstVerdict, Profile, SentenceWeight, Subscriber
from db.session import transaction, utcnow

log = logging.getLogger(__name__)

WEEK: Final = timedelta(days=7)
HAND_HOLDS: Final = timedelta(days=30)  # a line that an administrator set is left alone for so long
LINE_VERDICTS: Final = 5
LINE_MOST: Final = Decimal("0.02")
LINE_LEAST: Final = Decimal("0.005")  # less is no step worth a row that somebody must read
SENTENCE_VERDICTS: Final = 3
WEIGHT_MOST: Final = Decimal("0.05")
WEIGHT_LEAST: Final = Decimal("0.01")
_NAMED = 20  # alerts that a reason names


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One change of a profile's line, or of the weight of one of its sentences; `why` is for a person to read."""

    profile_id: int
    sentence: str | None  # None: the line
    old: Decimal
    new: Decimal
    why: str


def learn(*, now: datetime | None = None, dry_run: bool = False) -> list[Step]:
    """Take every step that verdicts ask for and bounds allow; calling it again changes nothing.

    With ``dry_run`` the same steps are told and none is taken. ``now`` is the moment up to which the week reaches.
    """
    at = now or utcnow()
    taken: list[Step] = []
    for profile_id in _judged_profiles():
        with transaction() as s:
            taken += _learn(s, profile_id, at)
            if dry_run:
                s.rollback()
    if not dry_run:
        for step in taken:
            log.info("learned", extra={"profile_id": step.profile_id, "sentence": step.sentence is not None,
                                       "old": str(step.old), "new": str(step.new)})  # fmt: skip
    return taken


def undo_weight(s: Session, weight: SentenceWeight, *, by: str, at: datetime | None = None) -> SentenceWeight:
    """Give a sentence the weight it had before this one; only the last change that stands can be taken back.

    What was said of alerts until now teaches nothing about this sentence after it. Raises NotLast.
    """
    alone(s)
    lock(s, weight.profile_id)
    rows = [row for row in weight_history(s, weight.profile_id) if row.sentence == weight.sentence]
    value = check_last(rows, weight)
    why = f"takes back: {weight.why}"
    return _weigh(s, weight.profile_id, weight.sentence, weight.value, value, by=by, why=why, undoes=weight.id,
                  at=at or utcnow())  # fmt: skip


def _judged_profiles() -> Sequence[int]:
    said = or_(
        exists().where(Alert.subscriber_id == Subscriber.id, Feedback.alert_id == Alert.id),
        exists().where(FirstVerdict.profile_id == Profile.id),
    )
    with transaction() as s:
        return s.scalars(
            select(Profile.id)
            .join(Subscriber)
            .where(Profile.active.is_(True), Subscriber.unsubscribed_at.is_(None), Subscriber.canary.is_(False), said)
            .order_by(Profile.id)
        ).all()


def _learn(s: Session, profile_id: int, now: datetime) -> list[Step]:
    """The steps of one profile, taken in the caller's transaction."""
    profile = s.get(Profile, profile_id)
    if profile is None or not hold(s, profile.subscriber_id):  # erased since it was listed
        return []
    keep_judged(s, Alert.subscriber_id == profile.subscriber_id)
    if not _steps(s, profile, now):
        return []
    # There is something to do. Looked at again when nobody scores and nobody else learns or draws by hand: a matching
    # that read the old weights would otherwise mark the profile as scored after we owed it anew.
    alone(s)
    lock(s, profile_id)
    s.expire_all()
    steps = _steps(s, profile, now)
    for step in steps:
        if step.sentence is None:
            set_threshold(s, profile_id, step.new, by=LEARNING, why=step.why, drawn=Drawn.LEARNED, at=now)
        else:
            _weigh(s, profile_id, step.sentence, step.old, step.new, by=LEARNING, why=step.why, undoes=None, at=now)
    return steps


def _steps(s: Session, profile: Profile, now: datetime) -> list[Step]:
    said = judgements(s, profile)
    line = _line_step(s, profile, said, now)
    return [*([line] if line else []), *_weight_steps(s, profile, said, now)]


def _line_step(s: Session, profile: Profile, said: Sequence[Judgement], now: datetime) -> Step | None:
    rows = lines(s, profile.id)
    drawn = history.drawn_by_hand(rows)
    if drawn is not None and drawn.drawn == Drawn.HAND and drawn.at > now - HAND_HOLDS:
        return None
    # A line that began with answers at sign-up was moved there by these very answers: they count with all that came
    # since, from where the line was before them, and so once.
    by_answers = drawn is not None and drawn.by == SIGN_UP and drawn.moved_from is not None
    evidence = said if drawn is None or by_answers else [one for one in said if one.at > drawn.at]
    line = line_in_force(s, profile.id)
    if line is None or len(evidence) < LINE_VERDICTS or not estimate.LEAST_LINE <= line <= estimate.MOST_LINE:
        return None  # a line beyond the bounds was meant: nothing at all, or everything
    # Where no person drew a line, learning began at the default by which these were told.
    base = (rows[0].moved_from if rows else line) if drawn is None else drawn.moved_from if by_answers else drawn.value
    relevant = [one.relevant for one in evidence]
    by = estimate.offset([one.score for one in evidence], relevant)
    aim = estimate.line_for(base if base is not None else line, by)
    left = LINE_MOST - history.moved(rows, now - WEEK)
    way = estimate.step(line, aim, most=left, least=LINE_LEAST, relevant=relevant)
    if not way:
        return None
    why = f"{_told(evidence, relevant)}: line {line} → {line + way}, on the way to {aim}"
    return Step(profile_id=profile.id, sentence=None, old=line, new=line + way, why=why)


def _weight_steps(s: Session, profile: Profile, said: Sequence[Judgement], now: datetime) -> list[Step]:
    sentences = list(dict.fromkeys(profile.sentences))
    if not said or len(sentences) < 2:
        return []  # a sentence is weighed against the firm's others; for one alone, the line says it all
    # What the firm's line answers for is taken out first, so that a sentence is weighed against the firm's others.
    by = estimate.offset([one.score for one in said], [one.relevant for one in said])
    every = weight_history(s, profile.id)
    steps = []
    for sentence in sentences:
        rows = [row for row in every if row.sentence == sentence]
        drawn = history.drawn_by_hand(rows)
        evidence = [one for one in said if _quoted(one, sentences) == sentence and (drawn is None or one.at > drawn.at)]
        if len(evidence) < SENTENCE_VERDICTS:
            continue
        relevant = [one.relevant for one in evidence]
        aim = estimate.weight_for(estimate.chances([one.score for one in evidence], by).tolist(), relevant)
        weight = rows[-1].value if rows else UNWEIGHED
        left = WEIGHT_MOST - history.moved(rows, now - WEEK)
        way = -estimate.step(-weight, -aim, most=left, least=WEIGHT_LEAST, relevant=relevant)
        if way:
            why = f"{_told(evidence, relevant)}: weight {weight} → {weight + way}, on the way to {aim}"
            steps.append(Step(profile_id=profile.id, sentence=sentence, old=weight, new=weight + way, why=why))
    return steps


def _quoted(one: Judgement, sentences: Sequence[str]) -> str | None:
    """The profile's sentence that an alert quoted: it itself, or the first that holds it, since long ones are cut."""
    if not one.sentence or one.sentence in sentences:
        return one.sentence
    return next((sentence for sentence in sentences if one.sentence in sentence), None)


def _told(evidence: Sequence[Judgement], relevant: Sequence[bool]) -> str:
    alerts = [str(one.alert_id) for one in evidence if one.alert_id is not None]
    named = ", ".join(alerts[-_NAMED:])
    more = f" and {len(alerts) - _NAMED} before" if len(alerts) > _NAMED else ""
    first = f"; {len(evidence) - len(alerts)} answered at sign-up" if len(evidence) > len(alerts) else ""
    expected = sum(one.score for one in evidence)
    return (
        f"{sum(relevant)} of {len(evidence)} judged alerts were relevant, {expected:.1f} by their scores "
        f"(alerts {named or '–'}{more}{first})"
    )


def _weigh(
    s: Session, profile_id: int, sentence: str, old: Decimal, new: Decimal, *, by: str, why: str, undoes: int | None,
    at: datetime,
) -> SentenceWeight:  # fmt: skip
    """Write a weight, and owe the profile to the scorer again."""
    row = SentenceWeight(
        profile_id=profile_id, sentence=sentence, value=new, moved_from=old, undoes=undoes, by=by, why=why, at=at,
        drawn=Drawn.LEARNED if undoes is None else Drawn.UNDO,
    )  # fmt: skip
    s.add(row)
    s.execute(update(Profile).where(Profile.id == profile_id).values(matched_rev=None))
    s.flush()
    return row
