"""How is a table drawn? Bars by matplotlib: as SVG that a page takes in, or as PNG for a mail. The table itself stays beside it.

A page's Content-Security-Policy forbids styles within it, and a page may be dark: so the SVG has attributes in place of
styles, and classes of the page's own style sheet in place of the colours that have a meaning.
"""

import hashlib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

if TYPE_CHECKING:
    from lxml import etree
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Drawn in these on white; on a page each is the class of the style sheet that is named here.
INKS: Final = {"#0b5c7d": "ink-first", "#c9d6dc": "ink-second", "#3d4743": "ink-words", "#b4460f": "ink-line"}
FIRST, SECOND, WORDS, LINE = INKS
WIDTH_IN: Final = 6.2
ROW_IN: Final = 0.34
HEAD_IN: Final = 0.55
SHARP_DPI: Final = 200  # of a mail's picture, which is shown at half its size on most screens
LONGEST_NAME: Final = 34
_FONT: Final = re.compile(r"(?P<size>[\d.]+)px\b")
_USED: Final = re.compile(r"(?:url\(#|href=\"#|^#)([\w.-]+)")
_SVG: Final = "http://www.w3.org/2000/svg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One row: its name, and how long its first and its second part are."""

    name: str
    first: int
    second: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """A table of counts as bars, the first on top. ``first`` and ``second`` name the parts; "" where there is one only."""

    title: str
    first: str
    second: str
    bars: Sequence[Bar]


def svg(chart: Bars) -> Markup:
    """The chart as an element for a page, named by its title; equal charts are equal bytes."""
    raw = _saved(_drawn(chart), "svg", metadata={"Date": None, "Creator": None})
    return _for_a_page(raw, chart.title)


def png(chart: Bars) -> bytes:
    """The chart as a picture for a mail, on white."""
    return _saved(_drawn(chart), "png", dpi=SHARP_DPI, facecolor="#ffffff", metadata={"Software": None})


def _drawn(chart: Bars) -> "Figure":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_IN, HEAD_IN + ROW_IN * max(1, len(chart.bars))), layout="constrained")
    axes: Axes = figure.add_subplot()
    places = range(len(chart.bars))
    first, second = [bar.first for bar in chart.bars], [bar.second for bar in chart.bars]
    axes.barh(places, first, height=0.66, color=FIRST, label=chart.first)
    if chart.second:
        axes.barh(places, second, left=first, height=0.66, color=SECOND, label=chart.second)
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, fontsize=9, labelcolor=WORDS)
    for place, bar in zip(places, chart.bars, strict=True):
        total = bar.first + bar.second
        axes.annotate(
            str(total), (total, place), xytext=(4, 0), textcoords="offset points", va="center", color=WORDS, fontsize=9
        )
    axes.set_yticks(places, [_short(bar.name) for bar in chart.bars], color=WORDS, fontsize=9)
    axes.invert_yaxis()
    axes.set_xticks([])
    axes.margins(x=0.1)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    return figure


def _saved(figure: "Figure", kind: str, **options: Any) -> bytes:
    import matplotlib as mpl

    # Letters stay letters, so that they can be read aloud, searched and scaled; names within the file do not change by run.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "anbudsvakt"}):
        kept = io.BytesIO()
        figure.savefig(kept, format=kind, transparent=kind == "svg", **options)
    return kept.getvalue()


def _for_a_page(raw: bytes, title: str) -> Markup:
    from lxml import etree

    root = etree.fromstring(raw)
    for gone in [*root.iter(f"{{{_SVG}}}metadata"), *root.iter(f"{{{_SVG}}}style")]:
        parent = gone.getparent()
        assert parent is not None
        parent.remove(gone)
    mark = hashlib.sha256(raw + title.encode()).hexdigest()[:8]  # two charts of a page share no name
    used = set(_USED.findall(raw.decode()))
    for element in root.iter():
        _styled_by_attributes(element)
        _named(element, used, mark)
    for measure in ("width", "height"):
        del root.attrib[measure]  # as wide as the page lets it be
    root.set("class", "chart")
    root.set("role", "img")
    root.set("aria-label", title)
    etree.cleanup_namespaces(root)
    # Made by matplotlib of our own numbers, and of names that it escapes as any XML writer must.
    return Markup(etree.tostring(root, encoding="unicode"))  # noqa: S704


def _named(element: "etree._Element", used: set[str], mark: str) -> None:
    """Only what is referred to keeps its name, made the chart's own."""
    if (name := str(element.attrib.pop("id", ""))) in used:
        element.set("id", f"{mark}-{name}")
    for attribute, value in element.attrib.items():
        if _USED.search(str(value)):
            element.set(attribute, str(value).replace("#", f"#{mark}-", 1))


def _styled_by_attributes(element: "etree._Element") -> None:
    styles: dict[str, str] = {}
    for part in str(element.attrib.pop("style", "")).split(";"):
        name, _, value = part.strip().partition(": ")
        if name == "font":
            name, value = "font-size", size.group("size") if (size := _FONT.search(value)) else "9"
        styles[name] = value
    for name, value in styles.items():
        if name in ("fill", "stroke") and value in INKS:
            element.set("class", f"{INKS[value]} as-{name}")
        elif name:
            element.set(name, value)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1].rstrip() + "…"
