"""Which words carried the likeness of two sentences?

A static model's vector is the mean of its pieces, so the product of two sentences is the sum over all pairs of their
words; the pairs with the largest share are the reason, and are words that a reader finds in both sentences.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from classifier.met import Met
from classifier.rows import Rows

MOST = 4
_REMEMBERED = 30_000  # words, at most two kilobytes each
_SENTENCES = 50_000  # whose words are kept, some three hundred bytes each
_ALIKE = 0.45  # below this cosine two words are no reason that a reader would accept
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
# Words that say nothing of a trade: the five languages' small words, and what every notice and every firm says.
_EMPTY_WORDS = """
about all alle allt als also an and andra andre annet annat any are arbeid arbeider arbete arbeten as at att av även
bara bare ble blei bli blir både by bygger can da deg dei del den denne deres deras det detta dette detter din du
där där der dessa disse eg ei eit ein eigen ej eller else en enn er era et ett etter efter ettersom for fra från
frå före för förfrågan gir ger gjelder gjeld gäller gör gjør ha had har hele hela her här hos hun hva hvor hver hvert
i if ikke ikkje in ingen inn innan innen inom inte into is it its jeg kan kom kommer kor korleis kva løpet man mange
många med mellan mellom men mer meir mot må måste nå når någon några noe noen nokon og også och om on or oss over över
own på per sa same samme samma samt seg sig si sin sine sina ska skal skall skulle slik som så such sånn that the
their them there these they this through til till to tillegg und under until up upp upon us ut uten utan vara vår
våra våre vårt ved vi vid vil vill være vere var vart vere was we well were what when where which while who will
with without working you your
anbud anbudskonkurranse anskaffe anskaffelse anskaffelsen anskaffing avtale avtalen avtal avtalet avtaleperioden
behov bolag drift enligt etc firma företag företaget gjennomføre gjennomføring ifølge inkludert inklusive inngå
inngåelse kjøp kommun kommune kommunen kommunens kommuner konkurranse konkurransen kontrakt kontrakten kund kunde
kunden kundene kunder kunderna køb köp leverandør leverandøren leverandører leverantör leverantörer leverans
leveranser leverer leveranse leveransen levering leverera levererar levere levert myndighet ny nya nye oppdrag
oppdraget oppdragsgiver oppdragsgivar oppdragsgiveren parallelle procurement purchase rammeavtale rammeavtalen
rammeavtaler ramavtal ramavtalet services service supply tender tjeneste tjenester tjänst tjänster tilbud tilbyr
to tre fire fem seks sju åtte ni ti tolv tjue tretti hundre tusen två fyra sex åtta nio tio tjugo trettio hundra one two
three four five six seven eight nine ten twelve twenty thirty hundred thousand cirka omkring about timer timmar hours
minutter minuter minutes dager dagar days uker veckor weeks måneder månader months prosent procent percent utom unntatt
totalt typisk typiske typiska uppdrag upphandling upphandlingen utføre utfører utför utføring utvikler vanliga
vanlige ønsker years år året åren contract contracts framework agreement delivery deliver company customers typical
"""
_EMPTY = frozenset(_EMPTY_WORDS.split())


class Weighs(Protocol):
    """What knows the share of a word in the vector of a text: an encoder, or what remembers its answers."""

    def weigh(self, words: Sequence[str]) -> Rows:
        """One row for each word."""
        ...


class Remembered:
    """An encoder's shares of words, each asked for once: firms' words come back with every notice."""

    def __init__(self, encoder: Weighs) -> None:
        self._encoder, self._met = encoder, Met[str](_REMEMBERED)

    def weigh(self, words: Sequence[str]) -> Rows:
        """One row for each word; words that are new are asked for together."""
        return self._met.rows(words, self._encoder.weigh) if words else self._encoder.weigh(words)


def pairs(
    encoder: Weighs, sentences: Sequence[tuple[str, str]], *, most: int = MOST
) -> list[tuple[tuple[str, str], ...]]:
    """For each (notice sentence, profile sentence): up to `most` (notice word, profile word), the weightiest first.

    Words are whole and spelled as they stand; each word is named once. Nothing is named where no two words are alike.
    """
    told = [(_words(notice), _words(profile)) for notice, profile in sentences]
    every = {word: row for row, word in enumerate(sorted({w.lower() for both in told for side in both for w in side}))}
    weights = encoder.weigh(list(every))
    lengths = np.linalg.norm(weights, axis=1, keepdims=True)
    shares = _Shares(units=weights / np.maximum(lengths, 1e-9), lengths=lengths[:, 0])
    found: list[tuple[tuple[str, str], ...]] = [()] * len(sentences)
    beside: dict[tuple[str, ...], list[int]] = {}
    for number, (left, right) in enumerate(told):
        if left and right:
            beside.setdefault(left, []).append(number)
    for left, numbers in beside.items():
        rights = [told[number][1] for number in numbers]
        mine = np.array([every[word.lower()] for word in left])
        theirs = np.array([every[word.lower()] for right in rights for word in right])
        ends = np.cumsum([len(right) for right in rights])
        for number, chosen in shares.best(mine, theirs, ends, most).items():
            found[numbers[number]] = tuple((left[row], rights[number][column]) for row, column in chosen)
    return found


def telling(sentence: str) -> tuple[str, ...]:
    """The words of a sentence that say something of a trade, in lower case, each once."""
    return tuple(word.lower() for word in _words(sentence))


@lru_cache(maxsize=_SENTENCES)
def _words(sentence: str) -> tuple[str, ...]:
    once = {word.lower(): word for word in reversed(_WORD.findall(sentence)) if len(word) > 2}
    return tuple(word for key, word in reversed(once.items()) if key not in _EMPTY)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Shares:
    """Of each word, its direction and its length."""

    units: Rows
    lengths: Rows

    def best(
        self, mine: NDArray[np.int64], theirs: NDArray[np.int64], ends: NDArray[np.int64], most: int
    ) -> dict[int, list[tuple[int, int]]]:
        """One sentence against several that end at `ends` of `theirs`: for each that has any, the weightiest pairs."""
        alike = self.units[mine] @ self.units[theirs].T
        rows, columns = np.nonzero(alike >= _ALIKE)
        shares = alike[rows, columns] * self.lengths[mine[rows]] * self.lengths[theirs[columns]]
        whose = np.searchsorted(ends, columns, side="right")
        columns = columns - (ends - np.diff(ends, prepend=0))[whose]
        order = np.lexsort((columns, rows, -shares, whose))
        found: dict[int, list[tuple[int, int]]] = {}
        for number, row, column in np.stack((whose, rows, columns))[:, order].T.tolist():
            chosen = found.setdefault(number, [])
            if len(chosen) < most and all(row != taken and column != other for taken, other in chosen):
                chosen.append((row, column))
        return found
