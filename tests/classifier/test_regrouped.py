"""When procurements are split or joined, is anybody told twice, or not told at all?"""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from kinfolk import groups, notice, stored_groups, uuid
from sqlalchemy import select
from sqlalchemy.engine import URL
from sqlalchemy.orm import selectinload

from classifier.owed import alert_matched, alert_told
from crawlers.notice import Stage
from crawlers.rulings import join, split
from crawlers.store import store_all
from db.models import Alert, Digest, DigestRun, Notice, NoticeVersion, Profile
from db.session import transaction, utcnow
from factories import make_profile, make_subscriber

WHY = {"by": "kari", "why": "to kjøp"}
DOFFIN, TED = notice("doffin", "1", day=0, procedure_uuid=uuid(1)), notice("ted", "2", day=0, procedure_uuid=uuid(1))


def owe(profile: Profile, *numbers: str) -> int:
    """Match the current versions of these notices with the profile, all above its line."""
    with transaction() as s:
        versions = s.scalars(
            select(NoticeVersion)
            .join(Notice, Notice.current_version_id == NoticeVersion.id)
            .where(Notice.source_id.in_(numbers))
            .options(selectinload(NoticeVersion.notice), selectinload(NoticeVersion.lots))
            .order_by(NoticeVersion.id)
        ).all()
        rows = [
            {"version_id": one.id, "profile_id": profile.id, "score": 0.9, "threshold_then": 0.5, "barred_by": None}
            for one in versions
        ]
        return alert_told(s, versions) + alert_matched(s, versions, rows, [profile])


def tell(profile: Profile) -> None:
    """Put all that is owed into a digest."""
    with transaction() as s:
        run = DigestRun(day=utcnow().date(), cadence="daily", slot="07:00", as_of=utcnow())
        s.add(run)
        s.flush()
        digest = Digest(run_id=run.id, subscriber_id=profile.subscriber_id)
        s.add(digest)
        s.flush()
        for alert in s.scalars(select(Alert).where(Alert.digest_id.is_(None))):
            alert.digest_id = digest.id


def alerts() -> Sequence[Alert]:
    with transaction() as s:
        return s.scalars(select(Alert).order_by(Alert.id)).all()


def owed() -> int:
    return sum(alert.digest_id is None for alert in alerts())


def part(number: str = "2") -> None:
    with transaction() as s:
        split(s, [("ted", number)], **WHY)


def unite() -> None:
    with transaction() as s:
        join(s, [("doffin", "1"), ("ted", "2")], **WHY)


def welder() -> Profile:
    return make_profile(make_subscriber())


def test_a_split_tells_nothing_again_told_or_only_owed(database: URL) -> None:
    profile = welder()
    store_all([DOFFIN, TED])
    assert owe(profile, "1") == 1
    part()
    assert stored_groups() == groups("doffin:1", "ted:2")
    assert owe(profile, "1", "2") == 0
    tell(profile)
    unite()
    part()
    assert owe(profile, "1", "2") == 0
    assert owed() == 0
    assert len(alerts()) == 1


def test_an_alert_goes_with_the_notice_it_shows(database: URL) -> None:
    profile = welder()
    store_all([DOFFIN, TED])
    owe(profile, "2")
    part()
    with transaction() as s:
        shown = s.scalars(select(Notice.procurement_id).where(Notice.source_id == "2")).one()
    assert [alert.procurement_id for alert in alerts()] == [shown]
    assert owe(profile, "1", "2") == 0


def test_a_join_takes_back_the_second_telling_that_is_still_owed(database: URL) -> None:
    profile = welder()
    store_all([DOFFIN, notice("ted", "2", day=0, procedure_uuid=uuid(2))])
    assert owe(profile, "1") == 1
    assert owe(profile, "2") == 1
    unite()
    assert owed() == 1
    tell(profile)
    assert owe(profile, "1", "2") == 0


@pytest.mark.parametrize(("told", "later"), [("1", "2"), ("2", "1")])
def test_a_join_with_what_was_told_takes_back_what_is_owed_whichever_is_older(
    database: URL, told: str, later: str
) -> None:
    profile = welder()
    store_all([DOFFIN, notice("ted", "2", day=0, procedure_uuid=uuid(2))])
    owe(profile, told)
    tell(profile)
    assert owe(profile, later) == 1
    unite()
    assert owed() == 0
    assert owe(profile, "1", "2") == 0


def test_after_a_split_a_new_stage_of_either_part_is_told(database: URL) -> None:
    profile = welder()
    store_all([DOFFIN, TED])
    owe(profile, "1")
    tell(profile)
    part()
    award = notice("ted", "3", stage=Stage.RESULT)
    store_all([award])
    with transaction() as s:
        join(s, [("ted", "2"), ("ted", "3")], **WHY)
    assert owe(profile, "3") == 1


def test_after_a_split_a_moved_deadline_of_the_other_part_is_told_to_who_was_told_of_the_whole(database: URL) -> None:
    profile = welder()
    store_all([DOFFIN, TED])
    owe(profile, "1")
    tell(profile)
    part()
    store_all([notice("ted", "2", day=9, procedure_uuid=uuid(1), payload_sha256="second")])
    assert owe(profile, "2") == 1
    assert [alert.kind for alert in alerts()] == ["competition", "change"]
    assert owe(profile, "2") == 0


def test_a_planning_notice_that_moves_takes_only_its_own_alert_along(database: URL) -> None:
    """The competition that turned up late is told; the one whose place it took is not told again."""
    profile = welder()
    planning = notice("ted", "9", stage=Stage.PLANNING, ojs_number="9-2026")
    younger = notice("ted", "2", previous_notices=("9-2026",), published_at=datetime(2026, 4, 1, tzinfo=UTC))
    elder = notice("ted", "1", previous_notices=("9-2026",), published_at=datetime(2026, 3, 1, tzinfo=UTC))
    store_all([planning, younger])
    assert owe(profile, "9", "2") == 2
    tell(profile)
    store_all([elder])
    assert stored_groups() == groups("ted:9 ted:1", "ted:2")
    assert owe(profile, "9", "2") == 0
    assert owe(profile, "1") == 1
