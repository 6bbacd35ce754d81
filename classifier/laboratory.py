"""What would a move of lines do? All that an administrator looks at before it is published. Writes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from classifier.bench import Bench, Kind, moved_by, moved_to
from classifier.interval import Share, votes_to_settle
from classifier.measures import Answers, Bin, Judged, Recall, answers_of, calibration, judged_of, precision, recall
from classifier.publishing import mark_by_numbers
from classifier.replay import Heard, Readers, Replay, above_a_week, readers_of, replay, with_their_others
from classifier.revisions import in_force
from classifier.shift import Lines, crossing, crossings
from classifier.threshold import default_lines, lines_in_force, newest_line, own_lines
from classifier.window import Ints, Window, window
from db.arrays import among
from db.models import (
    Buyer,
    Feedback,
    FirstVerdict,
    JudgedMatch,
    Match,
    NoticeVersion,
    Profile,
    RecallQuestion,
    RecallSample,
    ScoreRevision,
    Subscriber,
    Threshold,
    VersionBuyer,
)
from db.notices import said
from db.unchanged import Changes, Kept

LISTED = 50  # gains or losses that are named; the others are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A notice that would come or go, as a person knows it."""

    company: str
    profile: str
    title: str
    language: str
    buyer: str | None
    score: float
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossed:
    """What comes or goes: the likeliest by name, and how many there are."""

    named: tuple[Named, ...]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """How good lines are, as far as it is known."""

    precision: Share | None
    votes_more: int | None  # until precision is settled
    recall: Recall | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ground:
    """All that a look at a bench stands on, wherever the slider is."""

    revision: str | None
    following: frozenset[int]  # those without a line of their own
    known: Lines  # of the bench and of their subscribers' other profiles
    before: Lines  # of the bench alone
    seen: int
    waiting: int
    judged: Judged
    answers: Answers
    curves: Mapping[str, Sequence[Bin]]
    readers: Readers


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at a bench and a move. ``seen`` and ``foreseen`` go along when it is published."""

    on: Bench
    days: int
    revision: str | None
    line: Decimal | None  # of a single profile as it is; of several, the middle one
    before: Lines
    after: Lines  # the moved ones alone
    seen: int
    foreseen: str
    waiting: int  # profiles that wait to be met anew, of which nothing can be foreseen
    unknown: int  # profiles that were never matched and have no line yet
    replay: Replay
    gained: Crossed
    lost: Crossed
    measured: tuple[Measured, Measured]  # with the lines as they are, and as moved
    curves: Mapping[str, Sequence[Bin]]  # how right scores are, by model revision

    @property
    def flooded(self) -> Sequence[Heard]:
        """Whoever would hear more than anyone reads."""
        return [one for one in self.replay.heard if one.is_flooded]


def move_of(on: Bench, lines: Lines, value: Decimal) -> dict[int, Decimal]:
    """What a slider's value means: of one profile where its line lies, of several how far each is moved."""
    return moved_to(lines, value) if on.kind is Kind.PROFILE else moved_by(lines, value)


_KEPT: Final[Kept[Ground]] = Kept(
    FirstVerdict, Feedback, JudgedMatch, Match, NoticeVersion, Profile, RecallQuestion, RecallSample, ScoreRevision,
    Subscriber, Threshold, most=8,
)  # fmt: skip


