"""Is a model folder what it says it is, and safe to open?

Our own folder lists the SHA-256 of each file that a program reads. Whatever folder it is, weights come as safetensors only: a pickle
runs code when it is read.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

MANIFEST = "manifest.json"
_PICKLES = frozenset({".bin", ".ckpt", ".joblib", ".pickle", ".pkl", ".pt", ".pth"})
_LONGEST_HEAD = 100_000_000  # bytes; the format's own limit
_PROSE = "README.md"  # for people; never read by a program, so that a mended typo refuses no model
_TOLD_ONLY = frozenset({"scoring.json", "grams.safetensors"})  # not part of what turns text into vectors


class ModelRefused(Exception):  # noqa: N818 - a finding about a folder, told by its name
    """Raised before anything of a model folder is loaded; says which file is wrong and what to do."""


def check(folder: Path, *, listed: bool) -> str:
    """Check a folder and name its revision: a hash over what turns text into vectors, twelve hexadecimal digits.

    `listed` demands a manifest; without it one is checked where there is one. Raises ModelRefused.
    """
    if not folder.is_dir():
        raise ModelRefused(f"{folder} is no folder: models are read from disk, never fetched")
    found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    for name, path in found.items():
        if path.suffix.lower() in _PICKLES:
            raise ModelRefused(f"{name} in {folder} may run code when read: keep the weights as safetensors only")
        if path.suffix == ".safetensors":
            _begins_well(name, path)
    if not any(name.endswith(".safetensors") for name in found):
        raise ModelRefused(f"{folder} has no safetensors file, so there are no weights to read")
    hashes = {name: sha256(path) for name, path in found.items() if name not in (MANIFEST, _PROSE)}
    if listed or MANIFEST in found:
        _compare(folder, hashes)
    kept = "\n".join(f"{name} {digest}" for name, digest in sorted(hashes.items()) if name not in _TOLD_ONLY)
    return hashlib.sha256(kept.encode()).hexdigest()[:12]


def write(folder: Path, *, hub: Mapping[str, str] | None = None) -> None:
    """List the files that a program reads, with their hashes, in the folder's manifest.

    `hub` says where the folder came from (name and commit); what an older manifest said of that is kept.
    """
    told = origin(folder) if hub is None else dict(hub)
    hashes = {
        path.relative_to(folder).as_posix(): sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in (MANIFEST, _PROSE)
    }
    listed: dict[str, dict[str, str]] = {"hub": told} if told else {}
    listed["sha256"] = hashes
    (folder / MANIFEST).write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")


def origin(folder: Path) -> dict[str, str]:
    """Where on a hub the folder came from, name and commit, as its manifest says; empty where it does not."""
    try:
        told = json.loads((folder / MANIFEST).read_text(encoding="utf-8")).get("hub", {})
        return {str(key): str(value) for key, value in told.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def sha256(path: Path) -> str:
    """The file's SHA-256 in hexadecimal digits."""
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _begins_well(name: str, path: Path) -> None:
    """Refuse what only calls itself safetensors, and what was cut off: its head tells how long the file must be."""
    told = "no head of a plausible length"
    with path.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        if 2 <= length <= _LONGEST_HEAD:
            try:
                head = json.loads(opened.read(length))
                ends = [tensor["data_offsets"][1] for called, tensor in head.items() if called != "__metadata__"]
                if 8 + length + max(ends, default=0) == path.stat().st_size:
                    return
                told = "its length is not what its head says"
            except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
                told = str(error)
    raise ModelRefused(f"{name} in {path.parent} is no whole safetensors file: {told}")


def _compare(folder: Path, hashes: dict[str, str]) -> None:
    try:
        promised: dict[str, str] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelRefused(f"{folder} has no readable {MANIFEST}: {error}") from error
    if not isinstance(promised, dict):
        raise ModelRefused(f"{folder} has no readable {MANIFEST}: it lists no files")
    for name in sorted(promised.keys() | hashes.keys()):
        if name not in hashes:
            raise ModelRefused(f"{name} is missing in {folder}, though {MANIFEST} lists it")
        if name not in promised:
            raise ModelRefused(f"{name} in {folder} is not listed in {MANIFEST}")
        if promised[name] != hashes[name]:
            raise ModelRefused(f"{name} in {folder} is not the file that {MANIFEST} lists: its SHA-256 differs")
