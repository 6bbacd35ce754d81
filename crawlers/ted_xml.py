"""What does an older TED notice (TED_EXPORT, R2.0.7 to R2.0.9) say?

The coded section is the same for all forms and is what TED itself searches by; texts, buyers and lots come from the
form. Elements are found by local name, because four namespaces are met for one layout. Decided for the reader:

* The title is the buyer's own, in the form's language. The translated titles are a country, a town and the name of the
  CPV code; they are used only where a form has no title.
* The deadline is ``DT_DATE_FOR_SUBMISSION``: where it differs from the form's (340881-2021, 440046-2020), TED has moved it
  after a corrigendum. It has no offset and is read in the zone of the buyer's country. Periodic notices without a call
  (code P) have none there; their form's date is one for expressions of interest.
* A request deadline is told from a tender deadline by the procedure: in two-stage ones the first date is a request.
"""

import hashlib
from typing import Final

from crawlers import clean, codes, language, moments, ted_xml_form
from crawlers.notice import (
    Deadline,
    DeadlineKind,
    Money,
    NoticeBroken,
    ParsedNotice,
    Stage,
    WireFormat,
)
from crawlers.xml import Element, all_named, content, local, one_named, root, value_named

ROOT: Final = "TED_EXPORT"
_STAGES: Final = {
    **dict.fromkeys("0BP6", Stage.PLANNING),
    **dict.fromkeys("123459ACDEFGHIMOQSY", Stage.COMPETITION),
    **dict.fromkeys("7JKR", Stage.RESULT),
    "V": Stage.INTENT,
}
PERIODIC_WITHOUT_CALL: Final = "P"
_PROCEDURES: Final = {
    "1": "open",
    "2": "restricted",
    "3": "restricted",  # accelerated
    "4": "neg-w-call",
    "6": "neg-w-call",  # accelerated
    "B": "neg-w-call",
    "C": "comp-dial",
    "F": "neg-wo-call",
    "G": "innovation",
    "T": "neg-wo-call",
    "V": "neg-wo-call",
}
TWO_STAGES: Final = frozenset({"restricted", "neg-w-call", "comp-dial", "innovation"})
_NATURES: Final = {"1": "works", "2": "supplies", "3": "combined", "4": "services"}
# The codes of BT-10, so that one word means one thing whatever the format.
_ACTIVITIES: Final = {
    "A": "hc-am",
    "B": "soc-pro",
    "C": "rcr",
    "D": "defence",
    "E": "env-pro",
    "F": "econ-aff",
    "G": "gas-heat",
    "H": "health",
    "I": "airport",
    "J": "gas-oil",
    "K": "port",
    "L": "education",
    "M": "solid-fuel",
    "N": "electricity",
    "P": "post",
    "R": "rail",
    "S": "gen-pub",
    "T": "urttb",
    "U": "pub-os",
    "W": "water",
    "8": "other",
}


