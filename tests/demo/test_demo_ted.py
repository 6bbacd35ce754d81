"""Does the sandbox's TED answer as the real one does, limits and errors included?"""

import pytest
from asking import TODAY, Ask

from demo.catalogue import catalogue
from demo.portals import SandboxPortals
from demo.ted_fields import EU_LANGUAGES
from demo.witness import Faults

ON_TED = {notice.ted_number for notice in catalogue(TODAY) if notice.on_portal("ted")}
# Every name of the collected field list that must be accepted, and those that the service is known to refuse.
ACCEPTED = (
    "ND TI PD links publication-number buyer-city organisation-name-buyer classification-cpv main-classification-lot "
    "total-value total-value-cur result-value-notice result-value-cur-notice estimated-value-glo "
    "estimated-value-cur-glo deadline-receipt-tender-date-lot deadline-receipt-tender-time-lot deadline-date-lot "
    "deadline-time-lot deadline-receipt-answers-date-lot deadline-receipt-answers-time-lot "
    "deadline-receipt-request-date-lot deadline-receipt-request-time-lot document-url-lot submission-url-lot "
    "notice-identifier notice-version procedure-identifier internal-identifier-proc previous-notice-id-proc "
    "change-notice-version-identifier change-reason-code change-description notice-type notice-subtype form-type "
    "legal-basis legal-basis-notice legal-basis-proc procedure-type contract-nature framework-agreement-lot "
    "notice-title title-proc title-lot title-part description-proc description-lot description-part buyer-name "
    "buyer-identifier organisation-identifier-buyer buyer-country organisation-country-buyer buyer-legal-type "
    "authority-main-activity buyer-internet-address buyer-profile main-classification-proc "
    "additional-classification-proc additional-classification-lot place-of-performance "
    "place-of-performance-country-proc place-of-performance-country-part place-of-performance-city-part "
    "place-of-performance-post-code-part public-opening-date-lot contract-duration-start-date-lot "
    "contract-duration-end-date-lot contract-conclusion-date publication-date estimated-value-proc "
    "estimated-value-cur-proc estimated-value-lot estimated-value-cur-lot framework-maximum-value-lot tender-value "
    "submission-language winner-name winner-identifier winner-country winner-size winner-selection-status "
    "received-submissions-type-code received-submissions-type-val renewal-maximum-lot"
)
REFUSED = (
    "deadline-receipt-tenders tender-documents-access buyer-profile-url internal-reference contract-folder-id "
    "framework-agreement previous-publication-number award-criterion-type lot-id cpv"
)


def numbers(answer: dict[str, list[dict[str, str]]]) -> list[str]:
    return [notice["publication-number"] for notice in answer["notices"]]


def test_every_notice_of_ted_is_found_with_its_links_unasked(ted: Ask) -> None:
    answer = ted().json()
    assert set(numbers(answer)) == ON_TED
    assert answer["totalNoticeCount"] == len(ON_TED)
    assert answer["iterationNextToken"] is None
    assert answer["timedOut"] is False
    links = answer["notices"][0]["links"]
    assert {kind: len(by_language) for kind, by_language in links.items()} == {
        "xml": 1,
        "pdf": 24,
        "pdfs": 1,
        "html": 24,
        "htmlDirect": 24,
    }
    assert set(links["pdf"]) == {code.upper() for code in EU_LANGUAGES}
    assert links["xml"]["MUL"].endswith("/xml")


def test_numbered_pages_cover_every_notice_once(ted: Ask) -> None:
    pages = [ted(limit=7, page=page).json() for page in range(1, 20)]
    found = [number for page in pages for number in numbers(page)]
    assert len(found) == len(set(found))
    assert set(found) == ON_TED


def test_iteration_covers_every_notice_once_and_ends_with_an_empty_page(ted: Ask) -> None:
    found, token, rounds = [], None, 0
    while True:
        page = ted(limit=11, paginationMode="ITERATION", iterationNextToken=token).json()
        rounds += 1
        assert page["iterationNextToken"] is not None
        if not page["notices"]:
            break
        found += numbers(page)
        token = page["iterationNextToken"]
        assert rounds < 30
    assert len(found) == len(set(found))
    assert set(found) == ON_TED


