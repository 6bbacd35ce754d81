"""How is a list shown to an administrator? As pages of a table, each saying which of how many it holds, with no silent end."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request

from alerts.texts import Texts, texts
from web.forms import Form, filled
from web.pages import TEXTS, language_of

EACH: Final = 50  # rows of a page
FIRM: Final = 24  # characters that need not be broken on any screen
LONGEST: Final = 160  # characters of a stranger's text in a cell; the row's own page has it whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One field. ``href``: the page it leads to; ``figure``: a number, set to the right; ``firm``: not to be broken."""

    words: str
    href: str = ""
    figure: bool = False
    firm: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under heads, which are keys of ``admin.head``. ``first`` to ``last`` of ``total`` are in it."""

    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    first: int
    last: int
    total: int
    before: str = ""  # address of the page before and after, where there is one
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What the list is narrowed by: the address's own fields, shown again in its form."""

    asked: Mapping[str, str] = field(default_factory=dict)

    def of(self, name: str, among: Sequence[str]) -> str:
        """The value of a field, if it is one of these."""
        wanted = self.asked.get(name, "")
        return wanted if wanted in among else ""

    @property
    def form(self) -> Form:
        """The form as it was filled in."""
        return filled(self.asked)


def asked_of(request: Request, *names: str) -> Filter:
    """The fields of this name in the address, without what no database takes."""
    return Filter(asked={name: request.query_params.get(name, "").replace("\0", "").strip()[:200] for name in names})


def spoken(request: Request) -> Texts:
    """The texts in the administrator's language."""
    return texts(language_of(request), TEXTS)


def number_of(request: Request, name: str = "id") -> int:
    """The row's number in the path; an unknown page where it is none that a row can have."""
    wanted = request.path_params[name]
    if not (wanted.isascii() and wanted.isdecimal() and len(wanted) <= 18):
        raise HTTPException(404)
    return int(wanted)


def listed(
    s: Session,
    request: Request,
    query: Select[*tuple[Any, ...]],
    heads: Sequence[str],
    row: Callable[[Any], Sequence[Cell]],
    *,
    narrowed: Filter | None = None,
) -> Table:
    """The page of a query that the address asks for, by ``?page=``, as a table. The query has its order."""
    wanted = request.query_params.get("page", "1")
    page = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) <= 6 else 1
    total = s.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    pages = max(1, -(-total // EACH))
    page = max(1, min(page, pages))
    found = s.execute(query.limit(EACH).offset((page - 1) * EACH)).all()
    kept = {name: value for name, value in (narrowed.asked if narrowed else {}).items() if value}

    def address(other: int) -> str:
        return f"?{urlencode(kept | {'page': str(other)})}" if 1 <= other <= pages else ""

    return Table(
        heads=heads,
        rows=[row(one) for one in found],
        first=(page - 1) * EACH + 1 if found else 0,
        last=(page - 1) * EACH + len(found),
        total=total,
        before=address(page - 1),
        after=address(page + 1),
    )


def whole(heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Table:
    """All there is, on one page: for what cannot be many."""
    return Table(heads=heads, rows=rows, first=1 if rows else 0, last=len(rows), total=len(rows))


def words(text: str | None, href: str = "") -> Cell:
    """A text, cut where it is long; what is missing is told by a dash."""
    told = " ".join((text or "").split())
    return Cell(words=(told if len(told) <= LONGEST else f"{told[: LONGEST - 1]}…") or "–", href=href)


def name(text: str, href: str = "") -> Cell:
    """A short name or day that is read in one go."""
    return replace(words(text, href), firm=len(text) <= FIRM)


def figure(count: float | None, digits: int = 0) -> Cell:
    """A number, set as numbers are."""
    return Cell(words="–" if count is None else f"{count:.{digits}f}", figure=True)


def moment(at: datetime | None, href: str = "") -> Cell:
    """A moment in UTC, to the minute."""
    return Cell(words="–" if at is None else f"{at:%Y-%m-%d %H:%M}", href=href, firm=True)
