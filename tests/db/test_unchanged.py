"""Is a value that is kept the one that reading it anew would give?"""

from sqlalchemy import func, select, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from db.models import Beat, ChangeSeen, Subscriber
from db.session import engine, transaction
from db.unchanged import Kept, forget
from factories import make_profile, make_subscriber


def counted(s: Session, kept: Kept[int], reads: list[int], key: str = "subscribers") -> int:
    def read() -> int:
        reads.append(1)
        return s.scalar(select(func.count(Subscriber.id))) or 0

    return kept.get(s, key, read)


def test_a_value_is_read_once_until_a_watched_table_is_written(database: URL) -> None:
    kept, reads = Kept[int](most=2), list[int]()
    for _ in range(2):
        with transaction() as s:
            assert counted(s, kept, reads) == 0
    assert len(reads) == 1
    make_subscriber()
    with transaction() as s:
        assert counted(s, kept, reads) == 1
    assert len(reads) == 2


def test_what_nobody_reads_it_from_may_be_written(database: URL) -> None:
    kept, reads = Kept[int](most=2), list[int]()
    for _ in range(3):
        with transaction() as s:
            counted(s, kept, reads)
        with transaction() as s:
            s.add(Beat(part=f"part {len(reads)} {_}"))
    assert len(reads) == 1


def test_a_transaction_is_noted_once_and_one_that_is_taken_back_not_at_all(database: URL) -> None:
    make_profile(make_subscriber())
    with transaction() as s:
        s.execute(text("TRUNCATE change_seen"))
    with transaction() as s:
        for _ in range(3):
            s.execute(text("UPDATE subscriber SET company = company"))
        with s.begin_nested() as part:
            s.execute(text("UPDATE profile SET name = name"))
            part.rollback()
        s.execute(text("UPDATE profile SET name = name"))
    with Session(engine()) as s:
        s.execute(text("UPDATE subscriber SET company = company"))
        s.rollback()
    with Session(engine()) as s, s.begin():
        with s.begin_nested() as part:
            s.execute(text("UPDATE subscriber SET company = company"))
            part.rollback()
        s.execute(text("UPDATE profile SET name = name"))
    with transaction() as s:
        assert s.scalar(select(func.count(ChangeSeen.id))) == 2


def test_whoever_changed_no_row_has_written_nothing(database: URL) -> None:
    make_subscriber()
    with transaction() as s:
        noted = s.scalars(select(ChangeSeen.id)).all()
    for statement in ("UPDATE match SET score = score", "DELETE FROM match", "INSERT INTO match SELECT * FROM match"):
        with transaction() as s:
            s.execute(text(statement))
    with transaction() as s:
        assert s.scalars(select(ChangeSeen.id)).all() == noted


def test_forgetting_who_wrote_makes_no_state_look_like_an_earlier_one(database: URL) -> None:
    kept, reads = Kept[int](most=2), list[int]()
    for known in range(3):
        with transaction() as s:
            assert counted(s, kept, reads) == known
        make_subscriber()  # and nobody looks before it is forgotten
        with transaction() as s:
            assert forget(s) == 1 + (known > 0)
    with transaction() as s:
        assert s.scalar(select(func.count(ChangeSeen.id))) == 1


def test_what_another_has_not_committed_is_seen_once_it_is(database: URL) -> None:
    kept, reads = Kept[int](most=2), list[int]()
    with Session(engine()) as other:
        other.execute(text("UPDATE subscriber SET company = company"))
        other.add(Subscriber(company="A", email="a@firm.example", country="NO", language="nb", cadence="daily"))
        other.flush()
        with transaction() as s:
            assert [counted(s, kept, reads) for _ in range(2)] == [0, 0]
        other.commit()
    with transaction() as s:
        assert counted(s, kept, reads) == 1


def test_a_transaction_that_has_written_reads_for_itself_and_leaves_nothing(database: URL) -> None:
    kept, reads = Kept[int](most=2), list[int]()
    with Session(engine()) as own:
        assert counted(own, kept, reads) == 0
        own.add(Subscriber(company="A", email="a@firm.example", country="NO", language="nb", cadence="daily"))
        own.flush()
        assert counted(own, kept, reads) == 1
        own.rollback()
    with transaction() as s:
        assert counted(s, kept, reads) == 0


def test_no_more_are_kept_than_there_is_room_for(database: URL) -> None:
    kept, reads = Kept[int](most=2), list[int]()
    with transaction() as s:
        for key in ("first", "second", "third", "third", "second", "first"):
            counted(s, kept, reads, key)
    assert len(reads) == 4
