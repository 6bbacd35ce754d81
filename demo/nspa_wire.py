"""How does NSPA's portal answer: a page of its list, the pieces that follow it, and the pager?

Pure: what was asked in, HTML out. The page is plain HTML with ten rows; the others are pieces of it. A filter that the
portal does not know is no filter: the archive comes with all that was ever published.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from html import escape
from typing import Any

from demo.catalogue import FOLDER

ROOT = "/eProcurement5G/Opportunities"
LIST, ROWS_PIECE, PAGER_PIECE = (
    f"{ROOT}/OpportunitiesList",
    f"{ROOT}/OpportunitiesList/OpportunitiesList",
    f"{ROOT}/OpportunitiesList/OpportunitiesListPager",
)
OPEN = ("FBO", "RFP")  # the filters that the portal knows
ROWS = 10
TOKEN_COOKIE, POOL_COOKIE = "__RequestVerificationToken_L2VQcm9jdXJlbWVudDVH", "EPORTALServerPool"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opportunity:
    """One row of the list as of a day."""

    reference: str
    kind: str
    type: str
    org: tuple[str, str]
    title: str
    product: str | None
    status: str
    published: date
    modified: date
    closing: tuple[date, str | None] | None
    tentative: date | None


def opportunities(today: date, prefilter: str) -> tuple[Opportunity, ...]:
    """The rows that a filter brings, newest first."""
    rows = [_opportunity(row, today) for row in _rows()]
    wanted = [row for row in rows if prefilter not in OPEN or row.kind == prefilter]
    return tuple(sorted(wanted, key=lambda row: (row.published, row.reference), reverse=True))


def page(today: date, prefilter: str, token: str) -> str:
    """The whole page: its form's token, the first rows and the pager."""
    found = opportunities(today, prefilter)
    return (
        "<!DOCTYPE html>\n<html lang='en'><head><meta charset='utf-8'/><title>Opportunities - eProcurement</title>"
        "<script src='/eProcurement5G/ruxitagentjs_ICA.js'></script></head><body>\n"
        f"<form id='frmList'><input name='__RequestVerificationToken' type='hidden' value='{escape(token)}'/></form>\n"
        f"<div id='OpportunitiesGrid'>{rows_piece(today, prefilter, 1)}</div>\n"
        f"<div id='OpportunitiesPager'>{pager_piece(len(found))}</div>\n</body></html>\n"
    )


def rows_piece(today: date, prefilter: str, number: int) -> str:
    """The table with one page's rows."""
    heads = ("Reference / Title", "Opportunity Type / Type", "Purchasing Organisation", "Status",
             "Publication Date / Last Modification Date", "Tentative RFP Date / Closing Date (CET)")  # fmt: skip
    found = opportunities(today, prefilter)[(number - 1) * ROWS : number * ROWS]
    return (
        "<table class='table table-hover table-condensed'><thead><tr>"
        + "".join(f"<th>{head}</th>" for head in heads)
        + "</tr></thead><tbody>\n"
        + "\n".join(map(_row, found))
        + "\n</tbody></table>"
    )


def pager_piece(total: int) -> str:
    """The links to the other pages, and how many rows there are."""
    links = "".join(
        f"<li class='page-item'><a class='page-link' command load-page='{{\"pageIndex\": {number}}}'>{number}</a></li>"
        for number in range(1, -(-total // ROWS) + 1)
    )
    return f"<input id='GridPagerTotalRowCount' type='hidden' value='{total}'/><ul class='pagination'>{links}</ul>"


def token_of(session: str) -> str:
    """The form token that belongs to a session's cookie."""
    return hashlib.sha256(f"form/{session}".encode()).hexdigest()


def number_asked(parameters: Mapping[str, str]) -> int:
    """The page that a piece is asked for; 1 for what is no number."""
    written = parameters.get("CurrentPageIndex", "1")
    return int(written) if written.isdigit() and int(written) > 0 else 1


@cache
def _rows() -> tuple[dict[str, Any], ...]:
    return tuple(tomllib.loads((FOLDER / "nspa.toml").read_text(encoding="utf-8"))["opportunity"])


def _opportunity(row: dict[str, Any], today: date) -> Opportunity:
    closing = row.get("closing")
    return Opportunity(
        reference=row["reference"],
        kind=row["kind"],
        type=row["type"],
        org=(row["org"][0], row["org"][1]),
        title=row["title"],
        product=row.get("product"),
        status=row.get("status", f"{row['kind']} Published"),
        published=today - timedelta(days=row["published"]),
        modified=today - timedelta(days=row.get("modified", row["published"])),
        closing=(today + timedelta(days=closing[0]), closing[1] if len(closing) > 1 else None) if closing else None,
        tentative=today + timedelta(days=row["tentative"]) if "tentative" in row else None,
    )


def _row(row: Opportunity) -> str:
    hidden = hashlib.sha256(f"{row.kind}/{row.reference}".encode()).hexdigest()[:22]
    link = f"{ROOT}/Opportunities/DetailsOpportunity?RowIDEncrypted={hidden}&amp;reference={row.reference}"
    product = f"<br/><span>{escape(row.product)}</span>" if row.product else ""
    cells = (
        f"<a href='{link}'><strong>{row.reference}</strong></a>{product}<br/><span>{escape(row.title)}</span>",
        f"{row.kind}<br/><small>{row.type}</small>",
        f"{row.org[0]}<br/><small>{escape(row.org[1])}</small>",
        f"<span class='badge'>{row.status}</span>",
        f"<small>Publication Date</small><br/>{_day(row.published)}<br/><small>Modified on</small><br/>{_day(row.modified)}",
        _last(row),
    )
    return f"<tr class='selectable' row-id='{hidden}'>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _last(row: Opportunity) -> str:
    if row.closing is not None:
        day, clock = row.closing
        return f"<small>Closing Date</small><br/>{_day(day)}{f' {clock}' if clock else ''}"
    return f"<small>Tentative RFP Date</small><br/>{_day(row.tentative)}" if row.tentative else ""


def _day(day: date) -> str:
    # English whatever the process's locale: strftime's %b follows that.
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[day.month - 1]
    return f"{day.day:02d} {month} {day.year}"
