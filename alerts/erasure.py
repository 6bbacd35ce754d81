"""How is a subscriber forgotten? At once and whole, with all that is theirs, by the tables' own cascades (P7).

What stays of an address to which we may not write is a keyed hash: enough to know it again, not to read it.
"""

import logging
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from alerts.suppress import suppress_unread
from db.models import Signup, Subscriber, Suppression

log = logging.getLogger(__name__)

NEVER_AGAIN: Final = "asked never to be written to"


def erase(s: Session, subscriber_id: int, *, never_again: bool = False) -> bool:
    """Remove a subscriber and all that we hold of them, from the caller's commit on; False where there is none.

    ``never_again``: nor is the address to be written to, whoever brings it to us. An address that was suppressed
    already stays so.
    """
    # Locked first, as by everybody who writes what is theirs: nothing is added meanwhile.
    email = s.scalar(select(Subscriber.email).where(Subscriber.id == subscriber_id).with_for_update())
    if email is None:
        return False
    standing = s.scalar(delete(Suppression).where(Suppression.address == email.lower()).returning(Suppression.reason))
    reason = NEVER_AGAIN if never_again else standing
    if reason is not None:
        suppress_unread(s, email, reason)
    s.execute(delete(Signup).where(func.lower(Signup.email) == email.lower()))
    s.execute(delete(Subscriber).where(Subscriber.id == subscriber_id))
    log.info("subscriber erased", extra={"subscriber_id": subscriber_id, "suppressed": reason is not None})
    return True
