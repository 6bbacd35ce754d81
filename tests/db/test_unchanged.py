"""Is a value that is kept the one that reading it anew would give?"""

from sqlalchemy import func, select, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from db.models import Subscriber
from db.session import engine, transaction
from db.unchanged import Kept
from factories import make_subscriber


def counted(s: Session, kept: Kept[int], reads: list[int], key: str = "subscribers") -> int:
    def read() -> int:
        reads.append(1)
        return s.scalar(select(func.count(Subscriber.id))) or 0

    return kept.get(s, key, read)


def test_a_value_is_read_once_until_anything_is_written(database: URL) -> None:
    kept, reads = Kept[int](most=2), list[int]()
    for _ in range(2):
        with transaction() as s:
            assert counted(s, kept, reads) == 0
    assert len(reads) == 1
    make_subscriber()
    with transaction() as s:
        assert counted(s, kept, reads) == 1
    assert len(reads) == 2


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
