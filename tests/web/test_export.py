"""Does a table of matches say what was told, and does nothing in it run, whoever opens it? (H14)"""

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import httpx
from fingerprint import everything
from hypothesis import example, given
from hypothesis import strategies as st
from typer.testing import CliRunner

from alerts.doors import address, change_address, open_door
from alerts.export import COLUMNS, cell
from alerts.tokens import Purpose, sign
from classifier.feedback import record
from cli import app
from db.models import Alert, DoorKind, Subscriber, Verdict
from db.session import transaction
from factories import make_alert, make_match, make_notice, make_profile, make_subscriber
from settings import get_settings

DUE = datetime(2027, 1, 14, 11, 0, tzinfo=UTC)
RUNS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
FORMULAS = [
    '=HYPERLINK("https://evil.example";"click")', "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1",
    "\uff1d1+1", "a;=1+1", "a,=cmd|' /C calc'!A0", 'a",=1', 'a"=1', "a;\t=1", "a|@x", "'=1", "\u200b=1", "\ufeff=1",
]  # fmt: skip


def told(subscriber: Subscriber, **values: Any) -> Alert:
    version = make_notice(**{"deadline_at": DUE} | values)
    make_match(version, make_profile(subscriber))
    return make_alert(subscriber, version)


def opened(subscriber: Subscriber) -> str:
    with transaction() as s:
        return address(open_door(s, DoorKind.EXPORT, subscriber.id)).removeprefix(get_settings().site)


def as_json(url: str) -> str:
    return url.replace(".csv", ".json")


def table(body: bytes, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def test_a_table_says_what_was_told(client: httpx.Client) -> None:
    subscriber = make_subscriber()
    alert = told(subscriber)
    with transaction() as s:
        record(s, alert.id, Verdict.RELEVANT)
    reply = client.get(opened(subscriber))
    assert reply.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    heading, row = table(reply.content)
    assert heading[:4] == ["Varslet", "Slag", "Tittel", "Oppdragsgiver"]
    said = dict(zip(COLUMNS, row, strict=True))
    assert (said["title"], said["buyer"]) == (
        "Rammeavtale sveisearbeid og stålkonstruksjoner, Værnes", "Forsvarsbygg"
    )  # fmt: skip
    assert (said["deadline"], said["value"], said["currency"]) == ("2027-01-14 12:00", "4000000.00", "NOK")
    assert (said["score"], said["profile"], said["verdict"]) == ("0.80", "Sveising", "aktuell")
    assert said["notice_sentence"].startswith("Leverandøren skal utføre sveising")


def test_json_says_the_same_to_programs(client: httpx.Client) -> None:
    subscriber = make_subscriber()
    alert = told(subscriber)
    reply = client.get(as_json(opened(subscriber)))
    assert reply.headers["content-type"] == "application/json"
    (match,) = reply.json()["matches"]
    assert (match["id"], match["deadline_at"], match["deadline_is_a_day"]) == (alert.id, "2027-01-14T11:00:00Z", False)
    assert match["value"] == {"amount": "4000000.00", "currency": "NOK"}
    assert match["reasons"][0]["words_in"] == []
    assert match["reasons"][0]["profile_sentence"] == "Vi sveiser bærende konstruksjoner etter NS-EN 1090, EXC3."


def test_each_profile_that_matches_has_a_row(client: httpx.Client) -> None:
    subscriber = make_subscriber()
    version = make_notice()
    for name in ("Sveising", "Stål"):
        make_match(version, make_profile(subscriber, name=name))
    make_alert(subscriber, version)
    told(make_subscriber())
    rows = table(client.get(opened(subscriber)).content)[1:]
    assert {row[COLUMNS.index("profile")] for row in rows} == {"Sveising", "Stål"}
    assert len(client.get(as_json(opened(subscriber))).json()["matches"]) == 1


def test_no_cell_runs_whichever_separator_it_is_opened_with(client: httpx.Client) -> None:
    subscriber = make_subscriber(language="sv")
    for number, formula in enumerate(FORMULAS):
        version = make_notice(
            title={"nb": formula}, buyer=formula, value_currency=formula[:3], source_id=f"{formula}{number}"
        )
        make_match(version, make_profile(subscriber, name=formula, sentences=[formula]))
        make_alert(subscriber, version)
    body = client.get(opened(subscriber)).content
    assert len(table(body)) == len(FORMULAS) + 1
    text = body.decode("utf-8-sig")
    for separator in (",", ";", "\t", "|"):
        cells = [one for row in table(body, separator) for one in row]
        # A spreadsheet that splits at another sign than ours may not heed our quotation marks either.
        cells += [one for line in text.splitlines() for one in line.split(separator)]
        assert [one for one in cells if one[:1] and one[0] in RUNS] == []
        assert [one for one in cells if one[:1] == '"' and one[1:2] and one[1] in RUNS] == []


@given(st.text(alphabet=st.sampled_from([*RUNS, *";,|\t\"' ab"]), max_size=12))
@example("=1")
@example(";;=1")
def test_a_neutral_cell_never_begins_a_formula(text: str) -> None:
    safe = cell(text)
    assert not (safe[:1] and safe[0] in RUNS)
    for separator in ';,|"':
        assert not any(part[:1] and part[0] in RUNS for part in safe.split(separator))
    assert cell("Værnes, -5 grader") == "Værnes, -5 grader"


def test_who_has_it_is_told_that_nothing_is_new_and_asking_changes_nothing(client: httpx.Client) -> None:
    subscriber = make_subscriber()
    told(subscriber)
    url = opened(subscriber)
    before = everything()
    for one in (url, as_json(url)):
        first = client.get(one)
        assert client.get(one, headers={"If-None-Match": first.headers["etag"]}).status_code == 304
        assert client.head(one).status_code == 200
    assert everything() == before


def test_its_address_can_be_changed_and_opens_nothing_else(client: httpx.Client) -> None:
    subscriber = make_subscriber()
    old = opened(subscriber)
    with transaction() as s:
        door = change_address(s, open_door(s, DoorKind.EXPORT, subscriber.id).id)
    assert [client.get(url).status_code for url in (old, as_json(old))] == [404, 404]
    assert client.get(opened(subscriber).replace(".csv", ".xls")).status_code == 404
    for purpose in Purpose:
        reply = client.get(f"/x/{sign(purpose, door.id)}.csv")
        assert (reply.status_code == 200) == (purpose is Purpose.EXPORT), purpose


def test_the_command_writes_the_same(client: httpx.Client) -> None:
    subscriber = make_subscriber()
    told(subscriber)
    written = CliRunner().invoke(app, ["matches", subscriber.email], catch_exceptions=False)
    assert written.stdout_bytes == client.get(opened(subscriber)).content
    as_program = CliRunner().invoke(app, ["matches", subscriber.email, "--form", "json"], catch_exceptions=False)
    assert len(json.loads(as_program.stdout)["matches"]) == 1
    assert CliRunner().invoke(app, ["matches", subscriber.email, "--form", "xls"]).exit_code == 2
