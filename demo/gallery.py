"""How does every page look, in Norwegian and in Swedish, on a phone and on a desk? `python -m demo.gallery FOLDER`.

It runs the demonstration, furnishes what that leaves empty, and takes a picture of each page there is; the few of them
that the README shows are written into docs/pictures as well.
"""

import io
import sys
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Final

from PIL import Image
from playwright.sync_api import Browser, Page
from rich.console import Console
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from alerts.alarms import AlarmKind, raise_alarm
from alerts.doors import open_door
from alerts.message import render_html
from alerts.suppress import suppress
from alerts.told import tell
from alerts.view import DigestView
from classifier.bench import bench, moved_by
from classifier.feedback import record
from classifier.publishing import mark_of, publish
from classifier.recall import draw, take_part
from classifier.shift import foresee
from classifier.threshold import lines_in_force, newest_line
from db import seed
from db.models import (
    Act,
    Administrator,
    Alert,
    Cadence,
    Digest,
    DoorKind,
    Notice,
    NoticeVersion,
    Quarantined,
    Subscriber,
    Unfit,
    Verdict,
)
from db.session import transaction, utcnow
from demo import pictures
from demo.looks import People, Who, go
from demo.pages import looks
from demo.run import run_demo
from demo.served import served
from web import audit

WIDTHS: Final = (320, 1280)
SUBSCRIBERS: Final = MappingProxyType({"nb": "post@fiborgstal.example", "sv": "info@ovikendronare.example"})
# Whose mail is pictured in which language.
MAILS: Final = MappingProxyType({**SUBSCRIBERS, "nn": "kontor@orstadalentelt.example", "en": SUBSCRIBERS["nb"]})
# What the README shows: the look or mail, its language, what the picture is called, and how much of it there is room for.
SHOWN: Final = MappingProxyType(
    {
        ("mail", "nb"): ("mail-nb", 700, 1500),
        ("mail", "nn"): ("mail-nn", 700, 1500),
        ("mail", "sv"): ("mail-sv", 700, 1500),
        ("admin-lab-all", "nb"): ("laboratory-nb", 760, 1500),
        ("me-matches", "sv"): ("matches-sv", 700, 1500),
    }
)
DOCS: Final = Path(__file__).parents[1] / "docs" / "pictures"
COLOURS: Final = 64  # enough for letters and two accents; a quarter of the bytes


def take(folder: Path) -> None:
    """Every picture there is, into this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with served() as address, pictures.browser() as browser:
        for language in SUBSCRIBERS:
            people = _furnish(language)
            with transaction() as s:
                every = looks(s, people)
            for who in Who:
                context = browser.new_context(
                    viewport={"width": WIDTHS[0], "height": 640},
                    locale=f"{language}-{'SE' if language == 'sv' else 'NO'}",
                )
                with transaction() as s:
                    people.admit(s, context, address, who)
                page = context.new_page()
                for look in every:
                    if look.who is who:
                        go(page, address, look)
                        _shoot(page, folder, look.name, language)
                context.close()
        _mails(browser, folder)


def _shoot(page: Page, folder: Path, name: str, language: str) -> None:
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 640})
        page.screenshot(path=folder / f"{language}-{width}-{name}.png", full_page=True)
    if (name, language) in SHOWN:
        called, width, height = SHOWN[name, language]
        page.set_viewport_size({"width": width, "height": 640})
        whole = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": width, "height": min(height, whole)})
        _small(page.screenshot(), DOCS / f"{called}.png")


def _mails(browser: Browser, folder: Path) -> None:
    """A firm's first mail in each language, as it looks by day and by night."""
    for language, address in MAILS.items():
        with transaction() as s:
            told = select(Digest.view).join(Subscriber).where(Subscriber.email == address, Digest.view.is_not(None))
            view = DigestView.from_json(s.scalars(told.order_by(Digest.id)).first() or {})
        html = render_html(tell(replace(view, language=language), seed.load()))
        for dark in (False, True):
            page = browser.new_page(color_scheme="dark" if dark else "light")
            page.set_content(html)
            _shoot(page, folder, "mail-dark" if dark else "mail", language)
            page.close()


def _small(png: bytes, path: Path) -> None:
    Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def _furnish(language: str) -> People:
    """What the demonstration leaves empty: answers, private addresses, and an administrator's day."""
    now = utcnow()
    with transaction() as s:
        me = s.scalars(select(Subscriber).where(Subscriber.email == SUBSCRIBERS[language])).one()
        ada = Administrator(email=f"ada.{language}@midsec.example", language=language, password_hash="", created_at=now)
        others = [
            Subscriber(
                company=name, email=f"{key}.{language}@firma.example", country=me.country, language=language,
                cadence=Cadence.WEEKLY, confirmed_at=now,
            )
            for name, key in (("Nystartet AS" if language == "nb" else "Nystartat AB", "ny"), ("Berg & Dal", "farvel"))
        ]  # fmt: skip
        s.add_all((ada, *others))
        s.flush()
        if language == "nb":
            _a_week_ago(s)
            _answers(s)
            _day(s, ada)
        for kind in (DoorKind.CALENDAR, DoorKind.EXPORT):
            open_door(s, kind, me.id)
        take_part(s, me.id, asked=True)
    draw(now)
    newcomer, leaver = others
    return People(subscriber=me, newcomer=newcomer, leaver=leaver, administrator=ada)


def _a_week_ago(s: Session) -> None:
    """As if all had come last week, which the week's report and the week's question tell of."""
    for table in (Notice, NoticeVersion):
        s.execute(update(table).values(created_at=utcnow() - timedelta(days=7)))


def _answers(s: Session) -> None:
    """Every firm judges every third thing it was told of; most were right."""
    for place, alert in enumerate(s.scalars(select(Alert).order_by(Alert.id)).all()):
        if place % 3 == 1:
            said = (Verdict.RELEVANT, Verdict.ON_IT, Verdict.RELEVANT, Verdict.NOT_RELEVANT)[place // 3 % 4]
            record(s, alert.id, said, reason=Unfit.TOO_FAR if said is Verdict.NOT_RELEVANT else None)


def _day(s: Session, ada: Administrator) -> None:
    """An alarm, a blocked address, something that could not be read, and a line that was moved."""
    raise_alarm(s, AlarmKind.SOURCE_SILENT, "kommers", "ingen kunngjøring på 3 dager")
    suppress(s, "borte@firma.example", "came back: 5.1.1")
    s.add(Quarantined(source="doffin", payload_sha256="a", content_type="application/xml", body=b"<Notice/>",
                      reason="the notice has no title"))  # fmt: skip
    on = bench(s, "NO")
    lines = lines_in_force(s, on.profiles)
    wanted = moved_by(lines, Decimal("0.02"))
    foreseen = mark_of(wanted, foresee(s, wanted))
    seen = newest_line(s, on.profiles)
    move = publish(s, on, wanted, seen=seen, foreseen=foreseen, by=ada.email, why="for mye e-post")
    audit.record(s, ada, Act.LINES_MOVED, "line_move", move.id, told={"bench": on.key, "lines": len(lines)})


if __name__ == "__main__":
    out = Path(sys.argv[1])
    sys.exit(not run_demo(Console(), then=lambda _: take(out)))
