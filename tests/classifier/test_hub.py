"""Does any model of a hub serve by its name, once it was fetched, and is it read as its authors want it?"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hub_server import COMMIT, hub
from sqlalchemy.engine import URL
from tiny_bert import save_tiny_bert

from classifier.encoder import Encoder, ModelRefused, installed_encoder, load_encoder
from classifier.hub import fetch
from classifier.match import load_scorer
from classifier.prompts import Prompts, of
from classifier.text import NoticeText, ProfileText
from classifier.yardstick import reference_texts
from settings import get_settings

ROOT = Path(__file__).parents[2]
NAME = "intfloat/multilingual-e5-tiny"
TEXTS = ["Sveising av rekkverk", "Svetsning av räcken", "Catering", "…", "", "Vedlikehold av kjøretøy"]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A transformer as a hub has it, with the pickles and other runtimes' files that hubs have beside it."""
    folder = save_tiny_bert(tmp_path_factory.mktemp("hub") / "model")
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    (folder / "onnx").mkdir()
    (folder / "onnx" / "model.onnx").write_bytes(b"onnx")
    (folder / "README.md").write_text("# A model")
    return folder


@pytest.fixture(scope="module")
def models(saved: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of fetched models, with that one in it."""
    folder = tmp_path_factory.mktemp("models")
    with hub(NAME, saved) as server:
        fetch(NAME, folder, revision="v1", endpoint=server.url)
    return folder


@pytest.fixture(scope="module")
def encoder(models: Path) -> Encoder:
    return load_encoder(NAME, models=models)


def test_fetching_brings_safetensors_and_what_goes_with_them(models: Path) -> None:
    folder = models / NAME
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {"model.safetensors", "modules.json", "config.json", "1_Pooling/config.json", "README.md"} <= names
    assert not {name for name in names if name.endswith((".bin", ".onnx"))}
    told = json.loads((folder / "manifest.json").read_text())
    assert told["hub"] == {"name": NAME, "commit": COMMIT}
    assert told["sha256"].keys() == names - {"manifest.json", "README.md"}


def test_what_the_hub_lacks_leaves_nothing_behind(saved: Path, tmp_path: Path) -> None:
    with hub(NAME, saved) as server:
        for wanted in ("intfloat/other", "../up", "alone"):
            with pytest.raises(ModelRefused):
                fetch(wanted, tmp_path, endpoint=server.url)
        with pytest.raises(ModelRefused, match="cannot be fetched"):
            fetch(NAME, tmp_path, revision="no-such-branch", endpoint=server.url)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_model_of_pickles_alone_is_not_taken(saved: Path, models: Path, tmp_path: Path) -> None:
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    (tmp_path / "hub" / "config.json").write_text("{}")
    before = sorted(models.rglob("*"))
    with hub("intfloat/pickled", tmp_path / "hub") as server, pytest.raises(ModelRefused, match="no safetensors"):
        fetch("intfloat/pickled", models, endpoint=server.url)
    assert sorted(models.rglob("*")) == before


def test_its_vectors_are_those_of_sentence_transformers_less_what_all_have_in_common(
    encoder: Encoder, models: Path
) -> None:
    from sentence_transformers import SentenceTransformer

    theirs = SentenceTransformer(str(models / NAME), device="cpu", local_files_only=True)
    for query, prompt in ((True, "query: "), (False, "passage: ")):
        plain = theirs.encode([prompt + text for text in (*TEXTS, *reference_texts())], normalize_embeddings=True)
        rows = plain[: len(TEXTS)] - plain[len(TEXTS) :].mean(axis=0)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        rows[[3, 4]] = 0  # of a text that says nothing, a transformer reads its own marks
        np.testing.assert_allclose(encoder.encode(TEXTS, query=query), rows, atol=1e-4)


def test_a_text_has_the_same_vector_in_any_company(encoder: Encoder) -> None:
    together = encoder.encode(TEXTS * 40)
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    np.testing.assert_allclose(together[: len(TEXTS)], alone, atol=1e-5)


def test_words_alone_stand_in_for_their_shares(encoder: Encoder) -> None:
    assert not encoder.exact
    words = ["sveising", "svetsning", "…", "catering", "kjøretøy", "brann"]
    rows = encoder.weigh(words)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), [1, 1, 0, 1, 1, 1], atol=1e-5)
    assert encoder.weigh([]).shape == (0, encoder.dimensions)


def test_the_pinned_revision_is_held(models: Path) -> None:
    loaded = load_encoder(NAME, models=models, pinned=COMMIT)
    assert load_encoder(str(models / NAME), pinned=COMMIT).encode(TEXTS).shape == loaded.encode(TEXTS).shape
    with pytest.raises(ModelRefused, match=f"of revision {COMMIT}, but main is wanted"):
        load_encoder(NAME, models=models, pinned="main")


def test_one_flipped_bit_of_a_fetched_model_is_refused(models: Path, tmp_path: Path) -> None:
    copy = tmp_path / NAME
    shutil.copytree(models / NAME, copy)
    weights = bytearray((copy / "model.safetensors").read_bytes())
    weights[-9] ^= 1
    (copy / "model.safetensors").write_bytes(weights)
    with pytest.raises(ModelRefused, match="SHA-256 differs"):
        load_encoder(NAME, models=tmp_path)


def test_a_hub_cache_on_this_disk_serves_as_well(saved: Path, tmp_path: Path, encoder: Encoder) -> None:
    """As `hf download` leaves it: content in blobs, and a folder of links for each commit."""
    repository = tmp_path / "models--intfloat--multilingual-e5-tiny"
    snapshot = repository / "snapshots" / COMMIT
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(COMMIT)
    (repository / "blobs").mkdir()
    for path in saved.rglob("*"):
        if path.is_file() and path.suffix not in {".bin", ".onnx"}:
            name = path.relative_to(saved)
            (snapshot / name).parent.mkdir(parents=True, exist_ok=True)
            blob = repository / "blobs" / str(name).replace("/", "-")
            blob.write_bytes(path.read_bytes())
            (snapshot / name).symlink_to(blob)
    code = (
        "from classifier.encoder import load_encoder, ModelRefused\n"
        f"print(load_encoder({NAME!r}, pinned={COMMIT!r}).revision)\n"
        "try: load_encoder('intfloat/multilingual-e5-small')\n"
        "except ModelRefused as refused: print('anbudsvakt model fetch' in str(refused))"
    )
    environment = {"HF_HUB_CACHE": str(tmp_path), "PATH": "/usr/bin:/bin", "HF_HUB_OFFLINE": "1"}
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == [encoder.revision, "True"]


def test_one_setting_is_enough(models: Path, environment: pytest.MonkeyPatch, encoder: Encoder) -> None:
    environment.setenv("ANBUDSVAKT_MODEL", NAME)
    environment.setenv("ANBUDSVAKT_MODELS", str(models))
    get_settings.cache_clear()
    assert installed_encoder().revision == encoder.revision
    environment.setenv("ANBUDSVAKT_MODEL_QUERY_PREFIX", "find: ")
    get_settings.cache_clear()
    assert installed_encoder().revision != encoder.revision  # other vectors, another revision


def test_it_scores_with_evidence(models: Path, database: URL, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ANBUDSVAKT_MODEL", NAME)
    environment.setenv("ANBUDSVAKT_MODELS", str(models))
    get_settings.cache_clear()
    scorer = load_scorer()
    firm = ProfileText(sentences=("Vi svetsar räcken i stål.",), language="sv", cpv=("45262670",))
    notice = NoticeText(title="Rekkverk skal sveises i stål", language="nb", cpv=("45262670",))
    ((scored,),) = scorer.score([notice], scorer.roster([firm]))
    assert 0 < scored.score < 1
    assert scored.evidence.notice_sentence == notice.title
    assert scored.evidence.profile_sentence == firm.sentences[0]


def test_prompts_are_the_settings_or_the_models_own_or_the_familys(tmp_path: Path) -> None:
    config = tmp_path / "config_sentence_transformers.json"
    e5 = "intfloat/multilingual-e5-small"
    assert of(tmp_path, e5) == Prompts(query="query: ", passage="passage: ")
    assert of(tmp_path, "intfloat/multilingual-e5-large-instruct") == Prompts()
    assert of(tmp_path, "sentence-transformers/LaBSE") == of(tmp_path, None) == Prompts()
    config.write_text('{"prompts": {"query": "", "document": ""}}')
    assert of(tmp_path, e5).query == "query: "
    config.write_text('{"prompts": {"query": "q: ", "document": "d: "}}')
    assert of(tmp_path, e5) == Prompts(query="q: ", passage="d: ")
    assert of(tmp_path, e5, query="ask: ") == Prompts(query="ask: ", passage="d: ")
    config.write_text("[]")
    assert of(tmp_path, None) == Prompts()


def test_a_default_prompt_of_the_model_is_not_read_before_ours(tmp_path: Path) -> None:
    folder = save_tiny_bert(tmp_path / "model", prompts={"clustering": "sort this: "})
    config = json.loads((folder / "config_sentence_transformers.json").read_text())
    plain = load_encoder(str(folder)).encode(TEXTS)
    config["default_prompt_name"] = "clustering"
    (folder / "config_sentence_transformers.json").write_text(json.dumps(config))
    np.testing.assert_allclose(load_encoder(str(folder)).encode(TEXTS), plain, atol=1e-6)
