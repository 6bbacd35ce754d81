"""Does any body, read by any of our readers, open a file or a connection, or grow? (promises.md H2, H3)

Files by the kernel's own word; connections by a listener that nobody may reach; memory and time by the process's own.
"""

import resource
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hostile_xml import SHAPES, attacks
from loopback import Canary
from opened import Watch

from crawlers import (
    again,
    doffin_search,
    eforms,
    feeds,
    funding,
    hypertext,
    nspa,
    page,
    payload,
    ted_search,
    ted_xml,
    xml,
)
from crawlers.notice import Broken, NoticeBroken, ParsedNotice, SourceBroken

URL = "https://a.example/rss"
KEEPERS = ("ted", "doffin", "nspa", "eu-funding", "regjeringen")
READERS: dict[str, Callable[[bytes], Any]] = {
    "xml": xml.root,
    "hypertext": lambda body: hypertext.tree(body, "A portal"),
    "eforms": lambda body: eforms.parse(body, source="doffin", source_id="2031-1"),
    "ted_xml": ted_xml.parse,
    "ted_search": ted_search.parse,
    "doffin_search": doffin_search.parse,
    "feeds": lambda body: feeds.parse(body, source="a", url=URL),
    "nspa": nspa.parse,
    "funding": lambda body: funding.parse(body, date(2031, 6, 1)),
    "page": page.decoded,
    "an import": lambda body: list(payload.read(body, "a.xml")),
    **{
        f"{kind} of {key}, once more": lambda body, key=key, kind=kind: list(  # type: ignore[misc]  # bound as defaults
            again.read_again(Broken(source=key, source_id=None, reason="", body=body, content_type=kind))
        )
        for key in KEEPERS
        for kind in ("application/xml", "application/json", "text/html")
    },
}


def _readings(body: bytes) -> str:
    """The body through every reader: all that they made of it, as one text."""
    made = []
    for read in READERS.values():
        try:
            made.append(repr(read(body)))
        except (NoticeBroken, SourceBroken, payload.NotANotice):
            continue
    return "".join(made)


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A file that says something nobody else says, and would be read as a feed, a notice or a page."""
    path = tmp_path / "canary.xml"
    path.write_text('<rss version="2.0"><channel><item><title>Kanarifugl</title></item></channel></rss>')
    list(payload.read(SHAPES["feed.xml"] % (b"", b"T"), "feed.xml"))  # imports and language models are read by now
    return path


def test_a_body_is_never_a_path(canary: Path) -> None:
    """H2: twenty ways to name a file, each through every reader: 0 opens."""
    path, name = str(canary), canary.as_uri()
    ways = [
        path,
        f" {path} ",
        f"{path}\n",
        f"\ufeff{path}",
        f"{path}\x00",
        f"{path}?a=b#c",
        name,
        f" {name}\r\n",
        name.upper().replace(path.upper(), path),
        name.replace("file://", "file:"),
        name.replace("file://", "file://localhost"),
        name.replace("file://", "FILE:///"),
        f"<{path}>",
        f'"{path}"',
        f'"{name}"',
        f'["{path}"]',
        f'{{"url": "{name}", "notices": "{path}", "hits": "{path}", "results": "{path}"}}',
        f"//{path}",
        f"{canary.parent}/./{canary.name}",
        f"{canary.parent}/../{canary.parent.name}/{canary.name}",
    ]
    assert len(set(ways)) == 20
    with Watch(canary) as watch:
        for way in ways:
            for encoding in ("utf-8", "utf-16"):
                assert "Kanarifugl" not in _readings(way.encode(encoding))
        assert watch.opens == 0
        canary.read_text()
        assert watch.opens == 1  # the witness is awake


@pytest.mark.parametrize(
    "shape",
    [pytest.param(one, marks=[pytest.mark.prove] if one in {"atom.xml", "1-2031.xml"} else []) for one in SHAPES],
)
def test_markup_reaches_nothing_and_does_not_grow(canary: Path, shape: str) -> None:
    """H3: every attack in the shape of every format, by every reader: 0 files, 0 connections, 1 s, 50 MiB."""
    slowest, most = 0.0, 0
    with Canary() as listener, Watch(canary) as watch:
        for attack, (declared, content) in attacks(canary, listener.port).items():
            body = SHAPES[shape] % (declared, content)
            for name, read in READERS.items():
                before, started = _peak_kib(), time.process_time()
                try:
                    told = repr(read(body))
                except (NoticeBroken, SourceBroken, payload.NotANotice):
                    told = ""
                took, grown = time.process_time() - started, _peak_kib() - before
                assert took <= 1, (attack, name)
                assert grown <= 50 * 1024, (attack, name)
                assert "Kanarifugl" not in told, (attack, name)
                assert len(told) < 2_000_000, (attack, name)
                slowest, most = max(slowest, took), max(most, grown)
        assert watch.opens == 0
        assert listener.connections == 0
    print(f"{shape}: slowest {slowest:.3f} s, growth {most / 1024:.1f} MiB")


def _peak_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def test_a_sound_document_of_each_shape_is_read() -> None:
    """So that what is refused above is refused for its attack."""
    for shape in ("feed.xml", "atom.xml", "list.html"):
        (notice,) = payload.read(SHAPES[shape] % (b"", b"Kabel"), shape)
        assert isinstance(notice, ParsedNotice)
    for shape in ("eforms.xml", "1-2031.xml"):
        assert xml.root(SHAPES[shape] % (b"", b"")) is not None
