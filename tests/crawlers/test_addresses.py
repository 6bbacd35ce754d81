"""Which addresses does the gate take for public? Sixty disguises of a private one, and none of them passes."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from net.addresses import PUBLIC_ONLY, Allowance, is_public, refusal

DISGUISES = (
    # this machine, written plainly and otherwise
    "http://127.0.0.1/",
    "http://127.255.255.254/",
    "http://localhost/",
    "http://LOCALHOST/",
    "http://localhost./",
    "http://127.0.0.1./",
    "http://127.1/",
    "http://127.0.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://0x7f.0x0.0x0.0x1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://127.0.0.01/",
    "http://0/",
    "http://0.0.0.0/",
    "http://１２７.0.0.1/",
    "http://127。0。0。1/",
    "http://ⓛocalhost/",
    "http://%31%32%37.0.0.1/",
    "http://[::1]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b:1::7f00:1]/",
    "http://[2002:7f00:1::1]/",
    "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/",
    # other networks that nobody outside can reach
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://100.100.100.200/",
    "http://169.254.169.254/latest/meta-data/",
    "http://168.63.129.16/",
    "http://192.0.0.192/",
    "http://192.0.2.1/",
    "http://198.18.0.1/",
    "http://198.51.100.7/",
    "http://203.0.113.9/",
    "http://224.0.0.1/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://[fc00::1]/",
    "http://[fd00:ec2::254]/",
    "http://[fe80::1]/",
    "http://[fe80::1%25lo]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    "http://[2001:db8::1]/",
    "http://[3fff::1]/",
    "http://[5f00::1]/",
    # names of a local network
    "http://intranet/",
    "http://router/",
    # credentials, ports, schemes
    "http://user@example.com/",
    "http://user:word@127.0.0.1/",
    "http://example.com@127.0.0.1/",
    "http://127.0.0.1:80@example.com/",
    "http://example.com:22/",
    "http://example.com:8080/",
    "http://example.com:0/",
    "http://example.com:99999/",
    "http://example.com:http/",
    "file:///etc/passwd",
    "ftp://example.com/feed.xml",
    "gopher://example.com/",
    "data:text/xml,<rss/>",
    "s3://bucket/key",
    "javascript:alert(1)",
    "//example.com/feed.xml",
    "http:/example.com/feed.xml",
    "http:///feed.xml",
    "http://",
    "",
    # what two readers of an address read differently
    "http://example.com\\@127.0.0.1/",
    "http://example.com /feed.xml",
    "http://example.com\t.127.0.0.1/",
    "http://exam\nple.com/",
    "http://[::1/",
    "http://[example.com]/",
    "http://-example.com/",
    f"http://{'a' * 64}.com/",
)


@pytest.mark.parametrize("url", DISGUISES)
def test_no_disguise_of_a_private_address_passes(url: str) -> None:
    assert refusal(url) is not None


def test_there_are_sixty_of_them() -> None:
    assert len(set(DISGUISES)) == len(DISGUISES) >= 60


@pytest.mark.parametrize(
    "url",
    [
        "https://api.ted.europa.eu/v3/notices/search",
        "https://www.regjeringen.no/no/rss/Rss/2581966/?documentType=aktuelt",
        "http://WWW.FMV.SE:80/rss.xml",
        "https://example.com:443/",
        "https://ølhus.no/rss",
        "https://xn--lhus-gra.no/rss",
        "https://example.xn--p1ai/",
        "https://8.8.8.8/",
        "https://[2606:4700:4700::1111]/feed",
    ],
)
def test_a_portal_on_the_internet_passes(url: str) -> None:
    assert refusal(url) is None


def test_a_sandbox_on_loopback_opens_its_own_door_and_no_other() -> None:
    sandbox = Allowance.of("http://127.0.0.1:8321/ted")
    assert refusal("http://127.0.0.1:8321/ted/v3/notices/search", sandbox) is None
    assert refusal("http://127.0.0.1:8322/", sandbox) is not None
    assert refusal("http://127.0.0.1/", sandbox) is not None
    assert refusal("http://localhost:8321/", sandbox) is not None
    assert refusal("http://user@127.0.0.1:8321/", sandbox) is not None
    assert refusal("file://127.0.0.1:8321/etc/passwd", sandbox) is not None
    assert sandbox.admits("127.0.0.1", 8321, "127.0.0.1")
    assert not sandbox.admits("127.0.0.1", 8322, "127.0.0.1")
    assert not sandbox.admits("portal.example", 443, "127.0.0.1")


def test_a_name_that_is_allowed_on_loopback_leads_nowhere_else() -> None:
    sandbox = Allowance.of("http://localhost:8321")
    assert sandbox.admits("localhost", 8321, "::1")
    assert not sandbox.admits("localhost", 8321, "10.0.0.1")
    assert not sandbox.admits("localhost", 8321, "8.8.8.8")


@pytest.mark.parametrize(
    "base_url", [None, "https://api.doffin.no", "http://10.0.0.1:8000", "http://[fd00::1]:80", "http://[::1", "x"]
)
def test_only_loopback_opens_a_door(base_url: str | None) -> None:
    try:
        allowance = Allowance.of(base_url)
    except ValueError:
        return  # no address at all
    assert allowance == PUBLIC_ONLY


@given(st.ip_addresses(v=4))
def test_what_python_calls_private_is_never_public_to_us(address: IPv4Address) -> None:
    if (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
    ):
        assert not is_public(address)


@given(st.ip_addresses(v=4))
def test_no_ipv4_address_is_public_inside_ipv6(address: IPv4Address) -> None:
    number = int(address)
    for wrapped in (number, (0xFFFF << 32) | number, (0x64FF9B << 96) | number, (0x2002 << 112) | (number << 80)):
        assert not is_public(IPv6Address(wrapped))


@pytest.mark.parametrize("address", ["2606:4700:4700::1111", "2a00:1450:400f:80c::200e", "1.1.1.1", "193.212.1.1"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", ["", "example.com", "127.1", "1.2.3", "2606:4700::1%eth0", "::g"])
def test_what_cannot_be_read_is_not_public(address: str) -> None:
    assert not is_public(address)
