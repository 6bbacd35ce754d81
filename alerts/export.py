"""What were a subscriber's matches, as a table for a person (CSV) or for a program (JSON)?

Nothing in a cell runs when a spreadsheet opens it (H14), whichever separator the spreadsheet's country takes it to have.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.entry import usable
from alerts.ledger import ToldAlert, active_profiles, told_alerts
from alerts.outside import NAME, SENTENCE, TITLE, safe_url, shown
from alerts.speak import Names, Speaker, speaker
from alerts.view import Reason
from db.models import Alert, Feedback, Subscriber

# What a spreadsheet takes for the beginning of a formula, full-width forms included, at a cell's beginning or right
# after what it might take for a separator: a Norwegian Excel splits at semicolons, an English one at commas.
_RUNS: Final = re.compile("(^|[;,|\t\"'])(?=[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20])")
COLUMNS: Final = (
    "told_at", "kind", "title", "buyer", "place", "cpv", "value", "currency", "deadline", "cancelled", "profile",
    "score", "notice_sentence", "profile_sentence", "verdict", "source", "number", "url",
)  # fmt: skip


class Form(StrEnum):
    """How an export is written."""

    CSV = "csv"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """An export as it is sent. ``changed_at``: when anything in it last changed."""

    body: bytes
    changed_at: datetime


def export(s: Session, subscriber: Subscriber, names: Names, form: Form) -> Export:
    """Every alert of this subscriber with its reasons, newest first: one row per alert and profile, or one JSON object per alert."""
    alerts = s.scalars(select(Alert).where(Alert.subscriber_id == subscriber.id).order_by(Alert.id.desc())).all()
    told = told_alerts(s, subscriber, alerts, active_profiles(s, subscriber.id))
    verdicts = {
        verdict.alert_id: verdict
        for verdict in s.scalars(
            select(Feedback).join(Alert, Alert.id == Feedback.alert_id).where(Alert.subscriber_id == subscriber.id)
        )
    }
    moments = [moment for one in told for moment in (one.read_at, one.alert.created_at)]
    changed_at = max([*moments, *(verdict.at for verdict in verdicts.values())], default=subscriber.created_at)
    said = speaker(language=subscriber.language, country=subscriber.country, as_of=changed_at, names=names)
    spoken = {alert_id: verdict.verdict for alert_id, verdict in verdicts.items()}
    body = as_csv(told, spoken, said) if form is Form.CSV else as_json(told, spoken, said)
    return Export(body=body, changed_at=changed_at)


def as_csv(told: Sequence[ToldAlert], verdicts: Mapping[int, str], said: Speaker) -> bytes:
    """A table with a heading in the reader's language (RFC 4180; a byte order mark tells spreadsheets that it is UTF-8)."""
    written = io.StringIO(newline="")
    table = csv.writer(written)
    table.writerow(cell(said.texts.say(f"export.{column}")) for column in COLUMNS)
    for telling in told:
        for reason in telling.entry.reasons or (None,):
            row = _row(telling, reason, verdicts.get(telling.alert.id), said)
            table.writerow(cell(row[column]) for column in COLUMNS)
    return written.getvalue().encode("utf-8-sig")


def as_json(told: Sequence[ToldAlert], verdicts: Mapping[int, str], said: Speaker) -> bytes:
    """The same for programs: fixed names, moments in UTC, amounts as strings."""
    rows = [record(telling, said, verdict=verdicts.get(telling.alert.id)) for telling in told]
    return json.dumps({"matches": rows}, ensure_ascii=False, indent=1).encode()


def cell(value: str) -> str:
    """The text, which no spreadsheet takes for a formula: an apostrophe stands before what would run."""
    return _RUNS.sub(r"\1'", value)


def record(telling: ToldAlert, said: Speaker, *, verdict: str | None = None) -> dict[str, Any]:
    """One alert as plain JSON values."""
    entry, alert = telling.entry, telling.alert
    due = usable(entry.deadline_at)
    return {
        "id": alert.id,
        "procurement": alert.procurement_id,
        "kind": entry.kind,
        "told_at": _moment(alert.created_at),
        "title": shown(entry.title, TITLE),
        "language": entry.language,
        "buyer": shown(entry.buyer, NAME) if entry.buyer else None,
        "country": entry.country,
        "nuts": list(entry.nuts),
        "place": _place(telling, said),
        "cpv": list(entry.cpv),
        "value": None if entry.amount is None else {"amount": f"{entry.amount:f}", "currency": entry.currency},
        "deadline_at": _moment(due) if due else None,
        "deadline_is_a_day": entry.deadline_date_only if due else None,
        "cancelled": entry.cancelled,
        "changes": [{"field": one.field, "old": one.old, "new": one.new} for one in entry.changes],
        "reasons": list(_reasons(telling)),
        "verdict": verdict,
        "links": [
            {"source": link.source, "number": shown(link.number, 60), "url": url}
            for link in entry.links
            if (url := safe_url(link.url)) is not None
        ],
    }


def _reasons(telling: ToldAlert) -> Iterator[dict[str, Any]]:
    for reason in telling.entry.reasons:
        yield {
            "profile": shown(reason.profile, NAME),
            "score": round(reason.score, 4),
            "notice_sentence": shown(reason.notice_sentence, SENTENCE),
            "profile_sentence": shown(reason.profile_sentence, SENTENCE),
            "words_in": [shown(word, NAME) for word in reason.words_in],
        }


def _row(telling: ToldAlert, reason: Reason | None, verdict: str | None, said: Speaker) -> dict[str, str]:
    entry = telling.entry
    due = usable(entry.deadline_at)
    kind = f"kind.{entry.kind}"
    first = entry.links[0] if entry.links else None
    return {
        "told_at": said.clock.local(telling.alert.created_at).strftime("%Y-%m-%d %H:%M"),
        "kind": said.texts.say(kind) if said.texts.has(kind) else said.texts.say(f"export.word.{entry.kind}"),
        "title": shown(entry.title, TITLE),
        "buyer": shown(entry.buyer or "", NAME),
        "place": _place(telling, said),
        "cpv": " ".join(entry.cpv),
        "value": "" if entry.amount is None else f"{entry.amount:f}",
        "currency": shown(entry.currency or "", 8),
        "deadline": _due(telling, due, said) if due else "",
        "cancelled": said.texts.say("mark.cancelled") if entry.cancelled else "",
        "profile": shown(reason.profile, NAME) if reason else "",
        "score": f"{reason.score:.2f}" if reason else "",
        "notice_sentence": shown(reason.notice_sentence, SENTENCE) if reason else "",
        "profile_sentence": shown(reason.profile_sentence, SENTENCE) if reason else "",
        "verdict": said.texts.say(f"export.word.{verdict}") if verdict else "",
        "source": shown(first.source, 40) if first else "",
        "number": shown(first.number, 60) if first else "",
        "url": (safe_url(first.url) or "") if first else "",
    }


def _due(telling: ToldAlert, due: datetime, said: Speaker) -> str:
    """As a spreadsheet reads a date: on the reader's clock, or the buyer's day where the portal gave no time."""
    entry = telling.entry
    if entry.deadline_date_only:
        return said.clock.deadline_day(due, date_only=True, country=entry.country).isoformat()
    return said.clock.local(due).strftime("%Y-%m-%d %H:%M")


def _place(telling: ToldAlert, said: Speaker) -> str:
    entry = telling.entry
    return said.place(entry.nuts, nationwide=entry.nationwide, country=entry.country, name_country=True)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
