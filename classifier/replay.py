"""What would these lines have told over the last weeks, and in how many mails? The stored matches, told again.

Only what was kept can be told again: a match whose score was below the floor of keeping, and below its line, has no row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Row, TextClause, func, select, text
from sqlalchemy.orm import Session

from classifier.revisions import in_force
from classifier.shift import Lines
from db.models import Notice, Profile, Subscriber
from db.notices import CANARY
from db.session import utcnow

BARS: Final = 50  # of the histogram, from 0 to 1
TOO_MANY_A_DAY: Final = 10.0  # more than a small firm reads
WINDOWS: Final = (30, 90)  # days that can be told again


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What one subscriber would have heard: alerts and mails a week, with the lines as they are and as moved."""

    subscriber_id: int
    company: str
    alerts: tuple[float, float]
    mails: tuple[float, float]

    @property
    def is_flooded(self) -> bool:
        """Whether the moved lines would bring more than anyone reads."""
        return self.alerts[1] > 7 * TOO_MANY_A_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """The window told again."""

    notices: int  # that we met for the first time in it
    bars: tuple[int, ...]  # matches that nothing bars, by score
    heard: tuple[Heard, ...]  # those for whom anything changes or is told, most alerts first

    def alerts(self) -> tuple[float, float]:
        """Of all subscribers together, a week: with the lines as they are, and as moved."""
        return sum(one.alerts[0] for one in self.heard), sum(one.alerts[1] for one in self.heard)

    def mails(self) -> tuple[float, float]:
        """The same, of mails."""
        return sum(one.mails[0] for one in self.heard), sum(one.mails[1] for one in self.heard)


# Matches of notices that came within the window, as they now read. The revision in force alone speaks of them: a notice
# that came so lately was scored by it, or by one whose scores are not to be compared.
_MATCHES: Final = """
    FROM unnest(CAST(:profiles AS bigint[]), CAST(:before AS float[]), CAST(:after AS float[]))
         AS line(profile_id, before, after)
    JOIN match ON match.profile_id = line.profile_id AND match.model_rev = :revision AND match.barred_by IS NULL
    JOIN notice_version ON notice_version.id = match.version_id AND notice_version.created_at > :since
    JOIN notice ON notice.current_version_id = notice_version.id
"""
_BARS: Final = text(f"""
    SELECT least(floor(match.score * {BARS})::int, {BARS - 1}) AS bar, count(*) AS matches
    {_MATCHES}
    GROUP BY 1
""")
_ABOVE: Final = text(f"SELECT count(*) AS matches {_MATCHES} WHERE match.score >= line.before")
# An alert is told once per stage of a procurement, with the quickest of the profiles that carry it. What is told at
# once comes with a matching, every quarter of an hour; the rest by the day or the week of our readers.
_HEARD: Final = text(f"""
    WITH told AS (
        SELECT profile.subscriber_id,
               min(notice_version.created_at) AS at,
               min(pace.value) FILTER (WHERE match.score >= line.before) AS before,
               min(pace.value) FILTER (WHERE match.score >= line.after) AS after
        {_MATCHES}
        JOIN profile ON profile.id = line.profile_id
        JOIN subscriber ON subscriber.id = profile.subscriber_id
        CROSS JOIN LATERAL (SELECT CASE coalesce(profile.cadence, subscriber.cadence)
                            WHEN 'at_once' THEN 0 WHEN 'daily' THEN 1 ELSE 2 END AS value) AS pace
        WHERE match.score >= least(line.before, line.after)
        GROUP BY profile.subscriber_id, notice.procurement_id, notice_version.stage
    ), slot AS (
        SELECT subscriber_id, before, after,
               floor(extract(epoch FROM at) / 900) AS quarter,
               (at AT TIME ZONE 'Europe/Oslo')::date - DATE '2001-01-01' AS day
        FROM told
    )
    SELECT subscriber_id,
           count(before) AS alerts_before,
           count(after) AS alerts_after,
           count(DISTINCT quarter) FILTER (WHERE before = 0) + count(DISTINCT day) FILTER (WHERE before = 1)
               + count(DISTINCT day / 7) FILTER (WHERE before = 2) AS mails_before,
           count(DISTINCT quarter) FILTER (WHERE after = 0) + count(DISTINCT day) FILTER (WHERE after = 1)
               + count(DISTINCT day / 7) FILTER (WHERE after = 2) AS mails_after
    FROM slot
    GROUP BY subscriber_id
""")  # noqa: S608 - as above


def replay(s: Session, profiles: Sequence[int], before: Lines, after: Lines, *, days: int) -> Replay:
    """The last days told again with these lines; ``after`` has the moved ones alone.

    Subscribers are counted with all their profiles, since their mails tell of all; the bars are of ``profiles``.
    """
    since, revision = utcnow() - timedelta(days=days), in_force(s)
    found = _told(s, _BARS, profiles, before, after, since=since, revision=revision)
    bars = {row.bar: row.matches for row in found}
    named = {row.id: row.company for row in s.execute(select(Subscriber.id, Subscriber.company))}
    weeks = days / 7
    heard = [
        Heard(
            subscriber_id=row.subscriber_id,
            company=named[row.subscriber_id],
            alerts=(row.alerts_before / weeks, row.alerts_after / weeks),
            mails=(row.mails_before / weeks, row.mails_after / weeks),
        )
        for row in _told(s, _HEARD, [*before], before, after, since=since, revision=revision)
    ]
    return Replay(
        notices=s.scalar(select(func.count(Notice.id)).where(Notice.created_at > since, Notice.source != CANARY)) or 0,
        bars=tuple(bars.get(bar, 0) for bar in range(BARS)),
        heard=tuple(sorted(heard, key=lambda one: (-one.alerts[1], one.company))),
    )


def above_a_week(s: Session, lines: Lines, *, days: int) -> float:
    """Matches above these lines in a week, of all these profiles together."""
    since, revision = utcnow() - timedelta(days=days), in_force(s)
    (told,) = _told(s, _ABOVE, [*lines], lines, {}, since=since, revision=revision)
    return float(told.matches) / (days / 7)


def with_their_others(s: Session, profiles: Sequence[int]) -> Sequence[int]:
    """These profiles, and the other active ones of their subscribers."""
    theirs = select(Profile.subscriber_id).where(Profile.id.in_(profiles))
    return s.scalars(select(Profile.id).where(Profile.subscriber_id.in_(theirs), Profile.active.is_(True))).all()


def _told(
    s: Session,
    query: TextClause,
    profiles: Sequence[int],
    before: Lines,
    after: Mapping[int, Decimal],
    *,
    since: datetime,
    revision: str | None,
) -> Sequence[Row[Any]]:
    known = [profile for profile in profiles if profile in before]
    bound = {
        "profiles": known,
        "before": [float(before[one]) for one in known],
        "after": [float(after.get(one, before[one])) for one in known],
        "since": since,
        "revision": revision,
    }
    return s.execute(query, bound).all()
