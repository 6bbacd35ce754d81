"""As what does an address of our own network come along? Sixty hosts, for the pure rule and for the wire (promises.md H6)."""

# This machine, written plainly and otherwise: with a listener on every address each of them would be heard, or none.
OURSELVES = (
    *("127.0.0.1", "127.0.0.2", "127.255.255.254", "localhost", "LOCALHOST", "localhost.", "127.0.0.1.", "127.1"),
    *("127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0x7f.0x0.0x0.0x1", "0X7F.0.0.1", "0177.0.0.1", "017700000001"),
    *("127.0.0.01", "0", "0.0.0.0", "0x0", "１２７.0.0.1", "127。0。0。1", "ⓛocalhost", "%31%32%37.0.0.1"),
    *("[::1]", "[0:0:0:0:0:0:0:1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]"),
    *("[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::1]", "[2001:0:4136:e378:8000:63bf:80ff:fffe]"),
    *("user@127.0.0.1", "user:word@127.0.0.1", "example.com@127.0.0.1", "example.com:80@127.0.0.1"),
    *("example.com%00@127.0.0.1", "[::1%25lo]", "ip6-localhost", "localhost.localdomain"),
)
# Names that a hostile name service leads here or to our neighbours.
NAMES = {
    "loop.example": "127.0.0.1",
    "second.example": "127.0.0.2",
    "six.example": "::1",
    "any.example": "0.0.0.0",
    "any-six.example": "::",
    "mapped.example": "::ffff:127.0.0.1",
    "private.example": "10.0.0.1",
    "private-b.example": "172.16.0.1",
    "private-c.example": "192.168.1.1",
    "cloud.example": "169.254.169.254",
    "azure.example": "168.63.129.16",
    "carrier.example": "100.64.0.1",
    "translated.example": "64:ff9b::7f00:1",
    "tunnelled.example": "2002:7f00:1::1",
    "unique.example": "fd00::1",
    "link.example": "fe80::1",
    "site.example": "fec0::1",
    "multicast.example": "224.0.0.1",
    "multicast-six.example": "ff02::1",
    "broadcast.example": "255.255.255.255",
}
HOSTS = (*NAMES, *OURSELVES)
