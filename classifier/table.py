"""How is a static embedding read by tokenizers and numpy alone, without torch?

A sentence-transformers `StaticEmbedding` is a table with a row for each word piece and a mean over the pieces of a
text. Importing torch for that costs seconds and hundreds of megabytes, which each matching run would pay anew.
"""

import json
from collections.abc import Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classifier.manifest import ModelRefused
from classifier.rows import Rows

if TYPE_CHECKING:
    from tokenizers import Tokenizer

NESTED = "nested_dimensions"
_STATIC = "StaticEmbedding"
_SCALED_LATER = "Normalize"  # our callers bring rows to length one themselves
_BATCH = 2048  # texts that are cut at once: enough for every core, and no more memory than that
_LONG = 512  # a text of more pieces is summed on its own, so that one page does not slow a batch of titles


class Table:
    """A static embedding. Nothing in it changes once it is made, so that threads may share it."""

    def __init__(self, tokenizer: "Tokenizer", rows: NDArray[np.generic], scale: Rows | None = None) -> None:
        """`rows` are pieces × dimensions, single or half precision, or whole numbers with a `scale` for each row."""
        self._tokenizer, self._rows, self._scale = tokenizer, rows, scale
        self.dimensions = int(rows.shape[1])

    def means(self, texts: Sequence[str]) -> Rows:
        """One row for each text: the mean over its pieces; zeros for a text without any."""
        sums, counts = self._add_up(texts)
        sums /= np.maximum(counts, 1)[:, None]
        return sums

    def sums(self, texts: Sequence[str]) -> Rows:
        """One row for each text: the sum over its pieces, which is its share in any longer text that holds it."""
        return self._add_up(texts)[0]

    def surprise(self, texts: Sequence[str]) -> Rows:
        """How unlikely each text's pieces are, by the probabilities of a Unigram tokenizer, in nats.

        Raises ModelRefused where the tokenizer has none.
        """
        found = [cut.ids for cut in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]
        return np.array([-self._likely[pieces].sum() for pieces in found], dtype=np.float32)

    @cached_property
    def _likely(self) -> Rows:
        """The logarithm of each piece's probability."""
        told = json.loads(self._tokenizer.to_str())["model"]
        if told["type"] != "Unigram":
            raise ModelRefused(f"a tokenizer of the kind {told['type']} does not say how common its pieces are")
        return np.array([likely for _, likely in told["vocab"]], dtype=np.float32)

    def _add_up(self, texts: Sequence[str]) -> tuple[Rows, Rows]:
        sums = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        counts = np.zeros(len(texts), dtype=np.float32)
        for start in range(0, len(texts), _BATCH):
            batch = list(texts[start : start + _BATCH])
            cut = [found.ids for found in self._tokenizer.encode_batch_fast(batch, add_special_tokens=False)]
            lengths = np.fromiter(map(len, cut), dtype=np.int64, count=len(cut))
            pieces = np.fromiter(chain.from_iterable(cut), dtype=np.int64, count=int(lengths.sum()))
            counts[start : start + len(cut)] = lengths
            self._add_bags(pieces, lengths, sums[start : start + len(cut)])
        return sums, counts

    def _add_bags(self, pieces: NDArray[np.int64], lengths: NDArray[np.int64], sums: Rows) -> None:
        """Add to each text's row the rows of its pieces: every text's first piece, then every second, and so on.

        So a text's sum is taken in one order, whatever stands beside it in the batch.
        """
        starts = np.cumsum(lengths) - lengths
        for text in np.flatnonzero(lengths > _LONG):
            for at in range(int(starts[text]), int(starts[text] + lengths[text]), _LONG):
                sums[text] += self._looked_up(pieces[at : min(at + _LONG, int(starts[text] + lengths[text]))]).sum(
                    axis=0
                )
        short = np.where(lengths > _LONG, 0, lengths)
        order = np.argsort(-short, kind="stable")
        ordered, begins = -short[order], starts[order]
        found = np.zeros_like(sums)
        for place in range(int(-ordered[0]) if len(ordered) else 0):
            having = int(np.searchsorted(ordered, -place, side="left"))  # texts with more than `place` pieces
            found[:having] += self._looked_up(pieces[begins[:having] + place])
        sums[order] += found

    def _looked_up(self, pieces: NDArray[np.int64]) -> Rows:
        rows: Rows = self._rows[pieces].astype(np.float32, copy=False)
        return rows if self._scale is None else rows * self._scale[pieces, None]


def nested_dimensions(folder: Path) -> int | None:
    """How many leading dimensions the model was trained to use alone, if its folder says so."""
    try:
        told = json.loads((folder / "config_sentence_transformers.json").read_text(encoding="utf-8")).get(NESTED)
    except (OSError, ValueError, AttributeError):
        return None
    return told if isinstance(told, int) and told > 0 else None


def is_static(folder: Path) -> bool:
    """Whether the folder holds a static embedding and nothing that would change its direction."""
    return _where(folder) is not None


def read_table(folder: Path) -> Table:
    """The static embedding of a folder whose files were checked. Raises ModelRefused where its parts do not fit.

    The weights are spelled either as sentence-transformers saves them (`embedding.weight`) or as it reads those of
    model2vec: `embeddings`, and perhaps `mapping` (piece → row) and `weights` (a factor for each piece). By the latter
    a table of whole numbers with a scale for each row is read here and by sentence-transformers alike.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    where = _where(folder)
    if where is None:
        raise ModelRefused(f"{folder} holds no static embedding")
    try:
        tensors: dict[str, NDArray[np.generic]] = load_file(where / "model.safetensors")
        tokenizer = Tokenizer.from_file(str(where / "tokenizer.json"))
    except (OSError, SafetensorError, KeyError) as error:
        raise ModelRefused(f"the weights in {folder} cannot be read: {error}") from error
    except Exception as error:  # tokenizers raises nothing narrower
        raise ModelRefused(f"tokenizer.json in {folder} cannot be read: {error}") from error
    tokenizer.no_padding()
    rows, scale = _unfolded(tensors, folder)
    if rows.ndim != 2 or len(rows) < tokenizer.get_vocab_size():
        raise ModelRefused(
            f"{folder} has {tokenizer.get_vocab_size()} word pieces, but a table of shape {rows.shape} for them"
        )
    return Table(tokenizer, rows, scale)


def _unfolded(tensors: dict[str, NDArray[np.generic]], folder: Path) -> tuple[NDArray[np.generic], Rows | None]:
    if "embedding.weight" in tensors:
        return tensors["embedding.weight"], None
    if "embeddings" not in tensors:
        raise ModelRefused(f"model.safetensors in {folder} holds no table of word pieces")
    rows = tensors["embeddings"]
    if "mapping" in tensors:
        rows = rows[tensors["mapping"].astype(np.int64)]
    weights = tensors.get("weights")
    return rows, None if weights is None else weights.astype(np.float32)


def _where(folder: Path) -> Path | None:
    """The subfolder of the static embedding, if the folder's modules are one and nothing but a scaling after it."""
    try:
        modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
        types = [str(module["type"]).rsplit(".", 1)[-1] for module in modules]
        return folder / str(modules[0]["path"]) if types in ([_STATIC], [_STATIC, _SCALED_LATER]) else None
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None
