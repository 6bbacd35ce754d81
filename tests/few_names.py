"""What are the codes of the test digests called? A handful of true names, so that no reference table is needed."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class FewNames:
    """A handful of true names, so that these tests need no reference table."""

    cpv: Mapping[str, tuple[str, str, str]] = field(
        default_factory=lambda: {
            "45262680": ("Sveising", "Svetsning", "Welding"),
            "45223100": (
                "Montering av metallkonstruksjoner",
                "Montering av metallkonstruktioner",
                "Assembly of metal structures",
            ),
            "35613000": ("Ubemannede luftfartøyer", "Obemannade luftfartyg", "Unmanned aerial vehicles"),
            "50630000": (
                "Reparasjon og vedlikehold av militære kjøretøyer",
                "Reparation och underhåll av militära fordon",
                "Repair and maintenance services of military vehicles",
            ),
        }
    )
    nuts: Mapping[str, tuple[str, str, str]] = field(
        default_factory=lambda: {
            "NO060": ("Trøndelag", "Trøndelag", "Trøndelag"),
            "NO071": ("Nordland", "Nordland", "Nordland"),
            "NO074": ("Troms", "Troms", "Troms"),
            "SE322": ("Jämtlands län", "Jämtlands län", "Jämtland County"),
            "SE332": ("Norrbottens län", "Norrbottens län", "Norrbotten County"),
        }
    )

    def cpv_name(self, code: str, language: str) -> str | None:
        return self._named(self.cpv, code, language)

    def nuts_name(self, code: str, language: str) -> str | None:
        return self._named(self.nuts, code, language)

    @staticmethod
    def _named(table: Mapping[str, tuple[str, str, str]], code: str, language: str) -> str | None:
        return table[code][{"nb": 0, "nn": 0, "sv": 1, "en": 2}[language]] if code in table else None


NAMES = FewNames()