def parse(body: bytes) -> ParsedNotice:
    """One notice from its XML. Raises NoticeBroken when it is no TED_EXPORT or cannot be read whole."""
    notice = root(body)
    if local(notice) != ROOT:
        raise NoticeBroken(f"not a TED_EXPORT: {local(notice)[:80]}")
    told = one_named(notice, "CODED_DATA_SECTION/NOTICE_DATA")
    coded = one_named(notice, "CODED_DATA_SECTION/CODIF_DATA")
    if told is None or coded is None:
        raise NoticeBroken("the notice has no coded data")
    number = codes.ojs_number(value_named(told, "NO_DOC_OJS")) or codes.ojs_number(notice.get("DOC_ID"))
    if number is None:
        raise NoticeBroken("the notice has no number of its own")
    oddities: list[str] = []
    country = codes.country(_attribute(told, "ISO_COUNTRY", "VALUE"))
    published_at = moments.publication_day(value_named(notice, "CODED_DATA_SECTION/REF_OJS/DATE_PUB"), oddities)
    forms = ted_xml_form.forms(notice)
    written = _language(told, forms)
    title = {**ted_xml_form.titles(forms, written)} or _translated_title(notice, written)
    kind = _attribute(coded, "TD_DOCUMENT_TYPE", "CODE")
    procedure = _PROCEDURES.get(_attribute(coded, "PR_PROC", "CODE") or "")
    found = _deadline(notice, coded, kind, procedure, country, oddities)
    lots = ted_xml_form.lots(forms, written)
    places = all_named(told, "PERFORMANCE_NUTS") + all_named(told, "ORIGINAL_NUTS")
    nuts = codes.nuts_codes(place.get("CODE") for place in places)
    main = language.decided(written, next(iter(title.values()), "")) if written else None
    spoken = main if main in title else next(iter(title), "en")
    return ParsedNotice(
        source="ted",
        source_id=number,
        wire_format=WireFormat.TED_XML,
        stage=_stage(kind, found, oddities),
        title=title,
        description=ted_xml_form.descriptions(forms, written),
        language=spoken,
        published_at=published_at,
        url=f"https://ted.europa.eu/{spoken if spoken not in {'nb', 'nn', 'is'} else 'en'}/notice/-/detail/{number}",
        payload_sha256=hashlib.sha256(body).hexdigest(),
        buyers=ted_xml_form.buyers(forms) or ted_xml_form.named_buyers(notice, country),
        country=country,
        cpv=codes.cpv_codes(code.get("CODE") for code in all_named(told, "ORIGINAL_CPV")),
        nuts=nuts,
        nationwide=any(map(codes.is_whole_country, nuts)),
        lots=lots,
        deadline=moments.possible(found, published_at, oddities),
        value=_value(told, oddities),
        notice_type=kind,
        notice_subtype=_form_number(forms),
        legal_basis=_legal_basis(coded, forms),
        procedure_type=procedure,
        contract_nature=_NATURES.get(_attribute(coded, "NC_CONTRACT_NATURE", "CODE") or ""),
        framework=ted_xml_form.framework(forms),
        activity=_activity(coded),
        notice_uuid=codes.uuid_or_doffin_id(value_named(notice, "FORM_SECTION/NOTICE_UUID")),
        ojs_number=number,
        reference=ted_xml_form.reference(forms),
        changes_notice=ted_xml_form.corrects(forms),
        previous_notices=_previous(told, number),
        links=ted_xml_form.links(told, forms),
        oddities=tuple(dict.fromkeys(oddities)),
    )


def _attribute(parent: Element, name: str, attribute: str) -> str | None:
    element = one_named(parent, name)
    return element.get(attribute) if element is not None else None


def _language(told: Element, forms: list[Element]) -> str | None:
    """LG_ORIG; where it names several (Belgium), the first that a form is written in."""
    original = " ".join(content(element) or "" for element in all_named(told, "LG_ORIG")).split()
    return next((code for code in [*original, *(form.get("LG") for form in forms)] if code), None)


def _translated_title(notice: Element, written: str | None) -> dict[str, str]:
    """TED's own title, the name of the CPV code, in the notice's language, else in English."""
    titles = {
        element.get("LG"): clean.line(ted_xml_form.inline(one_named(element, "TI_TEXT")))
        for element in all_named(notice, "TRANSLATION_SECTION/ML_TITLES/ML_TI_DOC")
    }
    for code in (written, "EN"):
        tag, title = language.alpha_2(code), titles.get(code)
        if tag and title:
            return {language.decided(code, title) or tag: title}
    return {}


def _stage(kind: str | None, found: Deadline | None, oddities: list[str]) -> Stage:
    stage = _STAGES.get(kind or "")
    if stage is None:
        # A kind of document we have not met is shown rather than lost, unless nothing can be sent in any more.
        oddities.append(f"document type {(kind or 'missing')[:8]} is not known")
        return Stage.COMPETITION if found else Stage.PLANNING
    return stage


