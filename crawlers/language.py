"""Which language is this text in, by the portal's own code or, where it gives none, by reading it?

Codes become ISO 639-1, with bokmål and nynorsk told apart: ``no`` never leaves this module.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lingua import LanguageDetector

NORWEGIAN: Final = "no"  # either of the two; resolved by written_norwegian()
# ISO 639-2/3 as eForms and TED write them → ISO 639-1. Bibliographic variants (ger, fre, …) are met in old files.
_ALPHA_2: Final = {
    "bul": "bg", "ces": "cs", "cze": "cs", "cym": "cy", "dan": "da", "deu": "de", "ger": "de", "ell": "el", "gre": "el",
    "eng": "en", "est": "et", "fin": "fi", "fra": "fr", "fre": "fr", "gle": "ga", "hrv": "hr", "hun": "hu", "ice": "is",
    "isl": "is", "ita": "it", "kal": "kl", "fao": "fo", "lav": "lv", "lit": "lt", "mkd": "mk", "mlt": "mt", "dut": "nl",
    "nld": "nl", "nno": "nn", "nob": "nb", "nor": NORWEGIAN, "pol": "pl", "por": "pt", "ron": "ro", "rum": "ro", "slk": "sk",
    "slo": "sk", "slv": "sl", "sme": "se", "smi": "se", "spa": "es", "sqi": "sq", "srp": "sr", "swe": "sv", "tur": "tr",
    "ukr": "uk",
}  # fmt: skip
_KNOWN: Final = frozenset(_ALPHA_2.values())
# Languages in which a notice of a country is first of all written; a translation is not its main language.
OF_COUNTRY: Final = {"NO": ("nb", "nn"), "SE": ("sv",), "DK": ("da",), "FI": ("fi", "sv"), "IS": ("is",)}
_ENOUGH: Final = 0.8  # below this share a text is taken for bokmål: nine in ten Norwegian notices are
_READ_AT_MOST: Final = 2000  # characters; more changes no verdict and costs time


def alpha_2(code: str | None) -> str | None:
    """ISO 639-1 of a portal's code (``NOB``, ``swe``, ``EN``, ``nb-NO``); ``no`` for undecided Norwegian; else None."""
    written = (code or "").strip().lower().replace("_", "-").split("-")[0]
    if len(written) == 3:
        return _ALPHA_2.get(written)
    return written if written in _KNOWN else None


def decided(code: str | None, text: str) -> str | None:
    """As alpha_2, with Norwegian decided by reading ``text``."""
    found = alpha_2(code)
    return written_norwegian(text) if found == NORWEGIAN else found


@lru_cache(maxsize=1)
def _detector() -> "LanguageDetector":
    """Built once per process; six languages keep it small and its verdicts sharp."""
    from lingua import Language, LanguageDetectorBuilder

    return LanguageDetectorBuilder.from_languages(
        Language.BOKMAL, Language.NYNORSK, Language.SWEDISH, Language.DANISH, Language.ENGLISH, Language.FINNISH
    ).build()


def shares(text: str) -> dict[str, float]:
    """How likely each of nb, nn, sv, da, en and fi is; empty for a text without letters."""
    read = text[:_READ_AT_MOST]
    if not any(char.isalpha() for char in read):
        return {}
    values = _detector().compute_language_confidence_values(read)
    return {value.language.iso_code_639_1.name.lower(): value.value for value in values}


def written_norwegian(text: str) -> str:
    """``nn`` where a Norwegian text is clearly nynorsk, else ``nb``."""
    found = shares(text)
    bokmal, nynorsk = found.get("nb", 0.0), found.get("nn", 0.0)
    return "nn" if nynorsk > _ENOUGH * (bokmal + nynorsk) > 0 else "nb"


def of_norwegian_portal(text: str) -> str:
    """nb, nn, en or sv of a notice on Doffin, whose search marks no language.

    Danish is not written there: what looks Danish is bokmål. Short and odd texts are bokmål too.
    """
    found = shares(text)
    norwegian = found.get("nb", 0.0) + found.get("nn", 0.0) + found.get("da", 0.0)
    for other in ("en", "sv"):
        if found.get(other, 0.0) > max(norwegian, 0.5):
            return other
    return written_norwegian(text)


def of_any(text: str, fallback: str) -> str:
    """The likeliest of the six languages when one is clearly ahead, else ``fallback``: for feeds."""
    found = shares(text)
    best = max(found, key=lambda tag: found[tag], default=fallback)
    return best if found.get(best, 0.0) > 0.5 else fallback
