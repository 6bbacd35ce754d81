"""How does a subscriber get all that we hold about them, or have it erased? (P7, P8)"""

from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from alerts import holdings
from alerts.erasure import erase
from alerts.texts import texts
from db.session import transaction
from web.forms import Form, form_of
from web.pages import TEXTS, answer, page
from web.session import new_token, put_cookie, subscriber_of

IN_MEMORY: Final = 4 * 1024**2
PIECE: Final = 64 * 1024


def handed_out(request: Request) -> Response:
    """Everything, as one JSON file."""
    subscriber = subscriber_of(request)
    # Written down first: a reader who is slow would hold the transaction open.
    whole = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed when it is sent
    with transaction() as s:
        for piece in holdings.handed_out(s, subscriber.id, subscriber.email):
            whole.write(piece)
    whole.seek(0)
    headers = {"Content-Disposition": 'attachment; filename="anbudsvakt-all.json"', "Cache-Control": "no-store"}
    return StreamingResponse(_pieces(whole), media_type="application/json", headers=headers)


def erase_page(request: Request) -> Response:
    """The question, with what is erased; looking erases nothing (P2)."""
    return answer(request, "erase.html", form=Form())


def erase_all(request: Request) -> Response:
    """Erase all, if the word was typed that says so; nobody is logged in afterwards."""
    subscriber, form = subscriber_of(request), form_of(request)
    word = texts(subscriber.language, TEXTS).say("erase.word")
    if form.text("word").casefold() != word.casefold():
        form.problem("word", "word")
        return answer(request, "erase.html", form=form, status=422)
    never_again = bool(form.raw("never_again"))
    with transaction() as s:
        erase(s, subscriber.id, never_again=never_again)
    reply = page("erased.html", subscriber.language, marked=never_again)
    put_cookie(reply, new_token())
    return reply


def _pieces(whole: IO[bytes]) -> Iterator[bytes]:
    with whole:
        while piece := whole.read(PIECE):
            yield piece
