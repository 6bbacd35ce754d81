"""Another model: ours with its table shaken, which therefore scores a little otherwise and has another revision."""

import shutil
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from classifier.encoder import OURS


def save_other_model(folder: Path, *, seed: int = 3) -> Path:
    """A copy of the shipped model whose every row was pushed aside by a third of its length."""
    shutil.copytree(OURS, folder)
    (folder / "manifest.json").unlink()
    (folder / "scoring.json").unlink()
    table = load_file(folder / "model.safetensors")["embedding.weight"].astype(np.float32)
    pushed = np.random.default_rng(seed).standard_normal(table.shape).astype(np.float32)
    pushed *= np.linalg.norm(table, axis=1, keepdims=True) / np.linalg.norm(pushed, axis=1, keepdims=True) / 3
    save_file({"embedding.weight": (table + pushed).astype(np.float16)}, folder / "model.safetensors")
    return folder
