"""Does the sandbox's Doffin answer as the real one does, limits and errors included?"""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from asking import TODAY, Ask

from demo.catalogue import catalogue
from demo.portals import SandboxPortals
from demo.witness import Faults

ON_DOFFIN = {notice.doffin_id: notice for notice in catalogue(TODAY) if notice.on_portal("doffin")}
HIT_KEYS = {
    "id", "buyer", "heading", "description", "locationId", "estimatedValue", "type", "allTypes", "status", "issueDate",
    "deadline", "publicationDate", "receivedTenders", "allReceivedTenders", "cpvCodes", "limitedDataFlag",
    "doffinClassicUrl", "lots",
}  # fmt: skip


def search(doffin: Ask, *pairs: tuple[str, str]) -> dict[str, Any]:
    answer = doffin(f"/public/v2/search?{urlencode(pairs)}")
    assert answer.status == 200
    found: dict[str, Any] = json.loads(answer.body, strict=False)
    return found


def ids(doffin: Ask, *pairs: tuple[str, str]) -> set[object]:
    return {hit["id"] for hit in search(doffin, ("numHitsPerPage", "1000"), *pairs)["hits"]}


def test_a_hit_has_exactly_the_eighteen_keys(doffin: Ask) -> None:
    answer = search(doffin, ("numHitsPerPage", "1000"))
    assert len(HIT_KEYS) == 18
    assert {frozenset(hit) for hit in answer["hits"]} == {frozenset(HIT_KEYS)}
    assert answer["numHitsTotal"] == answer["numHitsAccessible"] == len(ON_DOFFIN)


def test_pages_cover_every_notice_once_while_the_page_size_stays(doffin: Ask) -> None:
    pages = [
        search(doffin, ("page", str(page)), ("numHitsPerPage", "9"), ("sortBy", "PUBLICATION_DATE_DESC"))["hits"]
        for page in range(1, 10)
    ]
    found = [hit["id"] for page in pages for hit in page]
    assert len(found) == len(set(found))
    assert set(found) == set(ON_DOFFIN)
    days = [str(hit["publicationDate"]) for page in pages for hit in page]
    assert days == sorted(days, reverse=True)


def test_a_caller_without_a_key_gets_the_gateways_401(ask: Ask) -> None:
    answer = ask("/public/v2/search")
    assert answer.status == 401
    assert set(answer.json()) == {"statusCode", "message"}
    assert ask("/public/v2/download/2026-990001").status == 401
    assert ask("/public/v2/search?subscription-key=anything").status == 200


def test_more_than_a_thousand_hits_cannot_be_reached(doffin: Ask) -> None:
    answer = doffin("/public/v2/search?page=2&numHitsPerPage=1000")
    assert answer.status == 400
    assert "reason" in answer.json()
    assert doffin("/public/v2/search?page=20&numHitsPerPage=50").status == 200


def test_an_unknown_parameter_is_ignored_and_a_bad_sort_is_a_404_without_a_body(doffin: Ask) -> None:
    assert ids(doffin, ("cpvKode", "35613000")) == set(ON_DOFFIN)
    answer = doffin("/public/v2/search?sortBy=NEWEST")
    assert (answer.status, answer.body) == (404, b"")
    for good in ("PUBLICATION_DATE_ASC", "DEADLINE", "RELEVANCE", "ESTIMATED_VALUE_ASC", "ESTIMATED_VALUE_DESC"):
        assert doffin(f"/public/v2/search?sortBy={good}").status == 200


def test_parameters_filter_for_real(doffin: Ask) -> None:
    tents = {key for key, notice in ON_DOFFIN.items() if "39522530" in notice.cpv}
    assert ids(doffin, ("cpvCode", "39522530")) == tents
    assert ids(doffin, ("cpvCode", "39522530"), ("cpvCode", "99000000")) == tents
    assert doffin("/public/v2/search?cpvCode=39522530,18143000").status == 400
    assert ids(doffin, ("type", "RESULT")) == {k for k, n in ON_DOFFIN.items() if n.kind in {"award", "intent"}}
    assert ids(doffin, ("status", "EXPIRED")) == {
        key for key, notice in ON_DOFFIN.items() if notice.closing and notice.closing.day < TODAY
    }
    assert ids(doffin, ("location", "NO0A3")) == {key for key, notice in ON_DOFFIN.items() if "NO0A3" in notice.nuts}
    assert 0 < len(ids(doffin, ("searchString", "droner"))) < 6


