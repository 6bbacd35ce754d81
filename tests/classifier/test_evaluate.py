"""Are systems measured by the groups that they are meant for, and is ours above its peers on real judgements?"""

from pathlib import Path

import numpy as np
import pytest
from judged_set import QRELS, write_set

from classifier.encoder import load_encoder
from classifier.evaluate import Groups, groups, scopes
from classifier.judged import Judged, JudgedBroken, read_judged
from classifier.peers import PEERS
from classifier.runs import Run, ours, peer, run
from db import reference

pytest.importorskip("ir_measures")

NAMES = reference.builtin()
FAST = tuple(one for one in PEERS if one.name != "minilm")


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    return read_judged(write_set(tmp_path))


def test_a_perfect_system_has_perfect_figures_in_every_group(judged: Judged) -> None:
    found = groups(judged, run(judged, np.tile(judged.grades / 2, (2, 1)), line=0.5))
    assert set(found) == {"overall", "mirror", "nb-nb", "nb-sv", "sv-en", "sv-nb", "sv-sv"}
    for figures in found.values():
        assert {figures[name] for name in ("nDCG@10", "AP", "R@50", "precision", "recall", "F1")} == {1.0}
    assert found["overall"]["profiles"] == 4
    assert found["mirror"]["nDCG@10 ratio"] == 1
    # Three of the four pairs graded 1 stand at 0.5 where half of them should have: what is told is the gap.
    assert found["overall"]["ECE"] == pytest.approx(2 * 0.5 / 48, abs=1e-4)
    assert "F1 own line" not in found["overall"]


def test_a_pair_of_languages_looks_at_those_languages_alone(judged: Judged) -> None:
    scores = np.zeros(judged.grades.shape)
    scores[0, 0] = 1  # a Swedish firm and the one bokmål notice for it; its Swedish and English ones are missed
    found = groups(judged, run(judged, np.vstack([scores, scores]), line=0.5))
    assert found["sv-nb"]["recall"] == 0.5  # of N01 and N09
    assert found["sv-nb"]["precision"] == 1
    assert found["sv-sv"]["recall"] == found["sv-en"]["recall"] == 0
    assert found["nb-nb"]["recall"] == 0
    assert found["overall"]["recall"] == pytest.approx(1 / 9, abs=1e-4)


def test_the_price_of_the_border_is_the_worse_by_the_better(judged: Judged) -> None:
    own, none = judged.grades.astype(float), -judged.grades.astype(float)
    mirrors_fail = groups(judged, run(judged, np.vstack([own, none])))["mirror"]
    worst = mirrors_fail["nDCG@10"]
    assert worst is not None
    assert worst < 1
    assert mirrors_fail["nDCG@10 ratio"] == worst
    # P1 and P4 are Swedish, P2 and P3 are not: here every Swedish text fails, so both forms are half bad.
    swedish = np.array([True, False, False, True])[:, None]
    by_language = groups(judged, run(judged, np.vstack([np.where(swedish, none, own), np.where(swedish, own, none)])))
    ratio, other = (by_language["mirror"][name] for name in ("nDCG@10 ratio by language", "nDCG@10 ratio"))
    assert ratio == worst
    assert other is not None
    assert other > worst


def test_peers_have_no_probabilities_and_so_no_decisions(judged: Judged) -> None:
    found = groups(judged, peer(judged, lambda notices, profiles: np.zeros((len(profiles), len(notices)))))
    assert {found["overall"][name] for name in ("precision", "recall", "F1", "ECE", "ECE judged")} == {None}
    assert found["overall"]["nDCG@10"] is not None


def test_mirrors_that_are_missing_are_no_group(tmp_path: Path) -> None:
    judged = read_judged(write_set(tmp_path, mirrors=False))
    assert "mirror" not in groups(judged, run(judged, judged.grades.astype(float)))


def test_scopes_are_measured_where_they_are_labelled(tmp_path: Path, judged: Judged) -> None:
    found = scopes(judged, NAMES)
    assert found["defence"] == {"precision": 1.0, "recall": 1.0, "F1": 1.0}
    each = [figures["F1"] for figures in found.values() if isinstance(figures, dict)]
    assert found["macro F1"] == pytest.approx(np.mean([one for one in each if one is not None]), abs=1e-4)
    assert len(each) == 3
    assert scopes(read_judged(write_set(tmp_path / "bare", scopes=False)), NAMES) == {}


def test_ours_as_shipped_and_refitted(judged: Judged) -> None:
    encoder = load_encoder()
    shipped, refitted = (ours(judged, encoder, NAMES, refitted=refitted) for refitted in (False, True))
    assert shipped.line == refitted.line
    assert shipped.own_lines is None
    for told in (shipped, refitted):
        assert told.own.shape == told.mirrored.shape == judged.grades.shape
        assert ((told.own >= 0) & (told.own <= 1)).all()
        first = groups(judged, told)["overall"]["nDCG@10"]
        assert first is not None
        assert first > 0.8
    assert not np.allclose(shipped.own, refitted.own)
    assert "F1 own line" in groups(judged, refitted)["overall"]


def test_one_firm_is_too_little_to_fit_on(tmp_path: Path) -> None:
    told = "".join(line for line in QRELS.splitlines(keepends=True) if line.startswith("P1"))
    with pytest.raises(JudgedBroken, match="two"):
        ours(read_judged(write_set(tmp_path, qrels=told)), load_encoder(), NAMES, refitted=True)


def _overall(judged: Judged, told: Run) -> dict[str, float]:
    return {name: value for name, value in groups(judged, told)["overall"].items() if value is not None}


def test_ours_is_above_its_peers_on_the_open_set(shared: Path) -> None:
    """0.695 was measured against 0.45 of the best peer (shared CPV digits) when this was written."""
    judged = read_judged(shared / "eval" / "dev")
    told: Groups = groups(judged, ours(judged, load_encoder(), NAMES))
    own, mirror = told["overall"], told["mirror"]
    for one in FAST:
        if not one.missing():
            found = _overall(judged, peer(judged, one.rank))
            for measure in ("nDCG@10", "AP", "R@50"):
                assert (own[measure] or 0) > found[measure] + 0.1, (one.name, measure)
    assert (mirror["nDCG@10 ratio"] or 0) > 0.93
    assert (own["F1"] or 0) > 0.45


@pytest.mark.prove
@pytest.mark.timeout(900)
def test_profiles_left_out_are_ranked_nearly_as_well(shared: Path) -> None:
    """Leaving each firm out costs a few points; a calibration that only fits what it saw would show in the error."""
    judged = read_judged(shared / "eval" / "dev")
    found = _overall(judged, ours(judged, load_encoder(), NAMES, refitted=True))
    assert found["nDCG@10"] > 0.6
    assert found["F1"] > 0.4
    assert found["F1 own line"] > 0.4
    assert found["ECE"] < 0.03
