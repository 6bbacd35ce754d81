"""Do imports point the way the house allows, and only that way?"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# An import may only point to the right; a package not named on the right of its own row may not be imported by it.
MAY_IMPORT = {
    "settings": set(),
    "net": set(),
    "db": {"settings"},
    "classifier": {"db", "settings"},
    "alerts": {"classifier", "db", "net", "settings"},
    "web": {"alerts", "classifier", "db", "settings"},
    "crawlers": {"net", "settings"},
    "demo": {"alerts", "classifier", "commands", "crawlers", "db", "settings", "web"},
    "commands": {"alerts", "classifier", "crawlers", "db", "demo", "settings", "web"},
    "cli": {"alerts", "commands", "settings"},
}
# The parts of the store, and nothing else of the crawlers, know the database; all may ask it for the time.
STORE = {
    f"crawlers/{part}.py"
    for part in (
        "store",
        "pipeline",
        "batches",
        "bulk",
        "seating",
        "saving",
        "rows",
        "diff",
        "procurement",
        "regroup",
        "rulings",
        "retry",
        "turn",
    )
}
CLOCK = ("db.session", ("utcnow",))
# Names of codes are facts that stand in files beside the database, and need none.
NAMES = ("db.reference", ("builtin",))
HEAVY = {
    "torch",
    "transformers",
    "sentence_transformers",
    "scrapy",
    "twisted",
    "lingua",
    "sklearn",
    "lxml",
    "feedparser",
}


def modules() -> list[Path]:
    found = [ROOT / "cli.py", ROOT / "settings.py"]
    for package in MAY_IMPORT:
        found += [p for p in sorted((ROOT / package).rglob("*.py")) if "migrations" not in p.parts]
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_to_the_right(path: Path) -> None:
    relative = path.relative_to(ROOT).as_posix()
    package = relative.split("/")[0].removesuffix(".py")
    allowed = MAY_IMPORT[package] | {package} | ({"db"} if relative in STORE else set())
    ours = {name.split(".")[0] for name, _ in imports(path, but=(CLOCK, NAMES))} & set(MAY_IMPORT)
    assert ours <= allowed, f"{relative} imports {sorted(ours - allowed)}"


# Nothing that answers a page or --help imports these.
FREE = ("crawlers/", "classifier/training/", "db/reference/", "demo/")


@pytest.mark.parametrize(
    "path",
    [p for p in modules() if not p.relative_to(ROOT).as_posix().startswith(FREE)],
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_heavy_imports_stay_inside_functions(path: Path) -> None:
    at_top = {name.split(".")[0] for name, top in imports(path) if top}
    assert not at_top & HEAVY


@pytest.mark.parametrize(
    "path", [*modules(), *sorted((ROOT / "tests").rglob("*.py"))], ids=lambda p: str(p.relative_to(ROOT))
)
def test_a_module_stops_at_300_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_says_what_it_answers(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text()))
    assert docstring, "a module's first line is the question it answers"
    assert path.name == "__init__.py" or "?" in docstring.split("\n\n")[0]


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_only_settings_reads_the_environment(path: Path) -> None:
    relative = path.relative_to(ROOT).as_posix()
    reads = "os.environ" in path.read_text() or "getenv" in path.read_text()
    # A child process is given its parent's environment with the database's address.
    assert not reads or relative in {"settings.py", "commands/supervise.py", "demo/forked.py", "demo/run.py"}


def imports(path: Path, *, but: tuple[tuple[str, tuple[str, ...]], ...] = ()) -> list[tuple[str, bool]]:
    """Every imported module of a file but these exact imports, and whether the import stands at its top level."""
    tree = ast.parse(path.read_text())
    top = {id(node) for node in tree.body}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, id(node) in top) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            if (node.module, tuple(alias.name for alias in node.names)) in but:
                continue
            found.append((node.module, id(node) in top))
    return found
