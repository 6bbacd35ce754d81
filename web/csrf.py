"""Did this request come from a form of ours? A proof in each form, bound to the browser's cookie; and where it says it comes from.

The proof follows from the cookie's token, so that nothing of it need be kept: whoever cannot read the cookie cannot make it.
"""

import hashlib
import hmac
import re
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request

from settings import get_settings
from web.forms import Form

FIELD: Final = "proof"
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# Doors whose unsafe methods need no proof, each with its reason; at the first of them not even a form.
UNREAD: Final = frozenset(
    {"/u/{token}", "/r/{token}"}  # one-click: mailbox providers post what they like, unseen by us (RFC 8058)
)
EXEMPT: Final = UNREAD | frozenset(
    {
        "/v/{token}",  # a verdict: the address in the mail is all that a reader needs, who may never have been here
        "/q/{token}",  # the week's question, for the same reason
    }
)
TOKEN: Final = re.compile(r"[0-9A-Za-z_-]{43}")


def proof_for(token: str) -> str:
    """What a form holds for the browser with this cookie."""
    return hmac.new(token.encode(), b"anbudsvakt form", hashlib.sha256).hexdigest()


def is_ours(request: Request, form: Form, token: str | None) -> bool:
    """Whether the request carries the proof of its own cookie, and no header says that it was sent from elsewhere."""
    if token is None or not TOKEN.fullmatch(token):
        return False
    given = form.raw(FIELD)
    return hmac.compare_digest(given.encode(), proof_for(token).encode()) and _from_here(request)


def _from_here(request: Request) -> bool:
    """What the browser says of where the request began. Our pages send no referrer, so their Origin may be "null"."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("origin")
    if origin in {None, "null"}:
        return True  # an old browser, or none: the proof decides
    return str(origin) == _origin(get_settings().site) or urlsplit(str(origin)).netloc == request.headers.get("host")


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
