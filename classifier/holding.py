"""Which alerts are owed and taken back as lines are drawn? What was foreseen (`classifier/shift.py`), and nothing else."""

from collections.abc import Sequence

from sqlalchemy import TableValuedAlias, and_, delete, exists, func, not_, select, update
from sqlalchemy.orm import Session, selectinload

from classifier.facets import still_open
from classifier.owed import alert_matched, told_of
from classifier.revisions import speaking
from classifier.shift import Crossing, Lines, Shift, foresee, untold
from db.arrays import numbers
from db.models import Alert, AlertKind, Match, Notice, NoticeVersion, Profile
from db.session import utcnow


def hold(s: Session, lines: Lines, foreseen: Shift | None = None) -> Shift:
    """Have these lines hold for what was not told yet: owe, and take back. Gives what was foreseen, which is the same.

    For the writer of the lines alone, who keeps matching out until the commit; and so what they foresaw since they do.
    """
    shift = foresee(s, lines) if foreseen is None else foreseen
    _take_back(s, shift.lost)
    _redraw(s, lines)
    _owe(s, shift.gained)
    return shift


def _owe(s: Session, gained: Sequence[Crossing]) -> None:
    """As matching does, of the rows as they are now drawn."""
    versions = s.scalars(
        select(NoticeVersion)
        .where(NoticeVersion.id.in_({one.version_id for one in gained}))
        .order_by(NoticeVersion.id)
        .options(selectinload(NoticeVersion.lots), selectinload(NoticeVersion.notice))
    ).all()
    profiles = s.scalars(select(Profile).where(Profile.id.in_({one.profile_id for one in gained}))).all()
    rows = [
        {
            "version_id": one.version_id,
            "profile_id": one.profile_id,
            "score": one.score,
            "threshold_then": 0.0,
            "barred_by": None,
        }
        for one in gained
    ]
    alert_matched(s, versions, rows, profiles)


def _take_back(s: Session, lost: Sequence[Crossing]) -> None:
    """Remove the alerts, and the changes of procurements of which nothing else is or was ever told."""
    for one in lost:
        mine = (Alert.subscriber_id == one.subscriber_id, told_of(one.procurement_id))
        s.execute(delete(Alert).where(*mine, Alert.kind == one.kind, *untold()))
        of_change = Alert.kind == AlertKind.CHANGE
        if not s.scalar(select(exists().where(*mine, ~(of_change & and_(*untold()))))):
            s.execute(delete(Alert).where(*mine, of_change, *untold()))


def _redraw(s: Session, lines: Lines) -> None:
    """Matches of open notices are told by the new line, but for those that were told by their own."""
    drawn = _drawn(lines)
    told = exists().where(
        told_of(Notice.procurement_id),
        Alert.subscriber_id == Profile.subscriber_id,
        Alert.kind == NoticeVersion.stage,
        not_(and_(*untold())),
    )
    s.execute(
        update(Match)
        .where(
            Match.profile_id == drawn.c.profile_id,
            Profile.id == Match.profile_id,
            Profile.matched_rev.is_not(None),
            NoticeVersion.id == Match.version_id,
            Notice.current_version_id == NoticeVersion.id,
            Match.threshold_then != drawn.c.value,
            still_open(utcnow()),
            speaking(),
            ~told,
        )
        .values(threshold_then=drawn.c.value)
        .execution_options(synchronize_session=False)
    )


def _drawn(lines: Lines) -> TableValuedAlias:
    """The new lines as rows to join: profile_id, value."""
    return (
        func.unnest(numbers(lines), numbers(lines.values(), "FLOAT"))
        .table_valued("profile_id", "value", name="drawn")
        .render_derived()
    )
