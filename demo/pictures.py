"""How does a mail look? Opens an HTML file in a headless Chromium and takes its picture; no network is used."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, sync_playwright

# No sandbox, because root in a container cannot have one; the rest keeps the browser from calling home.
ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)


class NoBrowser(Exception):  # noqa: N818 - the house's word: a state of the machine, told by its name
    """Raised when this machine has no Chromium."""


def chromium() -> str | None:
    """Where Chromium is on this machine, if it is."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def browser() -> Iterator[Browser]:
    """A headless Chromium with a profile of its own, closed afterwards. Raises NoBrowser."""
    executable = chromium()
    if executable is None:
        raise NoBrowser("no chromium found; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        try:
            yield started
        finally:
            started.close()


@contextmanager
def opened(started: Browser, html_path: Path, *, width: int, dark: bool = False) -> Iterator[Page]:
    """The file in a window of this width in pixels, offline."""
    context = started.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        offline=True,
        device_scale_factor=2 if width < 480 else 1,
    )
    try:
        page = context.new_page()
        page.goto(html_path.resolve().as_uri())
        yield page
    finally:
        context.close()


def picture(html_path: Path, png_path: Path, width: int, dark: bool = False) -> None:
    """Write the whole page as a PNG of this width. Raises NoBrowser where there is no Chromium."""
    with browser() as started, opened(started, html_path, width=width, dark=dark) as page:
        page.screenshot(path=png_path, full_page=True)
