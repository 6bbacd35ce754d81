"""How does somebody who just asked for a mail get it? A letter in the same outbox as the digests, with a link that works once.

The letter's number, signed, is the link; its row says how old it is and whether it was used, so that a link that
leaks later opens nothing (P4). Nothing that a stranger typed stands in a letter: a sign-up form is no way to write to others.
"""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.message import LetterTold, render_letter
from alerts.signature import signed
from alerts.tokens import Purpose, read, sign
from alerts.wire import Envelope, Picture, write
from db.address import domain_of, mailable
from db.models import Delivery, DeliveryState, Letter, LetterKind
from db.session import utcnow
from settings import get_settings

PURPOSES: Final = MappingProxyType(
    {
        LetterKind.CONFIRM: Purpose.CONFIRM,
        LetterKind.HERE_ALREADY: Purpose.LOG_IN,
        LetterKind.LOG_IN: Purpose.LOG_IN,
    }
)
PATHS: Final = MappingProxyType({Purpose.CONFIRM: "confirm", Purpose.LOG_IN: "login"})
LIFE: Final = MappingProxyType({Purpose.CONFIRM: timedelta(hours=48), Purpose.LOG_IN: timedelta(minutes=30)})


def post(
    s: Session,
    kind: LetterKind,
    recipient: str,
    language: str,
    *,
    subscriber_id: int | None = None,
    administrator_id: int | None = None,
    signup_id: int | None = None,
) -> Letter:
    """Put a letter into the outbox, in the caller's transaction; exactly one of the three says whose it is.

    Raises AddressUnusable for an address that no mail can be sent to.
    """
    letter = Letter(
        kind=kind,
        subscriber_id=subscriber_id,
        administrator_id=administrator_id,
        signup_id=signup_id,
        created_at=utcnow(),
    )
    s.add(letter)
    s.flush()
    queue(s, letter, recipient, render_letter(kind, language, link_of(letter)))
    return letter


def queue(
    s: Session,
    letter: Letter,
    recipient: str,
    told: LetterTold,
    *,
    list_name: str | None = None,
    one_click_url: str | None = None,
    pictures: Sequence[Picture] = (),
) -> None:
    """Write a letter's outbox row, in the caller's transaction. ``list_name``: of a letter that nobody asked for just now.

    Raises AddressUnusable for an address that no mail can be sent to.
    """
    settings = get_settings()
    settings.require("mail_from")
    sender = settings.mail_from or ""
    envelope = Envelope(
        sender=sender,
        sender_name=settings.mail_from_name,
        recipient=mailable(recipient),
        subject=told.subject,
        message_id=f"<{mark_of(letter)}>",
        sent_at=letter.created_at,
        list_id=f"{list_name}.{domain_of(sender)}" if list_name else None,
        one_click_url=one_click_url,
    )
    s.add(
        Delivery(
            letter_id=letter.id,
            message_id=envelope.message_id,
            sender=sender,
            recipient=envelope.recipient,
            message=signed(write(envelope, text=told.text, html=told.html, pictures=pictures)),
            state=DeliveryState.QUEUED,
            # By the clock that the letter's age is told by, not the database's.
            not_before=letter.created_at,
        )
    )
    s.flush()


def mark_of(letter: Letter) -> str:
    """What names this letter's mail among all mails, also after the database was made anew."""
    mark = hashlib.sha256(f"{letter.id} {letter.created_at.isoformat()}".encode()).hexdigest()[:16]
    return f"letter.{letter.id}.{mark}@{domain_of(get_settings().mail_from or '')}"


def link_of(letter: Letter) -> str:
    """The address in a letter."""
    purpose = PURPOSES[LetterKind(letter.kind)]
    return f"{get_settings().site}/{PATHS[purpose]}/{sign(purpose, letter.id)}"


def find(s: Session, purpose: Purpose, token: str) -> Letter | None:
    """The letter that this link stands in, if it is of this purpose, young enough and unused; looking uses up nothing."""
    return _good(s, purpose, token, lock=False)


def use(s: Session, purpose: Purpose, token: str) -> Letter | None:
    """As ``find``, and from the caller's commit on the link is used; of two who use it at once, one is given nothing."""
    letter = _good(s, purpose, token, lock=True)
    if letter is not None:
        letter.used_at = utcnow()
        s.flush()
    return letter


def _good(s: Session, purpose: Purpose, token: str, *, lock: bool) -> Letter | None:
    letter_id = read(purpose, token)
    if letter_id is None:
        return None
    wanted = select(Letter).where(
        Letter.id == letter_id, Letter.used_at.is_(None), Letter.created_at > utcnow() - LIFE[purpose]
    )
    letter = s.scalar(wanted.with_for_update() if lock else wanted)
    return letter if letter is not None and PURPOSES.get(LetterKind(letter.kind)) is purpose else None
