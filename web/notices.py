"""What is behind one match? Why it matched, the facts, the lots, what changed when, and the procurement's other notices.

Only who has it among their matches, or was owed word of it, finds it here; what they say of it is kept as what they
say by the links of a mail (web.feedback).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from alerts.clock import local_day
from alerts.compose import reasons_of, whole_entry
from alerts.entry import ToldEntry, tell_entry, usable
from alerts.my_matches import is_theirs
from alerts.outside import NAME, SENTENCE, TITLE, safe_url, shown
from alerts.reminders import LEADS
from alerts.sources import source_name
from alerts.speak import Speaker, moment, speaker
from alerts.standing import Standing, spoke_at, standings_at
from alerts.texts import texts
from classifier.feedback import record
from classifier.owed import last_word, told_of
from db import seed
from db.models import Alert, Feedback, Lot, Notice, NoticeVersion, Profile, Subscriber, Verdict
from db.notices import CANARY, said
from db.rates import rates_on
from db.session import transaction, utcnow
from web import feedback
from web.forms import form_of
from web.own import number_in
from web.pages import TEXTS, answer
from web.session import subscriber_of

MOST_CHANGES: Final = 40  # of one version; what changed in more places is a new text
MOST_LOTS: Final = 100
DESCRIPTION: Final = 6_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldLot:
    """A part that can be bid for alone, in its own words."""

    title: str
    language: str
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldChange:
    """One field that differs from the version before: what it is called, and how it read."""

    field: str
    old: str
    new: str
    material: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldVersion:
    """A notice as it read from a day on. ``left_out``: changes for which there was no room."""

    number: int
    day: str
    changes: tuple[ToldChange, ...]
    left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Relative:
    """Another notice of the same procurement. ``here``: the one that is shown."""

    notice_id: int
    stage: str
    title: str
    language: str
    day: str
    source: str
    here: bool


def notice_page(request: Request) -> Response:
    """The notice as it now reads, for one whose match it is."""
    subscriber, now = subscriber_of(request), utcnow()
    with transaction() as s:
        version = _theirs(s, request, subscriber)
        mine = select(Profile).where(Profile.subscriber_id == subscriber.id).order_by(Profile.id)
        profiles = {profile.id: profile for profile in s.scalars(mine)}
        alert = _alert(s, subscriber, version)
        [standing] = standings_at(s, [version], [alert] if alert else [], profiles.values())
        speaks = speaker(language=subscriber.language, country=subscriber.country, as_of=now, names=seed.load())
        reasons = reasons_of(standing, profiles)
        entry = whole_entry(standing, subscriber, reasons, profiles, rates_on(s, local_day(now)))
        told = tell_entry(entry, speaks, number=1)
        verdict = s.scalar(select(last_word(subscriber.id, standing.procurement_id)))
        why = s.scalar(select(Feedback.reason).where(Feedback.alert_id == alert.id)) if alert else None
        return answer(
            request, "notice.html", told=told, description=_description(version), notice_id=version.notice_id,
            under=not any(match.score >= match.threshold_then for match in standing.matches if not match.barred_by),
            buyers=[shown(buyer.name, NAME) for buyer in version.buyers], lots=_lots(version.lots, speaks, version),
            more_lots=max(0, len(version.lots) - MOST_LOTS), versions=_versions(s, version, speaks),
            lineage=_lineage(standing, speaks), links=_links(version, told), spoken=_spoken(s, alert, subscriber, verdict, why),
        )  # fmt: skip


def judge(request: Request) -> Response:
    """Keep what they say of it, and why."""
    subscriber = subscriber_of(request)
    verdict, reason = feedback.said_in(form_of(request))
    with transaction() as s:
        version = _theirs(s, request, subscriber)
        alert = _alert(s, subscriber, version)
        if alert is None:
            raise HTTPException(404)
        record(s, alert.id, verdict, reason=reason)
    return RedirectResponse(f"/me/notices/{version.notice_id}#said", status_code=303)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What can be said of it, and what was."""

    said: str | None
    follows: feedback.Follows | None
    leads: tuple[str, ...]
    buttons: Sequence[feedback.Button]
    why: Sequence[feedback.Button]
    said_why: str | None


def _spoken(
    s: Session, alert: Alert | None, subscriber: Subscriber, verdict: str | None, why: str | None
) -> Spoken | None:
    """None where nothing was owed of it: a verdict speaks of an alert."""
    if alert is None:
        return None
    language = subscriber.language
    return Spoken(
        said=feedback.words_of(language, Verdict(verdict)) if verdict else None,
        follows=feedback.follows(s, alert, subscriber, Verdict(verdict)) if verdict else None,
        leads=tuple(str(days) for days in sorted(LEADS, reverse=True)),
        buttons=[button for button in feedback.verdicts(language) if button.value != verdict],
        why=feedback.reasons(language, but=why) if verdict == Verdict.NOT_RELEVANT else (),
        said_why=feedback.reason_of(language, why) if why and verdict == Verdict.NOT_RELEVANT else None,
    )


