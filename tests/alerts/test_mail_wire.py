"""Can nobody bend a header, and is every mail one that the standards and the mailboxes accept?"""

import re
from collections.abc import Mapping
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import compat32
from typing import Any

import pytest
from digest_views import AS_OF, MAIL, NAMES, NORWEGIAN, SWEDISH, make_entry, make_view
from hypothesis import given, settings
from hypothesis import strategies as st
from mail_reading import html_of, read, text_of

from alerts import wire
from alerts.message import MailBroken, render
from alerts.outside import header_text
from alerts.view import DigestView

NAMES_SET = list(wire.HEADERS)
INJECTIONS = [
    "=?utf-8?q?hei=0D=0ABcc:_x@y.no?=",
    "=?utf-8?b?aGVpDQpCY2M6IHhAeS5ubw==?=",
    "=?utf-8?q?a?= =?utf-8?q?=0D=0ABcc:_x@y.no?=",
    "==?utf-8?q?=0D=0ABcc:_x@y.no?=?=",
    "=\x00?utf-8?q?hei=0D=0ABcc:_x@y.no?=",
    "=\N{ZERO WIDTH SPACE}?utf-8?q?hei=0D=0ABcc:_x@y.no?=",
    "hei\r\nBcc: x@y.no",
    "hei\nBcc: x@y.no",
    "hei\rBcc: x@y.no",
    "hei\r\n\r\n<script>alert(1)</script>",
    "hei\x0bBcc: x@y.no",
    "hei\x0cBcc: x@y.no",
    "hei\x1cBcc: x@y.no\x1d\x1e",
    "hei\x85Bcc: x@y.no",
    "hei\N{LINE SEPARATOR}Bcc: x@y.no",
    "hei\N{PARAGRAPH SEPARATOR}Bcc: x@y.no",
    "hei\x00Bcc: x@y.no\x7f",
    "hei\ud800\udfff",
    "\N{RIGHT-TO-LEFT OVERRIDE}on.y@x :ccB",
    'x@y.no, "Sveis" <z@y.no>; gruppe: a@b.no;',
    "æøå " * 200,
    "x" * 5000,
    " ",
    "",
    "\N{FIRE ENGINE}" * 100,
]


def headers(raw: bytes) -> list[str]:
    """The header names, read from the bytes by hand: what stands before a colon on a line that is no continuation."""
    head = raw.split(b"\r\n\r\n", 1)[0]
    return [line.split(b":", 1)[0].decode("ascii") for line in head.split(b"\r\n") if line[:1] not in (b" ", b"\t")]


@pytest.mark.parametrize("words", INJECTIONS)
def test_no_words_can_make_a_header(words: str) -> None:
    views = [
        make_view(company=words),
        make_view(company=words, entries=()),
        make_view(entries=(), changed=(make_entry(title=words, kind="change"),)),
        make_view(entries=(), changed=(make_entry(title=words, kind="change", cancelled=True),)),
    ]
    for view in views:
        raw = render(view, NAMES, **{**MAIL, "sender_name": words})
        assert headers(raw) == NAMES_SET
        assert [name.lower() for name in message_from_bytes(raw, policy=compat32)] == [
            name.lower() for name in NAMES_SET
        ]
        assert b"\nbcc" not in raw.lower()
        assert [one.addr_spec for one in read(raw)["From"].addresses] == [MAIL["sender"]]
        assert [one.addr_spec for one in read(raw)["To"].addresses] == [MAIL["recipient"]]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(words=st.text(st.characters(exclude_categories=()), max_size=120), tail=st.sampled_from(INJECTIONS))
def test_whatever_the_words_the_header_names_are_ours(words: str, tail: str) -> None:
    raw = render(make_view(company=words + tail), NAMES, **{**MAIL, "sender_name": tail + words})
    assert headers(raw) == NAMES_SET
    told = " ".join(str(read(raw)["Subject"]).split())
    assert told.startswith("1 anskaffelse for")
    assert told.endswith("frist om 6 dager")


