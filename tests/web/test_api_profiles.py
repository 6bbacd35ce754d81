"""Can a subscriber's program keep its profiles, by the form that an import has, and is a changed one met anew?"""

import json
from typing import Any

import pytest
from api_asking import Program
from sqlalchemy import func, select, update

from classifier.profiles import ProfilesBroken
from classifier.profiles import read as read_file
from classifier.revisions import alone
from db.models import Match, Profile, Subscriber
from db.session import transaction
from factories import make_match, make_notice, make_profile
from web.api import profiles
from web.api.examples import WRITTEN
from web.api.profiles import MOST

FILE = """
[[subscriber]]
company = "Fjellsveis AS"
email = "post@fjellsveis.example"
country = "NO"
language = "nb"
[[subscriber.profile]]
key = "sveising"
name = "Sveising"
sentences = ["Vi sveiser."]
"""
SAID = {"key": "sveising", "name": "Sveising", "sentences": ["Vi sveiser."]}


def made(program: Program, **said: Any) -> dict[str, Any]:
    reply = program.ask("POST", "/profiles", json=SAID | said)
    assert reply.status_code == 201, reply.text
    assert reply.headers["location"] == f"/api/v1/profiles/{reply.json()['id']}"
    found: dict[str, Any] = reply.json()
    return found


def test_a_profile_is_made_read_changed_and_deleted(program: Program, alma: Subscriber) -> None:
    one = made(program, **WRITTEN)
    assert {name: one[name] for name in WRITTEN} == WRITTEN
    assert (one["subscriber_id"], one["active"], one["met"]) == (alma.id, True, False)
    assert program.get(f"/profiles/{one['id']}") == one
    assert program.get("/profiles") == {"profiles": [one], "next": None}
    changed = program.ask("PUT", f"/profiles/{one['id']}", json=SAID | {"key": "liming", "name": " Liming "}).json()
    assert (changed["key"], changed["name"], changed["cpv"], changed["language"]) == ("liming", "Liming", [], "nb")
    make_match(make_notice(), make_profile(alma))
    reply = program.ask("DELETE", f"/profiles/{one['id']}")
    assert (reply.status_code, reply.content) == (204, b"")
    assert program.ask("DELETE", f"/profiles/{one['id']}").status_code == 404
    assert len(program.get("/profiles")["profiles"]) == 1


def test_only_a_profile_that_says_something_else_is_owed_to_the_scorer(program: Program) -> None:
    one = made(program)
    with transaction() as s:
        s.execute(update(Profile).values(matched_rev="r1"))
    again = program.ask("PUT", f"/profiles/{one['id']}", json=SAID | {"cadence": "weekly"}).json()
    assert (again["met"], again["cadence"]) == (True, "weekly")
    other = program.ask("PUT", f"/profiles/{one['id']}", json=SAID | {"sentences": ["Vi sveiser og maler."]}).json()
    assert other["met"] is False
    with transaction() as s:
        assert s.scalars(select(Profile.matched_rev)).one() is None


def test_the_form_is_the_one_that_an_import_has(program: Program) -> None:
    for field, wrong in (("cpv", ["4526"]), ("key", "Å"), ("sentences", []), ("language", "da"), ("nuts", ["no06"]),
                         ("value_max", 1e20), ("value_min", -1), ("cadence", "hourly"), ("name", " "),
                         ("sentences", ["\0"]), ("scopes", ["all"]), ("treshold", 0.5)):  # fmt: skip
        reply = program.ask("POST", "/profiles", json=SAID | {field: wrong})
        assert reply.status_code == 422
        assert reply.json()["faults"][0]["where"].startswith(f"body.{field}")
        with pytest.raises(ProfilesBroken, match=field):
            read_file((FILE.replace(f"{field} =", "#") + f"{field} = {json.dumps(wrong)}\n").encode())
    # Where its line begins is an administrator's to say.
    assert program.ask("POST", "/profiles", json=SAID | {"threshold": 0.1}).status_code == 422


def test_two_profiles_do_not_share_a_key_and_there_are_not_too_many(program: Program, alma: Subscriber) -> None:
    first, second = made(program), made(program, key="liming")
    for reply in (
        program.ask("POST", "/profiles", json=SAID),
        program.ask("PUT", f"/profiles/{second['id']}", json=SAID),
    ):
        assert (reply.status_code, reply.json()["detail"]) == (409, "Another profile has this key.")
    assert program.ask("PUT", f"/profiles/{first['id']}", json=SAID).status_code == 200
    with transaction() as s:
        s.add_all(Profile(subscriber_id=alma.id, language="nb", **SAID | {"key": f"k{n}"}) for n in range(MOST - 2))
    assert program.ask("POST", "/profiles", json=SAID | {"key": "too-many"}).status_code == 409


def test_nothing_a_matcher_has_in_hand_is_changed_under_it(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiles, "WAIT", "300ms")
    one = made(program)
    with transaction() as matcher:
        alone(matcher)
        replies = [
            program.ask("PUT", f"/profiles/{one['id']}", json=SAID | {"name": "Annet"}),
            program.ask("DELETE", f"/profiles/{one['id']}"),
        ]
        same = program.ask("PUT", f"/profiles/{one['id']}", json=SAID)
        other = program.ask("POST", "/profiles", json=SAID | {"key": "liming"})
    assert [(reply.status_code, reply.headers["retry-after"]) for reply in replies] == [(409, "60")] * 2
    assert [same.status_code, other.status_code] == [200, 201]
    assert program.ask("DELETE", f"/profiles/{one['id']}").status_code == 204


def test_a_deleted_profile_takes_its_matches_with_it(program: Program) -> None:
    one = made(program)
    with transaction() as s:
        make_match(make_notice(), s.get_one(Profile, one["id"]))
    assert program.ask("DELETE", f"/profiles/{one['id']}").status_code == 204
    with transaction() as s:
        assert s.scalar(select(func.count()).select_from(Match)) == 0
