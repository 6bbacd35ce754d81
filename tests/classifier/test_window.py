"""Is what the laboratory keeps in memory ever older than the database, and is it kept at all?"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import delete, event, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from classifier import laboratory, replay, shift, window
from classifier.bench import Bench, Kind, bench
from classifier.laboratory import Look, look
from classifier.revisions import put_in_force
from classifier.threshold import set_threshold
from db.models import Base, Match, Notice, NoticeVersion, Profile, Subscriber
from db.session import engine, transaction, utcnow
from db.unchanged import Kept
from factories import MODEL_REV, make_alert, make_match, make_notice, make_profile, make_subscriber, make_verdict


@pytest.fixture(params=["one profile's", "everybody's"])
def welder(database: URL, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Profile:
    """A profile with a match just under its line; as one of few whose matches are read alone, or of many."""
    if request.param == "everybody's":
        monkeypatch.setattr(window, "FEW", 0)
    with transaction() as s:
        put_in_force(s, MODEL_REV, by="test")
    profile = make_profile(make_subscriber(), threshold=0.5, matched_rev=MODEL_REV)
    near(profile, 0.45)
    return profile


def near(profile: Profile, score: float) -> NoticeVersion:
    at = utcnow() - timedelta(days=1)
    version = make_notice(created_at=at, matched_rev=MODEL_REV)
    with transaction() as s:
        s.get_one(Notice, version.notice_id).created_at = at
    make_match(version, profile, score=score)
    return version


def looked(profile: Profile) -> Look:
    with transaction() as s:
        return look(s, bench(s, str(profile.id)), Decimal("0.4"), days=30)


def afresh(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> Look:
    """The same look by a process that has kept nothing."""
    with monkeypatch.context() as patch:
        patch.setattr(laboratory, "_KEPT", Kept(most=1))
        patch.setattr(window, "_KEPT", Kept(most=1))
        return looked(profile)


def test_the_next_move_sees_whatever_was_written(welder: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction() as s:
        subscriber = s.get_one(Subscriber, welder.subscriber_id)
    other = make_subscriber()
    versions = [near(welder, 0.47)]

    def change(what: Callable[[Match, NoticeVersion, Profile, Subscriber], object]) -> Callable[[], None]:
        def write() -> None:
            with transaction() as s:
                version = s.get_one(NoticeVersion, versions[-1].id)
                match = s.query(Match).where(Match.version_id == version.id).one()
                what(match, version, s.get_one(Profile, welder.id), s.get_one(Subscriber, subscriber.id))

        return write

    def rescore() -> None:
        with transaction() as s:
            put_in_force(s, "newer", by="test")
            s.get_one(NoticeVersion, versions[-1].id).matched_rev = "newer"
        make_match(versions[-1], welder, score=0.48, model_rev="newer")

    def draw() -> None:
        with transaction() as s:
            set_threshold(s, welder.id, 0.49, by="Ada", why="too little")

    def correct() -> None:
        with transaction() as s:
            s.get_one(Notice, versions[-1].notice_id).current_version_id = None

    def erase() -> None:
        with transaction() as s:
            s.execute(delete(Match))

    writes: list[Callable[[], object]] = [
        lambda: versions.append(near(welder, 0.44)),
        change(lambda match, *_: setattr(match, "score", 0.41)),
        change(lambda match, *_: setattr(match, "barred_by", "country")),
        change(lambda match, *_: setattr(match, "barred_by", None)),
        change(lambda _, version, *__: setattr(version, "cancelled", True)),
        change(lambda _, version, *__: setattr(version, "cancelled", False)),
        lambda: make_alert(subscriber, versions[-1], kind=versions[-1].stage),
        lambda: make_verdict(welder, "not_relevant", score=0.9),
        change(lambda *found: setattr(found[3], "cadence", "weekly")),
        change(lambda *found: setattr(found[2], "matched_rev", None)),
        change(lambda *found: setattr(found[2], "matched_rev", MODEL_REV)),
        change(lambda *found: setattr(found[2], "subscriber_id", other.id)),
        draw,
        rescore,
        correct,
        erase,
    ]
    before = looked(welder)
    assert before.gained.count == 2
    for write in writes:
        write()
        after = looked(welder)
        assert after == afresh(welder, monkeypatch)
        assert after != before
        before = after


def test_while_notices_are_scored_anew_each_is_told_by_the_revision_that_speaks_of_it(welder: Profile) -> None:
    near(welder, 0.47)
    version = near(welder, 0.48)
    assert looked(welder).gained.count == 3
    with transaction() as s:
        put_in_force(s, "newer", by="test")
        s.get_one(NoticeVersion, version.id).matched_rev = "newer"  # which has nothing to say of it
    assert looked(welder).gained.count == 2


@pytest.fixture
def statements() -> Iterator[list[str]]:
    told: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        told.append(statement)

    event.listen(engine(), "before_cursor_execute", note)
    yield told
    event.remove(engine(), "before_cursor_execute", note)


def test_all_that_is_kept_is_read_where_every_writer_is_noted(welder: Profile, statements: list[str]) -> None:
    make_verdict(welder, "not_relevant", score=0.9)
    make_profile(make_subscriber(), threshold=None)  # whose line is its matches'

    def read(what: Callable[[Session], object]) -> set[str]:
        statements.clear()
        with transaction() as s:
            what(s)
        return set(re.findall(r"(?:FROM|JOIN) ([a-z_]+)", " ".join(statements))) & set(Base.metadata.tables)

    everybody = Bench(key="all", kind=Kind.ALL, profiles=(welder.id, welder.id + 1))
    of_window = read(lambda s: window.read(s, None, since=utcnow()))
    of_ground = read(lambda s: laboratory.read_ground(s, everybody))
    assert of_window == set(window._KEPT.tables)
    assert of_ground == set(laboratory._KEPT.tables)
    with transaction() as s:
        named = "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE 'note_change_by_%'"
        writers = Counter(s.scalars(text(named)))
    assert writers == dict.fromkeys(of_window | of_ground, 4)  # who inserts, updates, deletes or truncates


def test_a_second_look_reads_no_window_again(welder: Profile, statements: list[str]) -> None:
    def reads() -> int:
        statements.clear()
        looked(welder)
        return sum("SELECT match.profile_id" in one for one in statements)

    assert reads() > 0
    assert reads() == 0


def test_after_a_match_was_written_no_other_is_read_again(welder: Profile, statements: list[str]) -> None:
    looked(welder)
    version = near(welder, 0.46)
    statements.clear()
    assert looked(welder).gained.count == 2
    reads = [one for one in statements if "SELECT match.profile_id" in one]
    assert len(reads) == 1
    assert "match.version_id = ANY" in reads[0]
    with transaction() as s:
        found = window.window(s, [welder.id], days=30)
    assert version.id in found.version_id
    assert len(found) == 2


def test_what_closes_or_grows_old_goes_as_others_come(welder: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    looked(welder)
    later = utcnow() + timedelta(days=29, hours=12)
    for module in (window, shift, replay):
        monkeypatch.setattr(module, "utcnow", lambda: later)
    make_match(make_notice(created_at=later, deadline_at=later + timedelta(days=1)), welder, score=0.47)
    with transaction() as s:
        assert window.window(s, [welder.id], days=30).score.tolist() == [0.47]


def test_what_is_too_large_is_read_anew_each_time(
    welder: Profile, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window, "MOST", 0)
    for _ in range(2):
        statements.clear()
        assert looked(welder).gained.count == 1
        assert any("SELECT match.profile_id" in one for one in statements)