def _deadline(
    notice: Element,
    coded: Element,
    kind: str | None,
    procedure: str | None,
    country: str | None,
    oddities: list[str],
) -> Deadline | None:
    told = value_named(coded, "DT_DATE_FOR_SUBMISSION")
    if told:
        day, _, clock = told.partition(" ")
        what = DeadlineKind.REQUEST if procedure in TWO_STAGES else DeadlineKind.TENDER
        return moments.deadline(day, clock.strip() or None, what, country, oddities)
    if kind == PERIODIC_WITHOUT_CALL:
        day_told = value_named(notice, "FORM_SECTION/*/PROCEDURE/DATE_RECEIPT_TENDERS")
        clock_told = value_named(notice, "FORM_SECTION/*/PROCEDURE/TIME_RECEIPT_TENDERS")
        return moments.deadline(day_told, clock_told, DeadlineKind.INTEREST, country, oddities)
    return None


def _value(told: Element, oddities: list[str]) -> Money | None:
    """The coded value of the whole: estimated, else awarded; of a range, its upper end."""
    for path in ("VALUES/VALUE", "VALUES_LIST/VALUES/SINGLE_VALUE/VALUE"):
        given = [(value, value.getparent()) for value in all_named(told, path)]
        ranked = sorted(given, key=lambda pair: pair[0].get("TYPE") != "ESTIMATED_TOTAL")
        for value, group in ranked:
            whole = value.get("TYPE") in {"ESTIMATED_TOTAL", "PROCUREMENT_TOTAL"} or _is_global(group)
            if whole and (money := moments.money(content(value), value.get("CURRENCY"))) is not None:
                return money
    ranges = [
        (content(one_named(group, "HIGH")), group.get("CURRENCY"))
        for group in all_named(told, "VALUES/VALUE_RANGE")
        if group.get("TYPE") in {"ESTIMATED_TOTAL", "PROCUREMENT_TOTAL"}
    ] + [
        (content(value), value.get("CURRENCY"))
        for group in all_named(told, "VALUES_LIST/VALUES/RANGE_VALUE")
        if _is_global(group)
        for value in all_named(group, "VALUE")
    ]
    upper = [money for amount, currency in ranges if (money := moments.money(amount, currency)) is not None]
    if not upper:
        return None
    oddities.append("value is the upper end of a range")
    return max(upper, key=lambda money: money.amount)


def _is_global(group: Element | None) -> bool:
    """Whether a value of R2.0.8 is in a list for the whole, not for a lot or a contract."""
    above = group.getparent() if group is not None and local(group) in {"SINGLE_VALUE", "RANGE_VALUE"} else None
    return above is not None and above.get("TYPE") == "GLOBAL"


def _form_number(forms: list[Element]) -> str | None:
    """``F02``, ``F17``, ``T02``: with its letter, so that it is no eForms subtype."""
    number = forms[0].get("FORM") if forms else None
    return number if number is None or not number.isdigit() else f"F{number}"


def _legal_basis(coded: Element, forms: list[Element]) -> str | None:
    """Coded in R2.0.8 and before 2019 in R2.0.9, in the form after; on the form as CELEX already."""
    told = _attribute(coded, "DIRECTIVE", "VALUE") or _attribute(coded, "LEGAL_BASIS", "VALUE")
    if told is None and forms:
        told = _attribute(forms[0], "LEGAL_BASIS", "VALUE") or value_named(forms[0], "LEGAL_BASIS_OTHER")
    return codes.celex(told)


def _activity(coded: Element) -> str | None:
    """Defence when it is among the activities, else the first that says something."""
    told = [_ACTIVITIES.get(element.get("CODE") or "") for element in all_named(coded, "MA_MAIN_ACTIVITIES")]
    return "defence" if "defence" in told else next((activity for activity in told if activity), None)


def _previous(told: Element, number: str) -> tuple[str, ...]:
    references = (codes.ojs_number(content(element)) for element in all_named(told, "REF_NOTICE/NO_DOC_OJS"))
    return tuple(dict.fromkeys(each for each in references if each and each != number))
