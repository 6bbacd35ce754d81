"""Is every mail one that standards and mailboxes accept, read from its bytes by more than one parser? (M1, M6)"""

import quopri
import random
import re
import secrets
from dataclasses import replace
from email import message_from_bytes
from email.policy import SMTP
from email.utils import parsedate_to_datetime

import dkim
import pytest
from digest_views import AS_OF, MAIL, NAMES, NORWEGIAN, SWEDISH, make_view
from dkim_reading import headers

from alerts import tokens, wire
from alerts.message import render
from alerts.view import DigestView
from db.languages import LANGUAGES

FULL = pytest.param(10_000, marks=pytest.mark.prove)
LETTERS = "aæøåäöéßABC 12.,-&'\"<>()@=?_%\t\N{EN DASH}\N{FIRE ENGINE}\N{ZERO WIDTH SPACE}ж中"


def some(chance: random.Random, most: int) -> str:
    return "".join(chance.choices(LETTERS, k=chance.randint(1, most)))


def any_view(chance: random.Random, number: int) -> DigestView:
    """A digest such as may come: any language, some entries, and words that nobody would wish for."""
    drawn = chance.choice([NORWEGIAN, SWEDISH, make_view()])
    entries = tuple(
        replace(entry, title=some(chance, 300), buyer=some(chance, 80), alert_id=place)
        for place, entry in enumerate(chance.choices(drawn.entries, k=chance.randint(1, 3)), 1)
    )
    link = tokens.unsubscribe_url(number)
    return replace(
        drawn,
        company=some(chance, 60),
        language=chance.choice(LANGUAGES),
        entries=entries,
        one_click_url=link,
        unsubscribe_url=link,
    )


@pytest.mark.parametrize("count", [150, FULL])
def test_m1_and_m6_every_mail_is_well_formed_and_one_click_works_on_the_wire(
    environment: pytest.MonkeyPatch, count: int
) -> None:
    environment.setenv("ANBUDSVAKT_BASE_URL", "https://anbudsvakt.example")
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    chance, seen = random.Random(seed), set()
    for number in range(1, count + 1):
        # Ids of every length, up to more subscribers than there are people.
        view = any_view(chance, chance.randint(1, 10 ** chance.randint(1, 10)))
        message_id = f"<digest.{number}.{chance.getrandbits(64):016x}@anbudsvakt.example>"
        raw = render(view, NAMES, **{**MAIL, "message_id": message_id})
        one_click(raw, view.one_click_url)
        well_formed(raw, message_id)
        two_parsers_agree(raw)
        seen.add(message_id)
    assert len(seen) == count


def one_click(raw: bytes, url: str) -> None:
    """RFC 2369 and 8058, on the raw lines."""
    lines = raw.split(b"\r\n\r\n", 1)[0].split(b"\r\n")
    at = [n for n, line in enumerate(lines) if line.lower().startswith(b"list-unsubscribe:")]
    assert len(at) == 1
    assert re.fullmatch(rb"List-Unsubscribe: <(https://[!-;=?-~]+)>", lines[at[0]])
    assert lines[at[0]] == f"List-Unsubscribe: <{url}>".encode()
    assert not lines[at[0] + 1].startswith((b" ", b"\t"))
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines
    assert len(url) <= 70


def well_formed(raw: bytes, message_id: str) -> None:
    told = dict(headers(raw))
    assert [name for name, _ in headers(raw)] == list(wire.HEADERS)
    assert told["Message-ID"].strip() == message_id
    assert parsedate_to_datetime(told["Date"].strip()) == AS_OF
    assert re.fullmatch(r" <[a-z0-9.-]+>", told["List-Id"])
    assert told["Auto-Submitted"].strip() == "auto-generated"
    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert raw.count(b"\r") == raw.count(b"\n") == raw.count(b"\r\n")
    assert len(raw) <= 100_000
    assert told["To"].strip() == MAIL["recipient"]


def two_parsers_agree(raw: bytes) -> None:
    """The standard library, dkimpy's parser of headers, and the parts taken apart by hand."""
    read = message_from_bytes(raw, policy=SMTP)
    assert [part.defects for part in read.walk()] == [[]] * 3
    theirs, body = dkim.rfc822_parse(raw)
    assert [name.decode() for name, _ in theirs] == list(read.keys()) == [name for name, _ in headers(raw)]
    assert [value.decode().strip() for _, value in theirs] == [value.strip() for _, value in headers(raw)]
    parts = body.split(b"--" + str(read.get_boundary()).encode())
    assert (parts[0].strip(), parts[-1].strip()) == (b"", b"--")
    by_hand = [quopri.decodestring(part.split(b"\r\n\r\n", 1)[1][:-2]).decode() for part in parts[1:-1]]
    by_library = [str(part.get_content()) for part in read.iter_parts()]
    assert [one.replace("\r\n", "\n") for one in by_hand] == [one.replace("\r\n", "\n") for one in by_library]
