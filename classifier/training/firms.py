"""How would a firm of this trade describe itself? Sentences put together from CPV names, in five languages.

No real firm's words are in the corpus. These teach the model what a profile looks like: that an enumeration means its
parts, and that "we supply" and "for municipalities" mean nothing.
"""

import random
from collections import defaultdict
from collections.abc import Collection, Mapping

from classifier.training.corpus import LANGUAGES
from classifier.training.trades import Trades

# How often each language is drawn: subscribers write Swedish and bokmål, most of them.
_SHARES = dict(zip(LANGUAGES, (2, 4, 1, 4, 1), strict=True))
_AND = {"nb": "og", "nn": "og", "sv": "och", "da": "og", "en": "and"}
_LONGEST_NAME = 90
_BY_NOTICE = 0.6  # the share of firms that stand beside a notice's words; the others stand beside a CPV name
_SENTENCES: Mapping[str, tuple[str, ...]] = {
    "nb": (
        "Vi leverer {}.",
        "Vi utfører {} for kommuner, Forsvaret og private kunder.",
        "Bedriften har lang erfaring med {}.",
        "Firmaet tilbyr {} i Trøndelag og Jämtland.",
        "Typiske oppdrag er {}.",
        "Vi selger og vedlikeholder {}.",
        "Verkstedet vårt tar oppdrag innen {}.",
        "{} er det vi kan best.",
        "De ansatte arbeider med {}.",
        "Vi er sertifisert og har utstyr for {}.",
    ),
    "nn": (
        "Vi leverer {}.",
        "Vi utfører {} for kommunar og private.",
        "Verksemda har lang røynsle med {}.",
        "Firmaet tilbyr {}.",
        "Typiske oppdrag er {}.",
        "{} er det vi kan best.",
    ),
    "sv": (
        "Vi levererar {}.",
        "Vi utför {} åt kommuner, Försvarsmakten och privata kunder.",
        "Företaget har lång erfarenhet av {}.",
        "Firman erbjuder {} i Jämtland och Trøndelag.",
        "Typiska uppdrag är {}.",
        "Vi säljer och underhåller {}.",
        "Vår verkstad tar uppdrag inom {}.",
        "{} är det vi kan bäst.",
        "De anställda arbetar med {}.",
        "Vi är certifierade och har utrustning för {}.",
    ),
    "da": (
        "Vi leverer {}.",
        "Vi udfører {} for kommuner, Forsvaret og private kunder.",
        "Virksomheden har lang erfaring med {}.",
        "Typiske opgaver er {}.",
    ),
    "en": (
        "We supply {}.",
        "We carry out {} for municipalities and the armed forces.",
        "The company has long experience of {}.",
        "Typical assignments are {}.",
        "Our workshop takes on {}.",
        "We sell and maintain {}.",
        "{} is what we do best.",
    ),
}


class Firms:
    """Invents firms; each stands beside what a notice of its trade says, or beside a neighbouring CPV name."""

    def __init__(self, trades: Trades, halves: Collection[int]) -> None:
        self._cpv = trades.cpv
        self._said = {  # by class of the nomenclature; only from these halves of the notices
            trade: [text for half in halves for text in trades.said[half].get(trade, ())]
            for trade in {trade for half in halves for trade in trades.said[half]}
        }
        kin = defaultdict(list)
        for code in trades.cpv:
            kin[code[:3]].append(code)
            kin[code[:4]].append(code)
        self._kin = {trade: codes for trade, codes in sorted(kin.items()) if len(codes) > 1}

    def draw(self, count: int, chance: random.Random) -> list[tuple[str, str, int]]:
        """Up to `count` (what the firm says, what fits it, label of its trade)."""
        trades, found = list(self._kin), []
        for _ in range(count):
            trade = chance.choice(trades)
            kin = self._kin[trade]
            picked = chance.sample(kin, min(len(kin), chance.randint(1, 4)))
            if told := self._tell(picked, chance):
                found.append((told, self._fitting(picked, kin, chance), int(trade.ljust(8, "0"))))
        return found

    def _tell(self, codes: list[str], chance: random.Random) -> str:
        language = chance.choices(list(_SHARES), list(_SHARES.values()))[0]
        called = [(self._cpv[code].get(language) or self._cpv[code]["nb"]).rstrip(".") for code in codes]
        called = [name[:1].lower() + name[1:] for name in called if len(name) < _LONGEST_NAME]
        if not called:
            return ""
        listed = f" {_AND[language]} ".join([part for part in (", ".join(called[:-1]), called[-1]) if part])
        told = chance.choice(_SENTENCES[language]).format(listed)
        return told[:1].upper() + told[1:]

    def _fitting(self, picked: list[str], kin: list[str], chance: random.Random) -> str:
        said = [text for code in picked for text in self._said.get(code[:4], ())[:90]]
        if said and chance.random() < _BY_NOTICE:
            return chance.choice(said)
        row = self._cpv[chance.choice(kin)]
        return row[chance.choice([language for language in LANGUAGES if row.get(language)])]