def test_an_invented_token_is_refused(ted: Ask) -> None:
    answer = ted(paginationMode="ITERATION", iterationNextToken="bm90IG91cnM6OQ==")
    assert answer.status == 400
    assert answer.json()["error"]["type"] == "INVALID_ITERATION_TOKEN"


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"limit": 251}, "SEARCH_EXCEEDS_MAX_LIMIT"),
        ({"limit": 250, "page": 61}, "SEARCH_WINDOW_TOO_WIDE"),
        ({"limit": 250, "fields": ACCEPTED.split()[:40]}, "SEARCH_FIELDS_PER_PAGE_EXCEEDS_MAX_LIMIT"),
        ({"fields": ["publication-number", "no-such-field"]}, "UNSUPPORTED_VALUE"),
        ({"scope": "EVERYTHING"}, "UNSUPPORTED_VALUE"),
        ({"query": "buyer-country IN (SWE"}, "QUERY_SYNTAX_ERROR"),
        ({"query": "buyer-country IN (SWE, NOR)"}, "QUERY_UNSUPPORTED_FIELD_VALUE"),
        ({"query": "PD >= today(-3) SORT BY PD ASC"}, "QUERY_SYNTAX_ERROR"),
        ({"query": "AND PD >= today(-3)"}, "QUERY_SYNTAX_ERROR"),
        ({"query": "no-such-field = 1"}, "QUERY_UNKNOWN_FIELD"),
        ({"query": "buyer-country = SE"}, "QUERY_UNSUPPORTED_FIELD_VALUE"),
        ({"query": "form-type = tender"}, "QUERY_UNSUPPORTED_FIELD_VALUE"),
        ({"query": "publication-date >= 2026-11-01"}, "QUERY_INVALID_FIELD_FORMAT"),
    ],
)
def test_a_refused_request_says_which_rule_it_broke(ted: Ask, more: dict[str, object], kind: str) -> None:
    answer = ted(**more)
    assert answer.status == 400
    assert answer.json()["error"]["type"] == kind


def test_the_widest_page_allowed_is_answered(ted: Ask) -> None:
    assert ted(limit=250, fields=ACCEPTED.split()[:39]).status == 200
    assert ted(limit=250, page=60).json()["notices"] == []


@pytest.mark.parametrize("more", [{"pageSize": 10}, {"fields": []}, {"fields": None}, {"query": None}, {"limit": 0}])
def test_a_request_of_the_wrong_shape_is_400(ted: Ask, more: dict[str, object]) -> None:
    answer = ted(**more)
    assert answer.status == 400
    assert answer.json()["message"]


def test_known_field_names_pass_and_known_wrong_ones_do_not(ted: Ask) -> None:
    assert ted(fields=ACCEPTED.split(), limit=50).status == 200
    for name in REFUSED.split():
        assert ted(fields=[name]).status == 400, name


def test_a_syntax_check_runs_nothing(ted: Ask) -> None:
    assert ted(checkQuerySyntax=True).json()["totalNoticeCount"] is None
    assert ted(query="PD >=", checkQuerySyntax=True).status == 400


@pytest.mark.parametrize(
    "query",
    [
        "buyer-country IN (SWE NOR) AND publication-date >= 20261101 SORT BY publication-date DESC",
        "(legal-basis = 32009L0081 OR authority-main-activity = defence OR buyer-identifier = 202100-0340)",
        "classification-cpv IN (353* 354*)",
        "classification-cpv = 35000000 AND NOT form-type = planning",
        "PD >= today(-3) AND form-type = competition",
        "deadline-receipt-tender-date-lot >= today(0)",
        'buyer-city = "Östersund"',
        "FT ~ (svetsning)",
        "buyer-name ~ (försvarets* materiel*)",
        "place-of-performance IN (SE322)",
    ],
)
def test_a_query_is_evaluated_for_real(ted: Ask, query: str) -> None:
    answer = ted(query).json()
    assert 0 < answer["totalNoticeCount"] < len(ON_TED) or "SORT" in query


def test_the_comparisons_mean_what_they_say(ted: Ask) -> None:
    notices = {notice.ted_number: notice for notice in catalogue(TODAY) if notice.on_portal("ted")}

    def found(query: str) -> set[str]:
        return set(numbers(ted(query).json()))

    assert found("buyer-country = NOR") == {n for n, notice in notices.items() if notice.buyer.country == "NO"}
    assert found("PD >= today(-3)") == {n for n, notice in notices.items() if (TODAY - notice.published).days <= 3}
    assert found("legal-basis = 32009L0081") == {n for n, notice in notices.items() if notice.law == "32009L0081"}
    assert found("classification-cpv IN (355* 356*)") == {
        n for n, notice in notices.items() if any(code[:3] in {"355", "356"} for code in notice.cpv)
    }
    assert found("form-type != competition") == {n for n, x in notices.items() if x.kind != "competition"}
    days = [notice["publication-date"] for notice in ted(fields=["publication-date"]).json()["notices"]]
    descending = ted("PD >= 20000101 SORT BY PD DESC", fields=["publication-date"]).json()["notices"]
    assert [notice["publication-date"] for notice in descending] == sorted(days, reverse=True)


