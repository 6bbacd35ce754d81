"""Do the sandbox's NSPA and EU portals want what the real ones want: a session, and parts that say what they are?"""

import json
import re
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from asking import TODAY, Ask

from demo import funding_wire, nspa_wire
from demo.portals import SandboxPortals

FBO = {"PreFilter": "FBO", "CurrentPageIndex": 2}


def _references(page: bytes) -> list[str]:
    return re.findall(r"<strong>(\w+)</strong>", page.decode())


def _piece(portals: SandboxPortals, **headers: str) -> tuple[int, list[str]]:
    """The second page of the future opportunities, asked for with these headers."""
    connection = HTTPConnection(urlsplit(portals.base_url).netloc, timeout=20)
    try:
        connection.request("POST", f"{nspa_wire.ROWS_PIECE}?{urlencode(FBO)}", b"", headers)
        reply = connection.getresponse()
        return reply.status, _references(reply.read())
    finally:
        connection.close()


def test_nspas_further_pages_are_for_those_with_its_token_and_cookies(portals: SandboxPortals, ask: Ask) -> None:
    page = ask(f"{nspa_wire.LIST}?PreFilter=FBO")
    assert b"id='GridPagerTotalRowCount' type='hidden' value='13'" in page.body
    first = _references(page.body)
    assert len(first) == nspa_wire.ROWS
    session = "a-session"
    token = {"__RequestVerificationToken": nspa_wire.token_of(session)}
    both = f"{nspa_wire.TOKEN_COOKIE}={session}; {nspa_wire.POOL_COOKIE}=pool-2"
    status, second = _piece(portals, **token, Cookie=both)
    assert (status, len(second)) == (200, 3)
    assert not set(first) & set(second)
    assert _piece(portals, **token, Cookie=f"{nspa_wire.TOKEN_COOKIE}={session}") == (200, first)  # the pool forgot us
    assert _piece(portals) == (500, [])
    assert _piece(portals, Cookie=both) == (500, [])
    assert _piece(portals, __RequestVerificationToken="another", Cookie=both) == (500, [])


def test_an_unknown_filter_brings_the_archive(ask: Ask) -> None:
    everything = len(nspa_wire.opportunities(TODAY, "RFQ"))
    assert everything > len(nspa_wire.opportunities(TODAY, "RFP")) + len(nspa_wire.opportunities(TODAY, "FBO"))
    assert f"value='{everything}'".encode() in ask(f"{nspa_wire.LIST}?PreFilter=RFQ").body


def test_the_search_wants_parts_that_call_themselves_json(ask: Ask) -> None:
    path = f"{funding_wire.PATH}?apiKey=SEDIA&text=***&pageSize=100&pageNumber=1"
    plain = {"Content_Type": "application/x-www-form-urlencoded"}
    assert ask(path, method="POST", body=b"query=%7B%7D", **plain).status == 500
    assert ask(path).status == 405
    form = (
        b'--b\r\nContent-Disposition: form-data; name="query"; filename="blob"\r\nContent-Type: application/json\r\n\r\n'
        + json.dumps({"bool": {"must": [{"terms": {"status": ["31094503"]}}]}}).encode()
        + b"\r\n--b--\r\n"
    )
    told = ask(path, method="POST", body=form, Content_Type="multipart/form-data; boundary=b").json()
    assert {record["metadata"]["status"][0] for record in told["results"]} == {"31094503"}
    assert told["totalResults"] == len(told["results"]) > 5
    other = path.replace("SEDIA", "OTHER")
    assert ask(other, method="POST", body=form, Content_Type="multipart/form-data; boundary=b").status == 403


def test_pages_cover_every_record_once() -> None:
    parts: dict[str, Any] = {"query": {}}
    pages = [
        funding_wire.search({"apiKey": "SEDIA", "pageSize": "100", "pageNumber": str(n)}, parts, TODAY)[1]["results"]
        for n in (1, 2, 3)
    ]
    found = [record["reference"] for page in pages for record in page]
    assert len(found) == len(set(found)) == len(list(funding_wire.records(TODAY)))
    assert pages[2] == []
