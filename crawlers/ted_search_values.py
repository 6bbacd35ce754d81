"""How are the shapeless values of a TED search hit read: words, texts by language, titles, places?

Nothing here raises, whatever a hit holds: what is no text is no text.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, TypedDict

from babel import Locale

from crawlers import clean, codes, language
from crawlers.eforms import TED_LANGUAGES

_DASH: Final = " \u2013 "  # between country, CPV label and title; before eForms: "Country-Town: label"
_NATURES: Final = frozenset({"works", "supplies", "services", "combined"})
DEEPEST: Final = 4
# Every field that the service was seen to give (sources.md §2.2); another one is a change of theirs to look at.
KNOWN_KEYS: Final = frozenset(
    {
        *("ND", "PD", "TI", "links"),
        *("publication-number", "publication-date", "notice-identifier", "notice-version", "procedure-identifier"),
        *("internal-identifier-proc", "previous-notice-id-proc", "change-notice-version-identifier"),
        *("change-reason-code", "change-description", "notice-type", "notice-subtype", "form-type"),
        *("legal-basis", "legal-basis-notice", "legal-basis-proc", "procedure-type", "contract-nature"),
        *("framework-agreement-lot", "notice-title", "title-proc", "title-lot", "title-part"),
        *("description-proc", "description-lot", "description-part", "buyer-name", "buyer-identifier"),
        *("organisation-name-buyer", "organisation-identifier-buyer", "buyer-country", "organisation-country-buyer"),
        *("buyer-city", "buyer-legal-type", "authority-main-activity", "buyer-internet-address", "buyer-profile"),
        *("classification-cpv", "main-classification-proc", "main-classification-lot", "identifier-lot"),
        *("additional-classification-proc", "additional-classification-lot", "place-of-performance"),
        *("place-of-performance-country-proc", "place-of-performance-country-part", "place-of-performance-city-part"),
        *("place-of-performance-post-code-part", "deadline-receipt-tender-date-lot"),
        *("deadline-receipt-tender-time-lot", "deadline-receipt-request-date-lot"),
        *("deadline-receipt-request-time-lot", "deadline-receipt-answers-date-lot"),
        *("deadline-receipt-answers-time-lot", "deadline-date-lot", "deadline-time-lot", "public-opening-date-lot"),
        *("contract-duration-start-date-lot", "contract-duration-end-date-lot", "contract-conclusion-date"),
        *("estimated-value-proc", "estimated-value-cur-proc", "estimated-value-lot", "estimated-value-cur-lot"),
        *("estimated-value-glo", "estimated-value-cur-glo", "framework-maximum-value-lot", "total-value"),
        *("total-value-cur", "tender-value", "result-value-notice", "result-value-cur-notice"),
        *("submission-language", "document-url-lot", "submission-url-lot", "winner-name", "winner-identifier"),
        *("winner-country", "winner-size", "winner-selection-status", "received-submissions-type-code"),
        *("received-submissions-type-val", "renewal-maximum-lot"),
    }
)


_TITLE_KEYS: Final = ("title-proc", "title-lot", "title-part")
_DESCRIPTION_KEYS: Final = ("description-proc", "title-lot", "description-lot", "title-part", "description-part")
_TEXT_KEYS: Final = (*_TITLE_KEYS, *_DESCRIPTION_KEYS)
# CPV labels of composed titles are official translations; of 24, those that our readers read are kept.
_READ_HERE: Final = ("en", "sv", "da", "fi")


class Places(TypedDict):
    """Where the contract is performed."""

    nuts: tuple[str, ...]
    nationwide: bool


def words(value: Any, depth: int = DEEPEST) -> list[str]:
    """All words of a value that may be a string, a number, a list or a map of any of these; in order, stripped."""
    if isinstance(value, str):
        return [value.strip()] if value.strip() else []
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return [repr(value)]
    if depth and isinstance(value, list):
        return [word for each in value for word in words(each, depth - 1)]
    if depth and isinstance(value, dict):
        return [word for key in sorted(map(str, value)) for word in words(value.get(key), depth - 1)]
    return []


def first(value: Any) -> str | None:
    """The first word of a value."""
    return next(iter(words(value)), None)


def norwegian(hit: Mapping[str, Any]) -> str:
    """Bokmål or nynorsk for all that a hit marks ``nor``, decided once so that title and description agree."""
    marked = [hit[key].get("nor") for key in _TEXT_KEYS if isinstance(hit.get(key), dict)]
    told = words(marked)
    return language.written_norwegian(" ".join(told)) if told else "nb"


def texts(value: Any, norwegian: str) -> dict[str, list[str]]:
    """Texts by ISO 639-1 language, sorted by it, for the service's own order differs from call to call.

    A language we do not know (``mul``) is found by reading; a text without one is read too.
    """
    if not isinstance(value, dict):
        value = {"": value} if value else {}
    found: dict[str, list[str]] = {}
    for key in sorted(map(str, value)):
        told = list(dict.fromkeys(words(value.get(key))))
        if told:
            tag = language.alpha_2(key) or language.of_any(" ".join(told)[:2000], "en")
            found.setdefault(norwegian if tag == language.NORWEGIAN else tag, []).extend(told)
    return {tag: found[tag] for tag in sorted(found)}


def country(hit: Mapping[str, Any]) -> str | None:
    """Alpha-2 of the first buyer's country; without that field, of the country that the English title names."""
    told = first(hit.get("buyer-country")) or first(hit.get("organisation-country-buyer"))
    if told:
        return codes.country(told)
    titles = hit.get("notice-title") or hit.get("TI")
    english = first(titles.get("eng")) if isinstance(titles, dict) else None
    return _country_named(_head(english)) if english else None


