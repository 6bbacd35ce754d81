"""Which model revision's scores are told? One at a time, and only a person moves it, by `anbudsvakt rescore`.

Scores of two revisions are never compared. A worker whose revision is not the one in force matches nothing, so that
two workers of a rolling release never score the same notices in turns.
"""

from datetime import timedelta

from sqlalchemy import ColumnElement, ScalarSelect, exists, func, insert, select
from sqlalchemy.orm import Session

from db.models import Match, Notice, NoticeVersion, ScoreRevision
from db.notices import SUPERSEDED
from db.session import transaction, utcnow

# One process at a time matches, or puts another revision in force (any fixed number would do).
MATCH_LOCK = 7_311_903
LATE = timedelta(hours=1)
FIRST_START = "first start"


class OtherRevision(Exception):  # noqa: N818 - a finding about this process, told by its name
    """Raised where this process's model revision is not the one in force: it may not match."""

    def __init__(self, *, mine: str, in_force: str) -> None:
        super().__init__(
            f"scores of model revision {in_force} are in force, and this process has {mine}: nothing was matched. "
            "Run `anbudsvakt rescore` to move over, or go back to the model that is in force"
        )
        self.mine, self.in_force = mine, in_force


def in_force(s: Session) -> str | None:
    """The revision whose scores are told; None where nothing was ever matched."""
    return s.scalar(select(_newest()))


def alone(s: Session) -> None:
    """Wait until nobody else matches or changes the revision in force, and keep others out until the commit."""
    s.execute(select(func.pg_advisory_xact_lock(MATCH_LOCK)))


def claim(s: Session, mine: str) -> None:
    """See that this revision may match, alone until the commit. The first one to ask is put in force.

    Raises OtherRevision.
    """
    alone(s)
    ruling = in_force(s)
    if ruling is None:
        put_in_force(s, mine, by=FIRST_START)
    elif ruling != mine:
        raise OtherRevision(mine=mine, in_force=ruling)


def put_in_force(s: Session, revision: str, *, by: str) -> None:
    """From this transaction's commit on, this revision's scores are told."""
    s.execute(insert(ScoreRevision).values(model_rev=revision, by=by))


def speaking() -> ColumnElement[bool]:
    """Matches that count, in a query that joins NoticeVersion: those of the revision that scored their version.

    That is the one in force, or for a notice that had closed before it came, the one that was in force then. While a
    rescore is under way, what it has written already is not among them.
    """
    return Match.model_rev == func.coalesce(speaks_by(), Match.model_rev)


def speaks_by() -> ColumnElement[str | None]:
    """The revision whose matches of a version count; none where nothing was ever put in force, and all count."""
    return func.coalesce(func.nullif(NoticeVersion.matched_rev, SUPERSEDED), _newest())


def is_late() -> bool:
    """Whether a notice has waited to be matched for longer than any release takes to roll out."""
    with transaction() as s:
        waiting = (
            exists()
            .where(NoticeVersion.matched_rev.is_(None), NoticeVersion.created_at < utcnow() - LATE)
            .where(Notice.current_version_id == NoticeVersion.id)
        )
        return bool(s.scalar(select(waiting)))


def ruling() -> str | None:
    """The revision in force, asked in a transaction of its own."""
    with transaction() as s:
        return in_force(s)


def _newest() -> ScalarSelect[str]:
    return select(ScoreRevision.model_rev).order_by(ScoreRevision.id.desc()).limit(1).scalar_subquery()
