"""Does the gate keep what must not pass, and does a run end at its ceilings? (promises.md C5, C6, H4, H6, H7)"""

import gzip
import socket
import zlib
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from time import monotonic
from typing import Any

import brotli  # type: ignore[import-untyped]  # no stubs exist
import pytest
from crawl_child import fetch, fetch_each
from disguises import HOSTS, NAMES
from loopback import Always, Canary, Flood, Portal, Reply, Seen

from crawlers.settings import MEBIBYTE, scrapy_settings, user_agent

HELLO = Reply(body=b"hei")


def test_every_request_says_who_we_are() -> None:
    def answer(seen: Seen) -> Reply:
        if seen.path == "/moved":
            return Reply(status=301, headers={"Location": "/here"})
        if seen.path == "/shaky" and len(portal.asked("/shaky")) == 1:
            return Reply(status=500)
        return HELLO

    with Portal(answer) as portal:
        told = fetch(f"{portal.url}/plain", f"{portal.url}/moved", f"{portal.url}/shaky", doors=[portal.url])
    assert told["heard"] == [200, 200, 200]
    assert len(portal.log) == 6  # robots.txt, the three, the redirect and the second try among them
    assert {seen.headers["user-agent"] for seen in portal.log} == {user_agent()}
    assert user_agent().startswith(f"Mozilla/5.0 (compatible; Anbudsvakt/{version('anbudsvakt')}; +http")
    assert not any({"cookie", "referer", "authorization"} & set(seen.headers) for seen in portal.log)


RUNAWAY: dict[str, tuple[Reply, int, dict[str, float], str]] = {
    "requests": (Reply(body=b"x"), 400, {"ANBUDSVAKT_MOST_REQUESTS": 12}, "ceiling: 12 requests"),
    "bytes": (Reply(body=b"x" * 20_000), 400, {"ANBUDSVAKT_MOST_BYTES": 100_000}, "ceiling: 100000 bytes"),
    "seconds": (Reply(body=b"x", wait_s=0.01), 400, {"ANBUDSVAKT_MOST_SECONDS": 1.5}, "ceiling: 1.5 seconds"),
    "one body": (
        Reply(body=b"x" * 8 * MEBIBYTE),
        1,
        {"ANBUDSVAKT_MOST_BYTES": MEBIBYTE},
        f"ceiling: {MEBIBYTE} bytes",
    ),
    "small bombs": (
        Reply(body=gzip.compress(bytes(4 * MEBIBYTE)), headers={"Content-Encoding": "gzip"}),
        20,
        {"ANBUDSVAKT_MOST_BYTES": 16 * MEBIBYTE},
        f"ceiling: {16 * MEBIBYTE} bytes unfolded",
    ),
}


@pytest.fixture(scope="module")
def runaway() -> Any:
    """Portals without an end, each read by a run of its own with a low ceiling: portal and figures."""
    with ExitStack() as opened:
        portals = {name: opened.enter_context(Portal(Always(case[0]))) for name, case in RUNAWAY.items()}
        told = fetch_each(
            *(
                {
                    "urls": [f"{portals[name].url}/{number}" for number in range(pages)],
                    "doors": [portals[name].url],
                    "delay_s": 0.01,
                    "changes": ceiling,
                }
                for name, (_, pages, ceiling, _) in RUNAWAY.items()
            )
        )
    return {name: (portals[name], each["stats"]) for name, each in zip(portals, told, strict=True)}


@pytest.mark.parametrize("name", RUNAWAY)
def test_a_run_that_does_not_end_is_ended(runaway: Any, name: str) -> None:
    portal, stats = runaway[name]
    assert stats["anbudsvakt/error"] == RUNAWAY[name][3]
    assert stats["anbudsvakt/requests"] == len(portal.log)
    # Four bombs reach the ceiling and robots.txt was asked for first; what was asked for while the run ends is the rest.
    most = {"requests": 12, "bytes": 7, "seconds": 150, "one body": 2, "small bombs": 8}
    assert len(portal.log) <= most[name]


