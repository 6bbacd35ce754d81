"""How does Kommers' Supplier Hub answer: a page of its list, and a notice's own page?

Rebuilt from the documented fragments and from what readers of real answers take from them, not from a recorded page.
Names, and not codes, stand in the list; letters beyond ASCII are numeric entities; what a row's text hides is there too.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from html import escape

from db.reference import builtin
from demo.kommers_notices import Listed

LISTS = {"/Notices/TenderNotices": ("Tender", "Qualification", "RFI"), "/Notices/PriorInfoNotices": ("PriorInfo",)}
ROWS = 10  # 40 were counted once and 25 another time: nobody may rely on either
TOKEN = "__RequestVerificationToken"  # noqa: S105 - the name of a form field, no secret
COOKIE = ".AspNetCore.Antiforgery.r7Yw2nHq"
SHOWN = 60  # letters of a text before its hidden part
NATURES = {"works": "Byggentreprenader", "supplies": "Varor", "services": "Tjänster"}


def rows_of(path: str, listed: Iterable[Listed]) -> list[Listed]:
    """What a list holds."""
    return [one for one in listed if one.kind in LISTS[path]]


def page(path: str, listed: Iterable[Listed], today: date, number: int, token: str) -> str:
    """One page of a list with its three forms and its pager."""
    found = rows_of(path, listed)
    pages = max(1, -(-len(found) // ROWS))
    rows = "\n".join(_row(one, place, today, codes=path.endswith("PriorInfoNotices")) for place, one in
                     enumerate(found[(number - 1) * ROWS : number * ROWS]))  # fmt: skip
    field = f'<input name="{TOKEN}" type="hidden" value="{escape(token)}" />'
    forms = "".join(f'<form method="post" action="{path}">{field}</form>' for _ in range(3))
    return (
        '<!DOCTYPE html><html lang="sv"><head><meta charset="utf-8" /><title>Annonser - Kommers</title></head><body>'
        f'<div class="container">{forms}<select id="SelectedCpvCode" name="SelectedCpvCode" multiple>'
        '<option value="Sk&#xF6;ldar">Sk&#xF6;ldar</option></select><div class="row mt-4 mb-4"><small>S&#xF6;k</small></div>\n'
        f'{rows}\n<div class="row"><div class="col-sm-4 col-3 text-center my-auto p-0"> {number} / {pages} </div></div>'
        "</div></body></html>"
    )


def notice_page(one: Listed) -> str:
    """The notice as eForms, in labels and values. A contact person stands there too: readers must leave it."""
    reference = builtin()
    cpv = [f"{_value(code)} {_value(reference.cpv_name(code, 'sv') or '')}" for code in one.cpv]
    nuts = [f"{_value(reference.nuts_name(code, 'sv') or '')} ({_value(code)})" for code in one.nuts]
    frame = "Ramavtal utan förnyad konkurrensutsättning" if one.framework else "Upphandlingen avser inte ett ramavtal"
    planned = one.kind == "PriorInfo"
    asked = "anbudsansökningar" if one.two_stages else "anbud"
    rows = [
        ("Officiellt namn", _value(one.buyer.name)),
        ("Titel", _value(one.title)),
        ("Beskrivning", _value(one.text)),
        ("Typ av förfarande", _value(one.procedure)),
        ("Typ av kontrakt", _value(NATURES[one.nature])),
        ("Huvudklassificering", cpv[0]),
        *[("Ytterligare klassificering", each) for each in cpv[1:]],
        *[("Del av land (NUTS)", each) for each in nuts],
        *([("Beräknat värde exklusive moms", f"{_value(f'{one.value:,}'.replace(',', ' '))} {_value('Svensk krona')}")] if one.value else []),
        ("Ramavtal", _value(frame)),
        *([(f"Tidsfrist för mottagande av {asked}", _value(f"{one.closes:%d/%m/%Y %H:%M} {one.closes.isoformat()[-6:]}"))] if one.closes else []),
        ("Formulärtyp", _value("Planering" if planned else "Konkurrensutsättning")),
        ("Meddelandetyp", _value("Förhandsmeddelande" if planned else "Meddelande om upphandling")),
        ("Avsändningsdatum för meddelandet", _value(f"{one.published:%d/%m/%Y} 08:00 +01:00")),
    ]  # fmt: skip
    person = one.buyer.contact or ("Okänd Okändsson", "+46 00 000 00 00", "okand@kommers.example")
    organisation = [
        ("Officiellt namn", _value(one.buyer.name)),
        ("Registreringsnummer", _value(one.buyer.id)),
        ("Del av land (NUTS)", _value("SE110")),
        ("Kontaktperson", _value(person[0])),
        ("Telefon", _value(person[1])),
        ("E-post", _value(person[2])),
        ("Officiellt namn", _value("Förvaltningsrätten")),
        ("Registreringsnummer", _value("202100-2742")),
    ]
    links = (
        f'<p>F&#xF6;r att delta g&#xE5; till <a href="{escape(one.numbers.overview_url)}">{escape(one.numbers.overview_url)}</a></p>'
        f"<p>Upphandlingsdokument: {escape(one.numbers.dispatch_url)}</p>"
    )
    return (
        '<!DOCTYPE html><html lang="sv"><head><meta charset="utf-8" /><title>Annons</title></head><body>'
        f'{links}<h2 id="section-1">1. K&#xF6;pare</h2>{_lines(rows)}'
        f'<h2 id="section-8">8. Organisationer</h2>{_lines(organisation)}</body></html>'
    )


def entities(text: str) -> str:
    """Text as the portal writes it: ``Försvar`` → ``F&#xF6;rsvar``."""
    return "".join(char if ord(char) < 128 else f"&#x{ord(char):X};" for char in escape(text))


def _row(one: Listed, place: int, today: date, *, codes: bool) -> str:
    kind = "Tender" if one.kind == "RFI" else one.kind
    reference = builtin()
    cpv = " ".join(one.cpv) if codes else reference.cpv_name(one.cpv[0], "sv") or ""
    nuts = " ".join(one.nuts) if codes else ", ".join(reference.nuts_name(code, "sv") or "" for code in one.nuts)
    text = one.text
    hidden = f'<span id="dots{place}">...</span><span id="more{place}">{entities(text[SHOWN:])}</span>'
    left = (one.closes.date() - today).days if one.closes else None
    days = f'<h4 class="p-0 m-0">{left}</h4> dagar kvar' if left is not None else ""
    return (
        '<div class="row mt-4 mb-4 align-items-center">'
        f'<div class="col-2"><img src="/Images/ProcuringEntities/{one.buyer.key}.png" /></div><div class="col-8">'
        f'<a href="/Notices/{kind}Notice/{one.numbers.hub}">{entities(one.reference)} - {entities(one.title)}</a><br />'
        f"<small>Datum d&#xE5; annonsen skickades f&#xF6;r publicering {one.published}</small><br />"
        f"<small>NUTS: {entities(nuts)}</small><br /><small>CPV: {entities(cpv)}</small>"
        f"<p>{entities(text[:SHOWN])}{hidden}<button onclick='more({place})'>L&#xE4;s mer</button></p></div>"
        f'<div class="col-2 text-center">{days}</div></div>'
    )


def _value(text: str) -> str:
    return f'<span class="value">{entities(text)}</span>'


def _lines(rows: Sequence[tuple[str, str]]) -> str:
    return "".join(
        f'<div><span class="label">{entities(label)}</span><span class="text">: </span>{value}</div>\n'
        for label, value in rows
    )
