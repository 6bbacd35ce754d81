"""Which charts does the laboratory show? How many matches have which score, and whether the scores hold."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Final

from alerts.charts import BETWEEN, FIRST, LETTERS, LINE, RULE, SECOND, WIDTH_IN, WORDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HIGH_IN: Final = 1.9
SQUARE_IN: Final = 2.6
DASHES: Final = (0, (4, 3))
ENDS: Final = (0.0, 0.5, 1.0)  # scores that are written under a chart


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreBars:
    """Matches by score from 0 to 1, and where the line is and would be. ``ends``: 0, a half and 1 in the reader's language.

    Heights go by the square root, so that a few near misses are seen beside thousands far below.
    """

    title: str
    about: str
    counts: tuple[int, ...]
    now: float | None
    moved: float | None
    ends: tuple[str, ...]

    @property
    def size_in(self) -> tuple[float, float]:
        """Low, so that its bars and what they mean are seen together."""
        return WIDTH_IN, HIGH_IN

    def draw(self, axes: "Axes") -> None:
        """Bars in the colour of their side: above the lines, below them, or between the line of now and the moved one."""
        from matplotlib.patches import StepPatch

        edges = range(len(self.counts) + 1)
        lines = [line for line in (self.now, self.moved) if line is not None]
        for ink, (low, high) in self._sides(lines):
            heights = [sqrt(count) if low <= score < high else 0.0 for score, count in self._scores()]
            if any(heights):
                # Not by ``axes.stairs``, which measures what the limits below say anyway.
                axes.add_artist(StepPatch(heights, edges, fill=True, color=ink, linewidth=0))
        top = sqrt(max(*self.counts, 1))
        wide = len(self.counts)
        axes.plot([0, wide], [0, 0], color=RULE, linewidth=1)
        for line, style in ((self.now, "solid"), (self.moved if self.moved != self.now else None, DASHES)):
            if line is not None:
                axes.plot([line * wide] * 2, [0, top * 1.06], color=LINE, linewidth=1.5, linestyle=style)
        for end, words in zip(ENDS, self.ends, strict=True):
            side = "left" if end == ENDS[0] else "right" if end == ENDS[-1] else "center"
            axes.text(end * wide, -top * 0.05, words, ha=side, va="top", color=WORDS)
        axes.set_xlim(-0.2, wide + 0.2)
        axes.set_ylim(-top * 0.2, top * 1.08)

    def _scores(self) -> Iterator[tuple[float, int]]:
        """The middle of each bar, and what it counts."""
        for place, count in enumerate(self.counts):
            yield (place + 0.5) / len(self.counts), count

    def _sides(self, lines: list[float]) -> Iterator[tuple[str, tuple[float, float]]]:
        lowest, highest = (min(lines), max(lines)) if lines else (2.0, 2.0)
        yield SECOND, (-1.0, lowest)
        yield BETWEEN, (lowest, highest)
        yield FIRST, (highest, 2.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One tenth of the scores: what they said, how often it was so, and its interval."""

    said: float
    was: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What scores said, against how often it was so: right scores lie on the rising line."""

    title: str
    about: str
    dots: tuple[Dot, ...]
    across: str
    upwards: str

    @property
    def size_in(self) -> tuple[float, float]:
        """As wide as it is high."""
        return SQUARE_IN, SQUARE_IN

    def draw(self, axes: "Axes") -> None:
        """A square with its rising line, and a dot with a stroke for each tenth that was judged."""
        axes.plot([0, 1, 1, 0, 0], [0, 0, 1, 1, 0], color=RULE, linewidth=1)
        axes.plot([0, 1], [0, 1], color=SECOND, linewidth=1)
        for dot in self.dots:
            axes.plot([dot.said] * 2, [dot.low, dot.high], color=FIRST, linewidth=1.5)
        axes.scatter([dot.said for dot in self.dots], [dot.was for dot in self.dots], s=30, color=FIRST, linewidths=0)
        axes.text(0.5, -0.03, self.across, ha="center", va="top", color=WORDS)
        axes.text(-0.03, 0.5, self.upwards, ha="right", va="center", rotation="vertical", color=WORDS)
        # A line of words at the left and below, and of air beside them.
        room = 1.5 * LETTERS / (72 * SQUARE_IN)
        axes.set_xlim(-room - 0.02, 1.04)
        axes.set_ylim(-room - 0.02, 1.04)