def test_a_body_is_cut_while_it_comes(runaway: Any) -> None:
    assert runaway["one body"][1]["anbudsvakt/bytes"] < 2 * MEBIBYTE


def test_the_ceilings_are_those_we_promise() -> None:
    settings = scrapy_settings()
    assert settings["ANBUDSVAKT_MOST_REQUESTS"] == 2000
    assert settings["ANBUDSVAKT_MOST_BYTES"] == 200 * MEBIBYTE
    assert settings["ANBUDSVAKT_MOST_SECONDS"] + settings["DOWNLOAD_TIMEOUT"] < 20 * 60
    assert settings["DOWNLOAD_MAXSIZE"] == 32 * MEBIBYTE
    assert settings["ANBUDSVAKT_DELAY_S"] >= 1


@pytest.mark.prove
@pytest.mark.timeout(300)
def test_two_thousand_requests_and_no_more() -> None:
    with Portal(lambda _: HELLO) as portal:
        urls = [f"{portal.url}/{number}" for number in range(2100)]
        told = fetch(*urls, doors=[portal.url], limit_s=280)
    assert len(portal.log) == 2000
    assert told["stats"]["anbudsvakt/error"] == "ceiling: 2000 requests"


def _zeros(compressor: Any, size: int) -> bytes:
    block = bytes(MEBIBYTE)
    return b"".join([*(compressor.compress(block) for _ in range(size)), compressor.flush()])


def _brotli_zeros(size: int) -> bytes:
    compressor, block = brotli.Compressor(quality=1), bytes(MEBIBYTE)
    return b"".join([*(compressor.process(block) for _ in range(size)), compressor.finish()])


def _zstd_zeros(size: int) -> bytes:
    from backports import zstd

    return _zeros(zstd.ZstdCompressor(), size)


def _bombs(size: int) -> dict[str, bytes]:
    """So many mebibytes of nothing, folded small."""
    gzipped = _zeros(zlib.compressobj(9, wbits=31), size)
    return {
        "gzip": gzipped,
        "deflate": _zeros(zlib.compressobj(9), size),
        "br": _brotli_zeros(size),
        "zstd": _zstd_zeros(size),
        "gzip, gzip": gzip.compress(gzipped),
    }


@pytest.mark.parametrize("size", [256, pytest.param(2048, marks=[pytest.mark.prove, pytest.mark.timeout(300)])])
def test_bombs_are_not_unfolded(size: int) -> None:
    """H4: of 2 MB that would be 2 GiB, no more than DOWNLOAD_MAXSIZE is unfolded."""
    bombs = _bombs(size)
    with Portal(lambda seen: _bomb(bombs, seen)) as portal:
        urls = [f"{portal.url}/?{number}" for number in range(len(bombs))]
        quiet = fetch(portal.url + "/?9", doors=[portal.url])
        told = fetch(*urls, doors=[portal.url])
    took = told["stats"]["elapsed_time_seconds"]
    assert quiet["heard"] == [200]
    assert all("exceeded DOWNLOAD_MAXSIZE" in answer for answer in told["heard"]), told["heard"]
    assert told["peak_kib"] <= 200 * 1024
    assert told["peak_kib"] - quiet["peak_kib"] <= 100 * 1024
    print(f"{size} MiB each: peak {told['peak_kib'] / 1024:.0f} MiB, {took:.1f} s for {len(bombs)} bombs")
    assert took <= 3 * len(bombs)


def _bomb(bombs: dict[str, bytes], seen: Seen) -> Reply:
    names = list(bombs)
    number = int(seen.raw_query)
    if number >= len(names):
        return HELLO
    return Reply(body=bombs[names[number]], headers={"Content-Encoding": names[number]})


