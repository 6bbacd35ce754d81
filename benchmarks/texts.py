"""What do twenty thousand notices and five thousand profiles say? Made up, but as long and as mixed as real ones.

Each notice and each firm has a trade (a group of the CPV) whose code names its sentences speak of, between the
phrases that every notice and every firm repeats. Seeded: every run reads the same texts.
"""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from classifier.text import NoticeText, ProfileText, cpv_name
from db import reference

_LANGUAGES = ("nb", "sv", "en", "nn", "da")
_NOTICES_IN = (0.5, 0.3, 0.1, 0.05, 0.05)
_PROFILES_IN = (0.4, 0.4, 0.1, 0.1, 0.0)
_SENTENCES = 10  # of a notice, on average
_SMALLEST = 3  # codes of a group that counts as a trade
_USUAL = 0.5  # so that as many different codes are used as in as many real notices: a third of the uses
_PROFILE_SENTENCES = (5, 6, 6, 7)
_HEADINGS = {
    "nb": "Rammeavtale for {}", "nn": "Rammeavtale for {}", "sv": "Ramavtal avseende {}",
    "da": "Rammeaftale om {}", "en": "Framework agreement for {}",
}  # fmt: skip
_NORWEGIAN = (
    "Oppdragsgiver ønsker tilbud på {} og {} for kommunens virksomheter.",
    "Leverandøren skal kunne levere {} innen avtalt frist.",
    "Anskaffelsen omfatter {}, {} og tilhørende tjenester i hele avtaleperioden.",
    "Avtalens varighet er to år med opsjon på forlengelse i inntil to ganger ett år.",
    "Nærmere beskrivelse av {} fremgår av konkurransegrunnlagets bilag.",
)
_SWEDISH = (
    "Upphandlande myndighet önskar anbud avseende {} och {} för kommunens verksamheter.",
    "Leverantören ska kunna leverera {} inom avtalad tid.",
    "Upphandlingen omfattar {}, {} samt tillhörande tjänster under hela avtalsperioden.",
    "Avtalstiden är två år med möjlighet till förlängning i högst två gånger ett år.",
    "En närmare beskrivning av {} framgår av förfrågningsunderlagets bilagor.",
)
_ENGLISH = (
    "The contracting authority invites tenders for {} and {} for its departments.",
    "The supplier shall be able to deliver {} within the agreed time.",
    "The procurement covers {}, {} and related services for the whole term.",
    "The term of the agreement is two years with an option to extend it by up to two more.",
    "A further description of {} is found in the annexes.",
)
_SAID = {"nb": _NORWEGIAN, "nn": _NORWEGIAN, "da": _NORWEGIAN, "sv": _SWEDISH, "en": _ENGLISH}
_OFFERED = {
    "nb": ("Vi leverer {} og {} til små og store oppdragsgivere i regionen.", "Våre fagfolk har lang erfaring med {} i krevende miljøer.", "Typiske oppdrag er {}, {} og rådgivning."),
    "nn": ("Vi leverer {} og {} til små og store oppdragsgjevarar i regionen.", "Fagfolka våre har lang røynsle med {} i krevjande miljø.", "Typiske oppdrag er {}, {} og rådgjeving."),
    "sv": ("Vi levererar {} och {} till små och stora beställare i regionen.", "Våra medarbetare har lång erfarenhet av {} i krävande miljöer.", "Typiska uppdrag är {}, {} och rådgivning."),
    "en": ("We deliver {} and {} to small and large customers in the region.", "Our staff have long experience of {} in demanding environments.", "Typical assignments are {}, {} and advice."),
}  # fmt: skip

_Choice = TypeVar("_Choice")


class Texts:
    """Draws texts from one seed."""

    def __init__(self, seed: int) -> None:
        self._chance = np.random.default_rng(seed)
        self._names = reference.builtin()
        trades: dict[str, list[str]] = {}
        for code in self._names.cpv:
            trades.setdefault(code[:3], []).append(code)
        self._asked = [codes for codes in trades.values() if len(codes) >= _SMALLEST]
        self._offered = self._asked[::2]  # what is bought is wider than what our firms do

    def notices(self, count: int) -> list[NoticeText]:
        """Notices with a title, about ten sentences and one to a few codes, in five languages."""
        return [self._notice(number) for number in range(count)]

    def profiles(self, count: int) -> list[ProfileText]:
        """Profiles of five to seven sentences and four to five codes, in four languages."""
        return [self._profile(number) for number in range(count)]

    def _notice(self, number: int) -> NoticeText:
        language = str(self._chance.choice(_LANGUAGES, p=_NOTICES_IN))
        trade = self._one(self._asked)
        length = int(self._chance.geometric(1 / _SENTENCES))
        said = [self._fill(self._one(_SAID[language]), trade, language) for _ in range(length)]
        codes = [self._code(trade) for _ in range(min(int(self._chance.geometric(0.5)), 8))]
        return NoticeText(
            title=self._fill(_HEADINGS[language], trade, language),
            description=" ".join([*said, f"Saksnummer {number}."]),
            language=language,
            cpv=tuple(dict.fromkeys(codes)),
        )

    def _profile(self, number: int) -> ProfileText:
        language = str(self._chance.choice(_LANGUAGES, p=_PROFILES_IN))
        trade = self._one(self._offered)
        length = int(self._chance.choice(_PROFILE_SENTENCES))
        told = [self._fill(self._one(_OFFERED[language]), trade, language) for _ in range(length)]
        codes = [self._code(trade) for _ in range(5)]
        return ProfileText(
            sentences=(f"{told[0][:-1]} ({number}).", *told[1:]),
            language=language,
            cpv=tuple(dict.fromkeys(codes)),
        )

    def _code(self, trade: Sequence[str]) -> str:
        """A code of a trade: as with real ones, a few are in every other notice and most in few."""
        usual = trade[min(int(self._chance.pareto(0.8)), len(trade) - 1)]
        return usual if self._chance.random() < _USUAL else self._one(trade)

    def _one(self, among: Sequence[_Choice]) -> _Choice:
        return among[int(self._chance.integers(len(among)))]

    def _fill(self, phrase: str, trade: list[str], language: str) -> str:
        names = [cpv_name(self._names, self._one(trade), language) or "" for _ in range(phrase.count("{}"))]
        return phrase.format(*(name[:1].lower() + name[1:] for name in names))
