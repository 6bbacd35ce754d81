"""Are moments and amounts read right, and do absurd ones cost no more than themselves?"""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers import clean, moments
from crawlers.notice import Deadline, DeadlineKind


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("6000000", "SEK", "6000000"),
        (45_000_000, "sek", "45000000"),
        ("3 200 000,00", "EUR", "3200000"),
        ("3\u00a0200\u00a0000,5", "EUR", "3200000.5"),
        ("3,200,000.25", "EUR", "3200000.25"),
        (212605.5, "EUR", "212605.5"),
        ("-1", "SEK", None),
        (0, "SEK", None),
        ("1.00", "NOK", None),
        ("1e999", "NOK", None),
        ("nan", "NOK", None),
        (True, "NOK", None),
        ("5", "KRONER", None),
        ("5", None, None),
        ("9" * 30, "NOK", None),
    ],
)
def test_money(amount: object, currency: str | None, expected: str | None) -> None:
    money = clean.money(amount, currency)
    assert (str(money.amount) if money else None) == expected
    assert money is None or money.amount == Decimal(expected or 0)


def end(day: str, clock: str | None, country: str | None = "NO") -> tuple[str | None, list[str]]:
    oddities: list[str] = []
    found = clean.deadline(day, clock, DeadlineKind.TENDER, country, oddities)
    return (found.at.isoformat().replace("+00:00", "Z") if found else None), oddities


# T5 and H11: offset, none, day alone, end of the day, the two days when clocks turn, and what cannot be.
DEADLINES = [
    ("2024-03-04+00:00", "11:00:00+00:00", "NO", "2024-03-04T11:00:00Z"),
    ("2024-03-04Z", "11:00:00Z", "NO", "2024-03-04T11:00:00Z"),
    ("2023-12-08+01:00", "00:00:00+01:00", "NO", "2023-12-07T23:00:00Z"),
    ("2023-11-10+02:00", "14:00:00+02:00", "FI", "2023-11-10T12:00:00Z"),
    ("2023-12-13+02:00", "16:59:19.0000000+02:00", "RO", "2023-12-13T14:59:19Z"),
    ("2026-08-25+02:00", "23:59:00+02:00", "SE", "2026-08-25T21:59:00Z"),
    ("2026-08-25+02:00", "23:59:00", "SE", "2026-08-25T21:59:00Z"),  # the date's offset counts for the time
    ("2026-08-25", "23:59:00+02:00", "SE", "2026-08-25T21:59:00Z"),
    ("2026-08-25Z", "12:00:00+02:00", "SE", "2026-08-25T10:00:00Z"),  # the time's own counts most
    ("2026-01-15", "12:00", "NO", "2026-01-15T11:00:00Z"),
    ("2026-07-15", "12:00", "NO", "2026-07-15T10:00:00Z"),
    ("2026-07-15", "12:00", "SE", "2026-07-15T10:00:00Z"),
    ("2026-07-15", "12:00", "FI", "2026-07-15T09:00:00Z"),
    ("2026-07-15", "12:00", "GB", "2026-07-15T11:00:00Z"),
    ("2026-07-15", "12:00", "PT", "2026-07-15T11:00:00Z"),
    ("2026-07-15", "12:00", None, "2026-07-15T10:00:00Z"),  # the Official Journal's zone
    ("20210707", None, "SE", "2021-07-07T21:59:00Z"),
    ("20210210", "15:00", "DK", "2021-02-10T14:00:00Z"),
    ("2026-12-24", None, "NO", "2026-12-24T22:59:00Z"),
    ("2026-12-24Z", None, "NO", "2026-12-24T23:59:00Z"),
    ("2026-12-24+01:00", None, "SE", "2026-12-24T22:59:00Z"),
    ("2026-12-24", "24:00:00", "SE", "2026-12-24T23:00:00Z"),
    ("2026-12-31", "24:00", "NO", "2026-12-31T23:00:00Z"),
    ("2026-03-29", "02:30", "NO", "2026-03-29T01:30:00Z"),  # a time that the clocks skip
    ("2026-03-29", "23:59", "NO", "2026-03-29T21:59:00Z"),
    ("2026-10-25", "02:30", "SE", "2026-10-25T00:30:00Z"),  # a time that comes twice: the first one is safe
    ("2026-10-25", "12:00", "SE", "2026-10-25T11:00:00Z"),
    ("2024-02-29", "12:00", "SE", "2024-02-29T11:00:00Z"),
    ("2032-06-30", "00:00", "FI", "2032-06-29T21:00:00Z"),
    ("2023-02-31", "12:00", "NO", None),
    ("2023-02-29", None, "NO", None),
    ("0000-01-01", None, "NO", None),
    ("99999-01-01", None, "NO", None),
    ("1970-01-01", None, "NO", None),
    ("2099-01-01", "11:59:59", "NO", None),
    ("2026-01-01", "25:00", "NO", None),
    ("2026-01-01", "12:61", "NO", None),
    ("2026-01-01+25:00", "12:00", "NO", None),
    ("2026-01-01", "24:00:01", "NO", None),
    ("tomorrow", None, "NO", None),
]


@pytest.mark.parametrize(("day", "clock", "country", "expected"), DEADLINES)
def test_deadlines_are_read_right(day: str, clock: str | None, country: str | None, expected: str | None) -> None:
    at, oddities = end(day, clock, country)
    assert at == expected
    assert bool(oddities) is (expected is None) or "offset" in oddities[0]


def test_an_offset_that_the_country_does_not_have_is_flagged_and_kept() -> None:
    at, oddities = end("2023-02-10+02:00", "12:00:00+02:00")
    assert at == "2023-02-10T10:00:00Z"
    assert oddities == ["tender deadline has an offset that NO does not have on that day"]
    assert end("2024-03-04+00:00", "11:00:00+00:00")[1] == []


def test_a_deadline_before_publication_is_dropped_but_not_on_its_day() -> None:
    published = datetime(2026, 3, 10, tzinfo=UTC)
    oddities: list[str] = []
    for day, kept in (("2026-03-09", False), ("2026-03-10", True), ("2026-03-11", True), ("2069-01-01", False)):
        found = clean.deadline(day, "12:00", DeadlineKind.TENDER, "NO", oddities)
        assert (moments.possible(found, published, oddities) is not None) is kept, day
    assert len(oddities) == 2


def test_the_best_kind_comes_first_then_the_earliest() -> None:
    def at(day: int, kind: DeadlineKind) -> Deadline:
        return Deadline(at=datetime(2026, 1, day, tzinfo=UTC), kind=kind)

    interest, late, early = at(1, DeadlineKind.INTEREST), at(9, DeadlineKind.TENDER), at(5, DeadlineKind.TENDER)
    assert moments.earliest([interest, None, late, early]) == early
    assert moments.earliest([interest, at(3, DeadlineKind.REQUEST)]) == at(3, DeadlineKind.REQUEST)
    assert moments.earliest([None]) is None


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_words_for_a_date_raise(day: str, clock: str) -> None:
    end(day, clock)
    clean.publication_day(day)
    clean.instant(day, clock)
    clean.money(day, clock)