FLOODS = (
    (b"HTTP/1.1 200 OK\r\n", b"X-Header: " + b"a" * 1000 + b"\r\n"),
    (b"HTTP/1.1 200 OK\r\n", b"a:\r\n" * 1000),
    (b"HTTP/1.1 200 OK\r\nX-Header: ", b"a" * 65536),  # one header that does not end
    (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    (b"", b"a" * 65536),  # not even a status
)


def test_an_answer_whose_body_never_begins_is_cut() -> None:
    with ExitStack() as opened:
        floods = [opened.enter_context(Flood(*flood)) for flood in FLOODS]
        urls = [flood.url for flood in floods]
        told = fetch(*urls, doors=urls, changes={"CONCURRENT_REQUESTS": 8, "RETRY_ENABLED": False})
    assert all("DownloadFailedError" in answer for answer in told["heard"]), told["heard"]
    assert told["stats"]["elapsed_time_seconds"] < 10  # cut, not timed out
    assert told["peak_kib"] <= 140 * 1024
    # What was sent before the cut lies in the sockets' buffers, not with us.
    assert all(flood.sent < 32 * MEBIBYTE for flood in floods)


def test_a_body_that_is_too_large_is_refused_before_it_is_read() -> None:
    with Portal(lambda _: Reply(body=bytes(33 * MEBIBYTE))) as portal:
        told = fetch(portal.url, doors=[portal.url])
    assert "DownloadCancelledError" in told["heard"][0]
    assert told["stats"].get("anbudsvakt/bytes", 0) < MEBIBYTE


def test_no_address_leads_to_a_service_of_our_own_network() -> None:
    """H6: sixty forms, asked for directly and by redirect: 0 connections."""
    assert len(set(HOSTS)) >= 60
    with Canary() as canary:
        forms = [f"http://{host}:{canary.port}/" for host in HOSTS]
        doors = [f"http://127.0.0.1:{canary.port + 1 if canary.port < 65535 else 1024}"]  # a door beside it, not to it
        with Portal(lambda seen: Reply(status=302, headers={"Location": forms[int(seen.path[1:])]})) as portal:
            redirects = [f"{portal.url}/{number}" for number in range(len(forms)) if forms[number].isascii()]
            told = fetch(
                *forms,
                *redirects,
                doors=[portal.url, *doors],
                ports=[canary.port],
                answers=NAMES,
                changes={"DOWNLOAD_TIMEOUT": 3, "RETRY_ENABLED": False},
            )
        assert canary.connections == 0
        assert len(portal.asked()) == len(redirects) >= 55
        assert all("Refused" in str(answer) for answer in told["heard"]), told["heard"]
        assert "loop.example leads to 127.0.0.1" in told["heard"][0]
        # The canary sings: without the gate each of them would have been heard.
        socket.create_connection(("127.0.0.1", canary.port)).close()
        deadline = monotonic() + 5
        while canary.connections == 0 and monotonic() < deadline:
            pass
        assert canary.connections == 1


def test_only_http_goes_out(tmp_path: Path) -> None:
    secret = tmp_path / "secret.xml"
    secret.write_text("<rss/>")
    with Canary() as canary:
        urls = [
            secret.as_uri(),
            "data:text/xml,<rss/>",
            f"ftp://127.0.0.1:{canary.port}/feed.xml",
            "s3://bucket/feed.xml",
            f"gopher://127.0.0.1:{canary.port}/1",
            f"http://127.0.0.1:{canary.port}/",
        ]
        told = fetch(*urls, ports=[canary.port])
        assert canary.connections == 0
    assert all("Refused" in answer or "ValueError" in answer for answer in told["heard"]), told["heard"]
    assert not {"TelnetConsole", "RemoteControl"} & set(told["extensions"])


def test_terms_are_kept_whatever_a_redirect_says() -> None:
    with Portal(lambda _: Reply(status=302, headers={"Location": "https://app.mercell.com/today"})) as portal:
        told = fetch(portal.url, "https://www.e-avrop.com/", doors=[portal.url])
    assert all("its terms forbid automated reading" in answer for answer in told["heard"])
