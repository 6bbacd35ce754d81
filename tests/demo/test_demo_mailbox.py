"""Does the mailbox accept, keep and file what a real SMTP client sends?"""

import smtplib
from email.message import EmailMessage
from pathlib import Path
from threading import Timer

import pytest

from demo.mailbox import Mailbox


def letter(to: str, subject: str = "3 anskaffelser – nærmeste frist om 6 dager") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Anbudsvakt <varsel@anbudsvakt.example>"
    message["To"] = to
    message["Subject"] = subject
    message["Message-ID"] = f"<{abs(hash(to))}@anbudsvakt.example>"
    message.set_content("God morgen!\n\n.en linje som begynner med punktum\n")
    message.add_alternative("<p>God morgen på nynorsk: «kjøt»</p>", subtype="html")
    return message


def send(mailbox: Mailbox, message: EmailMessage) -> None:
    with smtplib.SMTP(mailbox.host, mailbox.port, timeout=10) as client:
        client.send_message(message)


def test_a_message_is_kept_as_it_came_and_filed(tmp_path: Path) -> None:
    message = letter("post@fiborgstal.example")
    with Mailbox(tmp_path / "mail") as mailbox:
        send(mailbox, message)
        kept = mailbox.messages
    assert len(kept) == 1
    assert kept[0].recipients == ("post@fiborgstal.example",)
    assert kept[0].sender == "varsel@anbudsvakt.example"
    assert kept[0].message_id == message["Message-ID"]
    assert kept[0].subject == "3 anskaffelser – nærmeste frist om 6 dager"
    assert ".en linje som begynner med punktum" in kept[0].text
    assert "«kjøt»" in kept[0].html
    filed = sorted((tmp_path / "mail").iterdir())
    assert [path.name for path in filed] == [
        "001-post_at_fiborgstal.example.eml",
        "001-post_at_fiborgstal.example.html",
    ]
    assert filed[0].read_bytes() == kept[0].raw
    assert "«kjøt»" in filed[1].read_text(encoding="utf-8")


def test_messages_are_counted_by_recipient_and_id() -> None:
    with Mailbox() as mailbox:
        for name in ("a", "b", "a"):
            send(mailbox, letter(f"{name}@x.example"))
        assert mailbox.recipients == ("a@x.example", "b@x.example", "a@x.example")
        assert len(mailbox.message_ids) == 3
        assert len(set(mailbox.message_ids)) == 2
        assert [mail.number for mail in mailbox.to("a@x.example")] == [1, 3]


def test_a_refused_recipient_gets_its_reply_and_nothing_is_kept() -> None:
    with Mailbox(refuse={"gone@x.example": "550 5.1.1 no such user"}) as mailbox:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            send(mailbox, letter("gone@x.example"))
        assert refused.value.recipients["gone@x.example"] == (550, b"5.1.1 no such user")
        assert mailbox.messages == ()


def test_waiting_ends_with_the_mail_or_in_time() -> None:
    with Mailbox() as mailbox:
        later = Timer(0.05, send, (mailbox, letter("late@x.example")))
        later.start()
        assert mailbox.wait_for(1, within_s=10)[0].recipients == ("late@x.example",)
        later.join()
        with pytest.raises(TimeoutError, match="1 of 2"):
            mailbox.wait_for(2, within_s=0.05)


def test_two_mailboxes_have_ports_of_their_own_and_give_them_back() -> None:
    with Mailbox() as one, Mailbox() as two:
        assert one.port != two.port
        port = one.port
    with pytest.raises(ConnectionRefusedError):
        smtplib.SMTP("127.0.0.1", port, timeout=2)
