"""What do Kommers' two kinds of lists have in common? Rows, pager, and codes that are written as names.

Two programs stand behind one brand: the Supplier Hub (:mod:`crawlers.kommers_hub`) and the older instances
(:mod:`crawlers.kommers_list`). No whole page of either was ever recorded, only fragments and what parsers that were run
against real answers read (sources.md §4.2, §4.3, §9.4). So a row is found by its link, which is firm, and only then by
its class names; what a row must say is little; and what must be there and is not is told loudly.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice
from typing import Final

from crawlers import clean, codes, hypertext, language
from crawlers.notice import Broken, ParsedNotice
from crawlers.xml import Element
from db.reference import builtin

COUNTRY: Final = "SE"
DEEPEST_ROW: Final = 6  # elements around a row's link that may still be the row
LONGEST_POSITION: Final = 40  # letters of what says where in the list we are
_POSITION: Final = re.compile(r"\s*(\d{1,4})\s*/\s*(\d{1,4})\s*")
_NUTS_CODE: Final = re.compile(r"\bSE(?:\d[0-9A-Z]{0,2})?\b")
_CPV_CODE: Final = re.compile(r"\b(\d{8})(?:-\d)?\b")
_SPLIT: Final = re.compile(r"[,;/\u2022]")
_PROCEDURES: Final = (
    ("förhandlat förfarande utan", "neg-wo-call"),
    ("förhandlat", "neg-w-call"),
    ("selektivt", "restricted"),
    ("konkurrenspräglad dialog", "comp-dial"),
    ("innovationspartnerskap", "innovation"),
    ("annat förfarande i ett steg", "oth-single"),
    ("annat förfarande i flera steg", "oth-mult"),
    ("öppet", "open"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One page of a list. ``page`` of ``pages`` as the pager says, None where there is none.

    ``token``: the anti-forgery token of the Supplier Hub; ``state``: the hidden fields of a WebForms page, to be sent
    back whole, and ``onward``: name and value of its button for the next page.
    """

    notices: list[ParsedNotice] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    page: int | None = None
    pages: int | None = None
    token: str | None = None
    state: Mapping[str, str] = field(default_factory=dict)
    onward: tuple[str, str] | None = None


def unread(listing: Listing) -> Listing:
    """The rows of a saved page without their hashes: the next crawl is not to take their notices' pages for read."""
    return replace(listing, notices=[replace(row, listing_sha256=None) for row in listing.notices])


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A notice's part of a list; ``link``: what names the notice, None where the row has lost it."""

    top: Element
    link: Element | None
    marks: frozenset[str]

    def each(self, tag: str) -> Iterator[Element]:
        """Elements of a kind in this row, without those of rows that damage has put inside it."""
        waiting = [*reversed(self.top)]
        while waiting:
            element = waiting.pop()
            if isinstance(element.tag, str) and not self.marks <= hypertext.classes(element):
                if element.tag == tag:
                    yield element
                waiting.extend(reversed(element))


def rows(top: Element, names_one: Callable[[Element], str | None], marks: frozenset[str]) -> list[Row]:
    """The rows of a list in order: around each link that names a notice, and those that bear the marks of a row alone.

    ``names_one``: what a link names, or None. Where no element around a link bears the marks, its row is the largest
    that holds no other notice's link.
    """
    links = [(link, name) for link in top.iter("a") if (name := names_one(link)) is not None]
    inside: dict[Element | None, set[str]] = defaultdict(set)
    for link, name in links:
        inside[_marked(link, marks)].add(name)
    held: dict[Element, Element] = {}
    for link, name in links:
        around = _marked(link, marks)
        alone = around is not None and len(inside[around]) == 1  # else damage has put two rows into one
        held.setdefault(around if around is not None and alone else _widest(link, name, names_one), link)
    found = []
    for element in top.iter():
        if element in held:
            found.append(Row(top=element, link=held[element], marks=marks))
        elif isinstance(element.tag, str) and marks <= hypertext.classes(element):
            row = Row(top=element, link=None, marks=marks)
            if next(row.each("small"), None) is not None:  # else a line of the page's layout
                found.append(row)
    return found


def _marked(link: Element, marks: frozenset[str]) -> Element | None:
    return next((each for each in link.iterancestors("div") if marks <= hypertext.classes(each)), None)


def _widest(link: Element, name: str, names_one: Callable[[Element], str | None]) -> Element:
    best = link
    for around in islice(link.iterancestors(), DEEPEST_ROW):
        if around.tag == "body" or any(names_one(other) not in (None, name) for other in around.iter("a")):
            break
        best = around
    return best


def position(top: Element) -> tuple[int | None, int | None]:
    """Which page of how many: the text ``2 / 17`` that stands alone, centred, below the list."""
    alone = [
        (found, "text-center" in hypertext.classes(each))
        for each in top.iter("div", "span", "td", "p", "li")
        if (found := _POSITION.fullmatch(_short(each)))
    ]
    for found, _ in sorted(alone, key=lambda pair: not pair[1])[:1]:
        return int(found.group(1)), int(found.group(2))
    return None, None


def _short(element: Element) -> str:
    """Its text where that is a few words; '' for more, so that no large part of a page is put together for nothing."""
    told = ""
    for part in element.itertext():
        told += " ".join(str(part).split()) + " "
        if len(told) > LONGEST_POSITION:
            return ""
    return told


def cpv_of(told: str) -> tuple[tuple[str, ...], str]:
    """Codes in a text that holds codes or Swedish names of codes, and the names that nobody knows.

    The portal has names of its own for some codes (sources.md §4.2); those are kept as words.
    """
    found = codes.cpv_codes(_CPV_CODE.findall(told))
    if found:
        return found, ""
    known: list[str] = []
    strange: list[str] = []
    for name in [told] if clean.fold(told) in _cpv_names() else told.split(";"):
        code = _cpv_names().get(clean.fold(name))
        (known if code else strange).append(code or clean.line(name, 200))
    return tuple(dict.fromkeys(known)), "; ".join(filter(None, strange))


def nuts_of(told: str) -> tuple[str, ...]:
    """NUTS codes in a text that holds codes or names of counties: ``Jämtlands län`` → SE322."""
    found = codes.nuts_codes(_NUTS_CODE.findall(told))
    if found:
        return found
    named = (clean.fold(name) for name in _SPLIT.split(told))
    return tuple(dict.fromkeys(code for name in named if (code := _county(name))))


def _county(folded: str) -> str | None:
    return _nuts_names().get(folded) or _nuts_names().get(f"{folded} lan") or _nuts_names().get(f"{folded}s lan")


@lru_cache(maxsize=1)
def _cpv_names() -> Mapping[str, str]:
    # Wider codes first: where a code and a part of it have one name, the wider is meant.
    return dict(reversed([(clean.fold(name.sv), code) for code, name in builtin().cpv.items() if name.sv]))


@lru_cache(maxsize=1)
def _nuts_names() -> Mapping[str, str]:
    swedish = [
        (name.sv, code) for code, name in builtin().nuts.items() if code.startswith("SE") and len(code) in (2, 5)
    ]
    return {clean.fold(name): code for name, code in swedish if not code.startswith("SEZ")}


def procedure_of(told: str) -> str | None:
    """BT-105 of the portal's words; None for what has no code there, such as a dynamic purchasing system."""
    words = told.lower()
    return next((code for start, code in _PROCEDURES if words.startswith(start)), None)


def written_in(text: str) -> str:
    """sv, or en where the text clearly is: FMV often publishes in English."""
    return "en" if language.of_any(text, "sv") == "en" else "sv"
