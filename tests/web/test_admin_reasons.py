"""Are our own reasons told in the reader's language, and everybody else's words as they were written?"""

import re
from pathlib import Path

import pytest
from browsing import as_administrator, make_administrator
from outbox import sent
from postbox import use_bounces
from returned_samples import samples
from sqlalchemy import select, update
from sqlalchemy.engine import URL
from web_server import visitor

from alerts.bounces import take
from alerts.suppress import suppress
from alerts.texts import texts
from db.models import Delivery
from db.session import transaction
from web.admin.reasons import WRITTEN, reason
from web.pages import TEXTS

ROOT = Path(__file__).parents[2]
SAMPLES = {one.name: one for one in (*samples(), *samples(ROOT / "tests" / "complaints"))}


def test_what_came_back_is_told_in_norwegian(database: URL, environment: pytest.MonkeyPatch) -> None:
    use_bounces(environment)
    for name, verp in zip(("postfix-unknown-user", "abuse-with-envelope"), sent(2), strict=True):
        take(SAMPLES[name].mail(verp=verp), [verp], null_sender=True)
    with transaction() as s:
        suppress(s, "hun@firma.example", "Ringte og ba om det")
        first, second = s.scalars(select(Delivery.id).order_by(Delivery.id)).all()
        s.execute(update(Delivery).where(Delivery.id == first).values(smtp_reply="is suppressed"))
        s.execute(update(Delivery).where(Delivery.id == second).values(smtp_reply="250 2.0.0 taken"))
    with visitor() as client:
        as_administrator(client, make_administrator(language="nb"))
        page = client.get("/admin/suppressions").text
        for words in ("Kom i retur: 5.1.1", "Klaget på posten vår", "Ringte og ba om det"):
            assert words in page
        listed = client.get("/admin/deliveries").text
        assert "Adressen er sperret" in listed
        assert "250 2.0.0 taken" in listed
        assert "Ingen slik postkasse" in client.get(f"/admin/deliveries/{first}").text
        assert "Klage" in client.get(f"/admin/deliveries/{second}").text


@pytest.mark.parametrize("language", ["nb", "nn", "sv", "en"])
def test_every_reason_that_we_write_is_said_in_each_language(language: str) -> None:
    said = texts(language, TEXTS)
    examples = ("came back: 5.1.1", "came back:", "came back 7 times", "came back 7 times: 4.2.2", "complained")
    for written in (*examples, *(pattern for pattern in WRITTEN if re.fullmatch(r"[a-z ]+", pattern))):
        assert reason(said, written) != written, written
    for theirs in (None, "550 5.1.1 came back: 5.1.1", "they complained"):
        assert reason(said, theirs) == theirs


def test_the_reasons_are_those_that_the_code_writes() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "alerts").glob("*.py"))
    for pattern in WRITTEN:
        words = re.split(r"[:(]", pattern)[0].strip()
        assert f'"{words}' in code, words
