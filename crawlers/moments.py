"""When does it end, and how much is it? Dates with offsets, without them, and absurd ones; amounts with their currency.

A moment that cannot be right becomes None and a word in ``oddities`` (promises.md H11); it never costs the notice.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.core import get_global

from crawlers.notice import Deadline, DeadlineKind, Money

_OFFSET: Final = r"(Z|[+-]\d\d:\d\d)?"
_DAY: Final = re.compile(rf"(\d{{4}})-?(\d\d)-?(\d\d){_OFFSET}")
_CLOCK: Final = re.compile(rf"(\d\d):(\d\d)(?::(\d\d)(?:\.\d{{1,12}})?)?{_OFFSET}")
_AMOUNT: Final = re.compile(r"\d{1,18}(?:\.\d{1,6})?")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")

FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2090  # the converter of old Doffin notices wrote 2099-01-01 where there was no deadline
LONGEST: Final = timedelta(days=40 * 366)  # dynamic purchasing systems run for ten years and more
END_OF_DAY: Final = time(23, 59)
_OJ_ZONE: Final = "Europe/Brussels"
_CAPITALS: Final = {
    "ES": "Europe/Madrid",
    "PT": "Europe/Lisbon",
    "CY": "Asia/Nicosia",
}  # several zones, capital not first
# Kinds in the order in which a firm asks for them: the tender itself, the request to take part, a word of interest.
_BEST_KIND: Final = (DeadlineKind.TENDER, DeadlineKind.REQUEST, DeadlineKind.INTEREST)


@lru_cache(maxsize=256)
def zone_of(country: str | None) -> ZoneInfo:
    """The time zone of a country's capital; that of the Official Journal when the country is unknown."""
    zones: list[str] = get_global("territory_zones").get(country or "", [])
    name = _CAPITALS.get(country or "") or (zones[0] if zones else _OJ_ZONE)
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:  # CLDR may know a newer name than the time zone database that is installed
        return ZoneInfo(_OJ_ZONE)


