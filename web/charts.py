"""Which charts does the laboratory show? What its figures are, as alerts/score_charts.py draws them, in the reader's words. Pure."""

from collections.abc import Callable, Mapping, Sequence

from markupsafe import Markup

from alerts.charts import svg
from alerts.score_charts import ENDS, Calibration, Dot, ScoreBars
from alerts.texts import Texts
from classifier.measures import Bin


def histogram(
    texts: Texts, counts: Sequence[int], now: float | None, moved: float | None, written: Callable[[float], str]
) -> Markup:
    """Matches by score, with the line of now and the moved one; ``written`` is how the reader's language writes a score."""
    return svg(
        ScoreBars(
            title=texts.say("lab.chart"),
            about=texts.say("lab.chart_what"),
            counts=tuple(counts),
            now=now,
            moved=moved,
            ends=tuple(written(end) for end in ENDS),
        )
    )


def calibration(texts: Texts, curves: Mapping[str, Sequence[Bin]]) -> dict[str, tuple[Sequence[Bin], Markup]]:
    """Of each model revision its tenths, for the table, and their curve."""
    return {revision: (bins, svg(_curve(texts, revision, bins))) for revision, bins in curves.items()}


def _curve(texts: Texts, revision: str, bins: Sequence[Bin]) -> Calibration:
    return Calibration(
        title=f"{texts.say('lab.calibration')} {texts.say('lab.revision', revision=revision)}",
        about=texts.say("lab.calibration_what"),
        dots=tuple(Dot(said=one.said, was=one.was.value, low=one.was.low, high=one.was.high) for one in bins),
        across=texts.say("lab.said"),
        upwards=texts.say("lab.was"),
    )
