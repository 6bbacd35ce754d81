"""How much may an answer weigh before its body begins? Scrapy and Twisted have no limit; ours is 256 KiB.

DOWNLOAD_MAXSIZE counts bodies only: a server that sends header lines without end filled 1 GiB in four seconds (measured
with Scrapy 2.19 and Twisted 26.10).
"""

from collections.abc import Callable
from typing import Any, Final

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from twisted.web._newclient import HEADER, STATUS  # no public name; the test of the limit would tell of a change

LONGEST_HEAD: Final = 256 * 1024


class BoundedHandler(HTTP11DownloadHandler):
    """Scrapy's own, over connections that are cut when status line and headers do not end."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        plain: Callable[..., Any] = self._pool._factory  # noqa: SLF001 - where Scrapy itself puts its own

        def factory(*details: Any) -> Any:
            made = plain(*details)
            build = made.buildProtocol
            made.buildProtocol = lambda address: _bounded(build(address))
            return made

        self._pool._factory = factory  # type: ignore[assignment]  # noqa: SLF001 - as above


def _bounded(protocol: Any) -> Any:
    """The same protocol, counting what comes until a body begins; informational answers count as well."""
    receive, head = protocol.dataReceived, 0

    def counted(data: bytes) -> None:
        nonlocal head
        parser = protocol._parser  # noqa: SLF001 - Twisted tells nowhere else whether the head is still coming
        head = head + len(data) if parser is not None and parser.state in {STATUS, HEADER} else 0
        if head > LONGEST_HEAD:
            protocol.transport.abortConnection()
            return
        receive(data)

    protocol.dataReceived = counted
    return protocol
