"""Which mail came back? The envelope's sender names the delivery, and a signature of the day proves that we wrote it.

``b+<id>.<mac>@<bounce domain>``: digits and hexadecimal only, since some relays turn a local part to lower case. The
signature is over the id and the day of sending, so that an address expires by itself and without a column (M7).
Nothing else of a returned mail is believed: whoever can read this address got the mail, or carried it (M10).
"""

import hashlib
import hmac
import re
from datetime import datetime, timedelta
from typing import Final

from settings import get_settings

KEPT_DAYS: Final = 7
_LOCAL: Final = re.compile(r"b\+([1-9][0-9]{0,18})\.([0-9a-f]{16})")
_EPOCH: Final = datetime(2020, 1, 1).date()  # noqa: DTZ001 - days are counted from it, nothing else


def bounce_address(delivery_id: int, sent_at: datetime) -> str | None:
    """The envelope's sender of this delivery on this day; None where no bounce domain is set."""
    settings = get_settings()
    if settings.bounce_domain is None:
        return None
    mac = _mac(settings.secret_keys[-1], delivery_id, _day(sent_at))
    return f"b+{delivery_id}.{mac}@{settings.bounce_domain}"


def read_bounce_address(address: str, now: datetime) -> int | None:
    """The delivery's id, or None for what we did not write, not here, or more than seven days ago."""
    settings = get_settings()
    local, _, domain = address.strip().strip("<>").lower().rpartition("@")
    written = _LOCAL.fullmatch(local)
    if written is None or settings.bounce_domain is None or domain != settings.bounce_domain:
        return None
    delivery_id, mac, today = int(written[1]), written[2], _day(now)
    # All are compared, so that the time it takes tells nothing of which one came near.
    hits = [
        hmac.compare_digest(mac, _mac(key, delivery_id, today - age))
        for key in settings.secret_keys
        for age in range(KEPT_DAYS + 1)
    ]
    return delivery_id if any(hits) else None


def _day(moment: datetime) -> int:
    return (moment.date() - _EPOCH) // timedelta(days=1)


def _mac(key: str, delivery_id: int, day: int) -> str:
    return hmac.new(key.encode(), f"anbudsvakt.bounce {delivery_id} {day}".encode(), hashlib.sha256).hexdigest()[:16]
