"""Which model turns text into vectors, and how is it loaded without a network?"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classifier import manifest
from classifier.manifest import ModelRefused

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

__all__ = ["OURS", "Encoder", "ModelRefused", "load_encoder"]

OURS = Path(__file__).parent / "model"
_BATCH = 512


class Encoder:
    """A loaded model. `revision` changes with any file that changes its vectors."""

    def __init__(self, model: "SentenceTransformer", revision: str) -> None:
        self._model = model
        self.revision = revision
        self.dimensions: int = int(self._rows(["a"]).shape[1])

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row of length one for each text, equal texts encoded once; a text without a known letter is all zeros."""
        once = {text: index for index, text in enumerate(dict.fromkeys(texts))}
        if not once:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        rows = self._rows(list(once))
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
        return rows[[once[text] for text in texts]]

    def weigh(self, words: Sequence[str]) -> NDArray[np.float32]:
        """One row for each word: its share in the sum over pieces that a static model's vector of a text is."""
        if not words:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        rows = self._rows(list(words))
        cut = getattr(self._model.tokenizer, "encode_batch", None)  # other models' tokenizers have no such thing
        if cut is not None:
            rows *= np.array([[len(word.ids)] for word in cut(list(words), add_special_tokens=False)], dtype=np.float32)
        return rows

    def _rows(self, texts: list[str]) -> NDArray[np.float32]:
        rows = self._model.encode(texts, batch_size=_BATCH, show_progress_bar=False, convert_to_numpy=True)
        found: NDArray[np.float32] = np.nan_to_num(np.asarray(rows, dtype=np.float32))
        return found


def load_encoder(model: str | None = None) -> Encoder:
    """The shipped model, or the sentence-transformers model in a local folder. Never touches the network.

    Files are checked before any is opened: ours against the hashes in `manifest.json`, others for safetensors.
    Raises ModelRefused.
    """
    folder = OURS if model is None else Path(model)
    revision = manifest.check(folder, listed=folder.resolve() == OURS)
    from sentence_transformers import SentenceTransformer

    loaded = SentenceTransformer(str(folder), device="cpu", local_files_only=True, trust_remote_code=False)
    # Half precision is how our table is stored; sums are taken in single precision, which every processor does well.
    return Encoder(loaded.float().eval(), revision)
