"""How does an instance of Kommers answer: eLite, and the lists that single buyers keep?

An old WebForms program: rows and pages as the recorded fragments show them, and a hidden state that must come back.
"""

import base64
import hashlib
from collections.abc import Iterable
from html import escape

from db.reference import builtin
from demo.kommers_notices import Listed
from demo.kommers_numbers import INSTANCES

ROWS = 5  # twenty in the portal
PATHS = {
    "elite": "/elite/notice/noticelist.aspx",
    "fmv": "/fmv/Notice/NoticeList.aspx",
    "polis": "/polis/Notice/NoticeList.aspx",
    "trafik": "/trafik/Notice/NoticeList.aspx",
}
NEXT = "ctl00$ctl00$content$Content$btnNext"
SESSION = "ASP.NET_SessionId"
KINDS = {
    "Tender": "Meddelande om upphandling",
    "PriorInfo": "Förhandsannons",
    "Qualification": "Kvalificeringsannons",
    "RFI": "Rfi",
    "Award": "Efterannons",
}


def rows_of(instance: str, listed: Iterable[Listed]) -> list[Listed]:
    """What an instance holds."""
    assert instance in INSTANCES
    return [one for one in listed if one.numbers.instance == instance]


def page(instance: str, listed: Iterable[Listed], number: int) -> str:
    """One page of the list, with the state of its form."""
    found = rows_of(instance, listed)
    pages = max(1, -(-len(found) // ROWS))
    name = PATHS[instance].rpartition("/")[2]
    rows = "\n".join(map(_row, found[(number - 1) * ROWS : number * ROWS]))
    disabled = ' disabled="disabled"' if number >= pages else ""
    return (
        '<!DOCTYPE html><html lang="sv"><head><meta charset="utf-8" /><title>Annonser</title></head><body>'
        f'<form method="post" action="./{name}" id="aspnetForm">'
        '<input type="hidden" name="__EVENTTARGET" id="__EVENTTARGET" value="" />'
        f'<input type="hidden" name="__VIEWSTATE" id="__VIEWSTATE" value="{escape(state_of(instance, number))}" />'
        '<input type="hidden" name="__VIEWSTATEGENERATOR" id="__VIEWSTATEGENERATOR" value="CA0B0334" />'
        f'<div class="container">{rows}</div><div class="row"><div class="col-2 fw-bold text-center"> {number} / {pages} </div>'
        f'<input type="submit" name="{NEXT}" value="Nästa" id="ctl00_btnNext"{disabled} /></div></form></body></html>'
    )


def state_of(instance: str, number: int) -> str:
    """What the page remembers, with a seal that no reader can make."""
    told = f"{instance}|{number}"
    seal = hashlib.sha256(f"seal/{told}".encode()).hexdigest()[:16]
    return base64.b64encode(f"{told}|{seal}".encode()).decode()


def number_in(instance: str, state: str) -> int | None:
    """The page that a state is of; None for one that we did not make."""
    try:
        told = base64.b64decode(state, validate=True).decode()
        number = int(told.split("|")[1])
    except (ValueError, IndexError):
        return None
    return number if state_of(instance, number) == state else None


def overview(one: Listed) -> str:
    """The notice's own page, in the layout of its kind."""
    label = {
        "RFI": "Ansvarig organisation",
        "Qualification": "Ansvarig upphandlande organisation",
    }.get(one.kind, "Ansvarig upphandlande organisation för den här upphandlingen är")
    how = (
        "" if one.kind == "RFI" else f"<dt>Upphandlingen genomförs med förfarande</dt> <dd>{escape(one.procedure)}</dd>"
    )
    asked = "<dt>Typ av förfrågan</dt> <dd>Informationsförfrågan</dd>" if one.kind == "RFI" else ""
    reference = builtin()
    cpv = "".join(
        f"<dt>CPV</dt> <dd><span>{code}-{int(code) % 9}</span> {escape(reference.cpv_name(code, 'sv') or '')}</dd>"
        for code in one.cpv
    )
    closing = f"{one.closes:%Y-%m-%dT%H:%M:%S}" if one.closes and one.kind != "RFI" else ""
    script = f"<script>setDeadline('{closing}', '2026-11-22T08:00:00');</script>" if closing else ""
    return (
        '<!DOCTYPE html><html lang="sv"><head><meta charset="utf-8" /><title>Annons</title></head><body>'
        f'<dl>{asked}{how}<dt>{label}</dt> <dd><a id="ctl00_x_hlProcuringEntity" '
        f'href="../Info/ProcuringEntity.aspx?ProcuringEntityId=268">{escape(one.buyer.name)}</a></dd>{cpv}</dl>'
        "<p>Publik annons: Denna upphandling är annonserad publikt. </p> "
        f"<p> {escape(one.text)} </p>{script}</body></html>"
    )  # fmt: skip


def _row(one: Listed) -> str:
    places = ", ".join(builtin().nuts_name(code, "sv") or "" for code in one.nuts)
    last = (
        f"Sista anbudsdag{'en' if one.kind == 'Award' else ''} är {one.closes:%Y-%m-%d}, annonsen"
        if one.closes
        else "Annonsen"
    )
    until = one.closes.date() if one.closes and one.kind != "Award" else one.published
    return (
        '<div class="row mt-4"> <div class="col-md-8 text-break"> <p class="mb-0 h4">'
        f'<a href="NoticeOverview.aspx?ProcurementId={one.numbers.procurement}">'
        f'<span class="text-uppercase">{escape(one.reference)}</span></a>\n - {escape(one.title)} '
        f'<small class="text-muted">{KINDS[one.kind]}</small>\n</p> <small> {last} visas mellan {one.published} och {until}. '
        f"Utförandeort {escape(places)}. </small></div></div>"
    )  # fmt: skip