def _head(written: str) -> str:
    return written.split(_DASH, 1)[0] if _DASH in written else written.split(":", 1)[0]


def _country_named(head: str) -> str | None:
    """``Sweden``, ``Sweden-Hudiksvall``, ``Bosnia and Herzegovina-Sarajevo``: the longest name at the start."""
    names = _country_names()
    parts = head.strip().casefold().split("-")
    for count in range(len(parts), 0, -1):
        if found := names.get("-".join(parts[:count])):
            return found
    return None


@lru_cache(maxsize=1)
def _country_names() -> dict[str, str]:
    territories = Locale.parse("en").territories
    names = {name.casefold(): code for code, name in territories.items() if len(code) == 2 and code.isalpha()}
    return names | {"czech republic": "CZ", "turkey": "TR", "north macedonia": "MK", "türkiye": "TR"}


def main_language(hit: Mapping[str, Any], of_country: str | None, norwegian: str) -> str | None:
    """The language in which the buyer wrote; None when nothing tells it.

    That of the title or the buyer's name; of several, one of the country's own, else English, else the first by its
    tag. Without either: the one signed PDF's.
    """
    for key in (*_TITLE_KEYS, "buyer-name", "organisation-name-buyer"):
        if tags := list(texts(hit.get(key), norwegian)):
            own = [tag for tag in language.OF_COUNTRY.get(of_country or "", ()) if tag in tags]
            return (own or [tag for tag in tags if tag == "en"] or tags)[0]
    links = hit.get("links")
    signed = links.get("pdfs") if isinstance(links, dict) else None
    tag = language.alpha_2(min(map(str, signed))) if isinstance(signed, dict) and signed else None
    return norwegian if tag == language.NORWEGIAN else tag


def title(hit: Mapping[str, Any], main: str | None, norwegian: str) -> dict[str, str]:
    """Titles by language, the notice's own first."""
    for key in _TITLE_KEYS:
        told = texts(hit.get(key), norwegian)
        if found := {tag: cleaned for tag, each in told.items() if (cleaned := clean.line(each[0]))}:
            return {tag: found[tag] for tag in sorted(found, key=lambda tag: (tag != main, tag))}
    return _composed(hit.get("notice-title") or hit.get("TI"), main)


def _composed(titles: Any, main: str | None) -> dict[str, str]:
    """The buyer's own part of TED's composed title; before eForms the CPV label, which is translated."""
    told = texts(titles, "nb")
    chosen = next((tag for tag in (main, "en", *told) if tag in told), None)
    if chosen is None:
        return {}
    parts = told[chosen][0].split(_DASH, 2)
    if len(parts) == 3:
        # TED composes no Norwegian title, but the buyer's part of the English one is the buyer's own words.
        own = clean.line(parts[2])
        return {main or language.of_any(own, chosen): own} if own else {}
    labels = {tag: _label(told[tag][0]) for tag in (chosen, *_READ_HERE) if tag in told}
    return {tag: label for tag, label in labels.items() if label}


def _label(written: str) -> str:
    """``Sweden-Hudiksvall: Motor vehicles`` → ``Motor vehicles``."""
    return clean.line(written.partition(": ")[2] or written.rpartition(_DASH)[2])


def description(hit: Mapping[str, Any], titles: Mapping[str, str], norwegian: str) -> dict[str, str]:
    """Descriptions by language: the procedure's, then titles and descriptions of lots and parts that add to it."""
    found: dict[str, dict[str, None]] = {}
    for key in _DESCRIPTION_KEYS:
        for tag, told in texts(hit.get(key), norwegian).items():
            for each in told:
                cleaned = clean.text(each)
                if cleaned and cleaned != titles.get(tag):
                    found.setdefault(tag, {})[cleaned] = None
    return {tag: clean.cut("\n\n".join(parts), clean.TEXT_LIMIT) for tag, parts in found.items()}


def places(hit: Mapping[str, Any]) -> Places:
    """NUTS codes; nationwide for anywhere, for a whole country's code, and where only countries are named."""
    told = words(hit.get("place-of-performance"))
    named = [word for word in told if len(word) == 3 and codes.country(word)]
    nuts = codes.nuts_codes(word for word in told if word not in named)
    only_country = bool(named) and not nuts
    anywhere = any(map(codes.says_anywhere, told)) or any(map(codes.is_whole_country, nuts))
    return Places(nuts=nuts, nationwide=anywhere or only_country)


def nature(hit: Mapping[str, Any]) -> str | None:
    """works, supplies, services or combined."""
    told = (first(hit.get("contract-nature")) or "").lower()
    return told if told in _NATURES else None


def page_language(tag: str) -> str:
    """The language of the notice's page on TED: English where TED has none in its own."""
    return tag if tag in TED_LANGUAGES else "en"
