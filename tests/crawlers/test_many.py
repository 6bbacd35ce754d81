"""Are many notices stored fast, once, and each fault kept to its own notice, whoever else is storing?"""

import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Barrier
from time import process_time

import pytest
from kinfolk import stored_groups
from rows_left import emptied, rows_as_they_lie
from sqlalchemy import func, select, text, update
from sqlalchemy.engine import URL
from sqlalchemy.exc import DataError, OperationalError

from crawlers import eforms
from crawlers.notice import Broken, Money, NotStored, ParsedNotice
from crawlers.saving import SEEN_ANEW, Saved
from crawlers.store import store, store_all, store_each
from db.models import Notice, NoticeVersion, Quarantined
from db.session import engine, forget_engine, transaction, utcnow
from demo.eforms_wire import eforms_xml
from demo.many import many_notices
from settings import get_settings

DAY = date(2026, 11, 23)
ROOT = Path(__file__).parents[2]
BROKEN = Broken(source="ted", source_id="1-2026", reason="cut\0 off \ud800", body=b"<cut")


def parsed(count: int) -> list[ParsedNotice]:
    return [eforms.parse(eforms_xml(notice, "ted")) for notice in many_notices(count, DAY)]


def stored_numbers() -> set[str]:
    with transaction() as s:
        return set(s.scalars(select(Notice.source_id)))


def test_the_second_time_nothing_is_written(database: URL) -> None:
    met: list[ParsedNotice | Broken] = [*parsed(120), BROKEN]
    twice = [*met, *met[:5]]
    assert set(store_all(twice)) == {Saved.NEW, Saved.UNCHANGED, Saved.QUARANTINED}
    before = rows_as_they_lie()
    assert set(store_all(twice)) == {Saved.UNCHANGED, Saved.QUARANTINED}
    assert rows_as_they_lie() == before


def test_what_is_still_there_after_a_day_is_seen_anew(database: URL) -> None:
    met = [replace(one, listing_sha256="a" * 64) for one in parsed(3)]
    store_all(met)
    with transaction() as s:
        s.execute(update(Notice).values(seen_at=utcnow() - SEEN_ANEW - timedelta(minutes=1)))
    store_all([met[0], replace(met[1], listing_sha256="b" * 64)])
    with transaction() as s:
        seen = {n.source_id: (utcnow() - n.seen_at < SEEN_ANEW, n.listing_sha256) for n in s.scalars(select(Notice))}
    assert seen == {
        met[0].source_id: (True, "a" * 64),
        met[1].source_id: (True, "b" * 64),
        met[2].source_id: (False, "a" * 64),
    }


def test_processes_that_store_the_same_at_once_store_it_once(database: URL) -> None:
    met = parsed(150)
    assert engine()  # made once, before there are threads
    start = Barrier(3)

    def together(turn: int) -> list[Saved]:
        start.wait(10)
        order = met if turn == 0 else met[::-1]
        return [saved for at in range(0, len(order), 50) for saved in store_all(order[at : at + 50])]

    with ThreadPoolExecutor(3) as pool:
        told = [saved for one in pool.map(together, range(3)) for saved in one]
    assert told.count(Saved.NEW) == len(met)
    stored_together = stored_groups()
    emptied()
    store_all(met)
    assert stored_groups() == stored_together


def test_a_fault_in_one_is_raised_and_stores_none_or_told_in_its_place_and_stores_the_rest(database: URL) -> None:
    met: list[ParsedNotice | Broken] = [*parsed(4), BROKEN]
    good = met[2]
    assert isinstance(good, ParsedNotice)
    met[2] = replace(good, value=Money(amount=Decimal(10) ** 30, currency="SEK"))
    with pytest.raises(DataError):
        store_all(met)
    assert stored_numbers() == set()
    told = store_each(met)
    assert [one for one in told if isinstance(one, Saved)] == [Saved.NEW] * 3 + [Saved.QUARANTINED]
    assert isinstance(told[2], NotStored)
    assert str(told[2]) == "it could not be stored: DataError"
    assert stored_numbers() == {one.source_id for one in met[:4]} - {good.source_id}
    with transaction() as s:
        kept = s.scalars(select(Quarantined)).one()
    assert (kept.body, kept.reason) == (b"<cut", "cut\N{REPLACEMENT CHARACTER} off ?")


def test_no_title_or_name_is_too_long_for_its_keys(database: URL) -> None:
    (one,) = parsed(1)
    wide = "".join(chr(0x20000 + place * 7) for place in range(490))  # four bytes each, and nothing to compress
    (buyer,) = (replace(buyer, name=wide) for buyer in one.buyers[:1])
    assert store(replace(one, title={one.language: wide}, buyers=(buyer,), reference=wide + "1")) is Saved.NEW


def test_a_database_that_is_away_says_nothing_of_a_notice(database: URL, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    get_settings.cache_clear()
    forget_engine()
    with pytest.raises(OperationalError):
        store_each(parsed(2))


def test_moments_of_a_batch_are_kept_in_utc(database: URL) -> None:
    (one,) = parsed(1)
    published = datetime(2026, 11, 20, 8, tzinfo=UTC)
    store_all([replace(one, published_at=published)])
    with transaction() as s:
        assert s.scalars(select(NoticeVersion.published_at)).one() == published
        assert s.scalar(select(func.count()).where(Notice.tie.is_(None), text("tie IS NULL"))) == 1


def test_together_costs_less_than_half_of_one_by_one(database: URL) -> None:
    met = parsed(400)
    store_all(met[:100])

    def cost(batches: Sequence[Sequence[ParsedNotice]]) -> float:
        began = process_time()
        for batch in batches:
            assert set(store_all(batch) if len(batch) > 1 else [store(batch[0])]) == {Saved.NEW}
        return process_time() - began

    alone = cost([[one] for one in met[100:250]])
    assert cost([met[250:]]) < alone / 2


@pytest.mark.parametrize(
    "count", [300, pytest.param(3700, marks=[pytest.mark.prove, pytest.mark.timeout(600)])], ids=["share", "whole day"]
)
def test_a_day_of_ted_comes_in_by_one_command_and_again_writes_nothing(
    database: URL, tmp_path: Path, count: int
) -> None:
    path = tmp_path / "20261120_224.tar.gz"
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        for one in many_notices(count, date(2026, 11, 20)):
            body = eforms_xml(one, "ted")
            member = tarfile.TarInfo(f"20261120_224/{one.number:08d}_2026.xml")
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
    first = imported(path)
    assert (first["files"], first["new"], first["unchanged"]) == (count, count, 0)
    assert len(stored_numbers()) == count
    before = rows_as_they_lie()
    again = imported(path)
    assert (again["files"], again["new"], again["unchanged"]) == (count, 0, count)
    assert rows_as_they_lie() == before


def imported(path: Path) -> dict[str, int]:
    command = [sys.executable, "-c", "import cli; cli.main()", "import", "--json", str(path)]
    began = datetime.now(UTC)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    row: dict[str, int] = json.loads(done.stdout)
    seconds = (datetime.now(UTC) - began).total_seconds()
    print(f"{row['files']} files at {row['files'] / seconds:.0f}/s, the command's start and the scopes included: {row}")
    return row
