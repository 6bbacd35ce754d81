"""Does what we write of ourselves hold: settings, dependencies, licence, changelog?"""

import re
import tomllib
from pathlib import Path

import pytest

from settings import Settings, variable

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = dict(re.findall(r"^([A-Za-z0-9_.-]+)==(\S+)$", (ROOT / "requirements.lock").read_text(), re.MULTILINE))


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_in_the_readme(name: str) -> None:
    row = next((line for line in README.splitlines() if line.startswith(f"| `{variable(name)}`")), None)
    assert row is not None, f"README has no row for {variable(name)}"
    assert str(Settings.model_fields[name].description) in row


@pytest.mark.parametrize("requirement", PROJECT["dependencies"] + PROJECT["optional-dependencies"]["eval"])
def test_every_dependency_earns_a_sentence(requirement: str) -> None:
    name = re.split(r"[\[<>=]", requirement)[0]
    row = next((line for line in README.splitlines() if line.startswith(f"| {name} |")), "")
    assert len(row.split("|")[2].split()) >= 5 if row else False, f"README does not say what {name} saves us"


@pytest.mark.parametrize(
    "requirement",
    [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"], *PROJECT["optional-dependencies"]["eval"]],
)
def test_s7_every_dependency_is_locked_at_or_above_its_floor(requirement: str) -> None:
    match = re.match(r"([A-Za-z0-9_.-]+)(?:\[[^]]*\])?(?:>=|==)([0-9.]+)", requirement)
    assert match, requirement
    locked = {name.lower().replace("_", "-"): version for name, version in LOCK.items()}
    assert numbers(locked[match[1].lower()]) >= numbers(match[2])


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def test_the_licence_is_named() -> None:
    assert PROJECT["license"] == "EUPL-1.2"
    assert "EUPL-1.2" in README


def test_pictures_and_links_of_the_readme_are_there() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target
