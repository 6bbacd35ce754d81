"""Which field values does TED's Search API hold for a notice, and in which shape?

Language keys are lower-case ISO 639-3 in values and upper case in `links`; texts of lots are lists and texts of the
procedure are not; an absent value is an absent key; lists run over procedure and lots and repeat themselves.
"""

from typing import Any

from demo.catalogue import cpv_labels
from demo.eforms_codes import COUNTRIES, FORMS, subtype
from demo.eforms_wire import day_in, documents_url, local_date, local_time, submission_url, texts_of
from demo.notice import Deadline, Notice

Values = dict[str, Any]

# The 24 languages: ISO 639-3, the two letters of TED's addresses, and what each calls Sweden and Norway.
EU_LANGUAGES = {
    "bul": ("bg", "Швеция", "Норвегия"),
    "ces": ("cs", "Švédsko", "Norsko"),
    "dan": ("da", "Sverige", "Norge"),
    "deu": ("de", "Schweden", "Norwegen"),
    "ell": ("el", "Σουηδία", "Νορβηγία"),
    "eng": ("en", "Sweden", "Norway"),
    "est": ("et", "Rootsi", "Norra"),
    "fin": ("fi", "Ruotsi", "Norja"),
    "fra": ("fr", "Suède", "Norvège"),
    "gle": ("ga", "An tSualainn", "An Iorua"),
    "hrv": ("hr", "Švedska", "Norveška"),
    "hun": ("hu", "Svédország", "Norvégia"),
    "ita": ("it", "Svezia", "Norvegia"),
    "lav": ("lv", "Zviedrija", "Norvēģija"),
    "lit": ("lt", "Švedija", "Norvegija"),
    "mlt": ("mt", "L-Iżvezja", "In-Norveġja"),
    "nld": ("nl", "Zweden", "Noorwegen"),
    "pol": ("pl", "Szwecja", "Norwegia"),
    "por": ("pt", "Suécia", "Noruega"),
    "ron": ("ro", "Suedia", "Norvegia"),
    "slk": ("sk", "Švédsko", "Nórsko"),
    "slv": ("sl", "Švedska", "Norveška"),
    "spa": ("es", "Suecia", "Noruega"),
    "swe": ("sv", "Sverige", "Norge"),
}
ALIASES = {"ND": "publication-number", "PD": "publication-date", "TI": "notice-title"}
# Names that the service takes though no notice of ours has a value for them.
VALUELESS = (
    "additional-classification-lot",
    "buyer-internet-address",
    "contract-conclusion-date",
    "contract-duration-end-date-lot",
    "contract-duration-period-lot",
    "contract-duration-start-date-lot",
    "deadline-date-lot",
    "deadline-receipt-answers-date-lot",
    "deadline-receipt-answers-time-lot",
    "deadline-receipt-expressions-date-lot",
    "deadline-receipt-expressions-time-lot",
    "deadline-receipt-request",
    "deadline-time-lot",
    "description-part",
    "document-url-part",
    "dps-usage-lot",
    "estimated-value-cur-glo",
    "estimated-value-cur-lot",
    "estimated-value-glo",
    "estimated-value-lot",
    "links",
    "official-language",
    "place-of-performance-city-part",
    "place-of-performance-city-proc",
    "place-of-performance-country-lot",
    "place-of-performance-country-part",
    "place-of-performance-post-code-part",
    "previous-notice-id-proc",
    "public-opening-date-lot",
    "received-submissions-type-code",
    "received-submissions-type-val",
    "renewal-maximum-lot",
    "result-value-cur-notice",
    "tender-value",
    "title-part",
    "winner-country",
    "winner-identifier",
    "winner-selection-status",
    "winner-size",
)


def field_values(notice: Notice) -> Values:
    """Every field that has a value for this notice, `links` left out."""
    values = _identity(notice) | _texts(notice) | _buyer(notice) | _subject(notice) | _deadlines(notice)
    values |= _money(notice)
    for alias, name in ALIASES.items():
        values[alias] = values[name]
    return {name: value for name, value in values.items() if value not in (None, [], {})}


def links(notice: Notice) -> Values:
    """The `links` object that comes with every notice, asked for or not."""
    page, number = "https://ted.europa.eu", notice.ted_number
    pairs = [(code.upper(), row[0]) for code, row in EU_LANGUAGES.items()]
    own = next(code for code, _, _ in texts_of(notice, "ted", None))
    two = dict(pairs)[own]
    return {
        "xml": {"MUL": f"{page}/en/notice/{number}/xml"},
        "pdf": {code: f"{page}/{short}/notice/{number}/pdf" for code, short in pairs},
        "pdfs": {own: f"{page}/{two}/notice/{number}/pdfs"},
        "html": {code: f"{page}/{short}/notice/-/detail/{number}" for code, short in pairs},
        "htmlDirect": {code: f"{page}/{short}/notice/{number}/html" for code, short in pairs},
    }


