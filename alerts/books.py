"""Do the books balance? Every alert owed or told, every told digest a mail, counted in one snapshot (O3)."""

from dataclasses import dataclass, fields
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

COUNT: Final = text("""
    SELECT (SELECT count(*) FROM alert) AS alerts,
           (SELECT count(*) FROM alert WHERE digest_id IS NULL) AS owed,
           (SELECT count(*) FROM alert JOIN digest ON digest.id = alert.digest_id
             WHERE digest.built_at IS NOT NULL AND digest.subscriber_id = alert.subscriber_id) AS digested,
           (SELECT count(*) FROM digest WHERE view IS NOT NULL) AS told,
           (SELECT count(*) FROM delivery) AS deliveries,
           (SELECT count(*) FROM delivery WHERE letter_id IS NOT NULL) AS letters,
           (SELECT count(*) FROM delivery JOIN digest ON digest.id = delivery.digest_id
             WHERE digest.view IS NOT NULL) AS written,
           (SELECT count(*) FROM delivery JOIN digest ON digest.id = delivery.digest_id
             WHERE digest.view IS NULL AND delivery.state IN ('broken', 'failed')) AS unwritten,
           (SELECT count(*) FROM delivery WHERE (state IN ('sent', 'bounced', 'complained')) = (sent_at IS NULL)
           ) AS misdated
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What there is of each. ``told``: digests with content; ``written``: mails of such digests; ``letters``: their mails."""

    alerts: int
    owed: int
    digested: int
    told: int
    deliveries: int
    letters: int
    written: int
    unwritten: int
    misdated: int

    def differences(self) -> dict[str, int]:
        """What does not add up; empty when the books balance."""
        sums = {
            "alerts neither owed nor in a digest of their subscriber": self.alerts - self.owed - self.digested,
            "digests with content but without a mail": self.told - self.written,
            "mails of digests without content": self.deliveries - self.letters - self.written - self.unwritten,
            "mails whose state and date of sending disagree": self.misdated,
        }
        return {what: count for what, count in sums.items() if count}


def count(s: Session) -> Books:
    """The books as of this statement, whatever is written meanwhile."""
    row = s.execute(COUNT).one()
    return Books(**{column.name: getattr(row, column.name) for column in fields(Books)})
