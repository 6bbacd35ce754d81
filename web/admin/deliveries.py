"""Which mails wait, went, or came back, and why? And what becomes of those that a restored copy holds."""

from typing import Any, Final

from sqlalchemy import func, select
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from alerts import restored
from alerts.texts import Texts
from db.models import Act, Delivery, DeliveryState, Digest, Letter, ReturnedMail, Subscriber
from db.session import transaction
from web import audit
from web.admin.reasons import reason
from web.admin.tables import Cell, asked_of, figure, listed, moment, name, number_of, spoken, words
from web.forms import form_of
from web.pages import answer
from web.session import administrator_of

HEADS: Final = ("number", "recipient", "kind", "state", "attempts", "written", "sent", "reply")
RETURN_HEADS: Final = ("moment", "kind", "code", "reply")


def deliveries(request: Request) -> Response:
    """The outbox and what became of it, newest first; of one state or all, and to one address or all."""
    said, narrowed = spoken(request), asked_of(request, "state", "to")
    wanted, to = narrowed.of("state", list(DeliveryState)), narrowed.asked["to"]
    query = select(Delivery.id, Delivery.recipient, Delivery.digest_id, Delivery.state, Delivery.attempts,
                   Delivery.created_at, Delivery.sent_at, Delivery.smtp_reply)  # fmt: skip
    if wanted:
        query = query.where(Delivery.state == wanted)
    if to:
        query = query.where(func.lower(Delivery.recipient).contains(to.lower(), autoescape=True))
    with transaction() as s:
        counted = {row.state: row.n for row in s.execute(
            select(Delivery.state, func.count().label("n")).group_by(Delivery.state))}  # fmt: skip
        held = restored.why_held(s) is not None
        table = listed(s, request, query.order_by(Delivery.id.desc()), HEADS, lambda row: _row(said, row),
                       narrowed=narrowed)  # fmt: skip
    states = [(str(one), f"{said.say(f'admin.delivery.{one}')} ({counted.get(one, 0)})") for one in DeliveryState]
    return answer(request, "admin_deliveries.html", table=table, states=states, form=narrowed.form, held=held,
                  waiting=str(counted.get(DeliveryState.HELD, 0)))  # fmt: skip


def delivery(request: Request) -> Response:
    """One mail: whose it is, how it went, and what came back of it. Its words are its reader's."""
    said = spoken(request)
    with transaction() as s:
        row = s.get(Delivery, number_of(request))
        if row is None:
            raise HTTPException(404)
        owner = select(Digest.subscriber_id).where(Digest.id == row.digest_id).union_all(
            select(Letter.subscriber_id).where(Letter.id == row.letter_id))  # fmt: skip
        subscriber = s.get(Subscriber, s.scalar(owner) or 0)
        query = select(ReturnedMail).where(ReturnedMail.delivery_id == row.id).order_by(ReturnedMail.id.desc())
        returned = listed(s, request, query, RETURN_HEADS, lambda found: _returned(said, found[0]))
    href = "" if subscriber is None else f"/admin/subscribers/{subscriber.id}"
    pairs = [
        ("recipient", words(row.recipient, href)),
        ("kind", _kind(said, row.digest_id)),
        ("state", words(said.say(f"admin.delivery.{row.state}"))),
        ("attempts", figure(row.attempts)),
        ("written", moment(row.created_at)),
        ("not_before", moment(row.not_before)),
        ("sent", moment(row.sent_at)),
        ("reply", words(reason(said, row.smtp_reply))),
        ("message_id", words(row.message_id)),
        ("bytes", figure(None if row.message is None else len(row.message))),
    ]
    return answer(request, "admin_delivery.html", number=row.id, pairs=pairs, returned=returned,
                  held=row.state == DeliveryState.HELD)  # fmt: skip


def taken_for_sent(request: Request) -> Response:
    """A mail that a restored copy holds went out before, as the relay's log says: it is not sent again."""
    number, me = number_of(request), administrator_of(request)
    with transaction() as s:
        if restored.mark_sent(s, [number]):
            audit.record(s, me, Act.TAKEN_FOR_SENT, "delivery", number)
    return RedirectResponse(f"/admin/deliveries/{number}", status_code=303)


def release(request: Request) -> Response:
    """Send what is held, and go on as usual."""
    form = form_of(request)
    with transaction() as s:
        if form.raw("sure") and restored.why_held(s) is not None:
            freed = restored.release(s)
            audit.record(s, administrator_of(request), Act.OUTBOX_RELEASED, "delivery", told={"mails": freed})
    return RedirectResponse("/admin/deliveries", status_code=303)


def _row(said: Texts, row: Any) -> list[Cell]:
    return [
        words(str(row.id), f"/admin/deliveries/{row.id}"),
        words(row.recipient),
        _kind(said, row.digest_id),
        name(said.say(f"admin.delivery.{row.state}")),
        figure(row.attempts),
        moment(row.created_at),
        moment(row.sent_at),
        words(reason(said, row.smtp_reply)),
    ]


def _kind(said: Texts, digest_id: int | None) -> Cell:
    return name(said.say("admin.delivery_of.letter" if digest_id is None else "admin.delivery_of.digest"))


def _returned(said: Texts, row: ReturnedMail) -> list[Cell]:
    return [moment(row.at), words(said.say(f"admin.meaning.{row.meaning}")), words(row.code), words(row.told)]
