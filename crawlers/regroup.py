"""How do notices move between procurements without anybody being told of anything twice?

Alerts go with the notice that they show. What was owed or told of a procurement that is parted counts as told of both
parts (:class:`db.kinship.ToldBefore`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, literal, null, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from crawlers.kin import Kinship, Tie
from db.kinship import ToldBefore
from db.models import Alert, Notice, NoticeVersion, Procurement

Name = tuple[str, str]


def regroup(s: Session, ids: Mapping[Name, int], kinships: Iterable[Kinship]) -> None:
    """Let each of these groups of notices be one procurement; the ones that are already stay as they are."""
    groups = list(kinships)
    stands = {
        row.id: row
        for row in s.execute(
            select(Notice.id, Notice.procurement_id, Notice.tie).where(Notice.id.in_(ids.values()))
        )
    }  # fmt: skip
    before = {notice_id: row.procurement_id for notice_id, row in stands.items()}
    target = _targets(s, groups, ids, before)
    _move(s, before, target)
    for group in groups:
        for name in group.members:
            tie = written(name, group.ties.get(name))
            if tie != stands[ids[name]].tie:
                s.execute(update(Notice).where(Notice.id == ids[name]).values(tie=null() if tie is None else tie))


def _targets(
    s: Session, groups: Sequence[Kinship], ids: Mapping[Name, int], before: Mapping[int, int]
) -> dict[int, int]:
    """The procurement of each notice: that of its group's eldest, unless the elder part of a split has kept that."""
    target: dict[int, int] = {}
    taken: set[int] = set()
    # By the eldest notice, so that of two parts the one that was there first keeps the procurement and its history.
    for group in sorted(groups, key=lambda group: min(ids[name] for name in group.members)):
        mine = sorted(ids[name] for name in group.members)
        free = [before[notice_id] for notice_id in mine if before[notice_id] not in taken]
        procurement_id = free[0] if free else s.scalars(insert(Procurement).returning(Procurement.id)).one()
        taken.add(procurement_id)
        target |= dict.fromkeys(mine, procurement_id)
    return target


def _move(s: Session, before: Mapping[int, int], target: Mapping[int, int]) -> None:
    """Move notices to their procurements, and with them what was owed or told of them."""
    routes: dict[tuple[int, int], list[int]] = defaultdict(list)
    for notice_id, new in target.items():
        if new != before[notice_id]:
            routes[before[notice_id], new].append(notice_id)
    for (_, new), notice_ids in routes.items():
        s.execute(update(Notice).where(Notice.id.in_(notice_ids)).values(procurement_id=new))
    emptied = set()
    for old, new in sorted(routes):
        if not s.scalar(select(exists().where(Notice.procurement_id == old))):
            emptied.add(old)
        if not s.scalar(select(_anything_told(old))):
            continue
        if old in emptied:
            _heard(s, new, told_of=old, stages=None)
            forget_twins(s, old, new)
        elif all(before[notice_id] == old for notice_id, to in target.items() if to == new):
            _heard(s, new, told_of=old, stages=_stages(s, new))
        came = [notice_id for notice_id, to in target.items() if to == old and before[notice_id] != old]
        _alerts_follow(s, old, new, left_behind=_stages(s, old, but=came))
    for old in sorted(emptied):
        _forget(s, old)


def _stages(s: Session, procurement_id: int, *, but: Sequence[int] = ()) -> set[str]:
    """The stages of a procurement's notices, without those of these notices: what one was told of them before."""
    return set(
        s.scalars(
            select(NoticeVersion.stage)
            .join(Notice, Notice.current_version_id == NoticeVersion.id)
            .where(Notice.procurement_id == procurement_id, Notice.id.not_in(but))
        )
    )


def _anything_told(procurement_id: int) -> ColumnElement[bool]:
    return or_(
        exists().where(Alert.procurement_id == procurement_id),
        exists().where(ToldBefore.procurement_id == procurement_id),
    )


def _heard(s: Session, procurement_id: int, *, told_of: int, stages: set[str] | None) -> None:
    """Whatever was owed or told of one procurement counts as told of another too; of these stages, None for all."""
    carried = select(ToldBefore.alert_id).where(ToldBefore.procurement_id == told_of)
    told = (
        select(literal(procurement_id), Alert.id)
        .join(NoticeVersion, NoticeVersion.id == Alert.version_id)
        .where(or_(Alert.procurement_id == told_of, Alert.id.in_(carried)))
    )
    if stages is not None:
        told = told.where(NoticeVersion.stage.in_(stages))
    s.execute(insert(ToldBefore).from_select(["procurement_id", "alert_id"], told).on_conflict_do_nothing())


def _alerts_follow(s: Session, old: int, new: int, *, left_behind: set[str]) -> None:
    """Alerts go with the notice that they show.

    They go on counting as told of the procurement that it left, where a notice of the same stage is left behind.
    """
    twin = aliased(Alert)
    has_twin = exists().where(
        twin.procurement_id == new,
        twin.subscriber_id == Alert.subscriber_id,
        twin.kind == Alert.kind,
        twin.version == Alert.version,
    )
    shown = exists().where(
        NoticeVersion.id == Alert.version_id, Notice.id == NoticeVersion.notice_id, Notice.procurement_id == new
    )
    followed = s.execute(
        select(Alert.id, NoticeVersion.stage)
        .join(NoticeVersion, NoticeVersion.id == Alert.version_id)
        .where(Alert.procurement_id == old, shown)
    ).all()
    if not followed:
        return
    ids = [alert_id for alert_id, _ in followed]
    s.execute(update(Alert).where(Alert.id.in_(ids), ~has_twin).values(procurement_id=new))
    told = [{"procurement_id": new, "alert_id": alert_id} for alert_id in ids]
    told += [{"procurement_id": old, "alert_id": alert_id} for alert_id, stage in followed if stage in left_behind]
    s.execute(insert(ToldBefore).values(told).on_conflict_do_nothing())
    forget_twins(s, old, new)


def forget_twins(s: Session, *procurement_ids: int) -> None:
    """Take back what is owed of these procurements and was owed or told before: the same stage, or the same change."""
    before = select(ToldBefore.alert_id).where(ToldBefore.procurement_id == procurement_ids[-1])
    heard = s.scalars(
        select(Alert)
        .where(or_(Alert.procurement_id == procurement_ids[-1], Alert.id.in_(before)))
        .order_by(Alert.digest_id.is_(None), Alert.id)
    ).all()
    known = set()
    for alert in heard:
        what = (alert.subscriber_id, alert.kind, str(alert.changes))
        if what not in known:
            known.add(what)
        elif alert.procurement_id in procurement_ids:
            # A digest may have taken it a moment ago; what is told stays told.
            s.execute(delete(Alert).where(Alert.id == alert.id, Alert.digest_id.is_(None)))


def _forget(s: Session, procurement_id: int) -> None:
    """An empty procurement goes, unless something that was told still names it."""
    s.execute(delete(ToldBefore).where(ToldBefore.procurement_id == procurement_id))
    told = exists().where(Alert.procurement_id == procurement_id)
    s.execute(delete(Procurement).where(Procurement.id == procurement_id, ~told))


def written(name: Name, tie: Tie | None) -> dict[str, Any] | None:
    """A tie as the notice's row keeps it, told from its own side."""
    if tie is None:
        return None
    other = tie.other if tie.one == name else tie.one
    told = {"by": str(tie.by), "exact": tie.exact, "value": tie.value, "with": ":".join(other)}
    return told | ({"likeness": tie.likeness} if tie.likeness is not None else {})
