"""Is there one reader of XML, one of HTML and one of feeds, and no other way in for markup, pickles or archives? (H2, H3, H5, H14)"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("alerts", "classifier", "commands", "crawlers", "db", "net", "web")
MODULES = [
    ROOT / "cli.py",
    ROOT / "settings.py",
    *(p for name in PACKAGES for p in sorted((ROOT / name).rglob("*.py"))),
]
# Who may call what; nobody else may, and what has nobody here is called by nobody.
ONE_DOOR = {
    "etree.XMLParser": {"crawlers/xml.py"},
    "etree.HTMLParser": {"crawlers/hypertext.py"},
    # The last one reads what we have drawn ourselves.
    "etree.fromstring": {"crawlers/xml.py", "crawlers/hypertext.py", "alerts/charts.py"},
    "feedparser.parse": {"crawlers/feeds.py"},
    "tarfile.open": {"crawlers/importing.py"},
    "etree.parse": set(),
    "etree.iterparse": {"db/reference/official.py"},  # an administrator's own file, with the same refusals
    "etree.XML": set(),
    "etree.HTML": set(),
    "etree.XSLT": set(),
    "lxml.html.fromstring": set(),
    "html.fromstring": set(),
    "html.parse": set(),
}
BANNED = {"xml", "xml.etree", "xml.etree.ElementTree", "xml.dom", "xml.dom.minidom", "xml.sax", "xml.parsers.expat",
          "html.parser", "zipfile", "shutil.unpack_archive", "pickle", "marshal", "shelve", "bs4", "parsel"}  # fmt: skip


def _dotted(node: ast.expr) -> str:
    return f"{_dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else getattr(node, "id", "")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_s8_markup_and_archives_come_in_by_one_door_each_and_pickles_by_none(path: Path) -> None:
    relative = path.relative_to(ROOT).as_posix()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and (called := _dotted(node.func)) in ONE_DOOR:
            assert relative in ONE_DOOR[called], f"{relative} calls {called}"
        imported = (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [str(node.module)]
            if isinstance(node, ast.ImportFrom) and node.level == 0
            else []
        )
        assert not BANNED & set(imported), f"{relative} imports {imported}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_one_module_alone_writes_for_a_spreadsheet(path: Path) -> None:
    """H14: a cell that begins with = + - @ or a tab runs where it is opened; alerts.export sees that none does."""
    relative = path.relative_to(ROOT).as_posix()
    told = path.read_text()
    if relative.startswith("classifier/training/"):
        return  # reads a table of tabs, and is not part of what runs
    writes = [word for word in ("import csv", "csv.writer", "openpyxl", "xlsx") if word in told]
    assert not writes or relative == "alerts/export.py"


def test_every_door_is_there() -> None:
    for called, paths in ONE_DOOR.items():
        for path in paths:
            assert f"{called}(" in (ROOT / path).read_text(), f"{path} no longer calls {called}"