def test_values_keep_the_shapes_of_the_real_service(ted: Ask) -> None:
    by_number = {
        notice["publication-number"]: notice for notice in ted(fields=ACCEPTED.split(), limit=100).json()["notices"]
    }
    keys = {notice.key: notice.ted_number for notice in catalogue(TODAY)}
    steel = by_number[keys["no-forsvarsbygg-stal-varnes"]]

    assert steel["title-proc"]["eng"].startswith("Framework agreement")
    assert set(steel["title-proc"]) == {"eng"}
    assert steel["title-lot"] == {"eng": ["Værnes", "Ørland"]}
    assert set(steel["notice-title"]) == set(EU_LANGUAGES)
    assert steel["notice-title"]["swe"].startswith("Norge – Montering av metallkonstruktioner – Framework")
    assert steel["estimated-value-proc"] == "16000000"
    assert steel["classification-cpv"].count("45223100") == 2
    assert steel["deadline-receipt-tender-date-lot"] == ["2026-12-04+01:00"] * 2
    assert steel["deadline-receipt-tender-time-lot"] == ["12:00:00+01:00"] * 2
    assert "deadline-receipt-request-date-lot" not in steel
    assert isinstance(steel["notice-version"], int)
    uas = by_number[keys["se-fmv-small-uas"]]
    assert uas["deadline-receipt-request-date-lot"] == ["2026-12-16+01:00"]
    assert uas["place-of-performance"][0] == "SWE"
    award = by_number[keys["se-fmv-stridsbat-tilldelning"]]
    assert award["total-value"] == 58_000_000
    assert award["total-value-cur"] == ["SEK"]
    assert "nor" not in str([sorted(value) for value in steel.values() if isinstance(value, dict)])


def test_a_corrigendum_points_back_and_replaces_its_notice_among_the_latest(portals: SandboxPortals, ted: Ask) -> None:
    before = ted(onlyLatestVersions=True).json()["totalNoticeCount"]
    portals.set_day(2)
    asked = ["change-notice-version-identifier", "change-reason-code", "procedure-identifier", "notice-identifier"]
    changed = [notice for notice in ted(fields=asked).json()["notices"] if "change-notice-version-identifier" in notice]
    pointers = {notice["change-notice-version-identifier"] for notice in changed}
    assert len(changed) == 3
    assert sum(pointer in ON_TED for pointer in pointers) == 1
    assert ted().json()["totalNoticeCount"] == before + 3
    assert ted(onlyLatestVersions=True).json()["totalNoticeCount"] == before


def test_only_open_notices_are_active(ted: Ask) -> None:
    passed = {n.ted_number for n in catalogue(TODAY) if n.on_portal("ted") and n.closing and n.closing.day < TODAY}
    assert set(numbers(ted(scope="ACTIVE").json())) == ON_TED - passed


def test_faults_come_first_and_then_stop(portals: SandboxPortals, ted: Ask) -> None:
    portals.set_faults(Faults(ted_429_first=1, ted_503_first=1, ted_empty_first=1, ted_timed_out_first=1))
    gateway, broken, empty, partial, well = (ted() for _ in range(5))
    assert (gateway.status, broken.status) == (429, 503)
    assert gateway.headers["content-type"].startswith("text/html")
    assert "retry-after" not in gateway.headers
    assert (empty.status, empty.body) == (200, b"")
    assert partial.json()["timedOut"] is True
    assert len(partial.json()["notices"]) < len(ON_TED)
    assert set(numbers(well.json())) == ON_TED


@pytest.mark.parametrize("agent", [None, "curl/8.5", "python-requests/2.32", "anbudsvakt/0.1 (+https://x.example)"])
def test_the_wall_challenges_every_agent_that_is_not_of_the_compatible_form(ask: Ask, agent: str | None) -> None:
    headers = {"User_Agent": agent} if agent else {}
    answer = ask(f"/en/notice/{min(ON_TED)}/xml", **headers)
    assert (answer.status, answer.body) == (202, b"")
    assert answer.headers["x-amzn-waf-action"] == "challenge"


def test_the_wall_lets_the_compatible_form_through(portals: SandboxPortals, ask: Ask) -> None:
    agent = "Mozilla/5.0 (compatible; anbudsvakt/0.1; +https://x.example)"
    path = f"/en/notice/{min(ON_TED)}/xml"
    assert ask(path, User_Agent=agent).status == 200
    assert ask(path.replace("/9", "/009"), User_Agent=agent).status == 200
    assert ask("/en/notice/1-2026/xml", User_Agent=agent).status == 404
    portals.set_faults(Faults(waf_for_all=True))
    assert ask(path, User_Agent=agent).status == 202
