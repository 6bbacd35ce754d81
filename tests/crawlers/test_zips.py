"""What becomes of a zip, whatever is in it? It is not opened: packages come as tar.gz, and a house test keeps zipfile out. (H5)

Hostile tar.gz packages are met by test_importing.py.
"""

import io
import resource
import struct
import time
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from crawlers.importing import ImportReport, files, import_paths


def _zip(*members: tuple[str, bytes], level: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(made, "w", level) as archive:
        warnings.simplefilter("ignore")  # of names that come twice
        for name, body in members:
            archive.writestr(name, body)
    return made.getvalue()


def _lying() -> bytes:
    """The directory says 10 bytes where 8 MiB lie."""
    made = bytearray(_zip(("1-2031.xml", bytes(8 * 1024 * 1024))))
    at = made.rindex(b"PK\x01\x02")
    made[at + 24 : at + 28] = struct.pack("<I", 10)
    return bytes(made)


def _overlapping() -> bytes:
    """A thousand entries of the directory lead to the same megabyte."""
    whole = _zip(("1-2031.xml", bytes(1024 * 1024)))
    at, end = whole.rindex(b"PK\x01\x02"), whole.rindex(b"PK\x05\x06")
    entry = whole[at:end]
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 1000, 1000, 1000 * len(entry), at, 0)
    return whole[:at] + entry * 1000 + tail


def _nested() -> bytes:
    inner = _zip(("1-2031.xml", bytes(16 * 1024 * 1024)))
    for _ in range(5):
        inner = _zip(*((f"{number}.zip", inner) for number in range(10)))
    return inner


ZIPS: dict[str, Callable[[], bytes]] = {
    "lying sizes": _lying,
    "overlap": _overlapping,
    "100,000 entries": lambda: _zip(*((f"{number}", b"") for number in range(100_000)), level=zipfile.ZIP_STORED),
    "ways up": lambda: _zip(("../../1-2031.xml", b"<TED_EXPORT/>"), ("/tmp/1-2031.xml", b"<TED_EXPORT/>")),  # noqa: S108
    "nested": _nested,
    "one to a thousand": lambda: _zip(("1-2031.xml", bytes(200 * 1024 * 1024))),
    "a sound one": lambda: _zip(("1-2031.xml", b"<TED_EXPORT/>")),
}


@pytest.mark.parametrize("name", ["day.zip", "day.xml", "day.json"])
@pytest.mark.parametrize("kind", ZIPS)
def test_a_zip_is_told_and_left_alone(tmp_path: Path, kind: str, name: str) -> None:
    """H5: 0 entries read, nothing written beside it, whatever the file calls itself."""
    (tmp_path / name).write_bytes(ZIPS[kind]())
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    report = import_paths([tmp_path])
    assert time.process_time() - started < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024  # KiB
    assert (report.files, report.saved.total(), len(report.skipped)) == (1, 0, 1)
    assert "neither XML nor JSON" in report.skipped[0][1]
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert len(list(files([tmp_path], ImportReport()))) == 1
