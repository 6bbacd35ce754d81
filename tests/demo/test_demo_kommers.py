"""Does the sandbox's Kommers want what the real one wants: a token with its cookie, and a state that it made itself?"""

import re
from urllib.parse import urlencode

import pytest
from asking import TODAY, Ask

from demo import kommers_list_wire, kommers_wire
from demo.kommers_notices import listed
from demo.portals import SandboxPortals

CALLS = "/Notices/TenderNotices"
ELITE = kommers_list_wire.PATHS["elite"]
FORM = "application/x-www-form-urlencoded"


def _position(body: bytes) -> str:
    found = re.search(rb"\d+ / \d+", body)
    assert found is not None
    return found.group().decode()


def _field(body: bytes, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]* value="([^"]*)"'.encode(), body)
    assert found is not None
    return found.group(1).decode()


def test_the_hubs_list_goes_on_for_those_with_its_token_and_cookie(ask: Ask) -> None:
    first = ask(CALLS)
    cookie, token = first.headers["set-cookie"].partition(";")[0], _field(first.body, kommers_wire.TOKEN)
    assert first.body.count(b"<form") == 3

    def search(**fields: str) -> bytes:
        return urlencode({"SearchString": "", "SearchOldNotices": "false", **fields}).encode()

    second = search(PageIndex="2", **{kommers_wire.TOKEN: token})
    answer = ask(CALLS, method="POST", body=second, Content_Type=FORM, Cookie=cookie)
    assert (answer.status, _position(answer.body)) == (200, "2 / 4")
    assert ask(CALLS, method="POST", body=second, Content_Type=FORM).status == 400
    assert ask(CALLS, method="POST", body=search(PageIndex="2"), Content_Type=FORM, Cookie=cookie).status == 400
    assert ask("/Notices/PriorInfoNotices", method="POST", body=second, Content_Type=FORM, Cookie=cookie).status == 405


def test_the_hub_has_pages_of_notices_that_ted_has_too_and_of_no_national_one(
    portals: SandboxPortals, ask: Ask
) -> None:
    every = listed(portals.notices, TODAY)
    shown = next(one for one in every if one.eforms and one.kind == "Tender")
    national = next(one for one in every if not one.eforms and one.kind == "Tender")
    sent = ask(f"/Notices/TenderNotice/{shown.numbers.hub}")
    assert (sent.status, sent.headers["location"]) == (302, f"/Notice/TenderNotice/{shown.numbers.hub}")
    page = ask(sent.headers["location"])
    assert page.status == 200
    assert shown.numbers.dispatch_url.encode() in page.body
    away = ask(f"/Notice/TenderNotice/{national.numbers.hub}")
    assert (away.status, away.headers["location"]) == (302, "/StatusCode/400")
    assert b"Statuscode 400" in ask("/StatusCode/400").body


@pytest.mark.parametrize("state", ["", "nothing", "ZWxpdGV8MXxmYWxzZQ=="])
def test_an_instances_list_goes_on_for_those_who_send_its_own_state_back(ask: Ask, state: str) -> None:
    first = ask(ELITE)
    cookie = first.headers["set-cookie"].partition(";")[0]
    fields = {"__VIEWSTATE": _field(first.body, "__VIEWSTATE"), kommers_list_wire.NEXT: "Nästa"}
    second = ask(ELITE, method="POST", body=urlencode(fields).encode(), Content_Type=FORM, Cookie=cookie)
    assert (_position(first.body), _position(second.body)) == ("1 / 4", "2 / 4")
    stranger = ask(ELITE, method="POST", body=urlencode(fields).encode(), Content_Type=FORM)
    assert _position(stranger.body) == "1 / 4"  # a visitor whom nobody knows begins anew
    forged = urlencode(fields | {"__VIEWSTATE": state}).encode()
    assert ask(ELITE, method="POST", body=forged, Content_Type=FORM, Cookie=cookie).status == 500
