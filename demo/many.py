"""Where do thousands of notices come from, for packages and for measuring? From the sandbox's own, each told anew.

Every one has its own number, identifiers, title and texts, and one of many buyers. One in ten belongs to a procurement
that an earlier one began, and one in forty corrects an earlier one, as on a day of TED.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from random import Random
from uuid import UUID

from demo.catalogue import catalogue
from demo.notice import Buyer, Change, Lot, Notice, Text

FIRST_NUMBER = 1_000_001  # beyond the sandbox's own numbers, and beyond what a year of TED gives out
FELLOW_EVERY, CHANGE_EVERY = 10, 40
BUYERS = 900
LOTS = (1, 1, 1, 1, 2, 2, 3, 5, 9)  # most notices have one, a few have many


def many_notices(count: int, today: date, *, seed: int = 7) -> Iterator[Notice]:
    """So many notices of TED, published on ``today``; the same for the same arguments."""
    random = Random(seed)  # noqa: S311 - the same notices each time are wanted
    models = [notice for notice in catalogue(today) if notice.on_portal("ted") and notice.change is None]
    told: list[Notice] = []
    for place in range(count):
        notice = _told_anew(models[place % len(models)], place, today, random)
        if told and place % FELLOW_EVERY == FELLOW_EVERY - 1:
            notice = replace(notice, procedure_id=random.choice(told).procedure_id)
        if told and place % CHANGE_EVERY == CHANGE_EVERY - 1:
            notice = _correcting(notice, random.choice(told))
        told = [*told[-200:], notice]
        yield notice


def _told_anew(model: Notice, place: int, today: date, random: Random) -> Notice:
    number = FIRST_NUMBER + place
    return replace(
        model,
        key=f"{model.key}-{number}",
        number=number,
        case=number,
        buyer=_buyer(model.buyer, random.randrange(BUYERS)),
        texts={language: _text(text, number) for language, text in model.texts.items()},
        lots=tuple(_lots(model, number, random.choice(LOTS))),
        published=today,
        issued=today,
        notice_id=_uuid(random),
        procedure_id=_uuid(random),
    )


def _correcting(notice: Notice, earlier: Notice) -> Notice:
    reason = {language: f"{text.title}: ny frist, new deadline" for language, text in notice.texts.items()}
    change = Change(notice_id=f"{earlier.notice_id}-{earlier.version:02d}", number=None, reason=reason)
    return replace(notice, procedure_id=earlier.procedure_id, kind="competition", change=change)


def _buyer(model: Buyer, place: int) -> Buyer:
    number = f"{100_000_000 + place * 37 + sum(map(ord, model.key)) * 40_000:09d}"
    return replace(model, key=f"{model.key}-{place}", name=f"{model.name}, enhet {place}", id=number, doffin_id=number)


def _text(model: Text, number: int) -> Text:
    return Text(title=f"{model.title} ({number})", body=f"{model.body} {number}.")


def _lots(model: Notice, number: int, count: int) -> Iterator[Lot]:
    for place in range(1, count + 1):
        texts = {
            language: Text(title=f"{text.title} {number}/{place}", body=" ".join([text.body] * (1 + place % 3)))
            for language, text in model.texts.items()
        }
        yield Lot(id=f"LOT-{place:04d}", cpv=model.cpv[place % len(model.cpv)], texts=texts)


def _uuid(random: Random) -> str:
    return str(UUID(int=random.getrandbits(128), version=4))
