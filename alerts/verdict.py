"""What becomes of a mail after an attempt, and when is it time to stop trying any? Pure."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from alerts.relay import Deferred, Fault, Outcome, Refused, Sent
from db.models import DeliveryState

BACK_OFF: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
TRIES: Final = 16  # the first, one after each of these, and then every six hours until nearly three days are over
# Refusals in a row, with no mail accepted between, after which something is wrong with us and not with a mailbox.
IN_A_ROW: Final = {Fault.US: 3, Fault.ADDRESS: 20, Fault.MAILBOX: 20, Fault.MESSAGE: 20}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is written down of one attempt. ``wait``: until the next; ``suppress``: never write there again."""

    state: DeliveryState
    reply: str
    wait: timedelta = timedelta(0)
    suppress: bool = False


def verdict(outcome: Outcome, attempts: int) -> Verdict:
    """What becomes of a mail after this many attempts, the last of them with this outcome."""
    match outcome:
        case Sent():
            return Verdict(state=DeliveryState.SENT, reply=outcome.reply)
        case Refused(fault=Fault.ADDRESS):
            return Verdict(state=DeliveryState.FAILED, reply=outcome.reply, suppress=True)
        case Refused(fault=Fault.MAILBOX | Fault.MESSAGE):
            return Verdict(state=DeliveryState.FAILED, reply=outcome.reply)
        case Refused() | Deferred() if attempts >= TRIES:
            return Verdict(state=DeliveryState.FAILED, reply=outcome.reply)
    wait = BACK_OFF[min(attempts, len(BACK_OFF)) - 1]
    return Verdict(state=DeliveryState.DEFERRED, reply=outcome.reply, wait=wait)


@dataclass(slots=True)
class Breaker:
    """Counts refusals in a row, over all connections of this process."""

    row: Counter[Fault] = field(default_factory=Counter)

    def trips(self, outcome: Outcome) -> bool:
        """Take note of an outcome; gives whether it is time to stop. A 4xx says nothing about who is wrong."""
        match outcome:
            case Sent():
                self.row.clear()
            case Refused(fault=fault):
                self.row[fault] += 1
                return self.row[fault] >= IN_A_ROW[fault]
        return False
