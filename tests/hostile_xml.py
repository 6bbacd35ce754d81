"""Which documents want out, or want to grow? For every reader of markup that the project has (promises.md H2, H3)."""

from pathlib import Path

LAUGHS = (
    b'<!DOCTYPE l [<!ENTITY a "lol">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + step, b"&%c;" % (97 + step) * 10) for step in range(9))
    + b"]>"
)
QUADRATIC = b'<!DOCTYPE l [<!ENTITY j "' + b"x" * 100_000 + b'">]>'

# The shapes that a document of each format has: where an attack's declaration goes, and where its entity.
SHAPES = {
    "eforms.xml": b'%s<ContractNotice xmlns="urn:oasis:names:specification:ubl:schema:xsd:ContractNotice-2">%s</ContractNotice>',
    "1-2031.xml": b"%s<TED_EXPORT>%s</TED_EXPORT>",
    "feed.xml": b'%s<rss version="2.0"><channel><title>A</title><item><title>T %s</title><link>https://a.example/1</link>'
    b"</item></channel></rss>",
    "atom.xml": b'%s<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><entry><id>1</id><title>T %s</title>'
    b'<link href="https://a.example/1"/></entry></feed>',
    "list.html": b"%s<table class='table-condensed'><tr class='selectable'><td><a href='/DetailsOpportunity?reference=31LMS001'>"
    b"31LMS001</a><br/>%s</td><td>RFP</td><td>LM</td><td>Open</td><td>-</td><td>-</td></tr></table>"
    b"<input id='GridPagerTotalRowCount' value='1'>",
}


def attacks(canary: Path, port: int) -> dict[str, tuple[bytes, bytes]]:
    """Declaration and content of each attack; the canary is a file, the port one that somebody listens to."""
    address = b"http://127.0.0.1:%d/" % port
    name = canary.as_uri().encode()
    return {
        "a file": (b'<!DOCTYPE l [<!ENTITY j SYSTEM "' + name + b'">]>', b"&j;"),
        "a file by its path": (b'<!DOCTYPE l [<!ENTITY j SYSTEM "' + str(canary).encode() + b'">]>', b"&j;"),
        "a parameter entity": (b'<!DOCTYPE l [<!ENTITY % j SYSTEM "' + name + b'"> %j;]>', b""),
        "an address": (b'<!DOCTYPE l [<!ENTITY j SYSTEM "' + address + b'">]>', b"&j;"),
        "a DTD by its file": (b'<!DOCTYPE l SYSTEM "' + name + b'">', b"&j;"),
        "a DTD by its address": (b'<!DOCTYPE l SYSTEM "' + address + b'l.dtd">', b"&j;"),
        "a public DTD": (b'<!DOCTYPE l PUBLIC "-//X" "' + address + b'l.dtd">', b"&j;"),
        "a style sheet": (b'<?xml-stylesheet type="text/xsl" href="' + name + b'"?>', b""),
        "an inclusion": (
            b"",
            b'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" parse="text" href="' + name + b'"/>',
        ),
        "a base": (b"", b'<base href="' + address + b'"/><img src="a.png"/><link rel="stylesheet" href="a.css"/>'),
        "a schema": (
            b"",
            b'<x xmlns:s="http://www.w3.org/2001/XMLSchema-instance" s:schemaLocation="urn:x ' + address + b'"/>',
        ),
        "a billion laughs": (LAUGHS, b"&j;"),
        "laughs in an attribute": (LAUGHS, b'<x y="&j;"/>'),
        "a quadratic one": (QUADRATIC, b"&j;" * 50_000),
        "depth": (b"", b"<div>" * 100_000),
        "depth, closed": (b"", b"<x>" * 100_000 + b"</x>" * 100_000),
        "many attributes": (b"", b"<x " + b" ".join(b'a%d="1"' % n for n in range(50_000)) + b"/>"),
        "one long value": (b"", b'<x y="' + b"z" * 1_000_000 + b'"/>'),
        "one long comment": (b"", b"<!--" + b"- " * 500_000 + b"-->"),
        "comments that do not end": (b"", b"<!--" * 200_000),
        "references": (b"", b"&#38;amp;" * 100_000),
        "one long name": (b"", b"<" + b"a" * 1_000_000 + b"/>"),
    }
