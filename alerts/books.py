"""Do the books balance? Every alert owed or told, every told digest a mail, every door's alert a row, in one snapshot (O3)."""

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
           mails.deliveries, mails.letters, mails.written, mails.unwritten, mails.standing, mails.misdated, mails.blank,
           pushes.pushed, pushes.of_theirs, pushes.astray
      FROM (SELECT count(*) AS deliveries,
                   count(*) FILTER (WHERE letter_id IS NOT NULL) AS letters,
                   count(*) FILTER (WHERE digest.view IS NOT NULL) AS written,
                   count(*) FILTER (WHERE digest_id IS NOT NULL AND digest.view IS NULL
                                       AND state IN ('broken', 'failed')) AS unwritten,
                   count(*) FILTER (WHERE state IN ('sent', 'bounced', 'complained'))
                   + count(*) FILTER (WHERE state IN ('queued', 'deferred'))
                   + count(*) FILTER (WHERE state = 'failed') + count(*) FILTER (WHERE state = 'suppressed')
                   + count(*) FILTER (WHERE state = 'held') + count(*) FILTER (WHERE state = 'broken') AS standing,
                   count(*) FILTER (WHERE (state IN ('sent', 'bounced', 'complained')) = (sent_at IS NULL)) AS misdated,
                   count(*) FILTER (WHERE state IN ('queued', 'deferred', 'held') AND message IS NULL) AS blank
              FROM delivery LEFT JOIN digest ON digest.id = delivery.digest_id) AS mails,
           (SELECT count(*) AS pushed,
                   count(*) FILTER (WHERE alert.subscriber_id = door.subscriber_id
                                      AND door.kind IN ('webhook', 'chat')) AS of_theirs,
                   count(*) FILTER (WHERE (state = 'sent') = (sent_at IS NULL)
                                       OR state IN ('queued', 'deferred', 'held') AND body IS NULL) AS astray
              FROM door_delivery
              JOIN door ON door.id = door_delivery.door_id
              JOIN alert ON alert.id = door_delivery.alert_id) AS pushes
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What there is of each.

    ``told``: digests with content; ``written``: mails of such digests; ``letters``: their mails; ``standing``: mails in a state that we know;
    ``blank``: mails that wait and have no bytes. ``pushed``: alerts on their way through doors; ``of_theirs``: those
    of the door's own subscriber; ``astray``: those whose state and what they carry disagree.
    """

    alerts: int
    owed: int
    digested: int
    told: int
    deliveries: int
    letters: int
    written: int
    unwritten: int
    standing: int
    misdated: int
    blank: int
    pushed: int
    of_theirs: int
    astray: int

    def differences(self) -> dict[str, int]:
        """What does not add up; empty when the books balance."""
        sums = {
            "alerts neither owed nor in a digest of their subscriber": self.alerts - self.owed - self.digested,
            "digests with content but without a mail": self.told - self.written,
            "mails of digests without content": self.deliveries - self.letters - self.written - self.unwritten,
            "mails neither sent nor waiting, failed, suppressed, held or broken": self.deliveries - self.standing,
            "mails whose state and date of sending disagree": self.misdated,
            "mails that wait and have nothing to send": self.blank,
            "alerts at a door that is not their subscriber's": self.pushed - self.of_theirs,
            "alerts at a door whose state and what they carry disagree": self.astray,
        }
        return {what: count for what, count in sums.items() if count}


def count(s: Session) -> Books:
    """The books as of this statement, whatever is written meanwhile."""
    row = s.execute(COUNT).one()
    return Books(**{column.name: getattr(row, column.name) for column in fields(Books)})
