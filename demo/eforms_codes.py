"""Which eForms codes go with a notice: language, root element, subtype, type and form?"""

from dataclasses import dataclass

from demo.notice import Notice

LANGUAGES = {"sv": "SWE", "en": "ENG", "nb": "NOR", "nn": "NOR"}
COUNTRIES = {"SE": "SWE", "NO": "NOR"}
# Legal basis as TED writes it. Doffin's purchases below the European thresholds say `other`.
DEFENCE, UTILITIES, NATIONAL = "32009L0081", "32014L0025", "other"
SUBTYPES = {
    "competition": {"": "16", UTILITIES: "17", DEFENCE: "18", NATIONAL: "N16"},
    "planning": {"": "4", UTILITIES: "5", DEFENCE: "6", NATIONAL: "N4"},
    "award": {"": "29", UTILITIES: "30", DEFENCE: "31", NATIONAL: "N29"},
    "intent": {"": "25", UTILITIES: "26", DEFENCE: "27", NATIONAL: "25"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The UBL root, BT-02 and BT-03 of one kind of notice."""

    root: str
    type: str
    form: str


FORMS = {
    "competition": Form(root="ContractNotice", type="cn-standard", form="competition"),
    "planning": Form(root="PriorInformationNotice", type="pin-only", form="planning"),
    "award": Form(root="ContractAwardNotice", type="can-standard", form="result"),
    "intent": Form(root="ContractAwardNotice", type="veat", form="dir-awa-pre"),
}


def subtype(notice: Notice) -> str:
    """OPP-070 of the notice: `16`, `18`, `N16`, …"""
    row = SUBTYPES[notice.kind]
    return row.get(notice.law, row[""])


def language_code(notice: Notice, language: str) -> str:
    """ISO 639-3 in upper case; Norwegian buyers write NOB in some notices and NOR in others, nynorsk included."""
    if language == "nb" and notice.case % 2:
        return "NOB"
    return LANGUAGES[language]
