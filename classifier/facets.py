"""Which of a profile's own limits bar a notice, however well it fits, and which notices may one still act on?"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Interval, func, literal, or_

from classifier.own_words import unwanted
from db.models import NoticeVersion, Profile

# A notice without a deadline is news for so long; an archive that is imported later alerts nobody.
NEWS_FOR = timedelta(days=60)


def barred_by(profile: Profile, version: NoticeVersion, *, now: datetime) -> str | None:
    """The first limit that says no, or None. What a portal left out never bars: a missed notice costs a contract."""
    checks = (
        ("stage", _stage_is_unwanted(profile, version)),
        ("deadline", version.deadline_at is not None and version.deadline_at <= now),
        ("age", _is_old(version, now)),
        ("cancelled", version.cancelled),
        ("scope", bool(profile.scopes) and version.scope is not None and version.scope not in profile.scopes),
        (
            "country",
            bool(profile.countries) and version.country is not None and version.country not in profile.countries,
        ),
        ("place", _place_is_elsewhere(profile.nuts, version)),
        ("value", _value_is_outside(profile, version)),
        ("word", unwanted(profile.words_out, version)),
    )
    return next((name for name, says_no in checks if says_no), None)


def open_until() -> ColumnElement[datetime]:
    """Until when one may still act on a version: what :func:`still_open` asks, as a moment."""
    published = func.coalesce(NoticeVersion.published_at, NoticeVersion.created_at)
    return func.coalesce(NoticeVersion.deadline_at, published + literal(NEWS_FOR, Interval()))


def still_open(now: datetime) -> ColumnElement[bool]:
    """Versions that one may still act on: before their deadline, or news where they name none."""
    return or_(
        NoticeVersion.deadline_at > now,
        NoticeVersion.deadline_at.is_(None)
        & (func.coalesce(NoticeVersion.published_at, NoticeVersion.created_at) > now - NEWS_FOR),
    )


def _stage_is_unwanted(profile: Profile, version: NoticeVersion) -> bool:
    return bool(profile.stages) and version.stage not in profile.stages


def _is_old(version: NoticeVersion, now: datetime) -> bool:
    return version.deadline_at is None and version.published_at is not None and version.published_at < now - NEWS_FOR


def _place_is_elsewhere(wanted: Sequence[str], version: NoticeVersion) -> bool:
    """Whether all places lie outside the regions named for that country.

    A profile's regions limit the countries they lie in and no other: a welder who works in Trøndelag may still go to
    any place in Sweden. A notice for the whole country, or without a place, is never elsewhere.
    """
    if not wanted or not version.nuts or version.nationwide:
        return False
    countries = {code[:2] for code in wanted}
    return all(
        place[:2] in countries and not any(place.startswith(region) or region.startswith(place) for region in wanted)
        for place in version.nuts
    )


def _value_is_outside(profile: Profile, version: NoticeVersion) -> bool:
    if version.value_amount is None or version.value_currency != profile.value_currency:
        return False
    too_small = profile.value_min is not None and version.value_amount < profile.value_min
    too_large = profile.value_max is not None and version.value_amount > profile.value_max
    return too_small or too_large
