"""Which language is this text in, by the portal's own code or, where it gives none, by reading it?

Codes become ISO 639-1, with bokmål and nynorsk told apart: ``no`` never leaves this module.
"""

import re
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
# Words that one of the two written forms has and the other has not. Read against 2,147 notices they were right where
# the statistical detector was wrong on one in ten ("Kongsberg kommune skal bygge nytt renseanlegg" is no nynorsk).
_NYNORSK: Final = re.compile(
    r"(?:ikkje|eit|ein|eitt|frå|dei|deira|vere|vera|vert|verta|gjere|noko|nokon|nokre|kva|korleis|kvar|kvart|berre|meir|mykje|"
    r"saman|òg|sjølv|eigen|eiga|eige|høve|såleis|føremål\w*|kjøpar\w*|løysing\w*|verksemd\w*|oppdragsgjevar\w*|gje|gjev|gjeve|gjeld|"
    r"leverandørar\w*|anskaffing\w*|kunngjering\w*|kommunar\w*|tilbod\w*|tilbydar\w*|tryggleik\w*|skular\w*|skule|krava|"
    r"sidan|ynsk\w*|vidare|noverande|løyve\w*|søkje|nyttast|skildring\w*|\w{3,}(?:heit|heita|heiter|leg|lege|tenest\w{1,4}))"
)
_BOKMAL: Final = re.compile(
    r"(?:ikke|en|et|fra|de|deres|være|blir|gjøre|gjør|noe|noen|hva|hvordan|hver|hvert|bare|mer|mye|sammen|også|selv|egen|eget|"
    r"formål\w*|kjøper\w*|løsning\w*|virksomhet\w*|oppdragsgiver\w*|gi|gir|gitt|gjelder|leverandører\w*|anskaffelse\w*|"
    r"kunngjøring\w*|kommuner\w*|tilbud\w*|tilbyder\w*|skoler\w*|skole|kravene|siden|ønsk\w*|videre|nåværende|"
    r"tillatelse\w*|søke|benyttes|beskrivelse\w*|\w{3,}(?:het|heten|heter|lig|lige|tjenest\w{1,4}))"
)
_WORDS: Final = re.compile(r"[a-zæøåòéêóô]{2,40}")
# With these two, 2 of 2,123 Norwegian notices and 19 of 1,114 English ones (most of them a few names) are misread.
_FEWEST_LETTERS: Final = 25
_SURE: Final = 0.8
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
    """Built once per process, of letter triples alone: 12 MB instead of 190, and as often right on whole notices."""
    from lingua import Language, LanguageDetectorBuilder

    six = (Language.BOKMAL, Language.NYNORSK, Language.SWEDISH, Language.DANISH, Language.ENGLISH, Language.FINNISH)
    return LanguageDetectorBuilder.from_languages(*six).with_low_accuracy_mode().build()


def shares(text: str) -> dict[str, float]:
    """How likely each of nb, nn, sv, da, en and fi is; empty for a text too short to tell."""
    read = text[:_READ_AT_MOST]
    if sum(1 for char in read if char.isalpha()) < _FEWEST_LETTERS:
        return {}
    values = _detector().compute_language_confidence_values(read)
    return {value.language.iso_code_639_1.name.lower(): value.value for value in values}


def written_norwegian(text: str) -> str:
    """``nn`` where a Norwegian text has more words of nynorsk than of bokmål, else ``nb``: nine in ten notices are."""
    words = _WORDS.findall(text[:_READ_AT_MOST].lower())
    nynorsk = sum(1 for word in words if _NYNORSK.fullmatch(word))
    return "nn" if nynorsk > sum(1 for word in words if _BOKMAL.fullmatch(word)) else "nb"


def of_norwegian_portal(text: str) -> str:
    """nb, nn, en or sv of a notice on Doffin, whose search marks no language.

    Danish is not written there: what looks Danish is bokmål. Short and odd texts are bokmål too.
    """
    found = shares(text)
    norwegian = found.get("nb", 0.0) + found.get("nn", 0.0) + found.get("da", 0.0)
    for other in ("en", "sv"):
        if found.get(other, 0.0) > max(norwegian, _SURE):
            return other
    return written_norwegian(text)


def of_any(text: str, fallback: str) -> str:
    """The likeliest of the six languages when one is clearly ahead, else ``fallback``: for feeds."""
    found = shares(text)
    best = max(found, key=lambda tag: found[tag], default=fallback)
    return best if found.get(best, 0.0) > _SURE else fallback
