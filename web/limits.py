"""How often may one address, or one client, do what costs us or others something? Counted over a sliding time, kept as hashes."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from db.models import LimitedAct
from db.session import utcnow
from settings import get_settings

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)


class Counted(StrEnum):
    """What is counted, each kind for itself."""

    GUESS_OF_ACCOUNT = "guess_of_account"
    GUESS_OF_CLIENT = "guess_of_client"
    LETTER_TO_ADDRESS = "letter_to_address"
    LETTER_OF_CLIENT = "letter_of_client"
    PROPOSAL_OF_CLIENT = "proposal_of_client"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """So many within this time."""

    most: int
    within: timedelta


LIMITS: Final = {
    Counted.GUESS_OF_ACCOUNT: Limit(most=10, within=HOUR),
    Counted.GUESS_OF_CLIENT: Limit(most=20, within=HOUR),
    Counted.LETTER_TO_ADDRESS: Limit(most=3, within=DAY),
    Counted.LETTER_OF_CLIENT: Limit(most=10, within=HOUR),
    Counted.PROPOSAL_OF_CLIENT: Limit(most=60, within=HOUR),
}


def take(s: Session, what: Counted, who: str) -> bool:
    """Count one more, if it may be; False where so many were counted already.

    In force for others from the caller's commit on; of two at once, the second waits for the first.
    """
    limit, now, who_hash = LIMITS[what], utcnow(), _hash(what, who)
    s.execute(select(func.pg_advisory_xact_lock(int.from_bytes(bytes.fromhex(who_hash[:16]), signed=True))))
    # What no longer counts goes, whoever's it was; what another transaction is deleting already is left to it.
    past = select(LimitedAct.id).where(LimitedAct.what == what, LimitedAct.at < now - limit.within)
    s.execute(delete(LimitedAct).where(LimitedAct.id.in_(past.with_for_update(skip_locked=True))))
    mine = (LimitedAct.what == what, LimitedAct.who_hash == who_hash, LimitedAct.at >= now - limit.within)
    if (s.scalar(select(func.count(LimitedAct.id)).where(*mine)) or 0) >= limit.most:
        return False
    s.add(LimitedAct(what=what, who_hash=who_hash, at=now))
    s.flush()
    return True


def forget(s: Session, what: Counted, who: str) -> None:
    """Start counting anew, as after a log-in that was right."""
    s.execute(delete(LimitedAct).where(LimitedAct.what == what, LimitedAct.who_hash == _hash(what, who)))


def _hash(what: Counted, who: str) -> str:
    # Keyed, since there are few enough addresses in the world to try them all.
    key = get_settings().secret_keys[-1].encode()
    return hmac.new(key, f"{what} {who.casefold()}".encode(), hashlib.sha256).hexdigest()
