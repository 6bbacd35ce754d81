"""What came in a week, what matched, and what could nobody serve? Counts for the cluster offices, of no firm alone.

What portals publish is public and counted as it is. What says something of firms is told only where five of them or
more stand behind it, or none (k-anonymity, Sweeney 2002, with k = 5); and where one figure alone would be hidden in a
table whose sum is told, a second is hidden with it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, Self

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.clock import local_day, moment_of
from alerts.due import served
from classifier.revisions import speaking
from db.models import Alert, AlertKind, Match, Notice, NoticeVersion, Profile, Subscriber

FEWEST_FIRMS: Final = 5
SCOPES: Final = ("defence", "preparedness")
TOLD: Final = ("planning", "competition", "intent")  # what a firm could still serve; no results, no news
REGION: Final = 4  # letters of a NUTS code on the second level: Trøndelag, Mellersta Norrland
DIVISION: Final = 2  # digits of a CPV code that name its branch
_FIRM: Final = func.lower(Subscriber.company)


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Monday to Sunday by our readers' calendars, named as ISO 8601 names it."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> Self:
        """The week that holds this day."""
        year, number, _ = day.isocalendar()
        return cls(year=year, number=number)

    @classmethod
    def before(cls, moment: datetime) -> Self:
        """The last whole week before this moment."""
        return cls.of(local_day(moment) - timedelta(days=7))

    @property
    def first(self) -> date:
        """Its Monday. Raises ValueError where the year has no such week."""
        return date.fromisocalendar(self.year, self.number, 1)

    def shifted(self, weeks: int) -> Self:
        """So many weeks later."""
        return type(self).of(self.first + timedelta(weeks=weeks))

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """From when, and before when."""
        return moment_of(self.first, 0), moment_of(self.first + timedelta(days=7), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """Procurements of one kind that came, and how many of them some firm's profile fits.

    ``served`` None: fewer than five firms stand behind it, or it would tell another figure that is hidden.
    """

    came: int
    served: int | None

    @property
    def unserved(self) -> int | None:
        """How many fit nobody."""
        return None if self.served is None else self.came - self.served


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """Alerts of buyers of one country to firms of one country. ``alerts`` None: fewer than five firms were told."""

    buyers: str
    firms: str
    alerts: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekReport:
    """One week. Countries are alpha-2, "" where the portal named none; regions NUTS 2; branches CPV divisions."""

    week: Week
    firms: int | None  # who were served, if that were five or more
    all: Met
    scopes: Mapping[str, Met]
    stages: Mapping[str, Met]
    countries: Mapping[str, Met]
    regions: Mapping[str, Met]
    branches: Mapping[str, Met]
    crossings: tuple[Crossing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Came:
    """One procurement in what this report asks of it; ``firms``: whose profiles it fits."""

    scope: str
    stage: str
    country: str
    regions: frozenset[str]
    branches: frozenset[str]
    firms: frozenset[str]


def week_report(s: Session, week: Week) -> WeekReport:
    """The report of a week, from what is stored now. Reads only."""
    start, end = week.bounds
    firms = s.scalar(select(func.count(func.distinct(_FIRM))).where(*served())) or 0
    came = list(_came(s, start, end))
    scopes = {scope: [one for one in came if one.scope == scope] for scope in SCOPES}
    return WeekReport(
        week=week,
        firms=firms if firms >= FEWEST_FIRMS else None,
        all=_met(came),
        scopes=_table(scopes),
        stages=_table(_groups((one.stage, one) for one in came)),
        countries=_table(_groups((one.country, one) for one in came)),
        regions=_table(_groups((region, one) for one in came for region in one.regions)),
        branches=_table(_groups((branch, one) for one in came for branch in one.branches)),
        crossings=tuple(_crossings(s, start, end)),
    )


def _came(s: Session, start: datetime, end: datetime) -> Iterator[_Came]:
    """Every procurement of defence or preparedness of which a notice came first in these days."""
    first = (
        select(Notice.procurement_id)
        .group_by(Notice.procurement_id)
        .having(func.min(Notice.created_at) >= start, func.min(Notice.created_at) < end)
    )
    current = (
        select(Notice.procurement_id, NoticeVersion)
        .join(NoticeVersion, NoticeVersion.id == Notice.current_version_id)
        .where(Notice.procurement_id.in_(first), NoticeVersion.scope.in_(SCOPES), NoticeVersion.stage.in_(TOLD))
        .order_by(Notice.procurement_id, Notice.id)
    )
    found: dict[int, list[NoticeVersion]] = defaultdict(list)
    for procurement_id, version in s.execute(current):
        found[procurement_id].append(version)
    fitting = _fitting(s, [version.id for versions in found.values() for version in versions])
    for versions in found.values():
        # One purchase on several portals: what the first of them says, with the places and the firms of all.
        yield _Came(
            scope=min(str(one.scope) for one in versions),  # defence goes before preparedness
            stage=versions[0].stage,
            country=next((one.country for one in versions if one.country), ""),
            regions=frozenset(code[:REGION] for one in versions for code in one.nuts if len(code) >= REGION),
            branches=frozenset(code[:DIVISION].ljust(8, "0") for code in versions[0].cpv[:1]),
            firms=frozenset(firm for one in versions for firm in fitting[one.id]),
        )


def _fitting(s: Session, version_ids: Sequence[int]) -> dict[int, set[str]]:
    """Firms with a profile whose line each version lies above."""
    above = (
        select(Match.version_id, _FIRM)
        .join(NoticeVersion, NoticeVersion.id == Match.version_id)
        .join(Profile, Profile.id == Match.profile_id)
        .join(Subscriber, Subscriber.id == Profile.subscriber_id)
        .where(
            Match.version_id.in_(version_ids),
            Match.barred_by.is_(None),
            Match.score >= Match.threshold_then,
            speaking(),
            *served(),
        )
        .distinct()
    )
    firms: dict[int, set[str]] = defaultdict(set)
    for version_id, firm in s.execute(above):
        firms[version_id].add(firm)
    return firms


def _groups(named: Iterable[tuple[str, _Came]]) -> dict[str, list[_Came]]:
    """By name, the largest first."""
    groups: dict[str, list[_Came]] = defaultdict(list)
    for name, one in named:
        groups[name].append(one)
    return dict(sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0])))


def _table(groups: Mapping[str, Sequence[_Came]]) -> dict[str, Met]:
    """Counts by name, of which none can be had by taking the others from the sum."""
    table = {name: _met(group) for name, group in groups.items()}
    hidden = [name for name, met in table.items() if met.served is None]
    shown = [name for name, met in table.items() if met.served]
    if len(hidden) == 1 and shown:
        least = min(shown, key=lambda name: table[name].served or 0)
        table[least] = replace(table[least], served=None)
    return table


def _met(came: Sequence[_Came]) -> Met:
    behind = frozenset[str]().union(*(one.firms for one in came))
    told = not behind or len(behind) >= FEWEST_FIRMS
    return Met(came=len(came), served=sum(bool(one.firms) for one in came) if told else None)


def _crossings(s: Session, start: datetime, end: datetime) -> Iterator[Crossing]:
    """What was told over the border and at home, by the two countries; no sum of it is told."""
    rows = s.execute(
        select(
            func.coalesce(NoticeVersion.country, "").label("buyers"),
            Subscriber.country.label("firms"),
            func.count().label("alerts"),
            func.count(func.distinct(_FIRM)).label("behind"),
        )
        .select_from(Alert)
        .join(NoticeVersion, NoticeVersion.id == Alert.version_id)
        .join(Subscriber, Subscriber.id == Alert.subscriber_id)
        .where(
            Alert.created_at >= start,
            Alert.created_at < end,
            Alert.kind.not_in([AlertKind.REMINDER, AlertKind.CHANGE]),
        )
        .group_by("buyers", Subscriber.country)
        .order_by("buyers", Subscriber.country)
    )
    for row in rows:
        enough = row.behind >= FEWEST_FIRMS
        yield Crossing(buyers=row.buyers, firms=row.firms, alerts=row.alerts if enough else None)
