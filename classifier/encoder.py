"""Which model turns text into vectors, and how is it loaded without a network?"""

import hashlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from classifier import manifest, prompts, table
from classifier.lexicon import Lexicon
from classifier.manifest import ModelRefused
from classifier.prompts import Prompts
from classifier.rows import Rows, unit_rows
from classifier.yardstick import reference_texts
from settings import get_settings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

__all__ = ["OURS", "Encoder", "ModelRefused", "installed_encoder", "load_encoder"]

OURS = Path(__file__).parent / "model"
_BATCH = 64  # texts that a transformer reads at once: more gains nothing on a processor


class Vectors(Protocol):
    """What a model makes of texts, before lengths are brought to one."""

    def read(self, texts: list[str], prompt: str) -> Rows:
        """One row for each text, read with the prompt before it."""
        ...


class Encoder:
    """A loaded model. `revision` changes with anything that changes its vectors; threads may share it.

    `folder` is where it was read; `nested` is how many leading dimensions, brought to length one, say nearly what all
    do, and it is all of them for a model that was not trained so. A static model's `weigh` is exact. Vectors of models that read words in their context
    crowd into a narrow cone, where two texts of no relation have cosines of 0.7 and more, and two means of many texts
    more still; `encode` takes out of them what all of the model's texts have in common.
    """

    def __init__(self, vectors: Vectors, revision: str, *, folder: Path, told: Prompts = prompts.NONE) -> None:
        self._vectors, self._told = vectors, told
        self.folder, self.exact = folder, isinstance(vectors, _Static)
        self.revision = revision if self.exact else _revision(revision, *reference_texts())
        self.dimensions = int(vectors.read(["a"], "").shape[1])
        self.nested = min(table.nested_dimensions(folder) or self.dimensions, self.dimensions)

    def encode(self, texts: Sequence[str], *, query: bool = False) -> Rows:
        """One row of length one for each text, equal texts encoded once; a text without a known letter is all zeros.

        `query` marks what is searched with, a profile's words, for models that want to be told which side a text is.
        """
        once = {text: index for index, text in enumerate(dict.fromkeys(texts))}
        if not once:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        rows = self._plain(list(once), query=query)
        if not self.exact:
            rows = unit_rows(np.where(rows.any(axis=1, keepdims=True), rows - self._common[int(query)], 0))
        return rows if len(once) == len(texts) else rows[[once[text] for text in texts]]

    def lexicon(self) -> Lexicon:
        """What the model knows of single words. Raises ModelRefused unless it is static."""
        if not isinstance(self._vectors, _Static):
            raise ModelRefused(f"the model in {self.folder} reads words in their context, none alone")
        return Lexicon(self._vectors.table)

    def weigh(self, words: Sequence[str]) -> Rows:
        """One row for each word: its share in the sum over pieces that a static model's vector of a text is.

        Where a model reads words in their context (`exact` is false) there is no such sum. Each word alone stands in
        for its share, all weighing the same: it says which words mean the same, not how much each counted. Which
        sentence counted is exact for every model, since sentences are read one by one.
        """
        if not words:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        return self._vectors.shares(list(words)) if isinstance(self._vectors, _Static) else self.encode(words)

    def _plain(self, texts: list[str], *, query: bool) -> Rows:
        return unit_rows(self._vectors.read(texts, self._told.query if query else self._told.passage))

    @cached_property
    def _common(self) -> tuple[Rows, Rows]:
        """The mean over names of all trades, read as passages and as queries: what all of the model's texts have."""
        texts = list(reference_texts())
        passage, query = (self._plain(texts, query=side).mean(axis=0) for side in (False, True))
        return passage, query


class _Static:
    def __init__(self, static: table.Table) -> None:
        self.table = static

    def read(self, texts: list[str], prompt: str) -> Rows:
        if not prompt:
            return self.table.means(texts)
        return _nothing_of_nothing(self.table.means([prompt + text for text in texts]), texts)

    def shares(self, words: list[str]) -> Rows:
        return self.table.sums(words)


class _Contextual:
    def __init__(self, model: "SentenceTransformer") -> None:
        self._model = model

    def read(self, texts: list[str], prompt: str) -> Rows:
        # The prompt is always named, though it be empty: a model may have one of its own that it falls back to.
        rows = self._model.encode(
            texts, prompt=prompt, batch_size=_BATCH, show_progress_bar=False, convert_to_numpy=True
        )
        return _nothing_of_nothing(np.nan_to_num(np.asarray(rows, dtype=np.float32)), texts)


def installed_encoder() -> Encoder:
    """The model that this installation's settings name; the shipped one where they name none. Raises ModelRefused."""
    settings = get_settings()
    return load_encoder(
        settings.model,
        models=settings.models,
        pinned=settings.model_revision,
        query=settings.model_query_prefix,
        passage=settings.model_passage_prefix,
    )


def our_lexicon(encoder: Encoder) -> Lexicon:
    """What our own model knows of single words, whichever model reads the sentences: weights were fitted on it."""
    return (encoder if encoder.folder.resolve() == OURS else load_encoder()).lexicon()


def load_encoder(
    model: str | None = None,
    *,
    models: Path | None = None,
    pinned: str | None = None,
    query: str | None = None,
    passage: str | None = None,
) -> Encoder:
    """The shipped model, or the one in a local folder, or one of a hub's that lies on this disk. Never the network.

    A static embedding is read by numpy, anything else by sentence-transformers. Files are checked before any is
    opened: against the hashes in the folder's `manifest.json`, which ours must have, and for safetensors only.
    `models` is where fetched ones lie; `pinned` the hub's commit, or our own revision, that it must be; `query` and
    `passage` are prefixes that rule over the model's own. Raises ModelRefused.
    """
    from classifier import hub

    found = hub.Found(folder=OURS) if model is None else hub.find(model, models, pinned)
    folder = found.folder
    revision = manifest.check(folder, listed=folder.resolve() == OURS)
    if pinned is not None and pinned not in (revision, found.commit):
        raise ModelRefused(f"{folder} is of revision {found.commit or revision}, but {pinned} is wanted")
    told = prompts.of(folder, found.name, query=query, passage=passage)
    if told != prompts.NONE:
        revision = _revision(revision, told.query, told.passage)
    if table.is_static(folder):
        return Encoder(_Static(table.read_table(folder)), revision, folder=folder, told=told)
    return Encoder(_Contextual(_sentence_transformer(folder)), revision, folder=folder, told=told)


def _sentence_transformer(folder: Path) -> "SentenceTransformer":
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # a worker's log is no terminal
    try:
        loaded = SentenceTransformer(
            str(folder),
            device="cpu",
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
        )
    except Exception as error:  # a broken folder fails in any of three libraries, each in its own way
        raise ModelRefused(f"sentence-transformers cannot read {folder}: {error}") from error
    # Half precision is how some are stored; sums are taken in single precision, which every processor does well.
    return loaded.float().eval()


def _revision(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _nothing_of_nothing(rows: Rows, texts: list[str]) -> Rows:
    """Zeros for texts that say nothing: what is read then is the prompt, or a model's marks of beginning and end."""
    rows[[not any(map(str.isalnum, text)) for text in texts]] = 0
    return rows
