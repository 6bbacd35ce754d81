"""What did an administrator do, to what, and when? The one way into the log, which nobody can change afterwards."""

from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy.orm import Session

from db.models import Act, Administrator, Audit
from db.session import utcnow

NOTHING: Mapping[str, object] = MappingProxyType({})


def record(
    s: Session,
    by: Administrator | None,
    act: Act,
    subject: str,
    *subject_ids: int,
    told: Mapping[str, object] = NOTHING,
) -> Audit:
    """Write down an act in the transaction that does it, so that neither stands without the other.

    ``by``: None on the command line. ``subject`` and ``subject_ids`` name rows: a table and its numbers. ``told`` is
    what a reader of the log needs beside them, never an address or a name of a person, which an erasure would miss.
    """
    row = Audit(
        administrator_id=None if by is None else by.id,
        act=act,
        subject=subject,
        subject_ids=[str(one) for one in subject_ids],
        told=dict(told),
        at=utcnow(),
    )
    s.add(row)
    s.flush()
    return row