def look(s: Session, on: Bench, value: Decimal | None, *, days: int) -> Look:
    """What this value would do on this bench, by the last ``days``; None: the lines as they are."""
    stands_on = ground(s, on)
    before = stands_on.before
    after = {} if value is None else move_of(on, before, value)
    found = window(s, [*stands_on.known], days=days)
    gained, lost = crossing(s, after, found)
    return Look(
        on=on,
        days=days,
        revision=stands_on.revision,
        line=sorted(before.values())[len(before) // 2] if before else None,
        before=before,
        after=after,
        seen=stands_on.seen,
        foreseen=mark_by_numbers(after, found.alert[gained], found.alert[lost]),
        waiting=stands_on.waiting,
        unknown=len(on.profiles) - len(before),
        replay=replay(s, found, on.profiles, stands_on.known, after, stands_on.readers, days=days),
        gained=_named(s, found, gained),
        lost=_named(s, found, lost),
        measured=(_measured(stands_on, found, before, days), _measured(stands_on, found, {**before, **after}, days)),
        curves=stands_on.curves,
    )


def ground(s: Session, on: Bench) -> Ground:
    """What looks at this bench stand on, kept in memory until it is written."""
    return _KEPT.get(s, on, lambda: read_ground(s, on), renew=lambda kept, changes: _renewed(s, on, kept, changes))


def read_ground(s: Session, on: Bench) -> Ground:
    """The same, read anew."""
    theirs = with_their_others(s, on.profiles)
    known = lines_in_force(s, theirs)
    before = _of_bench(on, known)
    waits = select(func.count(Profile.id)).where(among(Profile.id, on.profiles), Profile.matched_rev.is_(None))
    return Ground(
        revision=in_force(s),
        following=frozenset(theirs) - own_lines(s, theirs).keys(),
        known=known,
        before=before,
        seen=newest_line(s, on.profiles),
        waiting=s.scalar(waits) or 0,
        judged=judged_of(s, before),
        answers=answers_of(s, before),
        curves=calibration(s, on.profiles),
        readers=readers_of(s, known),
    )


def _renewed(s: Session, on: Bench, kept: Ground, changes: Changes) -> Ground | None:
    """What holds where nothing but matches and versions was written, which is all the time.

    On them hang a line that is its model's default, and a verdict that was told by another model.
    """
    if changes.tables:
        return None
    defaults = default_lines(s, kept.following)
    if defaults.keys() != kept.following & kept.known.keys():
        return None
    known = {**kept.known, **defaults}
    before = _of_bench(on, known)
    return replace(kept, known=known, before=before, judged=judged_of(s, before))


def _of_bench(on: Bench, known: Lines) -> Lines:
    return {profile_id: known[profile_id] for profile_id in on.profiles if profile_id in known}


def _measured(stands_on: Ground, found: Window, lines: Lines, days: int) -> Measured:
    right = precision(stands_on.judged, lines)
    asked = {one: lines[one] for one in stands_on.answers.profiles.tolist()}
    above = above_a_week(found, asked, days=days)
    return Measured(
        precision=right,
        votes_more=None if right is None else votes_to_settle(right),
        recall=recall(stands_on.answers, lines, right, above_a_week=above),
    )


def _named(s: Session, found: Window, places: Ints) -> Crossed:
    listed = crossings(found, places[:LISTED])
    first = select(VersionBuyer.version_id, Buyer.name).join(Buyer).where(VersionBuyer.position == 0).subquery()
    versions = {
        row.id: row
        for row in s.execute(
            select(NoticeVersion.id, NoticeVersion.title, NoticeVersion.language, NoticeVersion.url, first.c.name)
            .outerjoin(first, first.c.version_id == NoticeVersion.id)
            .where(among(NoticeVersion.id, {one.version_id for one in listed}))
        )
    }
    profiles = {
        row.id: row
        for row in s.execute(
            select(Profile.id, Profile.name, Subscriber.company)
            .join(Subscriber, Subscriber.id == Profile.subscriber_id)
            .where(among(Profile.id, {one.profile_id for one in listed}))
        )
    }
    named = []
    for one in listed:
        version, profile = versions[one.version_id], profiles[one.profile_id]
        named.append(
            Named(
                company=profile.company,
                profile=profile.name,
                title=said(version.title, version.language),
                language=version.language,
                buyer=version.name,
                score=one.score,
                url=version.url,
            )
        )
    return Crossed(named=tuple(named), count=len(places))
