"""How is a table of counts drawn? As bars, each under its name: a telephone has no room for names at the side."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from alerts.charts import FIRST, SECOND, WIDTH_IN, WORDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW_IN: Final = 0.48
HEAD_IN: Final = 0.36
LONGEST_NAME: Final = 48  # characters
_THICK: Final = 0.36  # of a row; the name stands above
_GAP: Final = 0.006  # of the longest bar, between the parts, which are told apart without their colours as well
_ROOM: Final = 1.14  # of the longest bar, for the figure behind it


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One row: its name, how long its first and its second part are, and the figure as the reader's language writes it."""

    name: str
    said: str
    first: int
    second: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """A table of counts, the first on top. ``first`` and ``second`` name the parts; "" where there is one only."""

    title: str
    first: str
    second: str
    bars: tuple[Bar, ...]

    @property
    def about(self) -> str:
        """Each row with its figure."""
        return "; ".join(f"{bar.name}: {bar.said}" for bar in self.bars)

    @property
    def size_in(self) -> tuple[float, float]:
        """As high as there are rows."""
        return WIDTH_IN, HEAD_IN + ROW_IN * max(1, len(self.bars))

    def draw(self, axes: "Axes") -> None:
        """Two bars at a row, one behind the other, and above them what they are called."""
        longest = max((bar.first + bar.second for bar in self.bars), default=0) or 1
        places = [place + 0.74 for place in range(len(self.bars))]
        firsts = [bar.first for bar in self.bars]
        axes.barh(places, firsts, height=_THICK, color=FIRST)
        behind = [first + longest * _GAP if first else 0 for first in firsts]
        axes.barh(places, [bar.second for bar in self.bars], left=behind, height=_THICK, color=SECOND)
        for place, bar in zip(places, self.bars, strict=True):
            total = bar.first + bar.second
            axes.text(0, place - 0.4, _short(bar.name), va="center", color=WORDS)
            axes.text(total + longest * 0.02, place, bar.said, va="center", color=WORDS)
        height = self.size_in[1] - HEAD_IN
        rows = height / ROW_IN
        axes.set_xlim(0, longest * _ROOM)
        axes.set_ylim(rows, -HEAD_IN / ROW_IN)
        self._legend(axes, longest * _ROOM)

    def _legend(self, axes: "Axes", wide: float) -> None:
        """The parts by their colours, abreast."""
        across = 0.0
        for ink, name in self._parts():
            axes.barh([-0.44], [wide * 0.03], left=across, height=0.3, color=ink)
            axes.text(across + wide * 0.045, -0.44, name, va="center", color=WORDS)
            across += wide / 2

    def _parts(self) -> Iterator[tuple[str, str]]:
        yield FIRST, self.first
        if self.second:
            yield SECOND, self.second


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1].rstrip() + "…"
