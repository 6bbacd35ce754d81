"""Does XML from outside stay inside: no file, no socket, no explosion?"""

import builtins
import resource
import socket
import time
from typing import Any

import pytest

from crawlers import xml
from crawlers.notice import NoticeBroken

LAUGHS = (
    b'<!DOCTYPE l [<!ENTITY a "lol">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + step, b"&%c;" % (97 + step) * 10) for step in range(9))
    + b"]>"
)
ATTACKS = {
    "a local file": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
    "a parameter entity": b'<!DOCTYPE a [<!ENTITY % x SYSTEM "file:///etc/hostname"> %x;]><a/>',
    "a DTD by its address": b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
    "a public DTD": b'<!DOCTYPE a PUBLIC "-//X" "http://127.0.0.1:9/a.dtd"><a/>',
    "a bare declaration": b"<!DOCTYPE a><a/>",
    "a billion laughs": LAUGHS + b"<a>&j;</a>",
    "laughs in an attribute": LAUGHS + b'<a b="&j;"/>',
    "a quadratic one": b'<!DOCTYPE a [<!ENTITY a "' + b"x" * 100_000 + b'">]><a>' + b"&a;" * 50_000 + b"</a>",
    "depth": b"<a>" * 100_000 + b"</a>" * 100_000,
    "a NUL": b"<a>\x00</a>",
    "an unknown encoding": b'<?xml version="1.0" encoding="klingon"?><a/>',
    "nothing": b" \n",
    "too much": b"<a>" + b" " * xml.LARGEST_BODY + b"</a>",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_are_refused_at_once_and_reach_nothing(attack: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reached: list[str] = []

    def refuse(what: Any, *_: Any, **__: Any) -> None:
        reached.append(str(what))
        raise OSError

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    with monkeypatch.context() as watch:
        watch.setattr(builtins, "open", refuse)
        watch.setattr(socket.socket, "connect", refuse)
        with pytest.raises(NoticeBroken):
            xml.root(ATTACKS[attack])
    assert time.perf_counter() - started < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024  # KiB
    assert reached == []


@pytest.mark.parametrize(
    "body",
    [
        "<a>kjøp – Ærø</a>".encode(),
        "<a>kjøp – Ærø</a>".encode("windows-1252"),
        '<?xml version="1.0" encoding="UTF-8"?><a>kjøp – Ærø</a>'.encode("windows-1252"),
        '<?xml version="1.0" encoding="utf-16"?><a>kjøp – Ærø</a>'.encode("utf-16"),
        '<?xml version="1.0" encoding="iso-8859-15"?><a>kj\u00f8p \u2013 \u00c6r\u00f8</a>'.replace(
            "\u2013", "&#8211;"
        ).encode("iso-8859-15"),
        "\ufeff<a>kjøp – Ærø</a>".encode(),
        '\n <?xml version="1.0"?><a>kjøp – <!-- nothing -->Ærø</a>'.encode(),
    ],
)
def test_letters_survive(body: bytes) -> None:
    assert xml.content(xml.root(body)) == "kjøp – Ærø"


def test_paths_are_found_whatever_the_prefix_and_namespace() -> None:
    top = xml.root(b'<a xmlns="urn:one" xmlns:n="urn:two"><n:b><c/></n:b><n:b><c> 7 </c></n:b></a>')
    assert xml.value_named(top, "b/c") is None
    assert [xml.content(each) for each in xml.all_named(top, ".//c")] == [None, "7"]
    assert xml.one_named(top, "b/d") is None
    assert xml.local(top) == "a"
