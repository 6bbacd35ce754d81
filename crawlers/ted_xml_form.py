"""What do the forms of an older TED notice say: titles, descriptions, buyers, lots, links?

R2.0.9's forms F01 to F25 and the defence forms 16 to 19, which kept the layout of R2.0.8. A notice has one form, or one
for each language of a bilingual country. CONTACT_POINT, PHONE and E_MAIL are never looked at.
"""

from typing import Final

from crawlers import clean, codes, language, moments
from crawlers.notice import DOCUMENTS_LINK, SUBMISSION_LINK, Link, ParsedBuyer, ParsedLot
from crawlers.xml import Element, all_named, content, local, one_named, value_named

ORIGINAL: Final = "ORIGINAL"
CORRIGENDUM_FORMS: Final = frozenset({"F14_2014", "F14", "ADDITIONAL_INFORMATION_CORRIGEUM"})
_TITLES: Final = ("OBJECT_CONTRACT/TITLE", ".//TITLE_CONTRACT", ".//TITLE")
_LOTS_OF_DEFENCE: Final = (".//F17_ANNEX_B", ".//LOT_PRIOR_INFORMATION")


def forms(notice: Element) -> list[Element]:
    """The original forms, one per language; translations only where nothing is marked original."""
    found = [form for form in all_named(notice, "FORM_SECTION/*") if local(form) not in {"NOTICE_UUID", ""}]
    original = [form for form in found if form.get("CATEGORY") in {ORIGINAL, None}]
    return original or found


def inline(element: Element | None) -> str:
    """Text of paragraphs, each a line of its own; '' for nothing."""
    if element is None:
        return ""
    paragraphs = all_named(element, "P")
    if not paragraphs:
        return content(element) or ""
    return "\n".join(content(paragraph) or "" for paragraph in paragraphs)


def _tag(form: Element) -> str | None:
    """The form's language, one for all its texts."""
    found = language.alpha_2(form.get("LG"))
    return language.written_norwegian(content(form) or "") if found == language.NORWEGIAN else found


def _by_language(texts: list[tuple[str | None, str]], first: str | None) -> dict[str, str]:
    """Texts by language, that of the notice first."""
    known = {tag: text for tag, text in reversed(texts) if tag and text}
    own = language.alpha_2(first)
    own_tags = {"nb", "nn"} if own == language.NORWEGIAN else {own}
    return {tag: known[tag] for tag in sorted(known, key=lambda tag: (tag not in own_tags, tag))}


def titles(found: list[Element], first: str | None) -> dict[str, str]:
    """The buyer's own title in each form's language."""
    return _by_language([(_tag(form), title) for form in found if (title := _title(form))], first)


def _title(form: Element) -> str:
    for path in _TITLES:
        if title := clean.line(inline(one_named(form, path))):
            return title
    return ""


def descriptions(found: list[Element], first: str | None) -> dict[str, str]:
    """The short description, and where the notice is not divided the longer one of its only object."""
    return _by_language([(_tag(form), text) for form in found if (text := _description(form))], first)


def _description(form: Element) -> str:
    whole = [
        inline(one_named(form, "OBJECT_CONTRACT/SHORT_DESCR")),
        inline(one_named(form, ".//SHORT_CONTRACT_DESCRIPTION")),
    ]
    objects = _objects(form)
    if len(objects) == 1:
        whole.append(inline(one_named(objects[0], "SHORT_DESCR")))
    if not any(whole):
        whole.append(inline(one_named(form, ".//TOTAL_QUANTITY_OR_SCOPE")))
    cleaned = [text for part in whole if (text := clean.text(part))]
    # The two descriptions of a form are often the same words.
    return "\n\n".join(text for place, text in enumerate(cleaned) if text not in cleaned[:place])


def _objects(form: Element) -> list[Element]:
    return all_named(form, "OBJECT_CONTRACT/OBJECT_DESCR")


def lots(found: list[Element], first: str | None) -> tuple[ParsedLot, ...]:
    """The lots of the notice; none where it is not divided. Texts of all forms come together by the lot's place."""
    divided = [_lot_elements(form) for form in found]
    count = max((len(elements) for elements in divided), default=0)
    together = []
    for place in range(count):
        pairs = [
            (form, elements[place]) for form, elements in zip(found, divided, strict=True) if place < len(elements)
        ]
        together.append(_lot(pairs, place, first))
    return tuple(together)


def _lot_elements(form: Element) -> list[Element]:
    objects = _objects(form)
    if len(objects) > 1:
        return objects
    for path in _LOTS_OF_DEFENCE:
        if annexes := all_named(form, path):
            return annexes
    return []


