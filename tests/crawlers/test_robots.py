"""Is robots.txt obeyed, from the first request on? (promises.md C1; the portal's own log is the witness.)"""

from contextlib import ExitStack

import pytest
from crawl_child import fetch
from loopback import Portal, Reply, Seen

from crawlers import robots

HELLO = Reply(body=b"hei")
FORBIDS = b"User-agent: *\nDisallow: /closed\n"


def _rules(body: bytes, status: int = 200) -> robots.Rules:
    return robots.read(status, {}, body)


@pytest.mark.parametrize(
    ("body", "allowed"),
    [
        (b"", True),
        (FORBIDS, False),
        (b"\xef\xbb\xbf" + FORBIDS, False),  # with a byte order mark, as Windows editors write it
        (FORBIDS.replace(b"\n", b"\r\n"), False),
        (FORBIDS.replace(b"\n", b"\r"), False),
        (b"USER-AGENT: *\nDISALLOW: /closed\n", False),
        (b"User-agent: anbudsvakt\nDisallow: /\n", False),
        (b"User-agent: Anbudsvakt\nAllow: /\n\nUser-agent: *\nDisallow: /\n", True),
        (b"User-agent: *\nDisallow: /\nAllow: /closed/page\n", True),  # the longer rule counts
        (b"User-agent: *\nDisallow: /*/page$\n", False),
        (b"User-agent: SomeoneElse\nDisallow: /\n", True),
        (b"User-agent: Mozilla\nDisallow: /\n", True),  # we only look like it at first glance
        (b"<html><body>Not found</body></html>", True),
        (b"\xff\xfe\x00\x01 \x00 User-agent", True),
    ],
)
def test_a_file_is_read_as_its_portal_means_it(body: bytes, allowed: bool) -> None:
    assert (_rules(body).objection("https://portal.example/closed/page") is None) is allowed


def test_only_the_first_500_kib_count_and_no_half_line() -> None:
    filler = b"#" + b"x" * 998 + b"\n"
    head = b"User-agent: *\nDisallow: /first\n"
    kept = head + filler * 511
    assert len(kept) < robots.LONGEST
    padding = b"#" * (robots.LONGEST - len(kept) - len(b"Disallow: /")) + b"\n"
    rules = _rules(kept + padding[1:] + b"Disallow: /late\n" + b"Disallow: /later\n" * 10)
    assert rules.objection("https://portal.example/first") is not None
    assert rules.objection("https://portal.example/later") is None
    assert rules.objection("https://portal.example/anything") is None  # "Disallow: /" of the cut line is not a rule


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_no_file_means_no_rules(status: int) -> None:
    assert _rules(FORBIDS, status).objection("https://portal.example/closed") is None


@pytest.mark.parametrize("status", [304, 429, 500, 502, 503, 504, 599])
def test_a_file_out_of_reach_closes_the_portal(status: int) -> None:
    assert _rules(b"", status).objection("https://portal.example/open") is not None


def test_a_bot_challenge_closes_the_portal() -> None:
    assert robots.read(202, {"x-amzn-waf-action": "challenge"}, b"").objection("https://portal.example/") is not None


@pytest.mark.parametrize(
    ("line", "seconds"),
    [
        ("Crawl-delay: 5", 5),
        ("Crawl-delay: 0.5", 0.5),
        ("Crawl-delay: 86400", robots.SLOWEST_S),
        ("Crawl-delay: -3", 0),
        ("Crawl-delay: inf", 0),
        ("Crawl-delay: nan", 0),
        ("Crawl-delay: soon", 0),
        ("Request-rate: 1/7", 7),
        ("Disallow: /x", 0),
    ],
)
def test_the_pause_a_portal_asks_for_is_kept_within_reason(line: str, seconds: float) -> None:
    assert _rules(f"User-agent: *\n{line}\n".encode()).delay_s == seconds


def test_ten_forbidden_requests_at_once_fetch_nothing() -> None:
    with Portal(lambda _: HELLO, robots=Reply(body=FORBIDS, wait_s=0.3)) as portal:
        forbidden = [f"{portal.url}/closed/{number}" for number in range(10)]
        told = fetch(*forbidden, f"{portal.url}/open", doors=[portal.url], changes={"CONCURRENT_REQUESTS": 16})
    assert [seen.path for seen in portal.asked()] == ["/open"]
    assert len(portal.log) == 2  # robots.txt once, for all eleven
    assert all("robots.txt forbids it" in answer for answer in told["heard"][:10])
    assert told["heard"][10] == 200


OUT_OF_REACH = {
    "answered 503": Reply(status=503),
    "answered 500": Reply(status=500, headers={"Retry-After": "1"}),
    "out of reach (DownloadFailedError": Reply(silent=True),
    "out of reach (DownloadTimeoutError": Reply(body=FORBIDS, wait_s=30),  # longer than we wait
    "redirects more than 5 times": Reply(status=302, headers={"Location": "/robots.txt"}),
    "out of reach (10.0.0.1": Reply(status=301, headers={"Location": "http://10.0.0.1/robots.txt"}),
    "out of reach (scheme file": Reply(status=301, headers={"Location": "file:///etc/hosts"}),
    "out of reach (BadGzipFile": Reply(headers={"Content-Encoding": "gzip"}, body=b"not gzip"),
}


def test_no_rules_no_crawl() -> None:
    with ExitStack() as opened:
        portals = [opened.enter_context(Portal(lambda _: HELLO, robots=rules)) for rules in OUT_OF_REACH.values()]
        urls = [f"{portal.url}/{number}" for portal in portals for number in range(3)]
        doors = [portal.url for portal in portals]
        told = fetch(*urls, doors=doors, changes={"DOWNLOAD_TIMEOUT": 1, "CONCURRENT_REQUESTS": 32})
        for number, (reason, portal) in enumerate(zip(OUT_OF_REACH, portals, strict=True)):
            assert portal.asked() == []
            assert 1 <= len(portal.log) <= robots.MOST_REDIRECTS + 1
            for answer in told["heard"][number * 3 : number * 3 + 3]:
                assert reason in answer


def test_rules_are_read_where_a_redirect_leads() -> None:
    def moved(seen: Seen) -> Reply:
        if seen.path == "/rules/5":
            return Reply(body=FORBIDS)
        return HELLO if seen.path == "/open" else _onward(seen)

    with Portal(moved, robots=_onward) as portal:
        told = fetch(f"{portal.url}/closed", f"{portal.url}/open", doors=[portal.url])
    assert "forbids" in told["heard"][0]
    assert told["heard"][1] == 200
    assert not portal.asked("/closed")


def _onward(seen: Seen) -> Reply:
    step = int(seen.path.rpartition("/")[2]) if seen.path.startswith("/rules") else 0
    return Reply(status=302, headers={"Location": f"/rules/{step + 1}"})


def test_a_redirect_obeys_the_rules_of_where_it_leads() -> None:
    def answer(seen: Seen) -> Reply:
        return Reply(status=302, headers={"Location": "/closed"}) if seen.path == "/open" else HELLO

    with Portal(answer, robots=Reply(body=FORBIDS)) as portal:
        told = fetch(f"{portal.url}/open", doors=[portal.url])
    assert "forbids" in told["heard"][0]
    assert [seen.path for seen in portal.asked()] == ["/open"]