def _theirs(s: Session, request: Request, subscriber: Subscriber) -> NoticeVersion:
    version = s.scalar(
        select(NoticeVersion)
        .join(Notice, Notice.current_version_id == NoticeVersion.id)
        .where(Notice.id == number_in(request, "notice_id"), Notice.source != CANARY)
        .options(
            selectinload(NoticeVersion.notice), selectinload(NoticeVersion.buyers), selectinload(NoticeVersion.lots)
        )
    )
    if version is None or not is_theirs(s, subscriber.id, version.notice.procurement_id):
        raise HTTPException(404)
    return version


def _alert(s: Session, subscriber: Subscriber, version: NoticeVersion) -> Alert | None:
    """The last alert of the procurement: what is said speaks of it."""
    mine = (Alert.subscriber_id == subscriber.id, told_of(version.notice.procurement_id))
    return s.scalar(select(Alert).where(*mine).order_by(Alert.id.desc()).limit(1))


def _description(version: NoticeVersion) -> tuple[str, ...]:
    """Its paragraphs, each on one line."""
    text = said(version.description, version.language)[:DESCRIPTION]
    return tuple(line for part in text.splitlines() if (line := shown(part, SENTENCE * 4)))


def _lots(lots: Sequence[Lot], speaks: Speaker, version: NoticeVersion) -> list[ToldLot]:
    told = []
    for lot in lots[:MOST_LOTS]:
        due = usable(lot.deadline_at)
        deadline = (
            speaks.clock.deadline(
                due, kind=lot.deadline_kind, date_only=lot.deadline_date_only, country=version.country
            ).said
            if due
            else None
        )
        facts = (
            shown(lot.identifier, 40),
            speaks.money(lot.value_amount, lot.value_currency) if lot.value_amount else None,
            deadline,
        )
        told.append(
            ToldLot(
                title=shown(said(lot.title, version.language), TITLE),
                language=version.language,
                facts=tuple(fact for fact in facts if fact),
            )
        )
    return told


def _versions(s: Session, version: NoticeVersion, speaks: Speaker) -> list[ToldVersion]:
    """Every version of this notice, newest first."""
    every = s.scalars(
        select(NoticeVersion).where(NoticeVersion.notice_id == version.notice_id).order_by(NoticeVersion.id.desc())
    ).all()
    return [
        ToldVersion(
            number=len(every) - at,
            day=speaks.clock.day(speaks.clock.local(spoke_at(one)[0]).date()),
            changes=tuple(_change(change, speaks) for change in (one.changes or ())[:MOST_CHANGES]),
            left_out=max(0, len(one.changes or ()) - MOST_CHANGES),
        )
        for at, one in enumerate(every)
    ]


def _change(change: dict[str, Any], speaks: Speaker) -> ToldChange:
    lot, field = "", str(change["field"])
    if field.startswith("lots."):
        lot, _, field = field.removeprefix("lots.").partition(".")
    name, _, language = field.partition(".")
    words = texts(speaks.texts.language, TEXTS)
    called = words.say(f"notice.field.{name}") if words.has(f"notice.field.{name}") else shown(name, NAME)
    if language:
        called = f"{called} ({speaks.texts.locale.languages.get(language, shown(language, 8))})"
    return ToldChange(
        field=f"{shown(lot, 40)}: {called}" if lot else called,
        old=_value(name, change["old"], speaks),
        new=_value(name, change["new"], speaks),
        material=bool(change.get("material")),
    )


def _value(field: str, value: object, speaks: Speaker) -> str:
    """As people write it; a dash for what a version does not say."""
    words = texts(speaks.texts.language, TEXTS)
    match value:
        case None | "" | []:
            return "–"
        case bool():
            return words.say("notice.yes" if value else "notice.no")
        case list():
            return ", ".join(_code(field, str(one), speaks) for one in value[:20])
        case str() if field == "deadline" and (at := moment(value)) is not None:
            return speaks.clock.when(at, date_only=False, country=None)
        case _:
            return _code(field, str(value), speaks)


def _code(field: str, value: str, speaks: Speaker) -> str:
    if field == "cpv":
        return speaks.cpv(value)
    if field == "nuts":
        name = speaks.names.nuts_name(value, speaks.texts.language)
        return shown(f"{name} ({value})" if name else value, NAME)
    return shown(value, SENTENCE)


def _lineage(standing: Standing, speaks: Speaker) -> list[Relative]:
    """Every notice of the procurement, oldest first: from its planning to its award."""
    words = texts(speaks.texts.language, TEXTS)
    return [
        Relative(
            notice_id=one.notice_id,
            stage=words.say(f"profile.stage.{one.stage}") if words.has(f"profile.stage.{one.stage}") else one.stage,
            title=shown(said(one.title, one.language), TITLE),
            language=one.language,
            day=speaks.clock.day(speaks.clock.local(spoke_at(one)[0]).date()),
            source=source_name(one.notice.source),
            here=one.id == standing.shown.id,
        )
        for one in sorted(standing.current, key=spoke_at)
    ]


def _links(version: NoticeVersion, told: ToldEntry) -> list[tuple[str, str]]:
    """Where to read on, kind and address: the notice on each portal, then its documents and where to send the tender."""
    found = [(link.words, link.url) for link in told.links if link.url]
    for kind, address in version.links or ():
        url = safe_url(str(address))
        if url and all(url != one for _, one in found):
            found.append((str(kind), url))
    return found
