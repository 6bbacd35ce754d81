"""What does a webhook carry, and how does its receiver know that it is ours? By the Standard Webhooks scheme, 1.0.

``webhook-id`` is the same for every copy of one message, so that a receiver can tell a repeated one;
``webhook-timestamp`` is the moment of the attempt, so that an old copy cannot be played again later.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from alerts.export import record
from alerts.ledger import ToldAlert
from alerts.speak import Speaker

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32
# How long the secret before the newest signs too, so that a receiver can change over in its own time.
OLD_SECRET_SIGNS: Final = timedelta(days=1)


def new_secret() -> str:
    """A signing secret as receivers' libraries expect it written."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def new_id() -> str:
    """An id that no other message has."""
    return f"msg_{secrets.token_urlsafe(18)}"


def payload(telling: ToldAlert, said: Speaker) -> bytes:
    """One alert as the body of a webhook."""
    told = record(telling, said)
    del told["verdict"]  # nobody has said anything of it yet
    at = telling.alert.created_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    body = {"type": f"alert.{telling.alert.kind}", "timestamp": at, "data": told}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def signing(keys: Sequence[str], newest_since: datetime | None, now: datetime) -> Sequence[str]:
    """The secrets to sign with: the newest, and for a day the one before it."""
    recent = newest_since is not None and now - newest_since < OLD_SECRET_SIGNS
    return keys[: 2 if recent else 1]


def signed_headers(push_id: str, body: bytes, keys: Sequence[str], now: datetime) -> Mapping[str, str]:
    """The three headers of the scheme; one signature per secret."""
    stamp = str(int(now.timestamp()))
    signed = b".".join((push_id.encode(), stamp.encode(), body))
    signatures = [
        base64.b64encode(hmac.digest(base64.b64decode(key.removeprefix(PREFIX)), signed, hashlib.sha256)).decode()
        for key in keys
    ]
    return {
        "webhook-id": push_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
