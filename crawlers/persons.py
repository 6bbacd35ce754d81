"""What in a free text tells of a person and must not be stored? Mail addresses, phones, names of contacts.

Linear patterns only (H13), as in :mod:`crawlers.clean`.
"""

import re
from typing import Final

_LOCAL_PART: Final = re.compile(r"[\w.+%'-]{1,64}\Z")
_AT_DOMAIN: Final = re.compile(r"@[A-Za-zæøåäöÆØÅÄÖ0-9-]{1,63}(?:\.[A-Za-zæøåäöÆØÅÄÖ0-9-]{1,63}){1,6}")
_SPELT_AT: Final = re.compile(
    r"(?<=\w)\s?[\[({]\s?(?:at|alfa|krøllalfa|snabel-?a|a)\s?[\])}]\s?(?=[\w-]{1,63}\.[A-Za-z]{2})", re.IGNORECASE
)
_DIGIT: Final = re.compile(r"\d")
_OMITTED: Final = "…"  # what stands where something about a person stood
_NUMBER: Final = r"(?:\(?\d\)?(?:[ ()/.\u00a0\u2013-]{0,3}\d){6,14})"
_FOREIGN_PHONE: Final = re.compile(rf"(?<![\w+.])\(?(?:\+(?=[1-9])|00(?=(?:45|46|47|49|358)[ -])){_NUMBER}(?!\d)")
_TOLD_PHONE: Final = re.compile(
    r"(?<!\w)((?:tlf|tel|tfn|telefon(?:nummer|nr)?|telefax|fax|mob|mobil(?:nummer|nr|telefon)?|phone|mobile|puh|växel|"
    r"sentralbord)\b\.?\s?(?:nr\.?|nummer|no\.?)?\s?:?\s?)"
    rf"(?!(?:19|20)\d\d\s?[-\u2013]\s?(?:19|20)\d\d)\+?{_NUMBER}(?!\d)",  # a framework for mobil 2024-2028 is no phone
    re.IGNORECASE,
)
_SWEDISH_PHONE: Final = re.compile(r"(?<![\w/.-])0\d{1,3}\s?[-\u2013]\s?\d{2,3}(?:\s\d{2,3}){1,3}(?![\w-])")
_CALLED_PHONE: Final = re.compile(
    r"(?<!\w)((?:ring(?:e|a)?|kontakt(?:e|a)?|contact|call)\b(?:(?!cpv|kode|ref|nr|no\b)[^\d\n]){1,60})"
    r"(?<!\d)(?:\d{8}|\d\d \d\d \d\d \d\d|\d{3} \d\d \d{3})(?![\d-])",
    re.IGNORECASE,
)
_PERSON: Final = re.compile(
    r"(?<!\w)((?:kontakt(?:s)?person(?:er|en)?|contact persons?|saksbehandler|saksansvarlig|handläggare|ansvarlig innkjøper"
    r"|yhteyshenkilö)\s?[:\-\u2013]\s?)(?-i:[A-ZÆØÅÄÖÉ][\w'\u2019.-]{1,30}(?: [A-ZÆØÅÄÖÉ][\w'\u2019.-]{0,30}){1,3})",
    re.IGNORECASE,
)


def without_persons(plain: str) -> str:
    """Text without mail addresses, phone numbers and named contact persons.

    Careful rather than greedy: a number goes only with a country code, a label (tlf, mobil), a Swedish area code or the
    word ring/kontakt before it. Amounts, CPV, organisation and reference numbers stay; ``10 63 49 70`` is as often a
    Danish company number (625500-2021) as a phone, so without a label it stays.
    """
    plain = without_mail(_SPELT_AT.sub("@", plain))
    if _DIGIT.search(plain):
        plain = _TOLD_PHONE.sub(rf"\1{_OMITTED}", plain)
        plain = _FOREIGN_PHONE.sub(_OMITTED, plain)
        plain = _SWEDISH_PHONE.sub(_OMITTED, plain)
        plain = _CALLED_PHONE.sub(rf"\1{_OMITTED}", plain)
    return _PERSON.sub(rf"\1{_OMITTED}", plain)


def without_mail(plain: str) -> str:
    """Text without mail addresses.

    Looks around each @ instead of for names before one, which on long words would take quadratic time.
    """
    kept: list[str] = []
    told = 0  # up to where the text has been taken over
    for address in _AT_DOMAIN.finditer(plain):
        name = _LOCAL_PART.search(plain, max(told, address.start() - 64), address.start())
        if name is not None:
            kept += plain[told : name.start()], _OMITTED
            told = address.end()
    return "".join((*kept, plain[told:]))
