"""Does a name lead anywhere but to a public address? Its answers are sieved one by one, each time it is asked."""

from typing import Any

import pytest
from twisted.internet.address import IPv4Address, IPv6Address

from crawlers.resolver import PublicResolver
from net.addresses import PUBLIC_ONLY, Allowance


class NameService:
    """Answers each look-up with the next of its answers."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    def resolveHostName(self, receiver: Any, name: str, portNumber: int, *_: Any, **__: Any) -> None:  # noqa: N803
        receiver.resolutionBegan(name)
        for number in self.answers.pop(0):
            kind = IPv6Address if ":" in number else IPv4Address
            receiver.addressResolved(kind("TCP", number, portNumber))
        receiver.resolutionComplete()


class Endpoint:
    """What Twisted connects to: each address that is handed over."""

    def __init__(self) -> None:
        self.got: list[tuple[str, int]] = []
        self.done = 0

    def resolutionBegan(self, _: Any) -> None:
        """A look-up has begun."""

    def addressResolved(self, address: Any) -> None:
        self.got.append((address.host, address.port))

    def resolutionComplete(self) -> None:
        self.done += 1


class Reactor:
    """As much of a reactor as a resolver touches."""

    def __init__(self, service: NameService) -> None:
        self.nameResolver: Any = service

    def installNameResolver(self, resolver: Any) -> None:
        self.nameResolver = resolver


def _looked_up(name: str, *answers: list[str], port: int = 443, allowance: Allowance = PUBLIC_ONLY) -> Any:
    reactor = Reactor(NameService(*answers))
    resolver = PublicResolver(reactor, allowance)
    resolver.install_on_reactor()
    endpoints = []
    for _ in answers:
        endpoints.append(Endpoint())
        reactor.nameResolver.resolveHostName(endpoints[-1], name, portNumber=port)
        assert endpoints[-1].done == 1  # or the connection would wait until its time-out
    return [endpoint.got for endpoint in endpoints], resolver.refused


def test_public_answers_are_handed_on() -> None:
    got, refused = _looked_up("portal.example", ["193.212.1.1", "2a00:1450::5"])
    assert got == [[("193.212.1.1", 443), ("2a00:1450::5", 443)]]
    assert refused == {}


@pytest.mark.parametrize("number", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:10.0.0.1", "fd00::1"])
def test_private_answers_are_withheld_even_beside_public_ones(number: str) -> None:
    got, refused = _looked_up("Portal.example", ["193.212.1.1", number])
    assert got == [[("193.212.1.1", 443)]]
    assert refused == {"portal.example": number}


def test_a_name_that_changes_its_answer_gains_nothing() -> None:
    got, _ = _looked_up("portal.example", ["193.212.1.1"], ["127.0.0.1"], ["193.212.1.1"])
    assert got == [[("193.212.1.1", 443)], [], [("193.212.1.1", 443)]]


def test_the_sandbox_is_reached_on_its_own_port_and_on_loopback_only() -> None:
    sandbox = Allowance.of("http://localhost:8321")
    assert _looked_up("localhost", ["127.0.0.1"], port=8321, allowance=sandbox)[0] == [[("127.0.0.1", 8321)]]
    assert _looked_up("localhost", ["127.0.0.1"], port=8322, allowance=sandbox)[0] == [[]]
    assert _looked_up("localhost", ["10.0.0.1"], port=8321, allowance=sandbox)[0] == [[]]
    assert _looked_up("portal.example", ["127.0.0.1"], port=8321, allowance=sandbox)[0] == [[]]
