"""Who is owed an alert? Each stage once, each material change to those who were told, and nothing else."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.engine import URL
from sqlalchemy.orm import selectinload

from classifier.feedback import record
from classifier.owed import alert_matched, alert_told, changes, facts
from db.models import Alert, Notice, NoticeVersion, Profile, Subscriber, Verdict
from db.session import transaction
from factories import make_match, make_notice, make_profile, make_subscriber, make_version


def owe(version_id: int, profile: Profile, *, score: float = 0.9, barred: str | None = None) -> int:
    """Run both rules over one version that scored so with one profile."""
    row = {
        "version_id": version_id,
        "profile_id": profile.id,
        "score": score,
        "threshold_then": 0.5,
        "barred_by": barred,
    }
    with transaction() as s:
        version = s.scalars(
            select(NoticeVersion)
            .where(NoticeVersion.id == version_id)
            .options(selectinload(NoticeVersion.notice), selectinload(NoticeVersion.lots))
        ).one()
        return alert_told(s, [version]) + alert_matched(s, [version], [row], [profile])


def alerts() -> list[Alert]:
    with transaction() as s:
        return list(s.scalars(select(Alert).order_by(Alert.id)))


@pytest.fixture
def welder(database: URL) -> tuple[Subscriber, Profile]:
    subscriber = make_subscriber()
    return subscriber, make_profile(subscriber)


def test_a_match_above_the_line_is_owed_once(welder: tuple[Subscriber, Profile]) -> None:
    version = make_notice()
    assert owe(version.id, welder[1]) == 1
    assert owe(version.id, welder[1]) == 0
    assert [(a.kind, a.version, a.subscriber_id) for a in alerts()] == [("competition", 0, welder[0].id)]


@pytest.mark.parametrize(("score", "barred"), [(0.49, None), (0.9, "country")])
def test_below_the_line_or_barred_is_owed_nothing(
    welder: tuple[Subscriber, Profile], score: float, barred: str | None
) -> None:
    assert owe(make_notice().id, welder[1], score=score, barred=barred) == 0


def test_the_same_procurement_on_another_portal_is_not_owed_again(welder: tuple[Subscriber, Profile]) -> None:
    version = make_notice()
    owe(version.id, welder[1])
    with transaction() as s:
        procurement = s.get_one(NoticeVersion, version.id).notice.procurement
    assert (
        owe(make_notice(procurement=procurement, source="ted", language="en", title={"en": "Welding"}).id, welder[1])
        == 0
    )


def test_the_competition_after_a_planning_notice_is_owed(welder: tuple[Subscriber, Profile]) -> None:
    planning = make_notice(stage="planning", deadline_at=None)
    owe(planning.id, welder[1])
    with transaction() as s:
        procurement = s.get_one(NoticeVersion, planning.id).notice.procurement
    owe(make_notice(procurement=procurement).id, welder[1])
    assert [a.kind for a in alerts()] == ["planning", "competition"]


def told_then_corrected(profile: Profile, **correction: Any) -> tuple[NoticeVersion, NoticeVersion]:
    first = make_notice()
    owe(first.id, profile)
    with transaction() as s:
        notice = s.get_one(Notice, first.notice_id)
    return first, make_version(notice, number=2, **correction)


def test_a_moved_deadline_is_told_with_old_and_new(welder: tuple[Subscriber, Profile]) -> None:
    first, second = told_then_corrected(welder[1])
    assert first.deadline_at is not None
    assert second.deadline_at is not None
    owe(second.id, welder[1], score=0.1)  # who was told is told, whatever the new score
    change = alerts()[-1]
    assert change.kind == "change"
    assert change.changes == [["deadline", first.deadline_at.isoformat(), second.deadline_at.isoformat()]]


def test_a_change_is_told_once_though_two_portals_publish_it(welder: tuple[Subscriber, Profile]) -> None:
    _, second = told_then_corrected(welder[1])
    owe(second.id, welder[1])
    with transaction() as s:
        procurement = s.get_one(NoticeVersion, second.id).notice.procurement
    copy = make_notice(procurement=procurement, source="ted", deadline_at=second.deadline_at, changes_notice="x-01")
    assert owe(copy.id, welder[1]) == 0
    assert [a.kind for a in alerts()] == ["competition", "change"]


def test_a_change_of_wording_alone_is_told_to_nobody(welder: tuple[Subscriber, Profile]) -> None:
    first = make_notice()
    owe(first.id, welder[1])
    with transaction() as s:
        notice = s.get_one(Notice, first.notice_id)
    second = make_version(notice, number=2, deadline_at=first.deadline_at, description={"nb": "Andre ord."})
    assert owe(second.id, welder[1]) == 0


def test_who_was_not_told_of_the_notice_is_not_told_of_its_change(welder: tuple[Subscriber, Profile]) -> None:
    _, second = told_then_corrected(welder[1])
    stranger = make_profile(make_subscriber())
    owe(second.id, stranger, score=0.1)
    assert {a.subscriber_id for a in alerts()} == {welder[0].id}


def test_a_cancellation_is_told(welder: tuple[Subscriber, Profile]) -> None:
    first = make_notice()
    owe(first.id, welder[1])
    with transaction() as s:
        notice = s.get_one(Notice, first.notice_id)
    second = make_version(notice, number=2, deadline_at=first.deadline_at, cancelled=True)
    owe(second.id, welder[1])
    assert alerts()[-1].changes == [["cancelled", "false", "true"]]


TOLD: Mapping[str, Any] = {"deadline": "2027-01-01T11:00:00+00:00", "cancelled": False, "value": "5 NOK", "lots": 2}


@pytest.mark.parametrize(
    ("now", "moved"),
    [
        ({}, []),
        ({"deadline": None, "value": None, "lots": None}, []),
        ({"value": "6 NOK"}, [["value", "5 NOK", "6 NOK"]]),
        ({"lots": 3}, [["lots", "2", "3"]]),
        ({"deadline": TOLD["deadline"], "cancelled": True}, [["cancelled", "false", "true"]]),
    ],
)
def test_what_a_portal_leaves_out_is_no_change(now: Mapping[str, Any], moved: list[list[str]]) -> None:
    assert changes(TOLD, now) == moved


def test_a_value_learnt_later_is_no_change() -> None:
    assert changes({**TOLD, "value": None}, {"value": "6 NOK"}) == []


def test_facts_do_not_depend_on_how_a_number_is_written(database: URL) -> None:
    version = make_notice(deadline_at=None)
    with transaction() as s:
        stored = s.get_one(NoticeVersion, version.id)
        assert facts(stored) == {"deadline": None, "cancelled": False, "value": "4000000 NOK", "lots": None}


# What is not for them


def newer(version: NoticeVersion, **values: Any) -> NoticeVersion:
    with transaction() as s:
        notice = s.get_one(Notice, version.notice_id)
    return make_version(notice, number=version.number + 1, **values)


def say(alert: Alert, verdict: Verdict) -> None:
    with transaction() as s:
        record(s, alert.id, verdict)


def test_what_is_not_for_them_never_comes_back_neither_as_stage_nor_as_change(
    welder: tuple[Subscriber, Profile],
) -> None:
    planning = make_notice(stage="planning", deadline_at=None)
    assert owe(planning.id, welder[1]) == 1
    say(alerts()[0], Verdict.NOT_RELEVANT)
    competition = newer(planning, stage="competition", value_amount=Decimal(9_000_000))
    make_match(competition, welder[1])
    assert owe(competition.id, welder[1]) == 0

    # Who thinks better of it is owed what was passed over, once, and what comes later.
    say(alerts()[0], Verdict.RELEVANT)
    say(alerts()[0], Verdict.RELEVANT)
    assert [alert.kind for alert in alerts()] == ["planning", "change", "competition"]
    assert owe(newer(competition, value_amount=Decimal(8_000_000)).id, welder[1]) == 1


def test_another_subscriber_is_told_all_the_same(welder: tuple[Subscriber, Profile]) -> None:
    other = make_profile(make_subscriber())
    version = make_notice()
    for profile in (welder[1], other):
        owe(version.id, profile)
    say(alerts()[0], Verdict.NOT_RELEVANT)
    changed = newer(version, value_amount=Decimal(9_000_000))
    assert owe(changed.id, other) == 1
    assert alerts()[-1].subscriber_id == other.subscriber_id
