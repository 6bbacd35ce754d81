"""How many notices a second are scored with reasons, beside the encoder alone on the same texts?"""

import time
from statistics import median

from benchmarks.ground import Told
from classifier.encoder import load_encoder
from classifier.profiles import read
from classifier.score import Scorer
from classifier.text import NoticeText, ProfileText
from db import seed
from db.session import utcnow
from demo.catalogue import catalogue
from demo.run import COMPANIES
from settings import get_settings

ROUNDS = 3
COPIES = 5


def run() -> Told:
    """The sandbox's notices, several times over with words that differ, against the example firms' profiles."""
    encoder = load_encoder(get_settings().model)
    scorer = Scorer(encoder, seed.load())
    firms = read(COMPANIES.read_bytes()).subscriber
    roster = scorer.roster(
        [
            ProfileText(sentences=tuple(p.sentences), language=firm.language, cpv=tuple(p.cpv))
            for firm in firms
            for p in firm.profile
        ]
    )
    notices = _notices()
    texts = [text for n in notices for text in (n.title, n.description)]
    ours, bare = [], []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        scorer.score(notices, roster)
        ours.append(len(notices) / (time.perf_counter() - started))
        started = time.perf_counter()
        encoder.encode(texts)
        bare.append(len(notices) / (time.perf_counter() - started))
    return Told(
        unit="notices/s", ours=median(ours), peer=median(bare), peer_is="encoding titles and descriptions alone"
    )


def _notices() -> list[NoticeText]:
    return [
        NoticeText(
            title=f"{text.title} {copy}",
            description=f"{text.body} {copy}",
            language=language,
            cpv=tuple(notice.cpv),
        )
        for copy in range(COPIES)
        for notice in catalogue(utcnow().date(), 1)
        for language, text in notice.texts.items()
    ]