@pytest.mark.parametrize("subject", ["1 anskaffelse for Ærø Åsbø", "ÆØÅ" * 60, "kort", "å " * 90, "a" * 199 + "ø"])
def test_the_subject_arrives_as_it_was_written(subject: str) -> None:
    envelope = envelope_of(subject=subject)
    raw = wire.write(envelope, text="hei\n", html="<p>hei</p>")
    assert read(raw)["Subject"] == header_text(subject, wire.SUBJECT)
    folded = re.findall(rb"=\?[^ \r]*\?=", raw.split(b"\r\n\r\n", 1)[0])
    assert all(len(word) <= 75 for word in folded)  # RFC 2047, section 2


@pytest.mark.parametrize("view", [NORWEGIAN, SWEDISH, make_view(entries=())], ids=["nb", "sv", "empty"])
def test_the_mail_is_well_formed(view: DigestView) -> None:
    raw = render(view, NAMES, **MAIL)
    message = read(raw)
    assert headers(raw) == NAMES_SET
    assert message.defects == []
    assert [part.defects for part in message.walk()] == [[]] * 3
    assert message["Date"].datetime == AS_OF
    assert message["Message-ID"] == MAIL["message_id"]
    assert message["List-Id"] == "<digest.anbudsvakt.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")


@pytest.mark.parametrize(
    "url",
    [
        "https://anbudsvakt.example/u/OQ.abcdefghijklmnopqrstu",
        "http://127.0.0.1:8080/u/OQ.abcdefghijklmnopqrstu",
        "https://anbudsvakt.example/u/" + "a" * 300,
    ],
)
def test_one_click_is_whole_on_the_wire(url: str) -> None:
    raw = render(make_view(one_click_url=url), NAMES, **MAIL)
    lines = raw.split(b"\r\n\r\n", 1)[0].split(b"\r\n")
    assert f"List-Unsubscribe: <{url}>".encode() in lines
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines
    after = lines[lines.index(f"List-Unsubscribe: <{url}>".encode()) + 1]
    assert not after.startswith((b" ", b"\t"))


BROKEN: list[Mapping[str, Any]] = [
    {"recipient": "a@b.example, c@d.example"},
    {"recipient": "a@b.example\r\nBcc: c@d.example"},
    {"recipient": "Navn <a@b.example>"},
    {"recipient": "ingen"},
    {"recipient": ""},
    {"recipient": "@b.example"},
    {"recipient": "a@"},
    {"recipient": "å@b.example"},
    {"sender": "varsel@anbudsvakt.example\nBcc: c@d.example"},
    {"sender": "varsel"},
    {"message_id": "uten-klammer@b.example"},
    {"message_id": "<a@b.example>\r\nBcc: c@d.example"},
    {"message_id": "<a b@c.example>"},
    {"list_id": "digest example"},
    {"list_id": "a>\r\nBcc: c@d.example"},
    {"sent_at": datetime(2026, 11, 22, 6, 0)},  # noqa: DTZ001 - a moment without a zone is what must be refused
]


@pytest.mark.parametrize("odd", BROKEN, ids=[repr(odd) for odd in BROKEN])
def test_a_mail_that_cannot_be_right_is_refused(odd: Mapping[str, Any]) -> None:
    with pytest.raises(MailBroken):
        render(make_view(), NAMES, **{**MAIL, **odd})


@pytest.mark.parametrize(
    "url",
    [
        "mailto:av@b.example",
        "https://a.example/u/1>, <https://evil.example/",
        "https://a.example/å",
        "https://a.example/u\r\nBcc: c@d.example",
        " https://a.example/u",
        "",
    ],
)
def test_a_one_click_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(MailBroken):
        render(make_view(one_click_url=url), NAMES, **MAIL)


