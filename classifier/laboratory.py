"""What would a move of lines do? All that an administrator looks at before it is published. Writes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from classifier.bench import Bench, Kind, moved_by, moved_to
from classifier.feedback import Judgement, judgements_of
from classifier.interval import Share, votes_to_settle
from classifier.measures import Recall, precision, recall
from classifier.publishing import mark_of
from classifier.replay import Heard, Replay, replay, with_their_others
from classifier.revisions import in_force
from classifier.shift import Crossing, Lines, foresee
from classifier.threshold import lines_in_force, newest_line
from db.models import NoticeVersion, Profile
from db.notices import said

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

    @property
    def flooded(self) -> Sequence[Heard]:
        """Whoever would hear more than anyone reads."""
        return [one for one in self.replay.heard if one.is_flooded]


def move_of(on: Bench, lines: Lines, value: Decimal) -> dict[int, Decimal]:
    """What a slider's value means: of one profile where its line lies, of several how far each is moved."""
    return moved_to(lines, value) if on.kind is Kind.PROFILE else moved_by(lines, value)


def look(s: Session, on: Bench, value: Decimal | None, *, days: int) -> Look:
    """What this value would do on this bench, by the last ``days``; None: the lines as they are."""
    everyone = with_their_others(s, on.profiles)
    known = lines_in_force(s, everyone)
    before = {profile_id: known[profile_id] for profile_id in on.profiles if profile_id in known}
    after = {} if value is None else move_of(on, before, value)
    told = replay(s, on.profiles, known, after, days=days)
    shift = foresee(s, after)
    judged = judgements_of(s, before)
    waits = select(Profile.id).where(Profile.id.in_(on.profiles), Profile.matched_rev.is_(None))
    return Look(
        on=on,
        days=days,
        revision=in_force(s),
        line=sorted(before.values())[len(before) // 2] if before else None,
        before=before,
        after=after,
        seen=newest_line(s, on.profiles),
        foreseen=mark_of(after, shift),
        waiting=len(s.scalars(waits).all()),
        unknown=len(on.profiles) - len(before),
        replay=told,
        gained=_named(s, shift.gained),
        lost=_named(s, shift.lost),
        measured=(_measured(s, judged, before, days), _measured(s, judged, {**before, **after}, days)),
    )


def _measured(s: Session, judged: Mapping[int, Sequence[Judgement]], lines: Lines, days: int) -> Measured:
    right = precision(judged, lines)
    return Measured(
        precision=right,
        votes_more=None if right is None else votes_to_settle(right),
        recall=recall(s, lines, right, days=days),
    )


def _named(s: Session, crossings: Sequence[Crossing]) -> Crossed:
    listed = crossings[:LISTED]
    of_versions = NoticeVersion.id.in_({one.version_id for one in listed})
    of_profiles = Profile.id.in_({one.profile_id for one in listed})
    versions = {
        one.id: one
        for one in s.scalars(select(NoticeVersion).where(of_versions).options(selectinload(NoticeVersion.buyers)))
    }
    profiles = {
        one.id: one for one in s.scalars(select(Profile).where(of_profiles).options(selectinload(Profile.subscriber)))
    }
    named = []
    for one in listed:
        version, profile = versions[one.version_id], profiles[one.profile_id]
        named.append(
            Named(
                company=profile.subscriber.company,
                profile=profile.name,
                title=said(version.title, version.language),
                language=version.language,
                buyer=version.buyers[0].name if version.buyers else None,
                score=one.score,
                url=version.url,
            )
        )
    return Crossed(named=tuple(named), count=len(crossings))