def _lot(pairs: list[tuple[Element, Element]], place: int, first: str | None) -> ParsedLot:
    element = pairs[0][1]
    names, texts = [], []
    for form, one in pairs:
        name = clean.line(inline(one_named(one, "TITLE")) or inline(one_named(one, "LOT_TITLE")))
        names.append((_tag(form), name))
        text = clean.text(inline(one_named(one, "SHORT_DESCR")) or inline(one_named(one, "LOT_DESCRIPTION")))
        texts.append((_tag(form), text))
    number = (
        value_named(element, "LOT_NO") or value_named(element, "LOT_NUMBER") or element.get("ITEM") or str(place + 1)
    )
    value = one_named(element, "VAL_OBJECT")
    return ParsedLot(
        identifier=clean.line(number, 64),
        title=_by_language(names, first),
        description=_by_language(texts, first),
        cpv=codes.cpv_codes(code.get("CODE") for code in all_named(element, ".//CPV_CODE")),
        nuts=codes.nuts_codes(code.get("CODE") for code in all_named(element, ".//NUTS")),
        value=moments.money(content(value), value.get("CURRENCY")) if value is not None else None,
    )


def buyers(found: list[Element]) -> tuple[ParsedBuyer, ...]:
    """The contracting bodies of the first form, then those on whose behalf they buy."""
    if not found:
        return ()
    form = found[0]
    bodies = [
        *all_named(form, "CONTRACTING_BODY/ADDRESS_CONTRACTING_BODY"),
        *all_named(form, "CONTRACTING_BODY/ADDRESS_CONTRACTING_BODY_ADDITIONAL"),
        *all_named(form, ".//CA_CE_CONCESSIONAIRE_PROFILE"),
        *all_named(form, ".//CONTACT_DATA_OTHER_BEHALF_CONTRACTING_AUTORITHY"),
    ]
    return tuple(dict.fromkeys(buyer for body in bodies if (buyer := _buyer(body)) is not None))


def _buyer(body: Element) -> ParsedBuyer | None:
    organisation = one_named(body, "ORGANISATION")
    named = organisation if organisation is not None else body
    # Before R2.0.8 the name stood in ORGANISATION itself.
    name = clean.line(
        value_named(named, "OFFICIALNAME") or (content(organisation) if organisation is not None else None)
    )
    country = one_named(body, "COUNTRY")
    if not name:
        return None
    return ParsedBuyer(
        name=name,
        identifier=clean.line(value_named(named, "NATIONALID"), 100) or None,
        country=codes.country(country.get("VALUE")) if country is not None else None,
    )


def named_buyers(notice: Element, country: str | None) -> tuple[ParsedBuyer, ...]:
    """The buyer as the translation section names it, for forms that hold no address we know."""
    name = clean.line(value_named(notice, "TRANSLATION_SECTION/ML_AA_NAMES/AA_NAME"))
    return (ParsedBuyer(name=name, country=country),) if name else ()


def framework(found: list[Element]) -> bool | None:
    """Whether the form sets up a framework agreement; None on forms that have no such box."""
    if not found:
        return None
    form = found[0]
    if one_named(form, "PROCEDURE/FRAMEWORK") is not None or one_named(form, ".//F17_FRAMEWORK") is not None:
        return True
    involves = one_named(form, ".//NOTICE_INVOLVES_DEFENCE")
    if involves is not None:
        return involves.get("VALUE") == "ESTABLISHMENT_FRAMEWORK_AGREEMENT"
    return False if one_named(form, "PROCEDURE/DATE_RECEIPT_TENDERS") is not None else None


def reference(found: list[Element]) -> str | None:
    """The buyer's own reference number."""
    number = next((value for form in found if (value := value_named(form, ".//REFERENCE_NUMBER"))), None)
    return clean.line(number, 100) or None


def corrects(found: list[Element]) -> str | None:
    """The notice that a corrigendum (F14) corrects; None on every other form."""
    for form in found:
        if local(form) in CORRIGENDUM_FORMS:
            return codes.ojs_number(value_named(form, ".//NOTICE_NUMBER_OJ") or value_named(form, ".//NO_DOC_OJS"))
    return None


def links(told: Element, found: list[Element]) -> tuple[Link, ...]:
    """Where the documents are and where to submit; else the tendering system that TED coded."""
    paths = (
        (DOCUMENTS_LINK, "CONTRACTING_BODY/URL_DOCUMENT"),
        (DOCUMENTS_LINK, ".//URL_INFORMATION"),
        (SUBMISSION_LINK, "CONTRACTING_BODY/URL_PARTICIPATION"),
        (SUBMISSION_LINK, ".//URL_PARTICIPATE"),
    )
    pairs = [(kind, clean.safe_url(value_named(form, path))) for form in found for kind, path in paths]
    if not any(url for kind, url in pairs if kind == DOCUMENTS_LINK):
        pairs.append((DOCUMENTS_LINK, clean.safe_url(value_named(told, "IA_URL_ETENDERING"))))
    return tuple(Link(kind=kind, url=url) for kind, url in dict.fromkeys(pairs) if url)
