"""Do numpy and sentence-transformers read the same vectors from a static embedding, whatever the text?"""

import json
import threading
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from classifier import manifest
from classifier.encoder import OURS, Encoder, load_encoder
from classifier.manifest import ModelRefused
from classifier.table import Table, is_static, read_table
from classifier.yardstick import reference_texts

SPOKEN = (
    "Rammeavtale for sveising og vedlikehold av bærende stålkonstruksjoner på Ørland flystasjon.",
    "Rammeavtale om sveising og vedlikehald av berande stålkonstruksjonar, òg utanfor garnisonen.",
    "Ramavtal avseende svetsning och underhåll av bärande stålkonstruktioner i Östersund.",
    "Rammeaftale om svejsning og vedligeholdelse af bærende stålkonstruktioner på Ærø.",
    "Framework agreement for welding and maintenance of load-bearing steel structures (EN 1090-2, EXC3).",
)
ODD = (
    "", " ", "…", "!!! ??? ---", "\n\t\r", "0123456789 12.34,56", "https://example.org/a?b=c&d=é", "a", "Å", "ﬁ ﬀ ½ ² ™",
    "Ünïcödé àèìòù", "Оборона и тыл", "国防 采购 公告", "ραδιοεπικοινωνία", "שלום עולם", "مناقصة عامة", "🚁🛰️👩‍🚒🇳🇴🇸🇪", "\u200b\ufeff\u00ad",
    "e\u0301 vs é", "\x00\x01", "SVEISING sveising SvEiSiNg", "ord" * 400, "panserbrytende" * 60,
)  # fmt: skip
LONG = " ".join(SPOKEN * 300)  # some thirty thousand word pieces


@pytest.fixture(scope="module")
def theirs() -> "Theirs":
    return Theirs(OURS)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder()


class Theirs:
    """The same folder, read by sentence-transformers in single precision."""

    def __init__(self, folder: Path) -> None:
        from sentence_transformers import SentenceTransformer

        self._model = SentenceTransformer(str(folder), device="cpu", local_files_only=True).float().eval()

    def means(self, texts: list[str]) -> NDArray[np.float32]:
        rows = self._model.encode(texts, show_progress_bar=False, convert_to_numpy=True)
        return np.asarray(rows, dtype=np.float32)

    def units(self, texts: list[str]) -> NDArray[np.float32]:
        rows = self.means(texts)
        units: NDArray[np.float32] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
        return units

    def shares(self, words: list[str]) -> NDArray[np.float32]:
        cut = self._model.tokenizer.encode_batch(words, add_special_tokens=False)
        return self.means(words) * np.array([[len(word.ids)] for word in cut], dtype=np.float32)


def test_both_agree_on_every_language_and_every_oddity(encoder: Encoder, theirs: Theirs) -> None:
    texts = [*SPOKEN, *ODD, LONG, *reference_texts(), *(" ".join(pair) for pair in pairwise(ODD))]
    np.testing.assert_allclose(encoder.encode(texts), theirs.units(texts), atol=1e-4)
    assert encoder.encode(texts).any(axis=1).mean() > 0.9  # and they do not agree on nothing


def test_both_agree_on_the_share_of_each_word(encoder: Encoder, theirs: Theirs) -> None:
    words = sorted({word for text in (*SPOKEN, *ODD, *reference_texts()) for word in text.split()})
    np.testing.assert_allclose(encoder.weigh(words), theirs.shares(words), rtol=1e-4, atol=1e-4)


def test_the_shares_of_the_words_add_up_to_the_text(encoder: Encoder) -> None:
    for text in SPOKEN:
        added = encoder.weigh(text.split()).sum(axis=0)
        np.testing.assert_allclose(added / np.linalg.norm(added), encoder.encode([text])[0], atol=1e-4)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.text(max_size=80), min_size=1, max_size=12))
def test_both_agree_on_any_text_there_is(encoder: Encoder, theirs: Theirs, texts: list[str]) -> None:
    np.testing.assert_allclose(encoder.encode(texts), theirs.units(texts), atol=1e-4)


def test_a_real_corpus_is_read_alike(encoder: Encoder, theirs: Theirs, shared: Path) -> None:
    import gzip

    with gzip.open(shared / "eval/dev/notices.jsonl.gz", "rt", encoding="utf-8") as lines:
        texts = [
            text for line in lines if (row := json.loads(line)) for text in (row["title"], row["description"] or "")
        ]
    np.testing.assert_allclose(encoder.encode(texts), theirs.units(texts), atol=1e-4)