def _offset(written: str | None) -> tzinfo | None:
    """The offset as a zone; None when none was written. Raises ValueError for ``+25:00``."""
    if not written:
        return None
    if written == "Z":
        return UTC
    hours, minutes = int(written[1:3]), int(written[4:6])
    if hours > 14 or minutes > 59:
        raise ValueError("no such offset")
    return timezone((1 if written[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes))


def _day(raw: str) -> tuple[date, tzinfo | None]:
    found = _DAY.fullmatch(raw)
    if found is None:
        raise ValueError("not a date")
    day = date(int(found.group(1)), int(found.group(2)), int(found.group(3)))
    if not FIRST_YEAR <= day.year < LAST_YEAR:
        raise ValueError("no such year here")
    return day, _offset(found.group(4))


def _clock(raw: str) -> tuple[timedelta, tzinfo | None]:
    found = _CLOCK.fullmatch(raw)
    if found is None:
        raise ValueError("not a time")
    hours, minutes, seconds = int(found.group(1)), int(found.group(2)), int(found.group(3) or 0)
    since_midnight = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if minutes > 59 or seconds > 60 or since_midnight > timedelta(hours=24):  # 24:00 is the end of the day
        raise ValueError("no such time")
    return since_midnight, _offset(found.group(4))


def _at(day: date, since_midnight: timedelta, zone: tzinfo) -> datetime:
    """Wall-clock time on a day in a zone, as UTC. In the hour that occurs twice the earlier one counts: it is safe."""
    return (datetime.combine(day, time()) + since_midnight).replace(tzinfo=zone).astimezone(UTC)


def deadline(
    raw_day: str | None, raw_clock: str | None, kind: DeadlineKind, country: str | None, oddities: list[str]
) -> Deadline | None:
    """A deadline from an end date and an end time, each with or without its offset.

    The time's offset rules, then the date's, then the zone of the buyer's country. Without a time: 23:59 of the day,
    ``date_only``. What is absurd gives None and a word in ``oddities``.
    """
    if not raw_day:
        return None
    try:
        day, day_zone = _day(raw_day.strip())
        if not raw_clock:
            zone = day_zone or zone_of(country)
            at = _at(day, timedelta(hours=END_OF_DAY.hour, minutes=END_OF_DAY.minute), zone)
            return Deadline(at=at, kind=kind, date_only=True)
        since_midnight, clock_zone = _clock(raw_clock.strip())
        zone = clock_zone or day_zone or zone_of(country)
        at = _at(day, since_midnight, zone)
    except (ValueError, OverflowError):
        oddities.append(f"{kind} deadline cannot be right: {raw_day[:40]} {(raw_clock or '')[:40]}".rstrip())
        return None
    _doubt(at, day_zone, clock_zone, kind, country, oddities)
    return Deadline(at=at, kind=kind)


def _doubt(
    at: datetime,
    day_zone: tzinfo | None,
    clock_zone: tzinfo | None,
    kind: str,
    country: str | None,
    oddities: list[str],
) -> None:
    """Say where an offset looks wrong. The deadline still is what the file says: nobody knows which of the two is meant.

    Doffin's converted notices of 2022 and 2023 have +02:00 in winter, when Norway is at +01:00.
    """
    offsets = {zone.utcoffset(at) for zone in (day_zone, clock_zone) if zone is not None}
    if len(offsets) > 1:
        oddities.append(f"{kind} deadline has two offsets")
    elif country and offsets - {timedelta(0), at.astimezone(zone_of(country)).utcoffset()}:
        oddities.append(f"{kind} deadline has an offset that {country} does not have on that day")


def possible(found: Deadline | None, published_at: datetime | None, oddities: list[str]) -> Deadline | None:
    """The deadline unless it lies before the day of publication or decades after it."""
    if found is None or published_at is None:
        return found
    # The day of publication begins in Helsinki three hours before it does in UTC.
    if found.at < published_at.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(hours=3):
        oddities.append(f"{found.kind} deadline before publication: {found.at:%Y-%m-%d}")
        return None
    if found.at - published_at > LONGEST:
        oddities.append(f"{found.kind} deadline decades away: {found.at:%Y-%m-%d}")
        return None
    return found


def earliest(deadlines: Iterable[Deadline | None]) -> Deadline | None:
    """The first deadline of the best kind there is: tender, else request, else interest."""
    given = [each for each in deadlines if each is not None]
    for kind in _BEST_KIND:
        of_kind = [each for each in given if each.kind is kind]
        if of_kind:
            return min(of_kind, key=lambda each: each.at)
    return None


def instant(raw_day: str | None, raw_clock: str | None = None, oddities: list[str] | None = None) -> datetime | None:
    """When a notice was sent, to the second, as UTC; without a time, its day (see publication_day)."""
    if not raw_day:
        return None
    try:
        day, day_zone = _day(raw_day.strip())
        if not raw_clock:
            return publication_day(raw_day, oddities)
        since_midnight, clock_zone = _clock(raw_clock.strip())
        return _at(day, since_midnight, clock_zone or day_zone or UTC)
    except (ValueError, OverflowError):
        if oddities is not None:
            oddities.append(f"publication cannot be right: {raw_day[:40]}")
        return None


def publication_day(raw: str | None, oddities: list[str] | None = None) -> datetime | None:
    """A day of publication as its midnight in UTC, so that it is the same day in Oslo, Stockholm and UTC."""
    if not raw:
        return None
    try:
        day, _ = _day(raw.strip())
    except ValueError:
        if oddities is not None:
            oddities.append(f"publication cannot be right: {raw[:40]}")
        return None
    return datetime.combine(day, time(), UTC)


def money(raw_amount: object, raw_currency: str | None) -> Money | None:
    """An amount and its currency; None for what portals write when they do not tell: -1, 0 and the symbolic 1."""
    currency = (raw_currency or "").strip().upper()
    written = str(raw_amount).replace("\u00a0", "").replace("\u202f", "").replace(" ", "")
    if "," in written:  # 3 200 000,00 in R2.0.8; 3,200,000.00 where a person typed it
        written = written.replace(",", "") if "." in written or written.count(",") > 1 else written.replace(",", ".")
    if isinstance(raw_amount, bool) or not _CURRENCY.fullmatch(currency):
        return None
    try:
        amount = Decimal(written)
    except InvalidOperation:
        return None
    if not _AMOUNT.fullmatch(f"{amount:f}") or amount <= 1:
        return None
    amount = amount.quantize(Decimal("0.01")).normalize()
    return Money(amount=Decimal(f"{amount:f}"), currency=currency)


def total(parts: Iterable[Money | None], oddities: list[str]) -> Money | None:
    """The lots' values together, only when every lot tells one and all are in one currency; said in ``oddities``."""
    values = list(parts)
    known = [value for value in values if value is not None]
    if not known or len(known) != len(values) or len({value.currency for value in known}) != 1:
        return None
    if len(known) > 1:
        oddities.append(f"value is the sum of {len(known)} lots")
    return Money(amount=sum((value.amount for value in known), Decimal(0)), currency=known[0].currency)