def _identity(notice: Notice) -> Values:
    form = FORMS[notice.kind]
    change = notice.change
    return {
        "publication-number": notice.ted_number,
        "publication-date": day_in(notice, notice.published),
        "notice-identifier": notice.notice_id,
        "notice-version": notice.version,
        "procedure-identifier": notice.procedure_id if notice.kind != "planning" else None,
        "internal-identifier-proc": notice.reference,
        "change-notice-version-identifier": (change.number or change.notice_id) if change else None,
        "change-reason-code": ["update-add"] if change else None,
        "change-description": _reasons(notice),
        "notice-type": form.type,
        "form-type": form.form,
        "notice-subtype": subtype(notice),
        "legal-basis": [notice.law],
        "legal-basis-notice": notice.law,
        "legal-basis-proc": notice.law,
        "procedure-type": notice.procedure if notice.kind != "planning" else None,
        "contract-nature": [notice.nature] * (1 + max(1, len(notice.lots))),
        "contract-nature-main-proc": notice.nature,
        "framework-agreement-lot": ["fa-wo-rc" if notice.framework else "none"] * max(1, len(notice.lots)),
    }


def _reasons(notice: Notice) -> Values | None:
    if notice.change is None:
        return None
    codes = {"sv": "swe", "en": "eng"}
    return {codes[language]: [text] for language, text in notice.change.reason.items() if language in codes}


def _texts(notice: Notice) -> Values:
    rows = list(texts_of(notice, "ted", None))
    label = cpv_labels()[notice.cpv[0]]
    own_title = rows[0][1]
    titles = {}
    for code, (short, sweden, norway) in EU_LANGUAGES.items():
        country = sweden if notice.buyer.country == "SE" else norway
        titles[code] = f"{country} – {label.get(short, label['en'])} – {own_title}"
    of_lots: dict[str, tuple[list[str], list[str]]] = {}
    for lot in notice.lots or (None,):
        for code, title, body in texts_of(notice, "ted", lot):
            heads, bodies = of_lots.setdefault(code.lower(), ([], []))
            heads.append(title)
            bodies.append(body)
    values = {
        "notice-title": titles,
        "title-proc": {code.lower(): title for code, title, _ in rows},
        "description-proc": {code.lower(): body for code, _, body in rows},
        "submission-language": sorted({code for code, _, _ in rows}),
    }
    suffix = "part" if notice.kind == "planning" else "lot"
    values[f"title-{suffix}"] = {code: heads for code, (heads, _) in of_lots.items()}
    values[f"description-{suffix}"] = {code: bodies for code, (_, bodies) in of_lots.items()}
    return values


def _buyer(notice: Notice) -> Values:
    buyer = notice.buyer
    codes = [code.lower() for code, _, _ in texts_of(notice, "ted", None)]
    return {
        "buyer-name": {code: [buyer.name] for code in codes},
        "organisation-name-buyer": {code: [buyer.name] for code in codes},
        "buyer-identifier": [buyer.id],
        "organisation-identifier-buyer": [buyer.id],
        "buyer-country": [COUNTRIES[buyer.country]],
        "organisation-country-buyer": [COUNTRIES[buyer.country]],
        "buyer-city": {codes[0]: [buyer.city]},
        "buyer-legal-type": [buyer.legal],
        "authority-main-activity": [notice.activity],
        "main-activity": [notice.activity],
        "buyer-profile": [f"https://{buyer.key}.example/"],
        "winner-name": {codes[0]: [notice.winner[0]]} if notice.winner else None,
    }


def _subject(notice: Notice) -> Values:
    main, *additional = notice.cpv
    lots = [lot.cpv for lot in notice.lots] or [main]
    country = COUNTRIES[notice.buyer.country]
    places = [country] if notice.nationwide else [*notice.nuts, country]
    return {
        "identifier-lot": [lot.id for lot in notice.lots] or ["LOT-0000"],
        "classification-cpv": [*notice.cpv, *lots],
        "main-classification-proc": [main],
        "main-classification-lot": lots,
        "additional-classification-proc": additional,
        "place-of-performance": places * (1 + max(1, len(notice.lots))),
        "place-of-performance-country-proc": [country],
        "document-url-lot": [documents_url(notice)] if notice.kind == "competition" else None,
        "submission-url-lot": [submission_url(notice)] if notice.kind == "competition" else None,
    }


def _deadlines(notice: Notice) -> Values:
    def pair(name: str, deadline: Deadline | None) -> Values:
        if deadline is None:
            return {}
        clock = local_time(deadline)
        count = max(1, len(notice.lots))
        return {
            f"deadline-receipt-{name}-date-lot": [local_date(deadline)] * count,
            f"deadline-receipt-{name}-time-lot": [clock] * count if clock else None,
        }

    return pair("tender", notice.deadline) | pair("request", notice.request)


def _money(notice: Notice) -> Values:
    if notice.value is None:
        return {}
    if notice.kind in {"award", "intent"}:
        return {
            "total-value": notice.value,
            "total-value-cur": [notice.currency],
            "result-value-notice": notice.value,
        }
    values: Values = {"estimated-value-proc": str(notice.value), "estimated-value-cur-proc": notice.currency}
    if notice.framework:
        values["framework-maximum-value-lot"] = [float(notice.value)]
    return values
