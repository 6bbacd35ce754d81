"""What does a reader get? A view becomes the bytes of one mail, or its permanent page; and what a letter says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from alerts.charts import WIDTH_IN
from alerts.entry import usable
from alerts.outside import safe_url
from alerts.speak import Names
from alerts.texts import texts
from alerts.told import Told, tell
from alerts.view import DigestView, Entry
from alerts.week_told import WeekTold
from alerts.wire import Envelope, MailBroken, write
from db.models import AlertKind, LetterKind

PICTURE_WIDTH: Final = round(WIDTH_IN * 96)  # of a mail's chart, in pixels of a page
LARGEST: Final = 98_700  # bytes of a mail: with a signature below the 100,000 from which on clients clip it
TEMPLATES: Final = Path(__file__).parent / "templates"

__all__ = [
    "LARGEST", "LetterTold", "MailBroken", "page_css", "render", "render_html", "render_letter", "render_page",
    "render_text", "render_week", "safe_url",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterTold:
    """A letter in words."""

    subject: str
    text: str
    html: str


def render(
    view: DigestView,
    names: Names,
    *,
    sender: str,
    sender_name: str,
    recipient: str,
    message_id: str,
    list_id: str,
    sent_at: datetime,
) -> bytes:
    """The mail as wire bytes: text and HTML that say the same; equal input gives equal bytes.

    At most :data:`LARGEST` bytes: of more entries than fit, those with the nearest deadlines and then the likeliest
    are shown, and the rest counted with a link to the whole list. Raises MailBroken when it cannot be written so.
    """

    def mail(shown_alerts: frozenset[int] | None) -> bytes:
        told = tell(view, names, shown_alerts=shown_alerts)
        envelope = Envelope(
            sender=sender,
            sender_name=sender_name,
            recipient=recipient,
            subject=told.subject,
            message_id=message_id,
            list_id=list_id,
            one_click_url=view.one_click_url,
            sent_at=sent_at,
        )
        return write(envelope, text=render_text(told), html=render_html(told))

    whole = mail(None)
    if len(whole) <= LARGEST:
        return whole
    ranked = [
        entry.alert_id
        for entry in sorted((*view.reminders, *view.entries, *view.changed), key=lambda e: _rank(e, view))
    ]
    # The largest number of entries that fits, found by halving: fits is known to fit, too_many not to.
    best, fits, too_many = None, -1, len(ranked)
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        raw = mail(frozenset(ranked[:middle]))
        if len(raw) <= LARGEST:
            best, fits = raw, middle
        else:
            too_many = middle
    if best is None:
        raise MailBroken(f"the mail is over {LARGEST} bytes without any entry")
    return best


def render_text(told: Told) -> str:
    """The plain part of the mail."""
    return _environment().get_template("digest/body.txt").render(told=told, texts=told.texts)


def render_html(told: Told) -> str:
    """The HTML part of the mail: styles on the elements, and in the head what depends on the screen."""
    html = _environment().get_template("digest/body.html").render(told=told, texts=told.texts, css=_css("digest"))
    return _inliner().inline(html)


def render_page(view: DigestView, names: Names, *, css_url: str = "/static/digest.css") -> str:
    """The digest's permanent page, whole: all entries, classes instead of styles, so that a strict CSP holds."""
    told = tell(view, names)
    return _environment().get_template("digest/page.html").render(told=told, texts=told.texts, css_url=css_url)


def render_letter(kind: LetterKind, language: str, link: str) -> LetterTold:
    """What a letter of this kind says in this language, as text and as HTML; both say the same."""
    say = texts(language).say
    subject = say(f"letter.subject.{kind}")
    told = {
        "what": say(f"letter.what.{kind}"),
        "button": say(f"letter.button.{kind}"),
        "valid": say(f"letter.valid.{kind}"),
        "not_asked": say("letter.not_asked"),
        "link": link,
    }
    html = _environment().get_template("letter/body.html").render(
        **told, subject=subject, language=language, address=say("letter.address"), css=_css("digest") + _css("letter")
    )  # fmt: skip
    text = _environment().get_template("letter/body.txt").render(**told)
    return LetterTold(subject=subject, text=text, html=_inliner().inline(html))


def render_week(told: WeekTold, pictures: Mapping[str, str], *, page_url: str, leave_url: str) -> LetterTold:
    """What the week's report says in a mail, as text and as HTML; both say the same. ``pictures``: a Content-ID by heading."""
    words = {"told": told, "texts": told.texts, "page_url": page_url, "leave_url": leave_url}
    html = _environment().get_template("week/body.html").render(
        **words, pictures=pictures, width=PICTURE_WIDTH, css=_css("digest") + _css("week")
    )  # fmt: skip
    text = _environment().get_template("week/body.txt").render(**words)
    return LetterTold(subject=told.title, text=text, html=_inliner().inline(html))


def page_css() -> str:
    """The style sheet that :func:`render_page` links to, to be served as a file of our own."""
    return _css("digest")


def _rank(entry: Entry, view: DigestView) -> tuple[int, float, int]:
    # What the reader knows, and has changed or is due, comes first: it is short, and not to know it costs most.
    at = usable(entry.deadline_at)
    soon = at is not None and (at - view.as_of).days < 7
    score = max((reason.score for reason in entry.reasons), default=0.0)
    return 0 if entry.changes or entry.kind == AlertKind.REMINDER else 1 if soon else 2, -score, entry.alert_id


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(disabled_extensions=("txt",), default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["capital"] = lambda text: text[:1].upper() + text[1:]
    return environment


@lru_cache(maxsize=1)
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(keep_at_rules=True, remove_inlined_selectors=True, load_remote_stylesheets=False)


@lru_cache(maxsize=3)
def _css(mail: str) -> Markup:
    # Our own file, so that it need not be escaped; it holds nothing from outside.
    return Markup((TEMPLATES / mail / f"{mail}.css").read_text(encoding="utf-8"))  # noqa: S704
