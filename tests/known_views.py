"""What do mails look like that tell nothing new? Reminders of what the reader is going for, and a quiet week."""

from dataclasses import replace
from datetime import UTC, datetime

from digest_views import MOVED_TENT, NEAR, NORWEGIAN, SWEDISH, SWEDISH_WORKSHOP, make_entry, make_view

from alerts.view import DigestView, Side

WELDING = make_entry(alert_id=21, kind="reminder", deadline_at=datetime(2026, 11, 25, 11, 0, tzinfo=UTC))
WORKSHOP = replace(
    SWEDISH_WORKSHOP, alert_id=22, kind="reminder", deadline_at=datetime(2026, 11, 28, 22, 59, tzinfo=UTC)
)
REMINDED_NB = make_view(entries=(), reminders=(WELDING,))
REMINDED_SV: DigestView = replace(
    SWEDISH,
    entries=(),
    near_misses=(),
    reminders=(replace(WELDING, side=Side.NEIGHBOUR), replace(WORKSHOP, side=Side.HOME)),
)
ALL_KINDS_NB: DigestView = replace(NORWEGIAN, reminders=(WELDING,), changed=(MOVED_TENT,))
QUIET_NB = make_view(entries=(), near_misses=NEAR, cadence="weekly")
QUIET_SV = make_view(
    entries=(), company="Jämtplåt AB", language="sv", country="SE", cadence="weekly", notices_read=1_214
)
