"""What does a digest tell, of whom, in which order, and what does it rather leave out?"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.engine import URL

from alerts.compose import changes_of, compose, side, strength
from alerts.view import Change, DigestView, Side, Strength
from db.models import (
    Alert,
    Digest,
    DigestRun,
    Fetch,
    Notice,
    NoticeVersion,
    Procurement,
    Profile,
    Subscriber,
)
from db.session import transaction, utcnow
from db.subscribers import JUST_UNDER
from factories import make_alert, make_match, make_notice, make_profile, make_subscriber, make_version

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _fresh(database: URL) -> None:
    """A database of its own."""


def told(subscriber: Subscriber) -> DigestView | None:
    """What a digest built now would tell this subscriber."""
    with transaction() as s:
        run = DigestRun(day=date(2026, 11, 23), cadence="daily", slot=f"{utcnow()}", as_of=utcnow())
        s.add(run)
        s.flush()
        digest = Digest(run_id=run.id, subscriber_id=subscriber.id)
        s.add(digest)
        s.flush()
        owed = s.scalars(select(Alert).where(Alert.subscriber_id == subscriber.id, Alert.digest_id.is_(None))).all()
        return compose(s, digest, run, subscriber, owed)


def view(subscriber: Subscriber) -> DigestView:
    found = told(subscriber)
    assert found is not None
    return found


def reader(**values: Any) -> tuple[Subscriber, Profile]:
    subscriber = make_subscriber(**values)
    return subscriber, make_profile(subscriber)


def matched(subscriber: Subscriber, *profiles: Profile, score: float = 0.8, **values: Any) -> NoticeVersion:
    version = make_notice(**values)
    for profile in profiles:
        make_match(version, profile, score=score)
    make_alert(subscriber, version, kind=version.stage)
    return version


def procurement_of(version: NoticeVersion) -> Procurement:
    with transaction() as s:
        return s.get_one(Procurement, s.get_one(Notice, version.notice_id).procurement_id)


def test_one_entry_names_every_profile_that_matched_best_first() -> None:
    subscriber, welding = reader()
    machining = make_profile(subscriber, name="Maskinering")
    sheds = make_profile(subscriber, name="Haller")
    version = make_notice()
    for profile, score in ((welding, 0.65), (machining, 0.9), (sheds, 0.4)):
        make_match(version, profile, score=score)
    make_alert(subscriber, version)
    (entry,) = view(subscriber).entries
    assert [(reason.profile, reason.strength) for reason in entry.reasons] == [
        ("Maskinering", Strength.VERY_STRONG),
        ("Sveising", Strength.STRONG),
    ]
    assert entry.reasons[0].words == (("sveising", "sveiser"),)
    assert view(subscriber).profiles == ("Sveising", "Maskinering", "Haller")


def test_a_procurement_on_two_portals_is_one_entry_with_both_links() -> None:
    subscriber, profile = reader()
    on_doffin = matched(subscriber, profile, source="doffin", source_id="2026-112233")
    on_ted = make_notice(
        procurement=procurement_of(on_doffin),
        source="ted",
        source_id="612345-2026",
        url="https://ted.europa.eu/612345-2026",
    )
    make_match(on_ted, profile)
    (entry,) = view(subscriber).entries
    assert [(link.source, link.number) for link in entry.links] == [("Doffin", "2026-112233"), ("TED", "612345-2026")]


def test_sides_are_seen_from_the_reader() -> None:
    assert [side("NO", country) for country in ("NO", "SE", "DK", None)] == [
        Side.HOME,
        Side.NEIGHBOUR,
        Side.WIDER,
        Side.WIDER,
    ]
    assert [side("SE", country) for country in ("NO", "SE", "DE")] == [Side.NEIGHBOUR, Side.HOME, Side.WIDER]


@pytest.mark.parametrize(
    ("score", "words"),
    [
        (0.95, Strength.VERY_STRONG),
        (0.8, Strength.VERY_STRONG),
        (0.79, Strength.STRONG),
        (0.6, Strength.STRONG),
        (0.59, Strength.POSSIBLE),
    ],
)
def test_a_probability_in_words(score: float, words: Strength) -> None:
    assert strength(score) is words


def test_the_nearest_deadline_stands_first_and_none_last() -> None:
    subscriber, profile = reader()
    now = utcnow()
    late = matched(subscriber, profile, deadline_at=now + 20 * DAY)
    never = matched(subscriber, profile, deadline_at=None, stage="planning")
    soon = matched(subscriber, profile, deadline_at=now + 3 * DAY)
    order = [entry.procurement_id for entry in view(subscriber).entries]
    assert order == [procurement_of(version).id for version in (soon, late, never)]


def test_t5_a_passed_deadline_is_never_offered() -> None:
    subscriber, profile = reader()
    matched(subscriber, profile, deadline_at=utcnow() - timedelta(minutes=1))
    assert told(subscriber) is None


def test_the_deadline_is_the_newest_versions() -> None:
    subscriber, profile = reader()
    moved = utcnow() + 40 * DAY
    first = matched(subscriber, profile)
    with transaction() as s:
        notice = s.get_one(Notice, first.notice_id)
    make_version(notice, number=2, deadline_at=moved)
    (entry,) = view(subscriber).entries
    assert entry.deadline_at == moved


def test_a_copy_of_the_first_notice_read_late_does_not_undo_a_corrigendum() -> None:
    subscriber, profile = reader()
    moved = utcnow() + 40 * DAY
    first = matched(subscriber, profile, published_at=utcnow() - 10 * DAY)
    with transaction() as s:
        notice = s.get_one(Notice, first.notice_id)
    make_version(notice, number=2, deadline_at=moved, published_at=utcnow() - 10 * DAY)
    make_notice(procurement=procurement_of(first), source="ted", published_at=utcnow() - 9 * DAY)
    (entry,) = view(subscriber).entries
    assert entry.deadline_at == moved


def test_what_was_cancelled_before_it_was_told_is_not_told() -> None:
    subscriber, profile = reader()
    first = matched(subscriber, profile)
    with transaction() as s:
        notice = s.get_one(Notice, first.notice_id)
    version = make_version(notice, number=2, cancelled=True)
    make_alert(subscriber, version, kind="change", changes=[["cancelled", "false", "true"]])
    assert told(subscriber) is None


def test_new_and_changed_at_once_is_told_once_as_new_with_the_facts_of_now() -> None:
    subscriber, profile = reader()
    first = matched(subscriber, profile)
    with transaction() as s:
        notice = s.get_one(Notice, first.notice_id)
    moved = utcnow() + 40 * DAY
    second = make_version(notice, number=2, deadline_at=moved)
    make_match(second, profile, score=0.7)
    make_alert(
        subscriber, second, kind="change", changes=[["deadline", "2026-12-01T11:00:00+00:00", moved.isoformat()]]
    )
    found = view(subscriber)
    assert found.changed == ()
    (entry,) = found.entries
    assert (entry.kind, entry.deadline_at, entry.changes) == ("competition", moved, ())


def test_a_change_is_told_with_old_and_new_also_after_its_deadline() -> None:
    subscriber, profile = reader()
    version = make_notice(deadline_at=utcnow() - DAY, number=2)
    make_match(version, profile)
    make_alert(
        subscriber,
        version,
        kind="change",
        changes=[["deadline", "2026-12-01T11:00:00+00:00", "2026-11-22T11:00:00+00:00"]],
    )
    found = view(subscriber)
    assert found.entries == ()
    assert found.changed[0].changes == (
        Change(field="deadline", old="2026-12-01T11:00:00+00:00", new="2026-11-22T11:00:00+00:00"),
    )


def owed_changes(*changes: Sequence[Sequence[str | None]]) -> list[Alert]:
    return [Alert(changes=[list(change) for change in one]) for one in changes]


def test_two_changes_before_one_digest_are_told_from_first_to_last() -> None:
    assert changes_of(owed_changes([["deadline", "1", "2"]], [["deadline", "2", "3"], ["value", "5", "6"]])) == (
        Change(field="deadline", old="1", new="3"),
        Change(field="value", old="5", new="6"),
    )


def test_a_change_taken_back_before_the_digest_is_not_told() -> None:
    assert changes_of(owed_changes([["deadline", "1", "2"]], [["deadline", "2", "1"]])) == ()


def test_a_profile_switched_off_is_no_reason_any_more() -> None:
    subscriber, profile = reader()
    matched(subscriber, profile)
    with transaction() as s:
        s.get_one(Profile, profile.id).active = False
    assert told(subscriber) is None


def test_a_corrigendum_that_matches_worse_keeps_the_reason_it_was_told_for() -> None:
    subscriber, profile = reader()
    first = make_notice()
    make_match(first, profile, score=0.7)
    with transaction() as s:
        notice = s.get_one(Notice, first.notice_id)
    second = make_version(notice, number=2)
    make_match(second, profile, score=0.3)
    make_alert(subscriber, second, kind="change", changes=[["lots", "2", "3"]])
    assert [reason.score for reason in view(subscriber).changed[0].reasons] == [0.7]


def test_a_further_stage_leads() -> None:
    subscriber, profile = reader()
    planning = matched(subscriber, profile, stage="planning", deadline_at=None, title={"nb": "Varsel"})
    competition = make_notice(procurement=procurement_of(planning), title={"nb": "Konkurranse"})
    make_match(competition, profile)
    make_alert(subscriber, competition)
    (entry,) = view(subscriber).entries
    assert (entry.kind, entry.title, len(entry.links)) == ("competition", "Konkurranse", 2)


def test_near_misses_are_the_best_open_ones_under_the_line() -> None:
    subscriber, profile = reader()
    alerted = matched(subscriber, profile)
    make_match(make_notice(procurement=procurement_of(alerted), source="ted"), profile, score=0.49)
    for score in (0.49, 0.48, 0.47, 0.46, 0.45, 0.44, 0.43):
        make_match(make_notice(title={"nb": f"{score}"}), profile, score=score)
    make_match(make_notice(), profile, score=0.5 - JUST_UNDER - 0.01)
    make_match(make_notice(), profile, score=0.45, barred_by="country")
    make_match(make_notice(deadline_at=utcnow() - DAY), profile, score=0.49)
    found = view(subscriber)
    assert [miss.title for miss in found.near_misses] == ["0.49", "0.48", "0.47", "0.46", "0.45"]
    assert found.near_misses_left_out == 2


def test_sources_say_how_their_last_finished_run_went() -> None:
    subscriber, profile = reader()
    matched(subscriber, profile)
    now = utcnow()
    with transaction() as s:
        for source, state, hours in (
            ("doffin", "done", 30),
            ("doffin", "done", 3),
            ("ted", "done", 9),
            ("ted", "failed", 2),
            ("regjeringen", "running", 0),
            ("gone", "done", 24 * 30),
        ):
            at = now - timedelta(hours=hours)
            s.add(Fetch(source=source, state=state, process="here:1", since_day=now.date(), started_at=at, ended_at=at))
    make_notice(source="by import")
    imported, *sources = view(subscriber).sources
    assert (imported.name, imported.read, imported.read_at is not None) == ("by import", True, True)
    assert [(one.name, one.read, one.read_at) for one in sources] == [
        ("Doffin", True, now - timedelta(hours=3)),
        ("TED", False, now - timedelta(hours=9)),
    ]


def test_a_link_that_is_none_is_left_out() -> None:
    subscriber, profile = reader()
    matched(subscriber, profile, url="javascript:alert(1)")
    (entry,) = view(subscriber).entries
    assert entry.links == ()
