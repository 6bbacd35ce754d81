"""Where on this disk lies a model that a hub has by name, and how does it get here?

Never fetched at run time: fetching is a step of the installation, like installing a package, and has a command.
"""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from classifier import manifest
from classifier.manifest import ModelRefused

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
# What reading a model needs. Pickles, and the same weights for other runtimes, stay where they are.
_WANTED = ("*.safetensors", "*.json", "*.txt", "*.model", "README.md")
_UNWANTED = ("onnx/*", "openvino/*", "*/onnx/*", "*.safetensors.index.json.bak")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A model's folder and, where it came from a hub, its name and commit there."""

    folder: Path
    name: str | None = None
    commit: str | None = None


def find(model: str, models: Path | None, pinned: str | None = None) -> Found:
    """A folder, or a hub's name among the fetched ones in `models` or else in the hub's own cache on this disk.

    Raises ModelRefused.
    """
    if Path(model).is_dir():
        return _known(Path(model))
    if not _NAME.fullmatch(model):
        raise ModelRefused(f"{model} is no folder: models are read from disk, never fetched")
    if models is not None and (models / model).is_dir():
        found = _known(models / model)
        return Found(folder=found.folder, name=model, commit=found.commit)
    cached = _cached(model, pinned)
    if cached is None:
        raise ModelRefused(
            f"{model} is neither a folder nor on this disk, and models are never fetched at run time: "
            f"run `anbudsvakt model fetch {model}` once"
        )
    return Found(folder=cached, name=model, commit=cached.name)


def fetch(name: str, models: Path, *, revision: str | None = None, endpoint: str | None = None) -> Found:
    """Fetch a model into `models`, its safetensors and what goes with them, and write down each file's hash.

    `revision` is a commit, tag or branch; the commit it stands for is kept. A folder that is there already is replaced
    whole, or not at all. Raises ModelRefused where the hub does not have it or has no safetensors.
    """
    if not _NAME.fullmatch(name):
        raise ModelRefused(f"{name} is no name of a model on a hub: write owner/model")
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    folder, fresh = models / name, models / f"{name}.new"
    shutil.rmtree(fresh, ignore_errors=True)
    hub = HfApi(endpoint=endpoint)
    try:
        commit = hub.model_info(name, revision=revision).sha
        hub.snapshot_download(
            name, revision=commit, local_dir=fresh, allow_patterns=list(_WANTED), ignore_patterns=list(_UNWANTED)
        )
    except (HfHubHTTPError, OfflineModeIsEnabled, OSError) as error:
        shutil.rmtree(fresh, ignore_errors=True)
        raise ModelRefused(f"{name} cannot be fetched: {error}") from error
    shutil.rmtree(fresh / ".cache", ignore_errors=True)  # the hub's own notes on the download
    try:
        manifest.check(fresh, listed=False)
    except ModelRefused:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    manifest.write(fresh, hub={"name": name, "commit": str(commit)})
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)
    return Found(folder=folder, name=name, commit=commit)


def _known(folder: Path) -> Found:
    """What a fetched folder's manifest says of where it came from."""
    told = manifest.origin(folder)
    return Found(folder=folder, name=told.get("name"), commit=told.get("commit"))


def _cached(name: str, revision: str | None) -> Path | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, revision=revision, local_files_only=True))
    except LocalEntryNotFoundError:
        return None
