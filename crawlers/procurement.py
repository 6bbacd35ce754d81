"""Which procurement does a notice belong to? Exact keys first, one guess last (sources.md §7).

Notices that share a key are one procurement. A notice that brings two known procurements together merges the newer
into the older one; no row is lost by it.
"""

from dataclasses import dataclass

from sqlalchemy import delete, exists, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from crawlers.clean import fold
from crawlers.codes import ojs_number, uuid_of
from crawlers.notice import ParsedNotice, Stage
from db.models import Alert, Notice, Procurement, ProcurementKey

SHORTEST_TITLE = 12  # letters; a shorter folded title, such as "rammeavtale", says too little for a guess


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Key:
    """One way in which notices of a procurement find each other."""

    kind: str
    value: str
    exact: bool = True


def keys(notice: ParsedNotice) -> list[Key]:
    """Every exact key of a notice, sorted: its own, and that of the notice which it corrects."""
    pairs = {
        ("notice", notice.notice_uuid),
        ("procedure", notice.procedure_uuid),
        ("ojs", notice.ojs_number),
        (notice.source, notice.source_id),
    }
    if notice.changes_notice:
        pairs |= {("notice", uuid_of(notice.changes_notice)), ("ojs", ojs_number(notice.changes_notice))}
    return sorted(Key(kind=kind, value=value) for kind, value in pairs if value)


def guess(notice: ParsedNotice) -> Key | None:
    """Buyer, folded title and the deadline's day: the same purchase, most likely, on another portal."""
    if notice.stage is Stage.SIGNAL or not notice.buyers or notice.deadline is None:
        return None
    buyer = notice.buyers[0].digits or fold(notice.buyers[0].name)
    title = fold(notice.title[notice.language])
    if len(title) < SHORTEST_TITLE:
        return None
    return Key(kind="guess", value=f"{buyer}|{title}|{notice.deadline.at.date().isoformat()}", exact=False)


def procurement_of(s: Session, notice: ParsedNotice, *, already: int | None = None) -> int:
    """The id of the procurement, made where no key is known; ``already``: where the notice belonged until now."""
    mine = keys(notice)
    found = _known(s, mine) | ({already} if already is not None else set())
    guessed = guess(notice)
    if not found and guessed is not None:
        found = _guessed(s, guessed, notice)
    procurement_id = min(found) if found else _new(s)
    wanted = [*mine, *([guessed] if guessed else [])]
    s.execute(
        insert(ProcurementKey)
        .values(
            [{"kind": k.kind, "value": k.value, "exact": k.exact, "procurement_id": procurement_id} for k in wanted]
        )
        .on_conflict_do_nothing(constraint="procurement_key_once")
    )
    # Another crawl may have written one of the keys in the meantime; its word is then known here too.
    together = sorted(_known(s, mine) | found | {procurement_id})
    for loser in together[1:]:
        merge(s, into=together[0], loser=loser)
    return together[0]


def merge(s: Session, *, into: int, loser: int) -> None:
    """Make two procurements one: notices, keys and alerts move; what was told stays told."""
    s.execute(update(Notice).where(Notice.procurement_id == loser).values(procurement_id=into))
    s.execute(update(ProcurementKey).where(ProcurementKey.procurement_id == loser).values(procurement_id=into))
    twin = aliased(Alert)
    has_twin = exists().where(
        twin.procurement_id == into,
        twin.subscriber_id == Alert.subscriber_id,
        twin.kind == Alert.kind,
        twin.version == Alert.version,
    )
    s.execute(delete(Alert).where(Alert.procurement_id == loser, Alert.digest_id.is_(None), has_twin))
    s.execute(update(Alert).where(Alert.procurement_id == loser, ~has_twin).values(procurement_id=into))


def _known(s: Session, wanted: list[Key]) -> set[int]:
    pairs = [(key.kind, key.value) for key in wanted]
    return set(
        s.scalars(
            select(ProcurementKey.procurement_id).where(tuple_(ProcurementKey.kind, ProcurementKey.value).in_(pairs))
        )
    )


def _guessed(s: Session, key: Key, notice: ParsedNotice) -> set[int]:
    """A procurement of the same guess that this portal has not told of: no portal tells the same thing twice."""
    own = exists().where(Notice.procurement_id == ProcurementKey.procurement_id, Notice.source == notice.source)
    return set(
        s.scalars(
            select(ProcurementKey.procurement_id).where(
                ProcurementKey.kind == key.kind, ProcurementKey.value == key.value, ~own
            )
        )
    )


def _new(s: Session) -> int:
    return s.scalars(insert(Procurement).returning(Procurement.id)).one()
