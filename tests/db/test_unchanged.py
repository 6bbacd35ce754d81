"""Is a value that is kept the one that reading it anew would give?"""

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from db import unchanged
from db.models import Beat, ChangeSeen, Match, Notice, NoticeVersion, Profile, Subscriber, Threshold
from db.session import engine, transaction
from db.unchanged import Changes, Kept, forget
from factories import make_match, make_notice, make_profile, make_subscriber


def kept_subscribers() -> Kept[int]:
    return Kept(Subscriber, most=2)


def counted(s: Session, kept: Kept[int], reads: list[int], key: str = "subscribers") -> int:
    def read() -> int:
        reads.append(1)
        return s.scalar(select(func.count(Subscriber.id))) or 0

    return kept.get(s, key, read)


def noted() -> set[tuple[str, int]]:
    """What was noted since it was last asked."""
    with transaction() as s:
        found = {(one.relation, one.version_id) for one in s.scalars(select(ChangeSeen))}
        s.execute(text("TRUNCATE change_seen"))
    return found


def write(*statements: str, **values: int) -> None:
    with transaction() as s:
        for statement in statements:
            s.execute(text(statement), values)


def test_a_value_is_read_once_until_a_table_is_written_that_it_is_read_from(database: URL) -> None:
    kept, reads = kept_subscribers(), list[int]()
    for _ in range(2):
        with transaction() as s:
            assert counted(s, kept, reads) == 0
    assert len(reads) == 1
    make_subscriber()
    with transaction() as s:
        assert counted(s, kept, reads) == 1
    assert len(reads) == 2


def test_what_it_is_not_read_from_may_be_written(database: URL) -> None:
    kept, reads = kept_subscribers(), list[int]()
    profile = make_profile(make_subscriber())
    for _ in range(3):
        with transaction() as s:
            counted(s, kept, reads)
        with transaction() as s:
            s.add(Beat(part=f"part {_}"))
            s.add(Threshold(profile_id=profile.id, value=0.4, by="test", why="written too"))
    assert len(reads) == 1


def test_a_transaction_is_noted_once_for_each_table_and_one_that_is_taken_back_not_at_all(database: URL) -> None:
    make_profile(make_subscriber())
    noted()
    company, name = "UPDATE subscriber SET company = company", "UPDATE profile SET name = name"
    write(company, company, company)
    with Session(engine()) as s:
        s.execute(text(company))
        s.rollback()
    with Session(engine()) as s, s.begin():
        with s.begin_nested() as part:
            s.execute(text(company))
            part.rollback()
        s.execute(text(name))
    with transaction() as s:
        assert s.scalars(select(ChangeSeen.relation).order_by(ChangeSeen.id)).all() == ["subscriber", "profile"]


def test_of_matches_and_notices_it_is_noted_which_versions(database: URL) -> None:
    profile = make_profile(make_subscriber())
    first, second = make_notice(), make_notice()
    assert {("notice", first.id), ("notice_version", first.id), ("notice_version", second.id)} < noted()
    make_match(first, profile)
    assert noted() == {("match", first.id)}
    write("UPDATE match SET version_id = :to", to=second.id)
    assert noted() == {("match", first.id), ("match", second.id)}
    write("UPDATE notice SET current_version_id = :to WHERE id = :of", to=second.id, of=first.notice_id)
    assert noted() == {("notice", first.id), ("notice", second.id)}
    write(
        "UPDATE notice_version SET cancelled = true WHERE id = :of",
        "DELETE FROM match WHERE version_id = :of",
        of=second.id,
    )
    assert noted() == {("notice_version", second.id), ("match", second.id)}
    make_match(first, profile)
    noted()
    write("DELETE FROM profile WHERE id = :of", of=profile.id)  # and, with it, its match
    assert noted() == {("profile", 0), ("match", first.id), ("threshold", 0)}


def test_of_more_versions_than_are_looked_up_one_by_one_it_is_noted_that_there_are_any(database: URL) -> None:
    profile = make_profile(make_subscriber())
    first = make_notice()
    write(
        "INSERT INTO notice_version (notice_id, number, content_hash, payload_sha256, wire_format, stage, language,"
        " nationwide, url) SELECT :of, 2, 'many ' || i, '', '', 'result', 'nb', false, '' FROM generate_series(1, 1001) AS i",
        of=first.notice_id,
    )
    assert ("notice_version", 0) in noted()
    make_match(first, profile)
    noted()
    write("TRUNCATE match")
    assert noted() == {("match", 0)}