def test_issue_dates_bound_the_window_from_both_sides(doffin: Ask) -> None:
    found = ids(doffin, ("issueDateFrom", "2026-11-18"), ("issueDateTo", "2026-11-20"))
    assert found == {
        key for key, notice in ON_DOFFIN.items() if 18 <= notice.issued.day <= 20 and notice.issued.month == 11
    }
    assert doffin("/public/v2/search?issueDateFrom=18.11.2026").status == 400


def test_times_places_and_numbers_show_the_portals_habits(doffin: Ask) -> None:
    hits = {str(hit["id"]): hit for hit in search(doffin, ("numHitsPerPage", "1000"))["hits"]}
    keys = {notice.key: hits[number] for number, notice in ON_DOFFIN.items()}
    assert keys["no-forsvarsbygg-stal-varnes"]["deadline"] == "2026-12-04T11:00:00Z"
    assert keys["no-stranda-kulturhus"]["deadline"] == "2026-12-04T00:00:00Z"
    assert keys["no-flo-drivstoff"]["locationId"] == ["anyw"]
    assert keys["no-trondheim-laerebok"]["status"] is None
    assert keys["no-stolav-beredskapslager-hensikt"]["allTypes"] == ["ANNOUNCEMENT_OF_INTENT", "RESULT"]
    numbers = {str(company["organizationId"]) for hit in hits.values() for company in _companies(hit)}
    assert "NO975950662MVA" in numbers
    assert "916 075 855" in numbers
    assert {hit["estimatedValue"] is None for hit in hits.values()} == {True, False}
    assert {str(hit["heading"]) for hit in hits.values()} >= {"Lyd- og lysutstyr til kulturhus"}


def _companies(hit: dict[str, object]) -> list[dict[str, object]]:
    buyers = hit["buyer"]
    assert isinstance(buyers, list)
    return buyers


def test_a_raw_control_character_stops_strict_parsers(doffin: Ask) -> None:
    body = doffin("/public/v2/search?numHitsPerPage=1000").body
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)
    assert any("\t" in hit["description"] for hit in json.loads(body, strict=False)["hits"])


def test_a_description_may_hold_a_mail_address(doffin: Ask) -> None:
    hits = search(doffin, ("numHitsPerPage", "1000"))["hits"]
    assert sum("@" in str(hit["description"]) for hit in hits) == 1


def test_the_xml_comes_as_octets_and_an_unknown_number_is_404(doffin: Ask) -> None:
    answer = doffin(f"/public/v2/download/{min(ON_DOFFIN)}")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.body.startswith(b"<?xml")
    assert doffin("/public/v2/download/1999-1").status == 404


def test_a_burst_gets_429_with_retry_after(portals: SandboxPortals, doffin: Ask) -> None:
    portals.set_faults(Faults(doffin_burst=5, retry_after_s=9))
    statuses = [doffin("/public/v2/search?numHitsPerPage=1").status for _ in range(7)]
    assert statuses == [200] * 5 + [429] * 2
    refused = doffin("/public/v2/search")
    assert refused.headers["retry-after"] == "9"
    assert refused.json()["statusCode"] == 429


def test_the_first_requests_can_be_refused_whatever_the_pace(portals: SandboxPortals, doffin: Ask) -> None:
    portals.set_faults(Faults(doffin_429_first=2))
    assert [doffin("/public/v2/search").status for _ in range(3)] == [429, 429, 200]


def test_on_the_second_day_one_number_returns_with_a_later_deadline(portals: SandboxPortals, doffin: Ask) -> None:
    water = next(number for number, notice in ON_DOFFIN.items() if notice.key == "no-orkland-va")

    def deadline() -> object:
        hits = search(doffin, ("numHitsPerPage", "1000"))["hits"]
        return next(hit["deadline"] for hit in hits if hit["id"] == water)

    first = deadline()
    portals.set_day(2)
    assert str(deadline()) > str(first)
    assert len(ids(doffin)) == len(ON_DOFFIN) + 2
