"""Does a POST reach public HTTPS servers only, whatever address it is given, and end in time whatever they answer? (H6)"""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from certificates import self_signed
from loopback import Always, Canary, Portal, Reply
from receivers import Receiver, receiver

from alerts.post import Answered, Poster, Unreached, objection
from net.addresses import Allowance

HEADERS = {"webhook-id": "msg_1"}
NOWHERE = [
    "http://example.com/hook", "ftp://example.com/", "file:///etc/passwd", "https://127.0.0.1/", "https://localhost/",
    "https://2130706433/", "https://0x7f.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://10.0.0.8/",
    "https://169.254.169.254/latest/meta-data", "https://100.64.0.1/", "https://192.168.1.1/", "https://[fe80::1]/",
    "https://user:word@example.com/", "https://example.com:8443/", "https://example.com\\@127.0.0.1/", "https:///",
    "https://intranet/", "https://example.com./", "https://[64:ff9b::7f00:1]/", "https://exa mple.com/", "",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _own_settings(environment: pytest.MonkeyPatch) -> None:
    """The contact page of the defaults."""


@pytest.fixture
def receiving(tmp_path: Path) -> Iterator[Receiver]:
    with receiver(tmp_path) as one:
        yield one


@pytest.mark.parametrize("url", NOWHERE)
async def test_nothing_goes_where_it_may_not(url: str) -> None:
    assert objection(url) is not None
    assert isinstance(await Poster().post(url, HEADERS, b"{}"), Unreached)


async def test_a_name_that_leads_inside_is_not_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        # Public the second time: whoever looks twice is led astray.
        inside = "127.0.0.1" if len(asked) == 1 else "93.184.216.34"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (inside, port))]

    with Canary() as canary:
        monkeypatch.setattr(socket, "getaddrinfo", answer)
        poster = Poster(allowance=Allowance(ports=frozenset({canary.port})))
        outcome = await poster.post(f"https://rebinding.example:{canary.port}/", HEADERS, b"{}")
        assert outcome == Unreached(why="its name leads to no public address")
        assert (asked, canary.connections) == (["rebinding.example"], 0)


async def test_it_arrives_whole(receiving: Receiver) -> None:
    body = "æøå".encode() * 20_000
    outcome = await receiving.poster.post(receiving.url + "/å?a=ø", HEADERS, body)
    assert outcome == Answered(status=204)
    (seen,) = receiving.portal.log
    assert (seen.method, seen.path, seen.body) == ("POST", "/hook/%C3%A5", body)
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["user-agent"] == "Anbudsvakt (+https://anbudsvakt.example/kontakt)"
    assert seen.headers["host"] == f"localhost:{receiving.portal.port}"


async def test_an_address_that_takes_no_connection_is_passed_by(
    receiving: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", port, 0, 0)),  # nobody listens there
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)),
        ]

    async def resolve(*asked: Any, **how: Any) -> list[Any]:
        return answer(*asked, **how) if asked[0] == "localhost" else await ask(*asked, **how)

    loop = asyncio.get_running_loop()
    ask = loop.getaddrinfo
    monkeypatch.setattr(loop, "getaddrinfo", resolve)
    assert await receiving.poster.post(receiving.url, HEADERS, b"{}") == Answered(status=204)


async def test_a_redirect_is_not_followed(receiving: Receiver, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with Canary() as canary:
        where = {"Location": f"https://127.0.0.1:{canary.port}/"}
        with receiver(tmp_path / "other", Always(Reply(status=307, headers=where))) as other:
            assert await other.poster.post(other.url, HEADERS, b"{}") == Answered(status=307)
        assert canary.connections == 0


async def test_a_stranger_with_an_untrusted_certificate_gets_nothing(receiving: Receiver) -> None:
    poster = Poster(allowance=receiving.poster.allowance, limit_s=5)
    outcome = await poster.post(receiving.url, HEADERS, b"secret")
    assert outcome == Unreached(why="its certificate is not to be trusted")
    assert receiving.portal.log == []


async def test_a_certificate_for_another_name_is_not_trusted(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path, "other.example")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with Portal(Always(Reply()), tls=tls) as portal:
        url = f"https://localhost:{portal.port}/"
        poster = Poster(allowance=Allowance.of(url), tls=ssl.create_default_context(cafile=str(certificate)))
        assert await poster.post(url, HEADERS, b"{}") == Unreached(why="its certificate is not to be trusted")
        assert portal.log == []


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(status=500), Answered(status=500)),
        (Reply(status=429, headers={"Retry-After": "7"}), Answered(status=429, retry_after="7")),
        (Reply(status=200, body=b"x" * 5_000_000), Answered(status=200)),
        (Reply(silent=True), Unreached(why="no connection (EOFError)")),
        (Reply(status=200, headers={"X": "y" * 100_000}), Unreached(why="its answer is no HTTP")),
    ],
    ids=["error", "later", "endless", "silent", "huge head"],
)
async def test_every_answer_is_an_outcome(tmp_path: Path, reply: Reply, outcome: Answered | Unreached) -> None:
    with receiver(tmp_path, Always(reply)) as one:
        assert await one.poster.post(one.url, HEADERS, b"{}") == outcome


async def test_a_server_that_says_nothing_costs_no_more_than_the_limit(tmp_path: Path) -> None:
    with receiver(tmp_path, Always(Reply(wait_s=30)), limit_s=0.5) as one:
        assert await one.poster.post(one.url, HEADERS, b"{}") == Unreached(why="no answer in time")


async def test_nobody_there_is_an_outcome(receiving: Receiver) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"https://127.0.0.1:{port}/"
    outcome = await Poster(allowance=Allowance.of(url)).post(url, HEADERS, b"{}")
    assert outcome == Unreached(why="no connection (ConnectionRefusedError)")
