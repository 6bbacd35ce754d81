"""Is the shipped model the one that was shipped, does it load without a network, and are its vectors steady?"""

import json
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from classifier.encoder import OURS, Encoder, ModelRefused, load_encoder

ROOT = Path(__file__).parents[2]
LIKENESS = Path(__file__).parents[1] / "golden" / "likeness.json"


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(OURS, tmp_path / "model"))


def test_the_shipped_folder_is_small() -> None:
    assert sum(path.stat().st_size for path in OURS.iterdir()) <= 25_000_000


def test_the_same_text_has_the_same_vector_in_any_company(encoder: Encoder) -> None:
    texts = ["Sveising av rekkverk", "Svetsning av räcken", "Catering", "", "Sveising av rekkverk"]
    together = encoder.encode(texts)
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    again = load_encoder()

    assert together.dtype == np.float32
    assert together.shape == (5, encoder.dimensions)
    np.testing.assert_allclose(together, alone, atol=1e-6)
    np.testing.assert_allclose(together, again.encode(texts), atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), [1, 1, 1, 0, 1], atol=1e-5)
    assert again.revision == encoder.revision


def test_no_text_gives_no_rows(encoder: Encoder) -> None:
    assert encoder.encode([]).shape == (0, encoder.dimensions)


def test_sentence_transformers_alone_reads_the_folder_as_we_do(encoder: Encoder) -> None:
    from sentence_transformers import SentenceTransformer

    texts = ["Svetsning av räcken", "Vedlikehold av kjøretøy"]
    theirs = SentenceTransformer(str(OURS), device="cpu", local_files_only=True).encode(
        texts, normalize_embeddings=True
    )
    np.testing.assert_allclose(theirs.astype(np.float32), encoder.encode(texts), atol=5e-3)  # theirs in half precision


def test_s6_it_reads_as_where_it_was_shipped(encoder: Encoder) -> None:
    told = json.loads(LIKENESS.read_text(encoding="utf-8"))
    assert told["revision"] == encoder.revision, "another model: write its likenesses anew"
    rows = encoder.encode(told["texts"])
    np.testing.assert_allclose(rows @ rows.T, np.array(told["cosines"]), atol=1e-4, rtol=0)


def test_a_copy_in_another_place_is_the_same_revision(encoder: Encoder, copy: Path) -> None:
    (copy / "manifest.json").unlink()
    (copy / "README.md").unlink()
    assert load_encoder(str(copy)).revision == encoder.revision


def test_another_model_has_another_revision(encoder: Encoder, copy: Path) -> None:
    (copy / "manifest.json").unlink()
    tokenizer = json.loads((copy / "tokenizer.json").read_text(encoding="utf-8"))
    (copy / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")  # spelled otherwise
    assert load_encoder(str(copy)).revision != encoder.revision


def test_s4_one_flipped_bit_is_refused(copy: Path) -> None:
    weights = bytearray((copy / "model.safetensors").read_bytes())
    weights[-1000] ^= 1
    (copy / "model.safetensors").write_bytes(weights)
    with pytest.raises(ModelRefused, match=r"model\.safetensors .* SHA-256 differs"):
        load_encoder(str(copy))


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("left", [0, 5, 1000, -1])
def test_a_file_cut_short_is_refused(copy: Path, left: int, listed: bool) -> None:
    whole = (copy / "model.safetensors").read_bytes()
    (copy / "model.safetensors").write_bytes(whole[:left])
    if not listed:
        (copy / "manifest.json").unlink()
    with pytest.raises(ModelRefused, match=r"model\.safetensors"):
        load_encoder(str(copy))


@pytest.mark.parametrize("name", ["model.safetensors", "extra.safetensors"])
def test_s4_a_pickle_by_another_name_is_refused_and_never_opened(copy: Path, tmp_path: Path, name: str) -> None:
    (copy / "manifest.json").unlink()
    (copy / name).write_bytes(pickle.dumps(_Bomb(tmp_path / "opened")))
    with pytest.raises(ModelRefused, match=rf"{name} in .* is no whole safetensors file"):
        load_encoder(str(copy))
    assert not (tmp_path / "opened").exists()


@pytest.mark.parametrize("name", ["pytorch_model.bin", "1_Dense/weights.PT", "extra.pkl"])
def test_s4_a_pickle_is_refused_and_never_opened(copy: Path, tmp_path: Path, name: str) -> None:
    (copy / "manifest.json").unlink()
    (copy / name).parent.mkdir(exist_ok=True)
    (copy / name).write_bytes(pickle.dumps(_Bomb(tmp_path / "opened")))
    with pytest.raises(ModelRefused, match="may run code"):
        load_encoder(str(copy))
    assert not (tmp_path / "opened").exists()


class _Bomb:
    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self._mark,)


def test_an_unlisted_or_missing_file_is_refused(copy: Path) -> None:
    (copy / "extra.json").write_text("{}")
    with pytest.raises(ModelRefused, match=r"extra\.json .* not listed"):
        load_encoder(str(copy))
    (copy / "extra.json").unlink()
    (copy / "modules.json").unlink()
    with pytest.raises(ModelRefused, match=r"modules\.json is missing"):
        load_encoder(str(copy))


@pytest.mark.parametrize("missing", ["model.safetensors", "tokenizer.json", "scoring.json"])
def test_each_missing_file_is_named(copy: Path, missing: str) -> None:
    (copy / missing).unlink()
    with pytest.raises(ModelRefused, match=f"{missing} is missing"):
        load_encoder(str(copy))


@pytest.mark.parametrize(
    "spelled", ["[]", "{", '{"sha256": []}', "", '{"sha256": {}}', '{"sha256": {"other.json": "00"}}']
)
def test_a_manifest_that_lists_other_files_or_none_is_refused(copy: Path, spelled: str) -> None:
    (copy / "manifest.json").write_text(spelled)
    with pytest.raises(ModelRefused, match=r"no readable|not listed|is missing"):
        load_encoder(str(copy))


def test_a_module_of_somebody_elses_is_refused(copy: Path) -> None:
    (copy / "manifest.json").unlink()
    (copy / "modules.json").write_text('[{"idx": 0, "name": "0", "path": "", "type": "os.path.join"}]')
    with pytest.raises(ModelRefused, match="cannot read"):
        load_encoder(str(copy))


def test_a_name_that_is_no_folder_is_never_fetched(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match="never fetched"):
        load_encoder("sentence-transformers/all-MiniLM-L6-v2")
    with pytest.raises(ModelRefused, match="no safetensors"):
        load_encoder(str(tmp_path))


NO_NETWORK = """
import socket, sys
def refuse(*told, **named): raise AssertionError("a socket was opened")
socket.socket.connect = socket.socket.connect_ex = socket.create_connection = socket.getaddrinfo = refuse
from classifier.encoder import load_encoder
"""


def test_s5_loading_and_reading_needs_no_network_and_no_torch() -> None:
    code = NO_NETWORK + (
        "rows = load_encoder().encode(['Sveising', 'svetsning'])\n"
        "print(float(rows[0] @ rows[1]) > 0.5, [m for m in ('torch', 'transformers', 'sentence_transformers', 'scipy') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "True []"


def test_importing_the_classifier_imports_nothing_heavy() -> None:
    code = (
        "import sys, classifier.score, classifier.encoder, classifier.text\n"
        "print([m for m in ('torch', 'transformers', 'sentence_transformers', 'sklearn', 'tokenizers') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
