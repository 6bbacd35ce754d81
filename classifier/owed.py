"""Who is owed an alert by these versions? Each stage of a procurement once, and each material change to whom it was told.

Who said that a procurement is not for them is owed nothing more of it, neither a stage nor a change, unless they think
better of it; then what was passed over meanwhile is owed after all.

The facts of the last alert are kept with it, so that a corrigendum is told by comparing what was told with what holds
now: the same change from a second portal, or a change of nothing that matters, is told to nobody.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, SQLColumnExpression, exists, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session, selectinload

from classifier.revisions import speaking
from db.models import (
    Alert,
    AlertKind,
    Feedback,
    Match,
    Notice,
    NoticeVersion,
    Procurement,
    Profile,
    Subscriber,
    ToldBefore,
    Verdict,
)

Facts = Mapping[str, Any]


def facts(version: NoticeVersion) -> dict[str, Any]:
    """The material facts of a version: deadline, cancellation, value and number of lots."""
    value = None
    if version.value_amount is not None:
        value = f"{version.value_amount.normalize():f} {version.value_currency}"
    return {
        "deadline": version.deadline_at.isoformat() if version.deadline_at else None,
        "cancelled": version.cancelled,
        "value": value,
        "lots": len(version.lots) or None,
    }


def changes(told: Facts, now: Facts) -> list[list[str | None]]:
    """``[field, old, new]`` for each material fact that differs; what a portal leaves out is no change."""
    moved: list[list[str | None]] = []
    for field in ("deadline", "cancelled", "value", "lots"):
        old, new = told.get(field), now.get(field)
        if new in (None, False) or old == new or (old in (None, 0) and field in ("value", "lots")):
            continue
        moved.append([field, _text(old), _text(new)])
    return moved


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)


def alert_told(s: Session, versions: Sequence[NoticeVersion], *, only: int | None = None) -> int:
    """Owe a change alert to everyone who was told of a procurement whose material facts these versions change.

    ``only``: to this subscriber alone.
    """
    corrections = [v for v in versions if v.number > 1 or v.changes_notice is not None]
    made = 0
    for version in corrections:
        now = facts(version)
        for last in _last_told(s, version.notice.procurement_id):
            if only not in (None, last.subscriber_id):
                continue
            moved = changes(last.facts, now)
            if moved:
                made += _owe(
                    s,
                    subscriber_id=last.subscriber_id,
                    version=version,
                    kind=AlertKind.CHANGE,
                    number=version.id,
                    told={**last.facts, **{k: v for k, v in now.items() if v is not None}},
                    moved=moved,
                )
    return made


def _last_told(s: Session, procurement_id: int) -> Sequence[Alert]:
    """The newest alert of each subscriber who was, or is about to be, told of this procurement."""
    return s.scalars(
        select(Alert)
        .join(Subscriber, Subscriber.id == Alert.subscriber_id)
        .where(told_of(procurement_id), Subscriber.unsubscribed_at.is_(None))
        .ext(distinct_on(Alert.subscriber_id))
        .order_by(Alert.subscriber_id, Alert.id.desc())
    ).all()


def told_of(procurement_id: int | SQLColumnExpression[int]) -> ColumnElement[bool]:
    """Alerts of a procurement, and those of another that it was one with when they were owed."""
    before = select(ToldBefore.alert_id).where(ToldBefore.procurement_id == procurement_id).correlate_except(ToldBefore)
    return or_(Alert.procurement_id == procurement_id, Alert.id.in_(before))


def told_already(
    *,
    subscriber_id: int | SQLColumnExpression[int],
    procurement_id: int | SQLColumnExpression[int],
    kind: str | SQLColumnExpression[str],
    number: int = 0,
) -> ColumnElement[bool]:
    """Whether this subscriber has an alert of this kind, and of a change this very one, for the procurement."""
    return exists().where(
        told_of(procurement_id),
        Alert.subscriber_id == subscriber_id,
        Alert.kind == kind,
        Alert.version == number,
    )


def last_word(
    subscriber_id: int | SQLColumnExpression[int], procurement_id: int | SQLColumnExpression[int]
) -> ScalarSelect[str]:
    """What a subscriber last said of any alert of a procurement; null where they said nothing."""
    return (
        select(Feedback.verdict)
        .join(Alert, Alert.id == Feedback.alert_id)
        .where(Alert.subscriber_id == subscriber_id, told_of(procurement_id))
        .order_by(Feedback.at.desc(), Feedback.id.desc())
        .limit(1)
        .correlate_except(Feedback, Alert)
        .scalar_subquery()
    )


def declined(s: Session, subscriber_id: int, procurements: Collection[int]) -> set[int]:
    """Of these procurements, those of which the subscriber's last word is that they are not for them."""
    said_no = last_word(subscriber_id, Procurement.id) == Verdict.NOT_RELEVANT
    return set(s.scalars(select(Procurement.id).where(Procurement.id.in_(procurements), said_no)))


