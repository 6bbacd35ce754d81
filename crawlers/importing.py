"""How do files on disk become notices? Any known format, through the same parsers and the same store as a crawl."""

import tarfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from crawlers import payload
from crawlers.notice import Broken, ParsedNotice
from crawlers.saving import Saved
from crawlers.store import store_all

BATCH = 100
LARGEST_FILE = 64 * 1024 * 1024
LARGEST_ARCHIVE = 2 * 1024 * 1024 * 1024  # unpacked; a TED day is about 100 MiB
MOST_MEMBERS = 20_000


@dataclass(kw_only=True)
class ImportReport:
    """What became of every file."""

    files: int = 0
    saved: Counter[Saved] = field(default_factory=Counter)
    broken: list[tuple[str, str]] = field(default_factory=list)  # file, reason
    skipped: list[tuple[str, str]] = field(default_factory=list)  # not notices at all


@dataclass(frozen=True, slots=True, kw_only=True)
class FileBytes:
    """A file's name and content, from a folder or an archive."""

    name: str
    body: bytes


def files(paths: Iterable[Path], report: ImportReport) -> Iterator[FileBytes]:
    """Every file below the paths, in order of name; archives are read as they are, never unpacked to disk.

    Raises FileNotFoundError for a path that is not there.
    """
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(f"{path} is not there")
        inside = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for one in inside:
            if one.name.endswith((".tar.gz", ".tgz", ".tar")):
                yield from _archived(one, report)
            elif one.stat().st_size > LARGEST_FILE:
                report.skipped.append((str(one), "larger than 64 MiB"))
            else:
                yield FileBytes(name=str(one), body=one.read_bytes())


def _archived(path: Path, report: ImportReport) -> Iterator[FileBytes]:
    """Members of a daily package; sizes are counted while reading, names are never used as paths."""
    total = 0
    try:
        with tarfile.open(path) as archive:
            for count, member in enumerate(archive, start=1):
                if count > MOST_MEMBERS:
                    report.skipped.append((str(path), f"more than {MOST_MEMBERS} members; the rest was not read"))
                    return
                stream = archive.extractfile(member) if member.isfile() else None
                if stream is None:
                    continue
                body = stream.read(LARGEST_FILE + 1)
                total += len(body)
                if len(body) > LARGEST_FILE:
                    report.skipped.append((f"{path}:{member.name}", "larger than 64 MiB"))
                elif total > LARGEST_ARCHIVE:
                    report.skipped.append((str(path), "unpacks to more than 2 GiB; the rest was not read"))
                    return
                else:
                    yield FileBytes(name=f"{path}:{member.name}", body=body)
    except (tarfile.TarError, EOFError, OSError) as error:
        report.skipped.append((str(path), f"not a readable archive: {error}"))


def import_paths(paths: Iterable[Path], *, progress: Callable[[int], None] | None = None) -> ImportReport:
    """Read and store everything below the paths; importing twice changes nothing. ``progress(n)``: n more files."""
    report = ImportReport()
    met = _met(files(paths, report), report, progress)
    while batch := list(islice(met, BATCH)):
        report.saved += store_all(batch)
    return report


def _met(
    found: Iterable[FileBytes], report: ImportReport, progress: Callable[[int], None] | None
) -> Iterator[ParsedNotice | Broken]:
    for file in found:
        report.files += 1
        try:
            for one in payload.read(file.body, file.name):
                if isinstance(one, Broken):
                    report.broken.append((file.name, one.reason))
                yield one
        except payload.NotANotice as reason:
            report.skipped.append((file.name, str(reason)))
        if progress is not None:
            progress(1)
