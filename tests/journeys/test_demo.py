"""Does the whole main job go through as a new user runs it: real spiders, real model, real SMTP, two days?"""

import os
import re
import subprocess
import sys
import tomllib
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from crawlers.sources import SOURCES, SourceState

# Two whole demonstrations, each with twelve crawls in processes of their own.
pytestmark = pytest.mark.timeout(600)

ROOT = Path(__file__).parents[2]
FIRMS = tomllib.loads((ROOT / "demo" / "companies.toml").read_text())["subscriber"]
LANGUAGE = {firm["email"]: firm["language"] for firm in FIRMS}
ACROSS = {"nb": "SVERIGE", "sv": "NORGE"}
CHANGED = {"nb": "ENDRET SIDEN SIST", "sv": "ÄNDRAT SEDAN SIST"}
ENTRY = re.compile(r"^\d+\. (.+?)(?:  \[.+\])?$", re.MULTILINE)


def demo(var: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "ANBUDSVAKT_VAR": str(var), "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-m", "cli", "demo"], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """One run of the demonstration, twice in the same place: the second must be like the first."""
    var = tmp_path_factory.mktemp("var")
    first = demo(var)
    assert first.returncode == 0, first.stdout + first.stderr
    count = len(list((var / "demo" / "mail").glob("*.eml")))
    again = demo(var)
    assert len(list((var / "demo" / "mail").glob("*.eml"))) == count
    return var / "demo" / "mail", again


@pytest.fixture(scope="module")
def mails(ran: tuple[Path, subprocess.CompletedProcess[str]]) -> list[EmailMessage]:
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(ran[0].glob("*.eml"))]


def text(mail: EmailMessage) -> str:
    body = mail.get_body(preferencelist=("plain",))
    assert body is not None
    return str(body.get_content())


def to(mail: EmailMessage) -> str:
    return str(mail["To"])


def by_firm(mails: list[EmailMessage]) -> dict[str, list[str]]:
    kept: dict[str, list[str]] = {}
    for mail in mails:
        kept.setdefault(to(mail), []).append(text(mail))
    return kept


def test_it_ends_well_and_says_why(ran: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    assert ran[1].returncode == 0, ran[1].stdout + ran[1].stderr
    assert "Who got what, and why" in ran[1].stdout
    assert "Traceback" not in ran[1].stderr


def test_every_source_that_is_on_is_read(ran: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """Both days, and on the first one each has something."""
    days = [
        {key: int(seen) for key, seen in re.findall(r"^│ ([a-z-]+) +│ \d+ +│ (\d+) ", table, re.MULTILINE)}
        for table in ran[1].stdout.split("Collected")[1:]
    ]
    on = {source.key for source in SOURCES if source.state is SourceState.ON}
    assert [set(day) for day in days] == [on | {"fmv"}] * 2
    assert all(days[0].values()), days[0]


def test_every_firm_gets_a_mail_in_its_language_with_something_from_across_the_border(
    mails: list[EmailMessage],
) -> None:
    firsts = {address: texts[0] for address, texts in by_firm(mails).items()}
    assert set(firsts) == set(LANGUAGE)
    for address, told in firsts.items():
        language = LANGUAGE[address]
        assert (" kunngjøringer" in told) == (language == "nb"), address
        assert ACROSS[language] in told.splitlines(), f"{address} got nothing from across the border"


def test_every_mail_has_its_html_beside_it(ran: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    for path in ran[0].glob("*.eml"):
        assert "<html" in path.with_suffix(".html").read_text()


def test_the_second_day_repeats_nothing_and_marks_what_changed(mails: list[EmailMessage]) -> None:
    seconds = {address: texts[1:] for address, texts in by_firm(mails).items()}
    firsts = {address: set(ENTRY.findall(texts[0])) for address, texts in by_firm(mails).items()}
    for address, later in seconds.items():
        for told in later:
            assert not firsts[address] & set(ENTRY.findall(told)), f"{address} is told twice"
    changed = [told for address, later in seconds.items() for told in later if CHANGED[LANGUAGE[address]] in told]
    assert changed, "no corrigendum was told"
    assert all("→" in told for told in changed)


def test_no_entry_stands_twice_in_one_mail(mails: list[EmailMessage]) -> None:
    for mail in mails:
        titles = ENTRY.findall(text(mail))
        assert len(titles) == len(set(titles)), to(mail)


def test_no_person_of_a_notice_is_told(mails: list[EmailMessage]) -> None:
    contacts = [
        part
        for path in (ROOT / "demo" / "notices").glob("buyers.toml")
        for buyer in tomllib.loads(path.read_text()).values()
        if isinstance(buyer, dict)
        for part in buyer.get("contact", ())
    ]
    told = "\n".join(text(mail) for mail in mails)
    assert not [contact for contact in contacts if contact and contact in told]
