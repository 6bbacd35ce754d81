"""Rows for tests, with sensible values where a test does not care."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any, TypeVar

from classifier.feedback import record
from db.models import (
    Alert,
    Buyer,
    Match,
    Notice,
    NoticeVersion,
    Procurement,
    Profile,
    Subscriber,
    Threshold,
    Verdict,
    VersionBuyer,
)
from db.session import transaction, utcnow

Row = TypeVar("Row")
_serial = count(1)
MODEL_REV = "test-rev"
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)  # of every profile's line, before anybody said a word


def make_subscriber(**values: Any) -> Subscriber:
    """A confirmed Norwegian subscriber of the daily digest."""
    number = next(_serial)
    row = Subscriber(
        **{
            "company": f"Trøndersveis {number} AS",
            "email": f"post{number}@trondersveis.example",
            "country": "NO",
            "language": "nb",
            "cadence": "daily",
            "hour": 7,
            "confirmed_at": utcnow(),
        }
        | values
    )
    return _added(row)


def make_profile(subscriber: Subscriber, *, threshold: float | None = 0.5, **values: Any) -> Profile:
    """A welding profile with its line at 0.5; without a line it follows the model's own."""
    row = Profile(
        **{
            "subscriber_id": subscriber.id,
            "key": f"sveising-{next(_serial)}",
            "name": "Sveising",
            "language": subscriber.language,
            "sentences": ["Vi sveiser bærende konstruksjoner etter NS-EN 1090, EXC3."],
            "cpv": ["45262670"],
            "nuts": [],
            "countries": [],
            "words_in": [],
            "words_out": [],
            "stages": ["planning", "competition", "intent"],
            "scopes": ["defence", "preparedness"],
        }
        | values
    )
    _added(row)
    if threshold is not None:
        _added(Threshold(profile_id=row.id, value=Decimal(str(threshold)), by="test", why="start", at=BEGINNING))
    return row


def make_notice(
    *, procurement: Procurement | None = None, source: str = "doffin", buyer: str = "Forsvarsbygg", **values: Any
) -> NoticeVersion:
    """A stored notice with one version, open for two weeks; gives the version."""
    number = next(_serial)
    procurement = procurement or _added(Procurement())
    notice = _added(
        Notice(source=source, source_id=values.pop("source_id", f"2026-{number:06}"), procurement_id=procurement.id)
    )
    return make_version(notice, buyer=buyer, **values)


def make_version(notice: Notice, *, number: int = 1, buyer: str = "Forsvarsbygg", **values: Any) -> NoticeVersion:
    """A version of a notice, and from now on its current one."""
    serial = next(_serial)
    now = utcnow()
    version = NoticeVersion(
        **{
            "notice_id": notice.id,
            "number": number,
            "content_hash": f"hash-{serial}",
            "payload_sha256": f"sha-{serial}",
            "wire_format": "eforms",
            "stage": "competition",
            "title": {"nb": "Rammeavtale sveisearbeid og stålkonstruksjoner, Værnes"},
            "description": {"nb": "Leverandøren skal utføre sveising av bærende stålkonstruksjoner i EXC3."},
            "language": "nb",
            "country": "NO",
            "cpv": ["45262670"],
            "nuts": ["NO060"],
            "nationwide": False,
            "published_at": now - timedelta(days=1),
            "deadline_at": now + timedelta(days=14),
            "deadline_kind": "tender",
            "value_amount": Decimal(4_000_000),
            "value_currency": "NOK",
            "url": f"https://www.doffin.no/notices/{notice.source_id}",
            "links": [],
            "scope": "defence",
        }
        | values
    )
    with transaction() as s:
        s.add(version)
        s.flush()
        body = Buyer(name=buyer, folded_name=f"{buyer.casefold()} {serial}", country="NO")
        s.add(body)
        s.flush()
        s.add(VersionBuyer(version_id=version.id, buyer_id=body.id, position=0))
        s.get_one(Notice, notice.id).current_version_id = version.id
    return version


def make_match(version: NoticeVersion, profile: Profile, *, score: float = 0.8, **values: Any) -> Match:
    """A match above the line, with its evidence."""
    evidence = {
        "notice_sentence": "Leverandøren skal utføre sveising av bærende stålkonstruksjoner i EXC3.",
        "notice_language": version.language,
        "section": "description",
        "lot": None,
        "lot_name": None,
        "profile_sentence": profile.sentences[0],
        "words": [["sveising", "sveiser"]],
        "shared_cpv": ["45262670"],
    }
    row = Match(
        **{
            "version_id": version.id,
            "profile_id": profile.id,
            "model_rev": MODEL_REV,
            "score": score,
            "threshold_then": 0.5,
            "evidence": evidence,
        }
        | values
    )
    return _added(row)


def make_alert(
    subscriber: Subscriber,
    version: NoticeVersion,
    *,
    kind: str = "competition",
    changes: Sequence[Sequence[str | None]] = (),
    **values: Any,
) -> Alert:
    """An alert still owed."""
    with transaction() as s:
        procurement_id = s.get_one(Notice, version.notice_id).procurement_id
    row = Alert(
        **{
            "subscriber_id": subscriber.id,
            "procurement_id": procurement_id,
            "kind": kind,
            "version": version.id if kind == "change" else 0,
            "version_id": version.id,
            "facts": {},
            "changes": [list(change) for change in changes],
        }
        | values
    )
    return _added(row)


def make_verdict(
    profile: Profile,
    verdict: str,
    *,
    score: float = 0.6,
    sentence: str | None = None,
    version: NoticeVersion | None = None,
    at: datetime | None = None,
    **values: Any,
) -> Alert:
    """An alert of a profile's match (``values`` are the match's) that its subscriber has judged."""
    version = version or make_notice()
    match = make_match(version, profile, score=score, **values)
    with transaction() as s:
        if sentence is not None:
            s.get_one(Match, match.id).evidence = match.evidence | {"profile_sentence": sentence}
        subscriber = s.get_one(Subscriber, profile.subscriber_id)
    alert = make_alert(subscriber, version)
    with transaction() as s:
        record(s, alert.id, Verdict(verdict), at=at)
    return alert


def _added(row: Row) -> Row:
    with transaction() as s:
        s.add(row)
    return row
