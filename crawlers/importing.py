"""How do files on disk become notices? Any known format, through the same parsers and the same store as a crawl."""

import gzip
import tarfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from crawlers import payload
from crawlers.batches import BATCH
from crawlers.notice import Broken, ParsedNotice
from crawlers.saving import Saved
from crawlers.store import store_all, store_each
from settings import get_settings

MEBIBYTE = 1024 * 1024
LARGEST_FILE = 64 * MEBIBYTE
MOST_MEMBERS = 10_000  # a TED day has some 3,700
MOST_HELD = 32 * MEBIBYTE  # of files whose notices wait to be stored together
ARCHIVES = (".tar.gz", ".tgz", ".tar")
DAMAGES = (tarfile.TarError, EOFError, OSError, zlib.error)


class Refused(Exception):  # noqa: N818 - no fault of ours: what an archive asks for, told by its name
    """Raised where reading on would cost more than a package may."""


@dataclass(kw_only=True)
class ImportReport:
    """What became of every file."""

    files: int = 0
    saved: Counter[Saved] = field(default_factory=Counter)
    broken: list[tuple[str, str]] = field(default_factory=list)  # file, reason
    skipped: list[tuple[str, str]] = field(default_factory=list)  # not notices at all
    incomplete: list[str] = field(default_factory=list)  # archives that were not read to their end


@dataclass(frozen=True, slots=True, kw_only=True)
class FileBytes:
    """A file's name and content, from a folder or an archive."""

    name: str
    body: bytes


Met = tuple[FileBytes, ParsedNotice | Broken]


def files(paths: Iterable[Path], report: ImportReport) -> Iterator[FileBytes]:
    """Every file below the paths, in order of name; archives are read as they are, never unpacked to disk.

    Raises FileNotFoundError for a path that is not there.
    """
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(f"{path} is not there")
        inside = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for one in inside:
            if one.name.endswith(ARCHIVES):
                yield from _archived(one, report)
            elif one.stat().st_size > LARGEST_FILE:
                report.skipped.append((str(one), "larger than 64 MiB"))
            else:
                yield FileBytes(name=str(one), body=one.read_bytes())


def _archived(path: Path, report: ImportReport) -> Iterator[FileBytes]:
    """Members of a daily package; sizes are bounded before anything is unfolded, names are never used as paths.

    What came before a damage is given all the same; the archive is then among the incomplete ones.
    """
    read = 0
    try:
        with _opened(path) as archive:
            for body in _bodies(archive, path, report):
                read += 1
                yield body
    except (*DAMAGES, Refused) as error:
        where = f"after {read} files" if read else "at its start"
        report.skipped.append(
            (str(path), f"not a readable archive: broken off {where}: {error or 'it ends too early'}")
        )
        report.incomplete.append(str(path))


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    if path.suffix == ".tar":
        with tarfile.open(path, "r:") as archive:
            yield archive
    else:
        with _Bounded(path) as unfolded, tarfile.open(fileobj=unfolded, mode="r:") as archive:
            yield archive
            # The checksum stands after the last member, and what follows it is no part of the package.
            unfolded.read(LARGEST_FILE)
            if unfolded.read(1):
                raise Refused("goes on after its end")


class _Bounded(gzip.GzipFile):
    """A gzip file of which nobody may ask for more at once than a member may hold: headers have sizes too."""

    def read(self, size: int | None = -1) -> bytes:
        if size is None or not 0 <= size <= LARGEST_FILE + tarfile.BLOCKSIZE:
            raise Refused("a header larger than 64 MiB")
        return super().read(size)


def _bodies(archive: tarfile.TarFile, path: Path, report: ImportReport) -> Iterator[FileBytes]:
    total, largest = 0, get_settings().largest_package
    for count, member in enumerate(archive, start=1):
        total += member.size  # as the header says; tarfile gives no more than that, and passes over no less
        if count > MOST_MEMBERS:
            raise Refused(f"more than {MOST_MEMBERS} members")
        if total > largest * MEBIBYTE:
            raise Refused(f"unpacks to more than {largest} MiB (ANBUDSVAKT_LARGEST_PACKAGE)")
        # The system's encoding may have no letters for a name, and a terminal obeys what is none.
        name = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in member.name)
        if member.size > LARGEST_FILE:
            report.skipped.append((f"{path}:{name}", "larger than 64 MiB"))
        elif name.endswith(ARCHIVES):
            report.skipped.append((f"{path}:{name}", "an archive within an archive; unpack it first"))
        elif member.isfile() and (stream := archive.extractfile(member)) is not None:
            yield FileBytes(name=f"{path}:{name}", body=stream.read())


def import_paths(paths: Iterable[Path], *, progress: Callable[[int], None] | None = None) -> ImportReport:
    """Read and store everything below the paths; importing twice changes nothing. ``progress(n)``: n more files.

    A notice that cannot be stored is quarantined with its whole file, and the rest goes on.
    """
    report = ImportReport()
    for batch in _batches(_met(files(paths, report), report, progress)):
        outcomes = store_each([met for _, met in batch])
        kept: list[ParsedNotice | Broken] = []
        for (file, met), outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, Saved):
                report.saved[outcome] += 1
            elif isinstance(met, Broken):
                raise outcome
            else:
                report.broken.append((file.name, str(outcome)))
                kept.append(payload.kept_whole(met, file.body, file.name, str(outcome)))
        report.saved.update(store_all(kept))
    return report


def _batches(met: Iterable[Met]) -> Iterator[list[Met]]:
    """So many notices at a time as are stored together; fewer where their files are large."""
    batch: list[Met] = []
    held: dict[str, int] = {}
    for file, one in met:
        batch.append((file, one))
        held[file.name] = len(file.body)
        if len(batch) == BATCH or sum(held.values()) > MOST_HELD:
            yield batch
            batch, held = [], {}
    if batch:
        yield batch


def _met(found: Iterable[FileBytes], report: ImportReport, progress: Callable[[int], None] | None) -> Iterator[Met]:
    for file in found:
        report.files += 1
        try:
            for one in payload.read(file.body, file.name):
                if isinstance(one, Broken):
                    report.broken.append((file.name, one.reason))
                yield file, one
        except payload.NotANotice as reason:
            report.skipped.append((file.name, str(reason)))
        if progress is not None:
            progress(1)