def test_bytes_that_hold_another_header_are_refused() -> None:
    envelope = envelope_of()
    raw = wire.write(envelope, text="hei\n", html="<p>hei</p>")
    wire.check(raw, envelope)
    bent = {
        "another header": raw.replace(b"Subject:", b"Bcc: x@y.no\r\nSubject:", 1),
        "a header twice": raw.replace(b"Subject:", b"Subject: a\r\nSubject:", 1),
        "a header less": raw.replace(b"Auto-Submitted: auto-generated\r\n", b"", 1),
        "a bare newline": raw.replace(b"hei\r\n", b"hei\n", 1),
        "a NUL": raw.replace(b"hei", b"h\0i", 1),
        "8 bits": raw.replace(b"hei", "høy".encode(), 1),
        "a long line": raw.replace(b"hei", b"h" * 999, 1),
        "a part more": raw.replace(b"--\r\n", b"\r\nContent-Type: text/plain\r\n\r\nx\r\n" + raw[-40:], 1),
        "a header in a part": raw.replace(b"Content-Type: text/html", b"X-Odd: 1\r\nContent-Type: text/html", 1),
        "another recipient": raw.replace(b"To: post@", b"To: x@y.no, post@", 1),
        "one-click folded": raw.replace(b"List-Unsubscribe: <", b"List-Unsubscribe:\r\n <", 1),
    }
    for what, bytes_bent in bent.items():
        assert bytes_bent != raw, what
        with pytest.raises(MailBroken):
            wire.check(bytes_bent, envelope)


def test_the_boundary_cannot_stand_in_a_part() -> None:
    plain = EmailMessage()
    boundary = read(wire.write(envelope_of(), text="hei\n", html="<p>hei</p>")).get_boundary()
    assert boundary is not None
    plain.set_content(f"--{boundary}\nhei\n--{boundary}--\n", cte="quoted-printable")
    assert boundary not in plain.as_string()
    raw = wire.write(envelope_of(), text=f"før\n--{boundary}--\netter\n", html="<p>hei</p>")
    assert text_of(raw) == f"før\n--{boundary}--\netter\n"
    assert html_of(raw) == "<p>hei</p>\n"


def test_the_bytes_depend_on_the_message_id_and_not_on_chance() -> None:
    first, second = (render(make_view(), NAMES, **MAIL) for _ in range(2))
    other = render(make_view(), NAMES, **{**MAIL, "message_id": "<digest-8@anbudsvakt.example>"})
    assert first == second
    assert read(first).get_boundary() != read(other).get_boundary()


def envelope_of(subject: str = "Emne") -> wire.Envelope:
    return wire.Envelope(
        sender="varsel@anbudsvakt.example",
        sender_name="Anbudsvakt",
        recipient="post@trondersveis.example",
        subject=subject,
        message_id="<1@anbudsvakt.example>",
        list_id="<digest.anbudsvakt.example>",
        one_click_url="https://anbudsvakt.example/u/1",
        sent_at=AS_OF,
    )


def test_pictures_stand_behind_the_html_part_and_are_those_that_were_set() -> None:
    pictures = [wire.Picture(content_id=f"{n}.letter.1@anbudsvakt.example", png=bytes(range(256)) * n) for n in (1, 2)]
    raw = wire.write(envelope_of(), text="hei", html="<p>hei</p>", pictures=pictures)
    assert raw == wire.write(envelope_of(), text="hei", html="<p>hei</p>", pictures=pictures)
    assert headers(raw) == NAMES_SET
    assert (text_of(raw), html_of(raw)) == ("hei\n", "<p>hei</p>\n")
    shown = [part for part in read(raw).walk() if part.get_content_maintype() == "image"]
    assert [(part["Content-ID"], part.get_content()) for part in shown] == [
        (f"<{one.content_id}>", one.png) for one in pictures
    ]
    with pytest.raises(MailBroken, match="pictures"):
        wire.check(raw, envelope_of(), pictures[:1])
    with pytest.raises(MailBroken):
        wire.check(raw, envelope_of())


@pytest.mark.parametrize("odd", ["", "a b", "a>\r\nBcc: x@y.no", "æ@b", "<a@b>", "a" * 201])
def test_a_content_id_that_is_none_is_refused(odd: str) -> None:
    with pytest.raises(MailBroken):
        wire.write(envelope_of(), text="hei", html="hei", pictures=[wire.Picture(content_id=odd, png=b"x")])