def test_a_text_has_one_vector_beside_a_title_and_beside_a_book(encoder: Encoder) -> None:
    alone = encoder.encode([SPOKEN[0]])[0]
    assert (encoder.encode([LONG, SPOKEN[0], "", *ODD])[1] == alone).all()


def test_threads_share_one_model(encoder: Encoder) -> None:
    texts = [*SPOKEN, *ODD, *reference_texts()]
    alone = encoder.encode(texts)
    found: dict[int, list[NDArray[np.float32]]] = {}

    def read(turned: int) -> None:
        found[turned] = [encoder.encode(texts[turned:] + texts[:turned]) for _ in range(5)]

    threads = [threading.Thread(target=read, args=(turned,)) for turned in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for turned in range(8):
        for rows in found[turned]:
            assert (np.roll(rows, turned, axis=0) == alone).all()


@pytest.fixture(params=["float32", "whole numbers", "whole numbers, mapped", "scaled afterwards", "in a subfolder"])
def spelled(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Our table as other ways of saving spell it."""
    tensors = load_file(OURS / "model.safetensors")
    table = tensors["embedding.weight"].astype(np.float32)
    scale = np.abs(table).max(axis=1) / 127
    whole = np.round(table / np.maximum(scale, 1e-9)[:, None]).astype(np.int8)
    static = json.loads((OURS / "modules.json").read_text())[0]
    modules = [static]
    if request.param == "float32":
        tensors = {"embedding.weight": table}
    elif request.param.startswith("whole"):
        tensors = {"embeddings": whole, "weights": scale.astype(np.float32)}
        if request.param.endswith("mapped"):
            order = np.random.default_rng(1).permutation(len(table))
            tensors |= {"embeddings": whole[order], "mapping": np.argsort(order)}
    elif request.param == "scaled afterwards":
        modules = [
            static,
            {"idx": 1, "name": "1", "path": "1_Normalize", "type": "sentence_transformers.models.Normalize"},
        ]
        (tmp_path / "1_Normalize").mkdir()
    where = tmp_path
    if request.param == "in a subfolder":
        modules = [static | {"path": "0_Static"}]
        where = tmp_path / "0_Static"
        where.mkdir()
    save_file(tensors, where / "model.safetensors")
    (where / "tokenizer.json").write_bytes((OURS / "tokenizer.json").read_bytes())
    (tmp_path / "modules.json").write_text(json.dumps(modules))
    return tmp_path


def test_however_the_table_is_spelled_both_agree(spelled: Path, encoder: Encoder) -> None:
    texts = [*SPOKEN, *ODD]
    mine = load_encoder(str(spelled))
    assert is_static(spelled)
    np.testing.assert_allclose(mine.encode(texts), Theirs(spelled).units(texts), atol=1e-4)
    np.testing.assert_allclose((mine.encode(texts) * encoder.encode(texts)).sum(axis=1)[:5], 1, atol=1e-3)


def test_a_table_too_short_for_its_tokenizer_is_refused(tmp_path: Path) -> None:
    for name in ("tokenizer.json", "modules.json"):
        (tmp_path / name).write_bytes((OURS / name).read_bytes())
    save_file({"embedding.weight": np.zeros((10, 4), dtype=np.float16)}, tmp_path / "model.safetensors")
    with pytest.raises(ModelRefused, match="word pieces, but a table of shape"):
        read_table(tmp_path)
    save_file({"something": np.zeros((10, 4), dtype=np.float16)}, tmp_path / "model.safetensors")
    with pytest.raises(ModelRefused, match="no table"):
        load_encoder(str(tmp_path))
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelRefused, match=r"tokenizer\.json"):
        load_encoder(str(tmp_path))


def test_more_pieces_than_a_batch_of_long_texts_holds_are_added_up() -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = {"a": 0, "b": 1}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="a"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    table = Table(tokenizer, np.array([[1, 0], [0, 1]], dtype=np.float16))
    lengths = (0, 1, 511, 512, 513, 1024, 5000)
    texts = ["a b " * (length // 2) + "a" * (length % 2) for length in lengths]
    sums = table.sums(texts)
    assert sums.tolist() == [[(length + 1) // 2, length // 2] for length in lengths]
    np.testing.assert_allclose(table.means(texts)[1:].sum(axis=1), 1, atol=1e-6)


def test_the_shipped_folder_says_what_it_is() -> None:
    assert is_static(OURS)
    assert manifest.check(OURS, listed=True)
