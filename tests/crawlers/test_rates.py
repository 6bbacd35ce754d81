"""Are the bank's daily rates read through the gate, kept once, and is a document that is none kept by nobody?"""

import json
from datetime import date
from decimal import Decimal

import pytest
from nursery import told_by
from sqlalchemy import delete, select
from sqlalchemy.engine import URL

from crawlers.notice import SourceBroken
from crawlers.rates import parse
from db.rates import ExchangeRate, keep, rates_on
from db.reference.rates import SEED_DAY, SEED_RATES
from db.session import transaction
from demo.portals import SandboxPortals
from demo.rates_wire import PATH, document
from demo.witness import Faults

FRIDAY, SUNDAY = date(2026, 11, 27), date(2026, 11, 29)
PLAIN = document(FRIDAY).decode()


def asked(url: str) -> tuple[int, str]:
    return told_by("rates", "--url", url, "--json")


def kept(day: date) -> dict[str, Decimal]:
    with transaction() as s:
        return {row.currency: row.per_euro for row in s.scalars(select(ExchangeRate).where(ExchangeRate.day == day))}


def test_the_document_is_read_whole() -> None:
    day, per_euro = parse(document(SUNDAY))
    assert (day, per_euro["SEK"], len(per_euro)) == (FRIDAY, Decimal("11.0000"), 6)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html><body>Maintenance</body></html>",
        PLAIN[:300],
        PLAIN.replace("2026-11-27", "yesterday"),
        PLAIN.replace("11.8000", "N/A"),
        PLAIN.replace("11.8000", "-11.8"),
        PLAIN.replace("'NOK'", "'NO'"),
        PLAIN.replace("<Cube time", "<Cube when"),
    ],
)
def test_what_is_no_such_document_is_refused(body: str) -> None:
    with pytest.raises(SourceBroken):
        parse(body.encode())


def test_they_are_read_through_the_gate_and_kept_once(database: URL) -> None:
    with SandboxPortals(today=FRIDAY) as portals:
        for _ in range(2):
            code, told = asked(portals.base_url + PATH)
            assert (code, json.loads(told)) == (0, {"day": "2026-11-27", "currencies": 6})
        assert [seen.path for seen in portals.requests] == ["/robots.txt", PATH] * 2
        assert len(kept(FRIDAY)) == 6
        portals.set_faults(Faults(robots_text="User-agent: *\nDisallow: /stats/\n"))
        code, told = asked(portals.base_url + PATH)
        assert code == 1
        assert "robots.txt forbids it" in " ".join(told.split())


def test_a_rate_holds_for_a_month_and_no_longer(database: URL) -> None:
    with transaction() as s:
        s.execute(delete(ExchangeRate))
        keep(s, FRIDAY, {"SEK": Decimal(11), "NOK": Decimal(12)})
        keep(s, FRIDAY, {"SEK": Decimal(99)})
        keep(s, date(2026, 11, 20), {"SEK": Decimal(88)})
        assert rates_on(s, FRIDAY).convert(Decimal(1_234_567), "NOK", "SEK") == Decimal(1_100_000)
        assert rates_on(s, FRIDAY).convert(Decimal(100), "SEK", "EUR") == Decimal("9.1")
        assert rates_on(s, FRIDAY).convert(Decimal(100), "PLN", "SEK") is None
        assert rates_on(s, date(2026, 12, 27)).convert(Decimal(12), "NOK", "SEK") == Decimal(11)
        assert rates_on(s, date(2026, 12, 28)).convert(Decimal(12), "NOK", "SEK") is None
        assert rates_on(s, date(2026, 11, 19)).convert(Decimal(12), "NOK", "SEK") is None


def test_a_fresh_installation_has_round_ones_of_a_day(database: URL) -> None:
    assert kept(SEED_DAY) == dict(SEED_RATES)
