"""Who may ask the JSON API? A table of tokens, of which only the hash is kept."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped

from db.types import Base, Born, Codes, Id, Moment, Words, refers


class ApiScope(StrEnum):
    """What a token may be used for."""

    READ = "read"
    WRITE = "write"


class ApiToken(Base):
    """One program that may ask in one subscriber's name, or an administrator's that may read what all have."""

    __tablename__ = "api_token"
    __table_args__ = (
        UniqueConstraint("sha256", name="api_token_once"),
        CheckConstraint("cardinality(scopes) > 0 AND scopes <@ '{read,write}'::text[]", name="scopes_known"),
        # Whoever sees what all have changes nothing with it.
        CheckConstraint("subscriber_id IS NOT NULL OR scopes = '{read}'::text[]", name="who_sees_all_only_reads"),
    )
    id: Mapped[Id]
    subscriber_id: Mapped[int | None] = refers("subscriber.id", ondelete="CASCADE")  # null: an administrator's
    sha256: Mapped[Words]  # of the token, which has 256 random bits: no salt and no slow hash would add to that
    name: Mapped[Words]  # what its owner calls the program that has it
    scopes: Mapped[Codes]
    created_at: Mapped[Born]
    last_used_at: Mapped[Moment | None]  # some minutes late (web/api/uses.py); null: never used
    expires_at: Mapped[Moment]
    revoked_at: Mapped[Moment | None]
