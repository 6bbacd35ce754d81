"""Can a person read the mail, on a phone and a desk, by day and by night? Asked of a real Chromium."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from digest_views import FINNISH_BRIDGE, MAIL, MOVED_TENT, NAMES, NEAR, NORWEGIAN, SWEDISH, make_entry, make_view
from known_views import QUIET_NB, QUIET_SV, REMINDED_NB, REMINDED_SV
from mail_reading import html_of
from playwright.sync_api import Browser
from several_profiles import NORWEGIAN_SEVERAL, SWEDISH_SEVERAL

from alerts.message import page_css, render, render_page
from alerts.view import DigestView
from demo import pictures

pytestmark = pytest.mark.browser
LONG = "Tilstandskontrollingeniørfirmarammeavtaledokumentasjonssystemleverandør" * 3
# Mails that tell nothing new hold none of the reasons.
IN_SHORT = {
    "reminders, nb": REMINDED_NB,
    "reminders, sv": REMINDED_SV,
    "quiet, nb": QUIET_NB,
    "quiet, sv": QUIET_SV,
}
VIEWS = {
    "nb": NORWEGIAN,
    "sv": SWEDISH,
    "several profiles, nb": NORWEGIAN_SEVERAL,
    "several profiles, sv": SWEDISH_SEVERAL,
    "long words": make_view(
        company=LONG,
        entries=(make_entry(title=LONG, buyer=LONG), FINNISH_BRIDGE),
        changed=(MOVED_TENT,),
        near_misses=NEAR,
    ),
}
SCREENS = [(width, dark) for width in (320, 700) for dark in (False, True)]
FURTHEST_RIGHT = "Math.max(...[...document.querySelectorAll('*')].map((e) => e.getBoundingClientRect().right))"
# Contrast by WCAG 2.2, 1.4.3, of every element that holds text of its own, against the nearest background behind it.
CONTRASTS = """() => {
  const channels = (colour) => (colour.match(/[0-9.]+/g) || []).map(Number);
  const light = (colour) => {
    const [r, g, b] = channels(colour).slice(0, 3).map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      const rgba = channels(colour);
      if (rgba.length === 3 || rgba[3] > 0) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const own = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  return [...document.body.querySelectorAll('*')].filter(own).map((e) => {
    const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
    return [e.className || e.tagName, (a + 0.05) / (b + 0.05)];
  });
}"""


def written(view: DigestView, kind: str, folder: Path) -> Path:
    path = folder / f"{kind}.html"
    if kind == "mail":
        path.write_text(html_of(render(view, NAMES, **MAIL)), encoding="utf-8")
    else:
        (folder / "digest.css").write_text(page_css(), encoding="utf-8")
        path.write_text(render_page(view, NAMES, css_url="digest.css"), encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", ["mail", "page"])
@pytest.mark.parametrize(("width", "dark"), SCREENS)
@pytest.mark.parametrize(
    "view",
    # What differs by language alone is looked at in both by `make prove`.
    [
        pytest.param(view, id=name, marks=[pytest.mark.prove] if name.endswith("sv") else [])
        for name, view in VIEWS.items()
    ],
)
def test_it_fits_and_can_be_read(
    browser: Browser, view: DigestView, width: int, dark: bool, kind: str, tmp_path: Path
) -> None:
    with pictures.opened(browser, written(view, kind, tmp_path), width=width, dark=dark) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(FURTHEST_RIGHT) <= width
        contrasts = [(str(name), float(ratio)) for name, ratio in page.evaluate(CONTRASTS)]
        assert {"deadline urgent", "said", "small", "label", "facts", "A"} <= {name for name, _ in contrasts}
        assert [(name, round(ratio, 2)) for name, ratio in contrasts if ratio < 4.5] == []
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert background == ("rgb(19, 22, 21)" if dark else "rgb(243, 244, 242)")
        assert page.evaluate("parseFloat(getComputedStyle(document.querySelector('.facts')).fontSize)") == 16


@pytest.mark.parametrize(("width", "dark"), SCREENS)
@pytest.mark.parametrize(
    "view",
    [
        pytest.param(view, id=name, marks=[pytest.mark.prove] if name.endswith("sv") else [])
        for name, view in IN_SHORT.items()
    ],
)
def test_what_tells_nothing_new_fits_and_can_be_read_too(
    browser: Browser, view: DigestView, width: int, dark: bool, tmp_path: Path
) -> None:
    with pictures.opened(browser, written(view, "mail", tmp_path), width=width, dark=dark) as page:
        assert page.evaluate(FURTHEST_RIGHT) <= width
        assert [(name, ratio) for name, ratio in page.evaluate(CONTRASTS) if float(ratio) < 4.5] == []


@pytest.mark.parametrize(("width", "beside"), [(320, False), (479, False), (480, True), (700, True)])
def test_the_quotations_stand_side_by_side_from_480_pixels(
    browser: Browser, width: int, beside: bool, tmp_path: Path
) -> None:
    with pictures.opened(browser, written(NORWEGIAN, "mail", tmp_path), width=width) as page:
        tops = page.evaluate(
            "[...document.querySelectorAll('.quote')].slice(0, 2).map(e => e.getBoundingClientRect().top)"
        )
        assert (tops[0] == tops[1]) is beside


def test_only_the_near_deadlines_are_coloured(browser: Browser, tmp_path: Path) -> None:
    with pictures.opened(browser, written(NORWEGIAN, "mail", tmp_path), width=700) as page:
        colour = "(e) => getComputedStyle(e).color"
        told = page.locator(".deadline")
        assert [told.nth(n).evaluate(colour) for n in range(4)] == [
            "rgb(138, 82, 0)",  # 6 days: amber
            "rgb(29, 34, 32)",  # 17 days: as the text
            "rgb(179, 38, 30)",  # 2 days: red
            "rgb(29, 34, 32)",  # 16 days
        ]


@pytest.mark.usefixtures("browser")  # or the reason why there is none
def test_a_picture_can_be_taken(tmp_path: Path) -> None:
    mail = written(NORWEGIAN, "mail", tmp_path)
    with ThreadPoolExecutor() as thread:  # Playwright refuses a second browser in the thread that drives the first
        thread.submit(pictures.picture, mail, tmp_path / "mail.png", width=700).result()
    assert (tmp_path / "mail.png").read_bytes().startswith(b"\x89PNG")
