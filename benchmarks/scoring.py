"""How fast do notices meet 5,000 profiles, beside the bare product of the same sentences' vectors?

Ours is all that follows reading: every signal of every pair, letters, codes and words included, the chance of each
pair, the threshold, and for the pairs above it the sentences that may be quoted. The peer multiplies as many vectors,
each as long as the model makes them, as the notices have titles and sentences with as many as the profiles have
sentences, two thousand rows at a time, and throws the cosines away. Our own best cosines need only the model's nested
dimensions; the note says how we stand beside the product of those.
"""

import resource
import sys
import time
from collections.abc import Iterator, Sequence
from statistics import median

import numpy as np

from benchmarks.ground import Told
from benchmarks.texts import Texts
from classifier.batch import Batch
from classifier.encoder import load_encoder
from classifier.roster import Roster
from classifier.rows import Rows
from classifier.score import Scorer
from db import seed
from settings import get_settings

PROFILES = 5000
WHOLE, SHARE = 20_000, 1024  # notices: all, and what is measured unless `--whole` asks for all
ROUNDS = 3
_PIECE = 1024  # notices read at once, so that memory holds no more of them
_ROWS = 2048


def run(*, whole: bool = False) -> Told:
    """Made-up notices against made-up profiles. `whole` measures all notices, once; else a share, some rounds."""
    encoder = load_encoder(get_settings().model)
    scorer = Scorer(encoder, seed.load())
    texts = Texts(seed=11)
    roster = scorer.roster(texts.profiles(PROFILES))
    sentences = _rows(len(roster.rows), encoder.dimensions)
    ours, bare, short, kept, count = [], [], [], 0, WHOLE if whole else SHARE
    for _ in range(1 if whole else ROUNDS):
        spent, peer, nested, products = 0.0, 0.0, 0.0, 0.0
        for batches in _read(scorer, texts, count):
            rows = _rows(sum(len(batch.rows) for batch in batches), encoder.dimensions)
            products += 2.0 * len(rows) * sentences.size
            started = time.perf_counter()
            kept += _meet(scorer, batches, roster)
            spent += time.perf_counter() - started
            peer += _multiply(rows, sentences)
            nested += _multiply(rows[:, : encoder.nested].copy(), sentences[:, : encoder.nested].copy())
        ours.append(products / spent / 1e9)
        bare.append(products / peer / 1e9)
        short.append(nested / spent)
    share = kept / (len(ours) * count * PROFILES)
    # Linux counts kilobytes, macOS bytes.
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**30 if sys.platform == "darwin" else 2**20)
    note = (
        f"{count:,} notices, {PROFILES:,} profiles, {share:.1%} of pairs above the threshold, RSS {most:.2f} GiB; "
        f"{median(short):.2f} of the product of {encoder.nested} dimensions"
    )
    return Told(unit="GFLOP/s", ours=median(ours), peer=median(bare), peer_is="numpy's sgemm, same rows", note=note)


def _read(scorer: Scorer, texts: Texts, count: int) -> Iterator[Sequence[Batch]]:
    for start in range(0, count, _PIECE):
        yield list(scorer.read(texts.notices(min(_PIECE, count - start))))


def _meet(scorer: Scorer, batches: Sequence[Batch], roster: Roster) -> int:
    """How many pairs are above the threshold; each has its sentences by then."""
    told = scorer.kept(batches, roster, scorer.default_threshold)
    return sum(int(one.quotes.best.size) for _, of_batch in told for one in of_batch)


def _rows(count: int, dimensions: int) -> Rows:
    return np.random.default_rng(13).standard_normal((count, dimensions), dtype=np.float32)


def _multiply(rows: Rows, sentences: Rows) -> float:
    """How many seconds it takes."""
    started = time.perf_counter()
    held = np.empty((_ROWS, len(sentences)), dtype=np.float32)
    for start in range(0, len(rows), _ROWS):
        here = rows[start : start + _ROWS]
        np.matmul(here, sentences.T, out=held[: len(here)])
    return time.perf_counter() - started
