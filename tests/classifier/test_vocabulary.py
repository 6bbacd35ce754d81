"""Does the notice's likest word speak for each of a firm's words, and only as much as it tells?"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from classifier import vocabulary
from classifier.encoder import load_encoder
from classifier.lexicon import Lexicon
from classifier.manifest import ModelRefused
from classifier.vocabulary import Spoken, Vocabulary

NOTICE = Spoken(title=("snöröjning",), text=("snöröjning", "vägar", "kommun", "trafik"))


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return load_encoder().lexicon()


def met(found: Vocabulary, spoken: Spoken, *columns: int) -> list[list[float]]:
    rows: list[list[float]] = found.met(spoken, np.array(columns)).T.tolist()
    return rows


def test_a_rare_word_tells_more_than_a_common_one(lexicon: Lexicon) -> None:
    common, rare = lexicon.surprise(["arbete", "hydraulslangpressning"])
    assert rare > 2 * common > 0
    assert lexicon.surprise([]).shape == (0,)
    assert lexicon.rows([]).shape == (0, 256)


def test_a_word_of_the_neighbours_language_is_the_likest(lexicon: Lexicon) -> None:
    firms = Vocabulary([{"brøyting": 1.0, "vei": 1.0}, {"catering": 1.0}, {}], lexicon)
    plough, caterer, silent = met(firms, NOTICE, 0, 1, 2)
    assert plough[0] > caterer[0]
    assert plough[1] > caterer[1]
    assert silent == [0, 0]


def test_a_word_that_counts_half_tells_half(lexicon: Lexicon) -> None:
    firms = Vocabulary([{"snöröjning": 1.0}, {"snöröjning": 0.5}], lexicon)
    whole, half = np.array(met(firms, NOTICE, 0, 1))
    np.testing.assert_allclose(half, whole / 2, rtol=1e-6)
    np.testing.assert_allclose(whole, lexicon.surprise(["snöröjning"])[0], rtol=1e-5)  # in text and in title


def test_no_more_than_five_words_are_added_up(lexicon: Lexicon) -> None:
    six = ("svetsning", "snöröjning", "catering", "drönare", "radiolänk", "programvara")
    spoken = Spoken(title=(), text=six)
    (few,), (many,) = (
        [row[0] for row in met(Vocabulary([dict.fromkeys(words, 1.0)], lexicon), spoken, 0)] for words in (six[:5], six)
    )
    told = np.sort(lexicon.surprise(six))
    assert many == pytest.approx(told[1:].sum(), rel=1e-5)
    assert few == pytest.approx(lexicon.surprise(six[:5]).sum(), rel=1e-5)


def test_of_a_long_profile_the_words_that_tell_most_are_read(lexicon: Lexicon) -> None:
    alphabet = "bcdfghjklmnpqrstvxz"
    filling = {f"{one}{two}": 1.0 for one in alphabet for two in alphabet}
    telling = {"hydraulslangpressning": 1.0}
    spoken = Spoken(title=(), text=("hydraulslangpressning",))
    long, short = met(Vocabulary([filling | telling, telling], lexicon), spoken, 0, 1)
    assert long[0] >= short[0] > 0


def test_what_is_remembered_is_found_again_and_stays_within_bounds(
    lexicon: Lexicon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vocabulary, "_REMEMBERED", 3)
    monkeypatch.setattr(vocabulary, "_AT_ONCE", 2)
    firms = Vocabulary([{"brøyting": 1.0, "vei": 1.0}], lexicon)
    first = met(firms, NOTICE, 0)
    other = met(firms, Spoken(title=("vei",), text=("vei",)), 0)
    assert met(firms, NOTICE, 0) == first
    assert met(firms, Spoken(title=("vei",), text=("vei",)), 0) == other
    assert len(firms._met) <= len(NOTICE.text) + 1


def test_threads_may_share_a_vocabulary(lexicon: Lexicon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabulary, "_REMEMBERED", 5)
    firms = Vocabulary([{"brøyting": 1.0, "vei": 1.0}, {"catering": 1.0, "mat": 1.0}], lexicon)
    asked = [Spoken(title=(), text=(f"väg{at}", f"mat{at % 7}", "snöröjning")) for at in range(60)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda spoken: met(firms, spoken, 0, 1), asked))
    np.testing.assert_allclose(
        together,
        [
            met(Vocabulary([{"brøyting": 1.0, "vei": 1.0}, {"catering": 1.0, "mat": 1.0}], lexicon), spoken, 0, 1)
            for spoken in asked[:60]
        ],
        rtol=1e-5,
    )


def test_a_model_that_reads_words_in_their_context_has_no_lexicon() -> None:
    from classifier.encoder import OURS, Encoder

    class Whole:
        def read(self, texts: list[str], prompt: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
            del prompt
            return np.ones((len(texts), 3), dtype=np.float32)

    with pytest.raises(ModelRefused, match="in their context"):
        Encoder(Whole(), "whole", folder=OURS).lexicon()
