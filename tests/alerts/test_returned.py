"""Is every kind of returned mail read right, and does nothing that a stranger sends upset the reader? (M8)"""

import random
import secrets
import time
from collections import Counter

import pytest
from returned_samples import FOLDER, Sample, samples

from alerts.bounce_codes import Meaning
from alerts.returned import read_returned

SAMPLES = samples()
HARMLESS = {Meaning.AUTO_REPLY, Meaning.NOTHING, Meaning.DELIVERED, Meaning.DELAYED}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_m8_each_kind_is_read_as_it_says(sample: Sample) -> None:
    found = read_returned(sample.mail())
    assert (found.meaning, found.code) == (sample.meaning, sample.code), found.told


def test_m8_there_are_samples_enough_and_each_kind_is_its_own() -> None:
    kinds = Counter(sample.meaning for sample in SAMPLES)
    print(f"\n{len(SAMPLES)} samples: {dict(kinds)}")
    assert len(SAMPLES) >= 60
    assert len({sample.shows for sample in SAMPLES}) == len(SAMPLES) == len(list(FOLDER.iterdir()))
    assert kinds.keys() == set(Meaning) - {Meaning.COMPLAINT}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_m8_what_is_told_of_a_mail_names_nobody(sample: Sample) -> None:
    told = read_returned(sample.mail()).told
    assert told.isascii()
    assert "@" not in told
    assert "\n" not in told
    assert len(told) <= 300


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_m8_line_endings_make_no_difference(ending: bytes) -> None:
    for sample in SAMPLES:
        assert read_returned(sample.mail().replace(b"\r\n", ending)).meaning == sample.meaning, sample.name


@pytest.mark.parametrize("count", [1_000, pytest.param(10_000, marks=pytest.mark.prove)])
def test_m8_damaged_mails_are_read_without_an_exception(count: int) -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    chance, slowest = random.Random(seed), 0.0
    for _ in range(count):
        damaged = damage(bytearray(chance.choice(SAMPLES).mail()), chance)
        began = time.perf_counter()
        found = read_returned(bytes(damaged), null_sender=chance.random() < 0.5)
        slowest = max(slowest, time.perf_counter() - began)
        assert found.told.isascii()
    print(f"slowest {slowest * 1000:.1f} ms")
    assert slowest < 0.5


def damage(mail: bytearray, chance: random.Random) -> bytearray:
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(mail) or 1)
        match chance.randrange(5):
            case 0:
                mail[at : at + chance.randint(0, 40)] = chance.randbytes(chance.randint(0, 20))
            case 1:
                del mail[at:]
            case 2:
                mail[at:at] = mail[: chance.randint(0, 200)]
            case 3:
                mail[at:at] = chance.choice(
                    [b"=?utf-8?q?=0d=0a?=", b"\0", b"\r\n\r\n", b"--grense-1\r\n", b"Content-Type: x"]
                )
            case _:
                mail[at:at] = b"charset=rot13; boundary=" + chance.randbytes(3)
    return mail


SLOW = {
    "one long word": b"x" * 200_000,
    "many at signs": b"a@" * 100_000,
    "many brackets": b"(" * 200_000,
    "many tags": b"<style" * 40_000,
    "many digits": b"5.1." * 50_000,
    "many dashes": b"-" * 200_000,
    "many lines": b"- \n" * 70_000,
}


@pytest.mark.parametrize("kind", ["text/plain", "text/html", "message/delivery-status", "message/feedback-report"])
@pytest.mark.parametrize("words", SLOW.values(), ids=SLOW)
def test_m8_no_words_make_the_reader_slow(kind: str, words: bytes) -> None:
    head = b"From: mailer-daemon@a.example\r\nSubject: Undeliverable\r\nContent-Type: " + kind.encode()
    began = time.perf_counter()
    read_returned(head + b"\r\n\r\nStatus: 5.0.0\r\nAction: failed\r\nDiagnostic-Code: smtp; " + words)
    assert time.perf_counter() - began < 1


def test_m8_a_thousand_parts_in_a_thousand_depths_end() -> None:
    deep = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (depth, depth) for depth in range(1_000)
    )
    assert read_returned(b"From: a@b.example\r\n" + deep).meaning is Meaning.NOTHING
    wide = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" * 1_000
    )
    assert read_returned(b"From: a@b.example\r\n" + wide).meaning is Meaning.NOTHING


@pytest.mark.parametrize("sample", samples(FOLDER.parent / "complaints"), ids=lambda sample: sample.name)
def test_m9_each_kind_of_feedback_is_read_as_it_says(sample: Sample) -> None:
    assert read_returned(sample.mail()).meaning == sample.meaning
