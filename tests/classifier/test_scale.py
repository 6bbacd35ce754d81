"""Does a model without judgements of its own score on the scale of ours?"""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from judged_set import write_set
from numpy.typing import NDArray
from other_model import save_other_model
from safetensors.numpy import load_file, save_file

from classifier.encoder import OURS, Encoder, load_encoder
from classifier.manifest import check
from classifier.scale import OF_TEXTS, OF_WHOLES, noise, scoring_of
from classifier.score import Scorer
from classifier.signals import Signal
from classifier.text import NoticeText, ProfileText
from classifier.yardstick import reference_texts
from db import reference

# Signals that no model has a say in.
WITHOUT_A_MODEL = {"digits", "group", "class", "codes", "letters", "length", "words", "title_word"}


class Crowded:
    """Our own vectors, pushed into a narrow cone as a transformer's are: every two texts seem alike."""

    def __init__(self) -> None:
        self._ours = load_encoder()

    def read(self, texts: list[str], prompt: str) -> NDArray[np.float32]:
        del prompt
        rows = self._ours.encode(texts)
        return np.hstack([rows, 1.5 * rows.any(axis=1, keepdims=True)]).astype(np.float32)


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return Encoder(Crowded(), "crowded", folder=tmp_path_factory.mktemp("crowded"))


FIRM = ProfileText(sentences=("Vi svetsar räcken i stål.",), language="sv")
NOTICES = [
    NoticeText(title="Rekkverk skal sveises i stål", language="nb"),
    NoticeText(title="Vedlikehold av stålkonstruksjoner", language="nb"),
    NoticeText(title="Servering av måltider", language="nb"),
]


def chances(encoder: Encoder) -> list[float]:
    scorer = Scorer(encoder, reference.builtin())
    return [float(row[0]) for row in scorer.chances(NOTICES, scorer.roster([FIRM]))]


def test_every_signal_is_known_to_be_a_cosine_or_none() -> None:
    assert {str(signal) for signal in Signal} == OF_TEXTS | OF_WHOLES | WITHOUT_A_MODEL


def test_the_reference_speaks_three_languages_of_all_divisions() -> None:
    texts = reference_texts()
    assert 250 <= len(texts) <= 600
    assert len(texts) % 3 == 0
    codes = {name.code[:2] for name in reference.builtin().cpv.values()}
    named = {name.nb: name.code[:2] for name in reference.builtin().cpv.values()}
    assert len({named[text] for text in texts[::3]}) > 0.8 * len(codes)


def test_ours_is_on_its_own_scale() -> None:
    found = scoring_of(load_encoder())
    assert found.fitted
    assert found.spelled == json.loads((OURS / "scoring.json").read_text())


def test_a_crowded_model_is_brought_to_our_scale(crowded: Encoder) -> None:
    """All its cosines are far above ours, so that without a scale everything would be told."""
    plain = Crowded().read(list(reference_texts()), "")
    plain /= np.linalg.norm(plain, axis=1, keepdims=True)
    assert np.median(plain @ plain.T) > 0.6 > noise(load_encoder()).texts[1]
    assert abs(noise(crowded).texts[0]) < 0.1
    mine, theirs = chances(load_encoder()), chances(crowded)
    assert mine[0] > mine[1] > mine[2]
    assert theirs[0] > theirs[1] > theirs[2]
    assert mine[0] > 0.9 < theirs[0]
    assert mine[2] < 0.05 > theirs[2]


def test_the_scale_is_named_in_the_revision_the_same_everywhere(crowded: Encoder) -> None:
    first, second = (Scorer(crowded, reference.builtin()).revision for _ in range(2))
    assert first == second
    assert first.startswith(f"{crowded.revision}.")
    assert first != Scorer(load_encoder(), reference.builtin()).revision


def test_a_scoring_fitted_for_the_model_is_taken_as_it_is(tmp_path: Path) -> None:
    folder = save_other_model(tmp_path / "other")
    before = load_encoder(str(folder))
    assert not scoring_of(before).fitted
    brought = Scorer(before, reference.builtin()).revision
    fitted = json.loads((OURS / "scoring.json").read_text())
    fitted |= {"model": check(folder, listed=False), "default_threshold": 0.77}
    (folder / "scoring.json").write_text(json.dumps(fitted))
    after = load_encoder(str(folder))
    assert after.revision == before.revision  # it scores otherwise, but its vectors are the same
    assert scoring_of(after).fitted
    assert Scorer(after, reference.builtin()).default_threshold == 0.77
    assert Scorer(after, reference.builtin()).revision != brought


def test_a_scoring_fitted_for_another_model_is_passed_by(tmp_path: Path) -> None:
    folder = save_other_model(tmp_path / "other")
    shutil.copy(OURS / "scoring.json", folder / "scoring.json")
    assert not scoring_of(load_encoder(str(folder))).fitted


def test_a_table_of_twice_the_length_needs_no_scale(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(OURS, tmp_path / "twice"))
    (folder / "manifest.json").unlink()
    table = load_file(folder / "model.safetensors")["embedding.weight"]
    save_file({"embedding.weight": table * np.float16(2)}, folder / "model.safetensors")
    np.testing.assert_allclose(chances(load_encoder(str(folder))), chances(load_encoder()), atol=1e-3)


@pytest.mark.timeout(300)
def test_any_model_can_be_fitted_on_judgements(tmp_path: Path) -> None:
    from classifier.training.fit_scoring import main

    folder = save_other_model(tmp_path / "other")
    (folder / "grams.safetensors").unlink()  # which only ours has
    before = load_encoder(str(folder))
    main(write_set(tmp_path / "judged"), None, folder)
    after = load_encoder(str(folder))
    assert after.revision == before.revision
    assert scoring_of(after).fitted
    assert 0 < Scorer(after, reference.builtin()).default_threshold < 1
