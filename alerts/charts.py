"""How does a chart come onto a page, or into a mail? Drawn by matplotlib: as SVG that a page takes in, or as PNG. The table stays beside it.

A page's Content-Security-Policy forbids styles within it, and a page may be dark: so the SVG has attributes in place of
styles, and classes of the page's own style sheet in place of the colours that have a meaning (docs/adr/0020).
"""

import hashlib
import io
import re
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Protocol

from markupsafe import Markup

if TYPE_CHECKING:
    from lxml import etree
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Drawn in these on white; on a page each is the class of the style sheet that is named here.
INKS: Final = {
    "#0b5c7d": "ink-first",
    "#7b857f": "ink-second",
    "#7fa9bb": "ink-between",
    "#3d4743": "ink-words",
    "#1a1f1d": "ink-line",
    "#dadedb": "ink-rule",
}
FIRST, SECOND, BETWEEN, WORDS, LINE, RULE = INKS
WIDTH_IN: Final = 4.5  # so narrow that its words are still read at the width of a telephone
LETTERS: Final = 11  # points
SHARP_DPI: Final = 192  # of a mail's picture: two of its points for each of a page's
COLOURS: Final = 32  # of a mail's picture
KEPT: Final = 128  # charts that are asked for again: a slider that comes back, a curve that no slider moves
_FONT: Final = re.compile(r"(?P<size>[\d.]+)px\b")
_USED: Final = re.compile(r"(?:url\(#|href=\"#|^#)([\w.-]+)")
_SVG: Final = "http://www.w3.org/2000/svg"
_PEN: Final = Lock()  # matplotlib draws one figure at a time, and the web has many threads


class Chart(Protocol):
    """What can be drawn: hashable, and equal charts look the same."""

    @property
    def title(self) -> str:
        """What it is of."""

    @property
    def about(self) -> str:
        """How it is read, or what it shows, for whoever does not see it."""

    @property
    def size_in(self) -> tuple[float, float]:
        """Width and height."""

    def __hash__(self) -> int:
        """By which an equal chart that was drawn is found."""

    def draw(self, axes: "Axes") -> None:
        """Fill the sheet, which has no frame and no marks of its own."""


@lru_cache(maxsize=KEPT)
def svg(chart: Chart) -> Markup:
    """The chart as an element for a page, named by its title and told by its description; equal charts are equal bytes."""
    return _for_a_page(_saved(chart, "svg", metadata={"Date": None, "Creator": None}), chart)


def png(chart: Chart) -> bytes:
    """The chart as a picture for a mail, on white."""
    from PIL import Image

    raw = _saved(chart, "png", dpi=SHARP_DPI, facecolor="#ffffff", metadata={"Software": None})
    kept = io.BytesIO()
    with Image.open(io.BytesIO(raw)) as drawn:
        # A few colours and the steps between them: a third of the bytes, and the eye sees no difference.
        drawn.convert("RGB").quantize(COLOURS).save(kept, "png", optimize=True)
    return kept.getvalue()


def _saved(chart: Chart, kind: str, **options: Any) -> bytes:
    kept = io.BytesIO()
    with _PEN:
        _drawn(chart).savefig(kept, format=kind, transparent=kind == "svg", **options)
    return kept.getvalue()


def _drawn(chart: Chart) -> "Figure":
    import matplotlib as mpl
    from matplotlib.figure import Figure

    # Letters stay letters, so that they can be read aloud, searched and scaled; names within the file do not change by run.
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "anbudsvakt", "font.size": LETTERS})
    figure = Figure(figsize=chart.size_in)
    # Places are ours, since a layout that is computed takes longer than all the drawing.
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    chart.draw(axes)
    return figure


def _for_a_page(raw: bytes, chart: Chart) -> Markup:
    from lxml import etree

    root = etree.fromstring(raw)
    for gone in [*root.iter(f"{{{_SVG}}}metadata"), *root.iter(f"{{{_SVG}}}style")]:
        parent = gone.getparent()
        assert parent is not None
        parent.remove(gone)
    # Two charts of a page share no name.
    mark = hashlib.sha256(raw + chart.title.encode() + chart.about.encode()).hexdigest()[:8]
    used = set(_USED.findall(raw.decode()))
    for element in root.iter():
        _styled_by_attributes(element)
        _named(element, used, mark)
    for measure in ("width", "height"):
        root.set(measure, root.attrib[measure])
    root.set("class", "chart")
    root.set("role", "img")
    for place, (name, words, names) in enumerate(
        (("title", chart.title, "aria-labelledby"), ("desc", chart.about, "aria-describedby"))
    ):
        told = etree.Element(f"{{{_SVG}}}{name}", id=f"{mark}-{name}")
        told.text = words
        root.insert(place, told)
        root.set(names, f"{mark}-{name}")
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
            name, value = "font-size", size.group("size") if (size := _FONT.search(value)) else str(LETTERS)
        styles[name] = value
    for name, value in styles.items():
        if name in ("fill", "stroke") and value in INKS:
            element.set("class", f"{INKS[value]} as-{name}")
        elif name:
            element.set(name, value)
