"""Is a chart an element of a strict page, told to whoever does not see it, and the same each time? And a picture for a mail?"""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from alerts.bars import Bar, Bars
from alerts.charts import Chart, png, svg
from alerts.score_charts import Calibration, Dot, ScoreBars

BARS = Bars(
    title="Etter region", first="passet", second="passet ingen",
    bars=(Bar(name="Trøndelag <b>&", said="5", first=3, second=2), Bar(name="Jämtland", said="1", first=0, second=1)),
)  # fmt: skip
SCORES = ScoreBars(
    title="Treff etter <i>", about="Høyden følger roten", counts=(900, 30, 12, 6, 2), now=0.5, moved=0.7,
    ends=("0,0", "0,5", "1,0"),
)  # fmt: skip
CURVE = Calibration(
    title="Holder poengene?", about="Hver prikk er en tidel", dots=(Dot(said=0.55, was=0.5, low=0.3, high=0.7),),
    across="Poengene sa", upwards="Aktuelle",
)  # fmt: skip


@pytest.mark.parametrize("chart", [BARS, SCORES, CURVE], ids=lambda chart: type(chart).__name__)
def test_a_chart_is_an_element_of_a_strict_page_and_the_same_each_time(chart: Chart) -> None:
    drawn = svg(chart)
    svg.cache_clear()
    assert drawn == svg(chart)
    assert "style" not in drawn
    assert "script" not in drawn
    assert not re.search(r"<[bi]>", drawn)
    assert "http://" not in drawn.replace("http://www.w3.org/2000/svg", "").replace("http://www.w3.org/1999/xlink", "")
    colours = set(re.findall(r'(?:fill|stroke)="(#[0-9a-f]+)"', drawn))
    assert colours == set(), "a colour that no style sheet turns at night"


@pytest.mark.parametrize("chart", [BARS, SCORES, CURVE], ids=lambda chart: type(chart).__name__)
def test_a_chart_is_told_to_whoever_does_not_see_it(chart: Chart) -> None:
    drawn = svg(chart)
    named = re.search(r'role="img" aria-labelledby="([^"]+)" aria-describedby="([^"]+)"', drawn)
    assert named
    title, about = (re.search(rf'id="{name}">([^<]+)<', drawn) for name in named.groups())
    assert title
    assert about
    assert title[1] == chart.title.replace("<", "&lt;").replace(">", "&gt;")
    assert about[1].startswith(chart.about[:8])


def test_two_charts_of_a_page_share_no_name() -> None:
    names = [set(re.findall(r' id="([^"]+)"', svg(chart))) for chart in (BARS, SCORES, CURVE)]
    assert not (names[0] & names[1] | names[1] & names[2] | names[0] & names[2])


def test_bars_have_the_colour_of_their_side_of_the_lines() -> None:
    still = ScoreBars(title="x", about="x", counts=SCORES.counts, now=0.5, moved=None, ends=SCORES.ends)
    assert "ink-between" in svg(SCORES)
    assert "ink-between" not in svg(still)
    assert svg(SCORES).count("ink-line as-stroke") == 2
    assert svg(still).count("ink-line as-stroke") == 1
    assert "stroke-dasharray" in svg(SCORES)
    assert "stroke-dasharray" not in svg(still)


def test_charts_drawn_at_once_are_those_drawn_alone() -> None:
    alone = [svg(chart) for chart in (BARS, SCORES, CURVE)]
    svg.cache_clear()
    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(svg.__wrapped__, [BARS, SCORES, CURVE] * 4)) == alone * 4


def test_a_picture_for_a_mail_is_a_small_png() -> None:
    picture = png(BARS)
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 40_000
    assert picture == png(BARS)
