"""Which words carried the likeness of two sentences?

A static model's vector is the mean of its pieces, so the product of two sentences is the sum over all pairs of their
words; the pairs with the largest share are the reason, and are words that a reader finds in both sentences.
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from classifier.encoder import Encoder

MOST = 4
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


def pairs(
    encoder: Encoder, sentences: Sequence[tuple[str, str]], *, most: int = MOST
) -> list[tuple[tuple[str, str], ...]]:
    """For each (notice sentence, profile sentence): up to `most` (notice word, profile word), the weightiest first.

    Words are whole and spelled as they stand; each word is named once. Nothing is named where no two words are alike.
    """
    told = [(_words(notice), _words(profile)) for notice, profile in sentences]
    every = {word: row for row, word in enumerate(sorted({w.lower() for both in told for side in both for w in side}))}
    weights = encoder.weigh(list(every))
    lengths = np.linalg.norm(weights, axis=1, keepdims=True)
    units = weights / np.maximum(lengths, 1e-9)
    found: list[tuple[tuple[str, str], ...]] = []
    for left, right in told:
        if not left or not right:
            found.append(())
            continue
        mine, theirs = [every[w.lower()] for w in left], [every[w.lower()] for w in right]
        alike = units[mine] @ units[theirs].T
        shares = np.where(alike >= _ALIKE, alike * lengths[mine] * lengths[theirs].T, -1)
        found.append(_best(left, right, shares, most))
    return found


def _words(sentence: str) -> list[str]:
    once = {word.lower(): word for word in reversed(_WORD.findall(sentence)) if len(word) > 2}
    return [word for key, word in reversed(once.items()) if key not in _EMPTY]


def _best(left: list[str], right: list[str], shares: NDArray[np.float32], most: int) -> tuple[tuple[str, str], ...]:
    chosen: list[tuple[str, str]] = []
    shares = shares.copy()
    while len(chosen) < most:
        row, column = divmod(int(shares.argmax()), shares.shape[1])
        if shares[row, column] <= 0:
            break
        chosen.append((left[row], right[column]))
        shares[row, :] = -1
        shares[:, column] = -1
    return tuple(chosen)
