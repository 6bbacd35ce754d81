"""Which addresses may we reach, for a crawl or a webhook? Our own table, for names are only trusted once their answer was looked at.

The standard library's ``is_private`` and ``is_global`` differ between patch releases of Python and let through what
is not public: shared carrier space, NAT64, 6to4, multicast (promises.md 3.17). So the table is written out here, from
IANA's special-purpose registries, and IPv6 is the other way round: only 2000::/3 is handed out at all.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

SCHEMES: Final = {"http": 80, "https": 443}

_NOT_PUBLIC_V4: Final = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by carriers; cloud metadata hides here too
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # a public number that Azure answers from inside every machine
        "169.254.0.0/16",  # link-local, cloud metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # IETF protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # multicast relays
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_PUBLIC_V6: Final = IPv6Network("2000::/3")
_NOT_PUBLIC_V6: Final = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # IETF protocol assignments, Teredo and ORCHID among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: carries any IPv4 address inside
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
# A name as portals have them: two labels or more, the last one of letters. This alone refuses every numeric disguise
# (2130706433, 0x7f.1, 127.1), bare names of the local network and names with a dot at the end.
_NAME: Final = re.compile(
    r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})\Z"
)
_UNSAFE: Final = re.compile(r"[\x00-\x20\x7f\\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a run may reach beside the public internet: the exact origins, on loopback, of a sandbox it was pointed at."""

    origins: frozenset[tuple[str, int]] = frozenset()
    ports: frozenset[int] = frozenset(SCHEMES.values())

    @classmethod
    def of(cls, base_url: str | None) -> "Allowance":
        """The allowance of a run that was given this base address; none for anything that is not on loopback."""
        if base_url is None:
            return PUBLIC_ONLY
        parts = urlsplit(base_url)
        host = (parts.hostname or "").lower()
        if host != "localhost" and not _is_loopback(host):
            return PUBLIC_ONLY
        port = SCHEMES.get(parts.scheme, 0) if parts.port is None else parts.port
        return cls(origins=frozenset({(host, port)}))

    def admits(self, host: str, port: int, address: str) -> bool:
        """May a connection for this name go to this answer of the resolver?"""
        return _is_loopback(address) if (host, port) in self.origins else is_public(address)


PUBLIC_ONLY: Final = Allowance()


def is_public(address: str | IPv4Address | IPv6Address) -> bool:
    """True for an address that anybody on the internet could reach; anything unreadable is not."""
    try:
        number = ip_address(address)
    except ValueError:
        return False
    if isinstance(number, IPv4Address):
        return not _within(number, _NOT_PUBLIC_V4)
    # Mapped, translated and tunnelled IPv4 all lie outside 2000::/3 or in the exceptions: nothing to unwrap.
    return number.scope_id is None and number in _PUBLIC_V6 and not _within(number, _NOT_PUBLIC_V6)


def refusal(url: str, allowance: Allowance = PUBLIC_ONLY) -> str | None:
    """Why this URL may not be fetched, or None. What its name resolves to is the resolver's to judge."""
    return next(_objections(url, allowance), None)


def _objections(url: str, allowance: Allowance) -> Iterator[str]:
    if _UNSAFE.search(url):
        yield "blank, backslash or control character in the address"
    try:
        parts = urlsplit(url)
        port = SCHEMES.get(parts.scheme, 0) if parts.port is None else parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii").lower()
    except ValueError:  # a port that is no number, an open bracket, a label that is none
        yield "not a readable address"
        return
    if parts.scheme not in SCHEMES:
        yield f"scheme {parts.scheme or 'missing'}: only http and https"
    if "@" in parts.netloc:
        yield "credentials in the address"
    if (host, port) in allowance.origins:
        return
    if port not in allowance.ports:
        yield f"port {port}: only {' and '.join(str(number) for number in sorted(allowance.ports))}"
    named = not parts.netloc.startswith("[") and _NAME.match(host) is not None
    if not named and not is_public(host):
        yield f"{host or 'no host'} is not a public address"


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _within(number: IPv4Address | IPv6Address, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    return any(number in network for network in networks)
