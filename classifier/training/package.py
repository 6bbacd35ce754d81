"""What goes into the shipped model folder?"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classifier.grams import BUCKETS, count
from classifier.table import NESTED

if TYPE_CHECKING:
    from tokenizers import Tokenizer


def write_model(
    folder: Path,
    tokenizer: "Tokenizer",
    table: NDArray[np.float32],
    rarity: NDArray[np.uint8] | None = None,
    *,
    nested: int | None = None,
) -> None:
    """Write what `SentenceTransformer(folder)` loads, one StaticEmbedding in half precision, and the letters beside it."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    save_file({"embedding.weight": table.astype(np.float16)}, folder / "model.safetensors")
    if rarity is not None:
        save_file({"rarity": rarity}, folder / "grams.safetensors")
    module = "sentence_transformers.sentence_transformer.modules.static_embedding.StaticEmbedding"
    write_json(folder / "modules.json", [{"idx": 0, "name": "0", "path": "", "type": module}])
    write_json(
        folder / "config_sentence_transformers.json",
        {
            "model_type": "SentenceTransformer",
            "prompts": {},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
            **({} if nested is None else {NESTED: nested}),
        },
    )


def count_rarity(languages: Mapping[str, Iterable[str]]) -> NDArray[np.uint8]:
    """How rare each bucket of letters is: by the language in which it is commonest, in steps of 1/25.

    So that `och` is as common as `og`, though most notices are Norwegian.
    """
    commonest = np.zeros(BUCKETS)
    for texts in languages.values():
        seen, read = np.zeros(BUCKETS), 0
        for text in texts:
            seen[count(text)[0]] += 1
            read += 1
        commonest = np.maximum(commonest, seen / max(read, 1))
    rarity = -np.log(np.maximum(commonest, 1 / 5000))
    return np.round(rarity * 25).astype(np.uint8)


def write_json(path: Path, value: object) -> None:
    """Write JSON as the folder spells it: short lines, so that a change can be read."""
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
