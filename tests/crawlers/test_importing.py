"""Do files, folders and daily packages come in through the same parsers, once, with the broken ones kept whole?"""

import io
import tarfile
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.engine import URL
from typer.testing import CliRunner

from cli import app
from crawlers import importing
from crawlers.importing import import_paths
from crawlers.retry import retry
from crawlers.saving import Saved
from db.listing import Wanted, notices
from db.models import Quarantined
from db.session import transaction
from demo.catalogue import catalogue
from demo.eforms_wire import eforms_xml
from settings import get_settings

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


def bodies(*members: tuple[str, bytes]) -> bytes:
    """A package in memory."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for name, body in members:
            member = tarfile.TarInfo(name)
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
    return target.getvalue()


def notice(place: int) -> tuple[str, bytes]:
    return f"{DAY[place].ted_number}.xml", eforms_xml(DAY[place], "ted")


@pytest.mark.parametrize("share", [0.5, 0.9, 0.999])
def test_a_package_that_breaks_off_gives_what_came_before_and_the_rest_when_it_is_whole(
    database: URL, tmp_path: Path, share: float
) -> None:
    path = package(tmp_path / "day.tar.gz")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    cut = import_paths([path])
    assert cut.incomplete == [str(path)]
    assert "broken off after" in cut.skipped[-1][1]
    assert 0 < cut.saved[Saved.NEW] <= 20
    assert len(stored()) == cut.saved[Saved.NEW]
    path.write_bytes(whole)
    again = import_paths([path])
    assert not again.incomplete
    assert (again.saved[Saved.UNCHANGED], len(stored())) == (cut.saved[Saved.NEW], 20)


def test_a_package_with_bytes_gone_wrong_is_told(database: URL, tmp_path: Path) -> None:
    path = package(tmp_path / "day.tar.gz")
    whole = path.read_bytes()
    path.write_bytes(whole[:2000] + bytes(byte ^ 0x5A for byte in whole[2000:2600]) + whole[2600:])
    report = import_paths([path, _single(tmp_path)])
    assert report.incomplete == [str(path)]
    assert DAY[19].ted_number in stored()  # what stands beside it comes in


def _single(folder: Path) -> Path:
    name, body = notice(19)
    (folder / name).write_bytes(body)
    return folder / name


def test_odd_names_links_and_nested_archives_harm_nothing(database: URL, tmp_path: Path) -> None:
    odd = io.BytesIO()
    with tarfile.open(fileobj=odd, mode="w:gz") as archive:
        for kind, name in (
            (tarfile.SYMTYPE, "link.xml"),
            (tarfile.LNKTYPE, "hard.xml"),
            (tarfile.FIFOTYPE, "fifo.xml"),
        ):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
        for place, name in enumerate(("/etc/cron.d/x.xml", "a\x1b[31m\udcff.xml", "ø" * 300 + ".xml", "dir/")):
            body = notice(place)[1]
            member = tarfile.TarInfo(name)
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
        inner = bodies(notice(5))
        member = tarfile.TarInfo("inner.tar.gz")
        member.size = len(inner)
        archive.addfile(member, io.BytesIO(inner))
    (tmp_path / "odd.tar.gz").write_bytes(odd.getvalue())
    report = import_paths([tmp_path / "odd.tar.gz"])
    assert stored() == {one.ted_number for one in DAY[:4]}
    told = dict(report.skipped)
    assert told[f"{tmp_path}/odd.tar.gz:inner.tar.gz"] == "an archive within an archive; unpack it first"
    assert all(name.isprintable() for name in told)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["odd.tar.gz"]


def test_a_package_may_not_unfold_without_end(
    database: URL, tmp_path: Path, environment: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "LARGEST_FILE", 1_000_000)
    environment.setenv("ANBUDSVAKT_LARGEST_PACKAGE", "2")
    get_settings.cache_clear()
    monkeypatch.setattr(importing, "MOST_MEMBERS", 12)
    large = tmp_path / "large.tar.gz"
    large.write_bytes(bodies(("0.xml", bytes(1_000_001)), notice(0), ("1.xml", bytes(999_999)), ("2.xml", bytes(999_999)),
                             notice(1)))  # fmt: skip
    many = tmp_path / "many.tar.gz"
    many.write_bytes(bodies(*[notice(place) for place in range(14)]))
    header = tmp_path / "header.tar.gz"
    header.write_bytes(bodies(notice(0), ("x" * 2_000_000, b"")))
    report = import_paths([large, many, header])
    assert report.incomplete == [str(large), str(many), str(header)]
    reasons = [reason for name, reason in report.skipped if name in report.incomplete]
    assert [reason.rpartition(": ")[2] for reason in reasons] == [
        "unpacks to more than 2 MiB (ANBUDSVAKT_LARGEST_PACKAGE)",
        "more than 12 members",
        "a header larger than 64 MiB",
    ]
    assert len(stored()) == 12


def test_the_command_tells_of_a_package_that_broke_off(database: URL, tmp_path: Path) -> None:
    path = package(tmp_path / "day.tar.gz")
    path.write_bytes(path.read_bytes()[:-3000])
    told = CliRunner().invoke(app, ["import", str(path)])
    assert told.exit_code == 1
    assert "not read to the end" in " ".join(told.output.split())
    assert stored()


def test_a_notice_that_cannot_be_stored_is_kept_whole_and_the_rest_comes_in(database: URL, tmp_path: Path) -> None:
    path = package(tmp_path / "day.tar.gz")
    (title,) = {text.title for language, text in DAY[3].texts.items() if language == "sv"} or {"-"}
    with transaction() as s:
        words = f"%{title}%".replace("'", "''")
        s.execute(text(f"ALTER TABLE notice_version ADD CONSTRAINT refused CHECK (title::text NOT LIKE '{words}')"))
    report = import_paths([path])
    refused = 20 - report.saved[Saved.NEW]
    assert 0 < refused < 20
    assert (report.saved[Saved.QUARANTINED], len(stored()), len(report.broken)) == (refused, 20 - refused, refused)
    with transaction() as s:
        kept = s.scalars(select(Quarantined)).all()
        assert {one.reason for one in kept} == {"it could not be stored: IntegrityError"}
        assert eforms_xml(DAY[3], "ted") in {one.body for one in kept}
        s.execute(text("ALTER TABLE notice_version DROP CONSTRAINT refused"))
    assert retry().cleared == refused
    assert len(stored()) == 20


def test_real_payloads_come_in_without_a_quarantine_and_again_change_nothing(database: URL, shared: Path) -> None:
    first = import_paths([shared / "portals"])
    assert first.saved[Saved.QUARANTINED] == 0
    assert first.saved[Saved.NEW] > 600
    again = import_paths([shared / "portals"])
    assert set(again.saved) == {Saved.UNCHANGED}
