"""As what is a procurement told to one reader: as new, changed, due soon, or not at all? Pure."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from alerts.standing import Standing, leading
from alerts.view import Change
from db.models import AlertKind


class Telling(StrEnum):
    """As what a procurement is told."""

    NEW = "new"
    CHANGED = "changed"
    REMINDED = "reminded"


def telling(standing: Standing, as_of: datetime, changes: Sequence[Change], *, is_unheard: bool) -> Telling | None:
    """As what this procurement is to be told, if there is anything to tell."""
    led_by = leading(standing.alerts).kind
    if led_by == AlertKind.CHANGE and not is_unheard and changes:
        return Telling.CHANGED
    if not standing.is_open(as_of):
        return None
    if led_by not in (AlertKind.CHANGE, AlertKind.REMINDER) or is_unheard:
        return Telling.NEW
    reminded = any(alert.kind == AlertKind.REMINDER for alert in standing.alerts)
    return Telling.REMINDED if reminded and standing.deadline else None


def was_open(standing: Standing) -> bool:
    """Whether something new could still be acted on when it was found; whoever hears once a week is told how many."""
    found = leading(standing.alerts)
    is_new = found.kind not in (AlertKind.CHANGE, AlertKind.REMINDER)
    return is_new and standing.is_open(found.created_at)
