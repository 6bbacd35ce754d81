"""Do files, folders and daily packages come in through the same parsers, once, with the broken ones kept whole?"""

import io
import tarfile
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.engine import URL

from crawlers.importing import import_paths
from crawlers.saving import Saved
from db.listing import Wanted, notices
from db.models import Quarantined
from db.session import transaction
from demo.catalogue import catalogue
from demo.eforms_wire import eforms_xml

DAY = [n for n in catalogue(date(2026, 11, 23), 1) if n.on_portal("ted")][:20]


def package(path: Path, *, broken: int = 0, name: str = "20261123_226/{}.xml") -> Path:
    """A daily package as TED makes them: a folder of one XML per notice in a tar.gz."""
    with tarfile.open(path, "w:gz") as archive:
        for place, notice in enumerate(DAY):
            body = eforms_xml(notice, "ted")
            if place < broken:
                body = body[: len(body) // 2]
            member = tarfile.TarInfo(name.format(notice.ted_number))
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
    return path


def stored() -> set[str]:
    return {str(row["source_id"]) for row in notices(Wanted())}


def test_a_daily_package_comes_in_whole_and_again_changes_nothing(database: URL, tmp_path: Path) -> None:
    path = package(tmp_path / "20261123_226.tar.gz")
    steps: list[int] = []
    report = import_paths([path], progress=steps.append)
    assert (report.files, report.saved[Saved.NEW], sum(steps)) == (20, 20, 20)
    assert stored() == {notice.ted_number for notice in DAY}
    again = import_paths([path])
    assert again.saved == {Saved.UNCHANGED: 20}


def test_a_broken_notice_is_kept_whole_and_the_rest_goes_on(database: URL, tmp_path: Path) -> None:
    report = import_paths([package(tmp_path / "day.tar.gz", broken=3)])
    assert (report.saved[Saved.NEW], report.saved[Saved.QUARANTINED], len(report.broken)) == (17, 3, 3)
    whole = eforms_xml(DAY[0], "ted")
    with transaction() as s:
        assert whole[: len(whole) // 2] in set(s.scalars(select(Quarantined.body)))


def test_folders_and_files_and_what_is_no_notice(database: URL, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for notice in DAY[:2]:
        (tmp_path / "in" / f"{notice.ted_number}.xml").write_bytes(eforms_xml(notice, "ted"))
    (tmp_path / "in" / "README.md").write_text("# Not a notice")
    single = tmp_path / f"{DAY[2].ted_number}.xml"
    single.write_bytes(eforms_xml(DAY[2], "ted"))
    report = import_paths([tmp_path / "in", single])
    assert (report.saved[Saved.NEW], len(report.skipped)) == (3, 1)


def test_names_in_a_package_are_never_paths(database: URL, tmp_path: Path) -> None:
    import_paths([package(tmp_path / "day.tar.gz", name="../../{}.xml")])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["day.tar.gz"]
    assert len(stored()) == 20


@pytest.mark.parametrize("body", [b"", b"no archive at all", b"\x1f\x8b" + bytes(50)])
def test_what_is_no_archive_is_told_and_nothing_breaks(database: URL, tmp_path: Path, body: bytes) -> None:
    (tmp_path / "day.tar.gz").write_bytes(body)
    report = import_paths([tmp_path / "day.tar.gz"])
    assert (len(report.skipped), report.saved.total()) == (1, 0)


def test_real_payloads_come_in_without_a_quarantine_and_again_change_nothing(database: URL, shared: Path) -> None:
    first = import_paths([shared / "portals"])
    assert first.saved[Saved.QUARANTINED] == 0
    assert first.saved[Saved.NEW] > 600
    again = import_paths([shared / "portals"])
    assert set(again.saved) == {Saved.UNCHANGED}