def make_up(s: Session, subscriber_id: int, procurement_id: int) -> int:
    """Owe a subscriber what they were not told of a procurement while it was not for them; gives how many alerts."""
    versions = s.scalars(
        select(NoticeVersion)
        .join(Notice, Notice.current_version_id == NoticeVersion.id)
        .where(Notice.procurement_id == procurement_id)
        .order_by(NoticeVersion.id)
        .options(selectinload(NoticeVersion.lots), selectinload(NoticeVersion.notice))
    ).all()
    profiles = s.scalars(select(Profile).where(Profile.subscriber_id == subscriber_id, Profile.active.is_(True))).all()
    matches = select(
        Match.version_id, Match.profile_id, Match.score, Match.threshold_then, Match.barred_by
    ).where(
        Match.version_id.in_([version.id for version in versions]),
        Match.profile_id.in_([profile.id for profile in profiles]),
        speaking(),
    )  # fmt: skip
    rows = [dict(row) for row in s.execute(matches).mappings()]
    return alert_told(s, versions, only=subscriber_id) + alert_matched(s, versions, rows, profiles)


def alert_matched(
    s: Session, versions: Sequence[NoticeVersion], rows: Sequence[Mapping[str, Any]], profiles: Sequence[Profile]
) -> int:
    """Owe one alert per subscriber and stage of a procurement for every match above its line that nothing bars."""
    subscriber_of = {profile.id: profile.subscriber_id for profile in profiles}
    above: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        if row["score"] >= row["threshold_then"] and row["barred_by"] is None:
            above[row["version_id"]].add(subscriber_of[row["profile_id"]])
    made = 0
    for version in versions:
        for subscriber_id in sorted(above[version.id]):
            made += _owe(
                s,
                subscriber_id=subscriber_id,
                version=version,
                kind=AlertKind(version.stage),
                number=0,
                told=facts(version),
                moved=[],
            )
    return made


def _owe(
    s: Session,
    *,
    subscriber_id: int,
    version: NoticeVersion,
    kind: AlertKind,
    number: int,
    told: Facts,
    moved: Sequence[Sequence[str | None]],
) -> int:
    """One alert, unless the same is owed or told already or they want none; gives 1 when it was made."""
    procurement_id = version.notice.procurement_id
    heard = told_already(subscriber_id=subscriber_id, procurement_id=procurement_id, kind=kind, number=number)
    said_no = func.coalesce(last_word(subscriber_id, procurement_id) == Verdict.NOT_RELEVANT, False)
    if s.scalar(select(or_(heard, said_no))):
        return 0
    made = s.scalar(
        insert(Alert)
        .values(
            subscriber_id=subscriber_id,
            procurement_id=procurement_id,
            kind=kind,
            version=number,
            version_id=version.id,
            facts=dict(told),
            changes=[list(change) for change in moved],
        )
        .on_conflict_do_nothing(constraint="alert_once")
        .returning(Alert.id)
    )
    return int(made is not None)
