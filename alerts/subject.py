"""What stands in a digest's subject line? How many, for whom, and how much time is left: one glance at a phone."""

import re
from datetime import datetime
from typing import Final

from alerts.deadline import SaidDeadline
from alerts.entry import deadline_of
from alerts.outside import shown
from alerts.speak import Speaker, moment
from alerts.view import DigestView, Entry

COMPANY: Final = 32  # characters: a phone shows about 40 of a subject
TITLE: Final = 60
# A firm knows its own form; the subject is shorter without it.
_FORM: Final = re.compile(r"\s+(?:AS|ASA|AB|HB|KB|ANS|DA|SA|ENK|Oy|A/S|ApS|Aktiebolag)\.?$")


def subject(view: DigestView, said: Speaker, deadline: SaidDeadline | None) -> str:
    """The subject line, not yet fit for a header. ``deadline``: the nearest one among the new entries."""
    texts, company = said.texts, shown(_FORM.sub("", view.company.strip()[:500]), COMPANY)
    if view.entries:
        told = texts.plural("subject.new", len(view.entries), company=company)
        if deadline is None or deadline.left is None:
            return told
        kind = texts.say(f"subject.kind.{deadline.kind}")
        key = "subject.nearest" if len(view.entries) > 1 else "subject.only"
        return texts.say(key, subject=told, kind=kind, left=deadline.left)
    if view.reminders:
        return _reminders(view, said, company)
    if len(view.changed) == 1:
        return _one_change(view.changed[0], said)
    if view.changed:
        return texts.plural("subject.changed", len(view.changed), company=company)
    return texts.plural("subject.quiet", view.notices_read, company=company)


def _reminders(view: DigestView, said: Speaker, company: str) -> str:
    first, *rest = view.reminders
    deadline = deadline_of(first, said)
    if rest or deadline is None or deadline.left is None:
        return said.texts.plural("subject.reminders", len(view.reminders), company=company)
    kind = said.texts.say(f"subject.kind.{deadline.kind}")
    title = shown(first.title, TITLE)
    return said.texts.say("subject.one_reminder", kind=kind[:1].upper() + kind[1:], left=deadline.left, title=title)


def _one_change(entry: Entry, said: Speaker) -> str:
    title = shown(entry.title, TITLE)
    if entry.cancelled:
        return said.texts.say("subject.cancelled", title=title)
    moved: datetime | None = next((moment(c.new) for c in entry.changes if c.field == "deadline"), None)
    if moved is not None:
        day = said.clock.deadline_day(moved, date_only=entry.deadline_date_only, country=entry.country)
        return said.texts.say("subject.deadline_moved", day=said.clock.day(day), title=title)
    return said.texts.say("subject.one_changed", title=title)