def test_whoever_changed_no_row_has_written_nothing(database: URL) -> None:
    make_subscriber()
    noted()
    write("UPDATE match SET score = score", "DELETE FROM match", "INSERT INTO match SELECT * FROM match")
    write("UPDATE profile SET name = name", "UPDATE notice SET seen_at = now()")
    assert noted() == set()


def test_a_kept_value_is_renewed_by_what_was_written_where_that_is_enough(database: URL) -> None:
    kept: Kept[list[Changes]] = Kept(Match, Notice, NoticeVersion, Profile, most=1)
    profile, version = make_profile(make_subscriber()), make_notice()

    def got(*, is_enough: bool = True) -> list[Changes]:
        def renew(before: list[Changes], changes: Changes) -> list[Changes] | None:
            return [*before, changes] if is_enough else None

        with transaction() as s:
            return kept.get(s, "", list, renew=renew)

    assert got() == got() == []
    make_match(version, profile)
    of_match = Changes(tables=frozenset(), versions=frozenset({version.id}))
    assert got() == got() == [of_match]
    write("UPDATE profile SET name = name", "UPDATE subscriber SET company = company")
    assert got() == [of_match, Changes(tables=frozenset({"profile"}), versions=frozenset())]
    write("UPDATE profile SET name = name")
    assert got(is_enough=False) == []


def test_after_more_changes_than_are_looked_at_everything_is_read_anew(
    database: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unchanged, "MOST", 3)
    kept: Kept[int] = Kept(NoticeVersion, most=1)
    versions = [make_notice() for _ in range(3)]

    def got() -> int:
        with transaction() as s:
            return kept.get(s, "", lambda: 0, renew=lambda before, changes: before + len(changes.versions))

    got()
    write("UPDATE notice_version SET cancelled = true WHERE id > :first", first=versions[0].id)
    assert got() == 2
    write("UPDATE notice_version SET cancelled = false")
    assert got() == 0


def test_forgetting_who_wrote_makes_no_state_look_like_an_earlier_one(database: URL) -> None:
    kept, reads = kept_subscribers(), list[int]()
    for known in range(3):
        with transaction() as s:
            assert counted(s, kept, reads) == known
        make_subscriber()  # and nobody looks before it is forgotten
        with transaction() as s:
            assert forget(s) == 2 if known else forget(s) > 0
    with transaction() as s:
        assert s.scalar(select(func.count(ChangeSeen.id))) == 1


def test_what_another_has_not_committed_is_seen_once_it_is(database: URL) -> None:
    kept, reads = kept_subscribers(), list[int]()
    with Session(engine()) as other:
        other.execute(text("UPDATE subscriber SET company = company"))
        other.add(Subscriber(company="A", email="a@firm.example", country="NO", language="nb", cadence="daily"))
        other.flush()
        make_subscriber()  # begun later, and sooner done
        with transaction() as s:
            assert [counted(s, kept, reads) for _ in range(2)] == [1, 1]
        other.commit()
    with transaction() as s:
        assert counted(s, kept, reads) == 2
    assert len(reads) == 2


def test_what_changes_while_it_is_read_is_not_kept(database: URL) -> None:
    kept, reads = kept_subscribers(), list[int]()

    def read_slowly() -> int:
        with transaction() as s:
            before = s.scalar(select(func.count(Subscriber.id))) or 0
        make_subscriber()
        return before

    with transaction() as s:
        assert kept.get(s, "subscribers", read_slowly) == 0
        assert counted(s, kept, reads) == 1


def test_a_transaction_that_has_written_reads_for_itself_and_leaves_nothing(database: URL) -> None:
    kept, reads = kept_subscribers(), list[int]()
    with Session(engine()) as own:
        assert counted(own, kept, reads) == 0
        own.add(Subscriber(company="A", email="a@firm.example", country="NO", language="nb", cadence="daily"))
        own.flush()
        assert counted(own, kept, reads) == 1
        own.rollback()
    with transaction() as s:
        assert counted(s, kept, reads) == 0


def test_what_was_asked_for_longest_ago_makes_room(database: URL) -> None:
    kept, reads = kept_subscribers(), list[int]()
    with transaction() as s:
        for key in ("first", "second", "first", "third", "first", "second"):
            counted(s, kept, reads, key)
    assert len(reads) == 4
