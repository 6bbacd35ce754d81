"""Who holds a token of the JSON API? Made, listed and revoked here, and recognised.

The token is told once, to whoever made it. What is kept is its hash: whoever reads the table cannot use it.
"""

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from db.models import ApiScope, ApiToken, Subscriber
from db.session import utcnow

PREFIX: Final = "anbudsvakt_"  # so that a scanner of source code knows what it found
WRITTEN: Final = re.compile(PREFIX + "[A-Za-z0-9_-]{43}")
LIFE: Final = timedelta(days=365)
LONGEST: Final = timedelta(days=3650)
NAME: Final = 80  # characters
MOST: Final = 20  # that one subscriber may have in use


class TokenRefused(ValueError):  # noqa: N818 - a finding about what was asked for, told by its name
    """Raised when a token cannot be made or revoked so; its text is the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whoever asks, as its token says. ``subscriber_id`` None: an administrator, who sees what all have."""

    token_id: int
    subscriber_id: int | None
    scopes: frozenset[str]


def add_token(
    s: Session, subscriber_id: int | None, *, name: str, write: bool = False, life: timedelta = LIFE
) -> tuple[ApiToken, str]:
    """A new token's row, and the token itself, which nobody can be told again. Raises TokenRefused."""
    called = name.strip()
    if not called or len(called) > NAME or not called.isprintable():
        raise TokenRefused(f"a token has a name of one line, {NAME} characters at most")
    if not timedelta(days=1) <= life <= LONGEST:
        raise TokenRefused(f"a token lasts from one day to {LONGEST.days}")
    if subscriber_id is None and write:
        raise TokenRefused("an administrator's token sees what all have, and only reads")
    if subscriber_id is not None:
        # The row is locked, so that two who ask at once are counted.
        mine = select(Subscriber).where(Subscriber.id == subscriber_id).with_for_update(key_share=True)
        subscriber = s.scalar(mine)
        if subscriber is None or subscriber.unsubscribed_at is not None:
            raise TokenRefused("there is no such subscriber")
        if len([row for row in tokens_of(s, subscriber_id) if row.expires_at > utcnow()]) >= MOST:
            raise TokenRefused(f"there are {MOST} tokens in use already; revoke one first")
    token = PREFIX + secrets.token_urlsafe(32)
    row = ApiToken(
        subscriber_id=subscriber_id,
        sha256=_hash(token),
        name=called,
        scopes=[ApiScope.READ, ApiScope.WRITE] if write else [ApiScope.READ],
        expires_at=utcnow() + life,
    )
    s.add(row)
    s.flush()
    return row, token


def tokens_of(s: Session, subscriber_id: int | None = None) -> Sequence[ApiToken]:
    """Every token that is not revoked, or one subscriber's, oldest first."""
    wanted = select(ApiToken).where(ApiToken.revoked_at.is_(None)).order_by(ApiToken.id)
    return s.scalars(wanted if subscriber_id is None else wanted.where(ApiToken.subscriber_id == subscriber_id)).all()


def revoke_token(s: Session, token_id: int, *, subscriber_id: int | None = None) -> ApiToken:
    """Nothing opens to this token from the commit on. ``subscriber_id``: only if it is theirs. Raises TokenRefused."""
    wanted = select(ApiToken).where(ApiToken.id == token_id, ApiToken.revoked_at.is_(None)).with_for_update()
    row = s.scalar(wanted if subscriber_id is None else wanted.where(ApiToken.subscriber_id == subscriber_id))
    if row is None:
        raise TokenRefused("there is no such token in use")
    row.revoked_at = utcnow()
    return row


def recognise(s: Session, token: str) -> Caller | None:
    """Whose token this is; None for one that is unknown, revoked, past its day, or of a subscriber who left."""
    if not WRITTEN.fullmatch(token):
        return None
    row = s.scalar(
        select(ApiToken)
        .outerjoin(Subscriber, Subscriber.id == ApiToken.subscriber_id)
        .where(ApiToken.sha256 == _hash(token), ApiToken.revoked_at.is_(None), ApiToken.expires_at > utcnow())
        .where(
            or_(
                ApiToken.subscriber_id.is_(None),
                Subscriber.confirmed_at.is_not(None) & Subscriber.unsubscribed_at.is_(None),
            )
        )
    )
    if row is None:
        return None
    return Caller(token_id=row.id, subscriber_id=row.subscriber_id, scopes=frozenset(row.scopes))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("ascii")).hexdigest()
