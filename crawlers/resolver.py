"""Where does a name lead? Twisted's resolver, which hands out public answers only.

The address that is checked is the address that is connected to: no second look-up lies between, so a name that
answers differently the second time (DNS rebinding) gains nothing. Literal addresses pass here too.
"""

from typing import Any, Self

from scrapy.crawler import Crawler
from twisted.internet.interfaces import IHostnameResolver, IResolutionReceiver
from zope.interface import implementer  # type: ignore[import-untyped]  # Twisted's interfaces; no stubs exist

from net.addresses import PUBLIC_ONLY, Allowance


@implementer(IResolutionReceiver)
class _Sieve:
    """Passes the admitted answers on and remembers that others were there."""

    def __init__(self, receiver: Any, host: str, port: int, gate: "PublicResolver") -> None:
        self._receiver = receiver
        self._host = host
        self._port = port
        self._gate = gate

    def resolutionBegan(self, resolution: Any) -> None:  # noqa: N802 - Twisted names its methods so
        self._receiver.resolutionBegan(resolution)

    def addressResolved(self, address: Any) -> None:  # noqa: N802 - as above
        if self._gate.allowance.admits(self._host, self._port, address.host):
            self._receiver.addressResolved(address)
        else:
            self._gate.refused[self._host] = address.host

    def resolutionComplete(self) -> None:  # noqa: N802 - as above
        self._receiver.resolutionComplete()


@implementer(IHostnameResolver)
class PublicResolver:
    """Answers with public addresses, and loopback ones for the sandbox a run was pointed at.

    ``refused`` maps a name to the last address that was withheld, so that the gate can say why nothing was connected.
    """

    def __init__(self, reactor: Any, allowance: Allowance) -> None:
        self.reactor = reactor
        self.allowance = allowance
        self.refused: dict[str, str] = {}
        self.inner: Any = reactor.nameResolver

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: Any) -> Self:
        """As Scrapy makes its components."""
        return cls(reactor, crawler.settings.get("ANBUDSVAKT_ALLOWANCE", PUBLIC_ONLY))

    def install_on_reactor(self) -> None:
        """Take the place of the system's resolver, for every connection of this process."""
        self.reactor.installNameResolver(self)

    def resolveHostName(  # noqa: N802 - Twisted names its methods so
        self,
        receiver: Any,
        name: str,
        /,
        portNumber: int = 0,  # noqa: N803 - and passes this one by keyword
        *how: Any,
        **more: Any,
    ) -> Any:
        """Look the name up and let through what may be connected to."""
        sieve = _Sieve(receiver, name.lower(), portNumber, self)
        return self.inner.resolveHostName(sieve, name, portNumber, *how, **more)
