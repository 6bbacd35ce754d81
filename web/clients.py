"""From which network does a request come? The last hop that we trust says so; what a client writes itself is not asked.

Each proxy of ours appends the address it was called from, so that the client's is counted from the right (W2).
"""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from starlette.requests import Request

from settings import get_settings

UNKNOWN: Final = "unknown"


def client_of(request: Request) -> str:
    """What is counted as one client: an IPv4 address, or of IPv6 the network that one household or firm has."""
    found = _address(request)
    if found is None:
        return UNKNOWN
    return str(ip_network((found, 64), strict=False)) if isinstance(found, IPv6Address) else str(found)


def cut_address(request: Request) -> str:
    """The network a request came from, cut so that it names no device: what a proof of consent keeps (P1)."""
    found = _address(request)
    if found is None:
        return UNKNOWN
    return str(ip_network((found, 48 if isinstance(found, IPv6Address) else 24), strict=False))


def _address(request: Request) -> IPv4Address | IPv6Address | None:
    hops = get_settings().trusted_proxies
    said = [part.strip() for line in request.headers.getlist("x-forwarded-for") for part in line.split(",")]
    # Fewer entries than proxies of ours: it did not come through all of them, so none of it is theirs.
    told = said[-hops] if hops and len(said) >= hops else request.client.host if request.client else ""
    try:
        found = ip_address(told)
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        return found.ipv4_mapped
    return found
