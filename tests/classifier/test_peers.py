"""Does each peer rank as its name promises, and is one that is not installed named rather than missed?"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from classifier.encoder import OURS, ModelRefused, load_encoder
from classifier.figures import Scores
from classifier.peers import PEERS, Peer, cpv_prefix, embedding_peers, nearest
from classifier.text import LotText, NoticeText, ProfileText

SNOW = NoticeText(
    title="Snøbrøyting", description="Vi skal ha brøytet snø på veier.", language="nb", cpv=("90620000-9",)
)
FOOD = NoticeText(title="Skolemat", description="Frukt og melk.", language="nb", cpv=("15000000",))
SILENT = NoticeText(title="", language="und")
DOORS = NoticeText(
    title="Fleire deler",
    language="nn",
    lots=(LotText(identifier="1", title="Brøyting av snø på veger", cpv=("90621000",)),),
)
PLOUGH = ProfileText(sentences=("Vi brøyter snø på veier.",), language="nb", cpv=("90620000",))
COOK = ProfileText(sentences=("Vi lager skolemat av frukt og melk.",), language="nb", cpv=("15890000",))
MUTE = ProfileText(sentences=(), language="xx")
NOTICES, PROFILES = (SNOW, FOOD, SILENT, DOORS), (PLOUGH, COOK, MUTE)


@pytest.mark.parametrize("peer", [peer for peer in PEERS if peer.name != "minilm"], ids=lambda peer: peer.name)
def test_a_peer_ranks_what_a_reader_would(peer: Peer) -> None:
    for package in peer.needs:
        pytest.importorskip(package)
    scores = peer.rank(NOTICES, PROFILES)
    assert scores.shape == (3, 4)
    assert np.isfinite(scores).all()
    assert scores[0].argmax() == 0
    assert scores[1].argmax() == 1
    assert scores[0, 3] > scores[0, 1]
    assert not scores[2].any()
    assert not scores[:, 2].any()


def test_words_are_stemmed_in_their_own_language() -> None:
    pytest.importorskip("bm25s")
    pytest.importorskip("Stemmer")
    (bm25,) = (peer.rank for peer in PEERS if peer.name == "bm25")
    asked = ProfileText(sentences=("Drönaren flygs.",), language="sv")
    notices = [NoticeText(title="Drönarna", language=language) for language in ("sv", "en")]
    stemmed, unstemmed = bm25(notices, [asked])[0]
    assert stemmed > 0
    assert unstemmed == 0


def test_the_cpv_peer_counts_shared_leading_digits() -> None:
    asked = [
        ProfileText(sentences=(), language="sv", cpv=codes) for codes in (("35613000", "90620000"), ("35000000",), ())
    ]
    notices = [
        NoticeText(title="x", language="sv", cpv=codes) for codes in (("35613000-9",), ("35811100",), ("36613000",))
    ]
    assert cpv_prefix(notices, asked).tolist() == [[5, 2, 0], [2, 2, 0], [0, 0, 0]]


def test_an_embedding_peer_takes_the_best_pair_of_sentences() -> None:
    encoder = load_encoder()
    scores = nearest(encoder, NOTICES, PROFILES)
    pairs = (
        encoder.encode(["Snøbrøyting", "Vi skal ha brøytet snø på veier."])
        @ encoder.encode(PLOUGH.sentences, query=True).T
    )
    assert scores[0, 0] == pytest.approx(float(pairs.max()), abs=1e-6)
    assert not scores[2].any()
    assert not scores[:, 2].any()


def test_a_folder_is_a_peer_called_as_the_folder_is() -> None:
    first, second = embedding_peers([OURS, OURS])
    assert first.name == "model"
    assert second.name.startswith("model ")
    assert first.rank(NOTICES, PROFILES)[0].argmax() == 0
    with pytest.raises(ModelRefused):
        embedding_peers([Path("no/such/folder")])


def test_a_peer_tells_which_of_its_packages_are_missing() -> None:
    def never(notices: Sequence[NoticeText], profiles: Sequence[ProfileText]) -> Scores:
        raise AssertionError

    assert Peer(name="x", rank=never, needs=("no_such_package", "json")).missing() == ["no_such_package"]
    assert Peer(name="x", rank=never).missing() == []
