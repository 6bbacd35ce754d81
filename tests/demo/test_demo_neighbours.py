"""Do the sandbox's udbud.dk and Hilma answer as public code says that the real ones do?"""

import json
from typing import Any

from asking import Answer, Ask

from demo import hilma_wire, udbud_wire

DANISH = {"pagineringDto": {"aktuelSide": 1, "maksElementer": 100, "sorteringFelt": "PUBLIKATION_DATO",
                            "retning": "Desc"}, "filterDto": {}, "udbudStatusFilter": "ALLE"}  # fmt: skip


def _danish(ask: Ask, **paging: Any) -> Answer:
    body = DANISH | {"pagineringDto": {**DANISH["pagineringDto"], **paging}}  # type: ignore[dict-item]
    return ask(udbud_wire.PATH, method="POST", body=json.dumps(body).encode(), Content_Type="application/json")


def _finnish(ask: Ask, **asked: Any) -> Answer:
    body = json.dumps({"count": True, **asked}).encode()
    return ask(hilma_wire.PATH, method="POST", body=body, Ocp_Apim_Subscription_Key="anything")


def test_udbuds_pages_cover_every_result_once_newest_first(ask: Ask) -> None:
    pages = [_danish(ask, aktuelSide=number).json() for number in range(1, 6)]
    found = [one for page in pages for one in page["resultatElementDtoList"]]
    assert {page["totaltAntalResultater"] for page in pages} == {len(found)}
    assert len({(one["noticeId"], one["noticeVersion"]) for one in found}) == len(found)
    days = ["-".join(reversed(one["dataDa"]["publiceringsdato"].split("-"))) for one in found]
    assert days == sorted(days, reverse=True)
    oldest_first = _danish(ask, retning="Asc").json()["resultatElementDtoList"]
    assert oldest_first[0]["noticeId"] == found[-1]["noticeId"]


def test_udbud_refuses_a_page_that_is_none(ask: Ask) -> None:
    assert _danish(ask, aktuelSide=0).status == 400
    assert ask(udbud_wire.PATH, method="POST", body=b"{}").status == 400
    assert ask(udbud_wire.PATH).status == 405


def test_hilma_wants_a_key_and_understands_days_alone(ask: Ask) -> None:
    refused = ask(hilma_wire.PATH, method="POST", body=b"{}")
    assert (refused.status, refused.json()["statusCode"]) == (401, 401)
    wrong = _finnish(ask, filter="noSuchField eq 'x'")
    assert (wrong.status, "error" in wrong.json()) == (400, True)
    everything = _finnish(ask).json()["@odata.count"]
    recent = _finnish(ask, filter="datePublished ge 2026-11-10T00:00:00Z", orderby="datePublished desc", top=5).json()
    assert 5 == len(recent["value"]) < recent["@odata.count"] < everything
    assert min(one["datePublished"] for one in recent["value"]) >= "2026-11-10"


def test_hilmas_pages_cover_every_record_once(ask: Ask) -> None:
    pages = [_finnish(ask, orderby="datePublished desc", top=100, skip=skip).json() for skip in range(0, 500, 100)]
    numbers = [one["noticeNumber"] for page in pages for one in page["value"]]
    assert len(numbers) == len(set(numbers)) == pages[0]["@odata.count"]
