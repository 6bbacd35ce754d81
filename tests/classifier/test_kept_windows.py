"""Is what the laboratory keeps in memory what it would read anew, whatever was written in whatever order?"""

from collections import Counter
from dataclasses import fields
from datetime import timedelta
from itertools import product
from random import Random
from typing import Any

import numpy as np
import pytest
from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.engine import URL
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from classifier import window
from classifier.bench import ALL, bench
from classifier.laboratory import Ground, ground, read_ground
from classifier.measures import Answers, Judged
from classifier.revisions import put_in_force
from classifier.window import WINDOWS, Window
from db.models import (
    Base,
    FirstVerdict,
    Match,
    Notice,
    NoticeVersion,
    Profile,
    RecallQuestion,
    RecallSample,
    ScoreRevision,
    Verdict,
    VersionBuyer,
)
from db.session import transaction, utcnow
from factories import MODEL_REV, make_match, make_notice, make_profile, make_subscriber, make_verdict, make_version

TABLES = Base.metadata.tables
# Where a value is "...": any row of this table.
ANY = {
    "procurement_id": "procurement", "profile_id": "profile", "subscriber_id": "subscriber", "version_id": "notice_version",
}  # fmt: skip
FORMER = select(func.min(NoticeVersion.id)).where(NoticeVersion.notice_id == Notice.id).scalar_subquery()
SET: dict[str, tuple[tuple[str, object], ...]] = {
    "feedback": (("verdict", "relevant"), ("verdict", "not_relevant")),
    "first_verdict": (("score", 0.3), ("verdict", "not_relevant"), ("model_rev", "newer")),
    "judged_match": (("score", 0.7), ("model_rev", "newer"), ("version_id", ...), ("profile_id", ...)),
    "match": (
        ("score", 0.41), ("score", 0.9), ("threshold_then", 0.4), ("barred_by", "country"), ("barred_by", None),
        ("model_rev", "newer"), ("version_id", ...), ("profile_id", ...),
    ),
    "notice": (("current_version_id", None), ("current_version_id", FORMER), ("procurement_id", ...)),
    "notice_version": (
        ("matched_rev", "newer"), ("matched_rev", None), ("cancelled", True), ("cancelled", False), ("stage", "result"),
        ("deadline_at", timedelta(hours=-1)), ("deadline_at", timedelta(days=1)), ("created_at", timedelta(days=-50)),
        ("created_at", timedelta(days=-1)),
    ),
    "profile": (("matched_rev", None), ("matched_rev", "newer"), ("cadence", "weekly"), ("subscriber_id", ...)),
    "recall_question": (("profile_id", ...),),
    "recall_sample": (("relevant", True), ("relevant", False), ("score", 0.2), ("stratum", "0.1")),
    "score_revision": (("model_rev", "newer"),),
    "subscriber": (("company", "Other AS"), ("cadence", "at_once")),
    "threshold": (("value", 0.6), ("value", 0.3)),
}  # fmt: skip
# Most often what is written most often, and of which not everything is read anew.
OFTEN = ("match", "notice", "notice_version")
WRITES = [*product((*SET, *OFTEN * 4), ("insert", "update", "delete"))]


class Writer:
    """Somebody who writes anything anywhere."""

    def __init__(self, dice: Random) -> None:
        self.dice, self.did = dice, Counter[tuple[str, str]]()
        with transaction() as s:
            put_in_force(s, MODEL_REV, by="test")
        make_profile(make_subscriber(), matched_rev=MODEL_REV)
        for table in SET:
            self.write(table, "insert")

    def one(self, name: str, *, but_the_first: bool = False) -> int:
        """The id of one of a table's rows; 0 where there is none."""
        id_ = TABLES[name].c.id
        with transaction() as s:
            ids = s.scalars(select(id_).order_by(id_)).all()[but_the_first:]
        return self.dice.choice(ids) if ids else 0

    def write(self, name: str, operation: str) -> None:
        """A row or two; nothing where another row forbids it."""
        try:
            if operation == "insert":
                self.insert(name)
            else:
                with transaction() as s:
                    self.change(s, name, operation, [self.one(name, but_the_first=True) for _ in range(2)])
        except (IntegrityError, LookupError):
            return
        self.did[name, operation] += 1

    def change(self, s: Session, name: str, operation: str, ids: list[int]) -> None:
        """Update or delete these rows of a table; raises LookupError where there is none."""
        table = TABLES[name]
        these = table.c.id.in_(ids)
        if not s.scalar(select(exists().where(these))):
            raise LookupError
        if operation == "update":
            column, value = self.dice.choice(SET[name])
            if value is ...:
                value = self.one(ANY[column])
            if isinstance(value, timedelta):
                value = utcnow() + value
            s.execute(update(table).where(these).values({column: value}))
            return
        if name in ("notice", "notice_version"):
            of = NoticeVersion.notice_id if name == "notice" else NoticeVersion.id
            versions = s.scalars(select(NoticeVersion.id).where(of.in_(ids))).all()
            s.execute(delete(Match).where(Match.version_id.in_(versions)))
            s.execute(delete(NoticeVersion).where(NoticeVersion.id.in_(versions)))
        if name != "notice_version":
            s.execute(delete(table).where(these))

    def insert(self, table: str) -> None:
        """A new row of this table, and of others where it cannot stand alone."""
        score = self.dice.random()
        with transaction() as s:
            profile = s.get_one(Profile, self.one("profile"))
            version = s.get(NoticeVersion, self.one("notice_version")) or self.notice()
        match table:
            case "feedback" | "judged_match":
                make_verdict(profile, self.dice.choice([*Verdict]), score=score, version=self.notice())
            case "match":
                make_match(version, profile, score=score, model_rev=self.dice.choice((MODEL_REV, "newer")))
            case "notice":
                make_match(self.notice(), profile, score=score)
            case "notice_version":
                make_match(self.notice(of=version.notice_id), profile, score=score)
            case "profile" | "subscriber" | "threshold":
                own = self.dice.choice((0.4, None)) if table == "profile" else 0.5
                whose = make_profile(make_subscriber(), matched_rev=MODEL_REV, threshold=own)
                make_match(version, whose, score=score, threshold_then=score)
            case _:
                with transaction() as s:
                    s.add(self.alone(table, profile, version, score))

    def alone(self, table: str, profile: Profile, version: NoticeVersion, score: float) -> Base:
        """A row of one of the other tables."""
        match table:
            case "score_revision":
                return ScoreRevision(model_rev=self.dice.choice((MODEL_REV, "newer")), by="test")
            case "first_verdict":
                return FirstVerdict(
                    profile_id=profile.id, version_id=version.id, model_rev=MODEL_REV, score=score,
                    verdict=self.dice.choice((Verdict.RELEVANT, Verdict.NOT_RELEVANT)),
                )  # fmt: skip
        sample = RecallSample(
            version_id=version.id, model_rev=MODEL_REV, stratum="0.0", score=score, stands_for=8, relevant=score > 0.5
        )
        week = utcnow().date() - timedelta(weeks=self.dice.randrange(1000))
        return RecallQuestion(profile_id=profile.id, week=week, answered_at=utcnow(), samples=[sample])

    def notice(self, *, of: int | None = None) -> NoticeVersion:
        """A notice, or a corrigendum of one, that nothing else stands on, so that it can be deleted."""
        at = utcnow() - timedelta(days=self.dice.choice((1, 20, 60, 100)))
        values: dict[str, Any] = {"created_at": at, "matched_rev": self.dice.choice((MODEL_REV, None))}
        if of is None:
            version = make_notice(**values)
        else:
            with transaction() as s:
                corrected = s.get_one(Notice, of)
            version = make_version(corrected, number=2, **values)
        with transaction() as s:
            s.execute(delete(VersionBuyer).where(VersionBuyer.version_id == version.id))
        return version


def rows_of(found: Window) -> list[tuple[object, ...]]:
    """The matches of a window, whatever their order."""
    every = np.arange(len(found))
    columns = (
        found.profiles[found.place], found.subscribers[found.place], found.subscriber_id(every),
        found.procurement_id(every), found.version_id, found.score, found.line, found.came_at, found.day, found.until,
        found.cancelled, found.ruling,
    )  # fmt: skip
    return sorted(zip(*(column.tolist() for column in columns), found.kinds(every), strict=True))


def ground_of(ground: Ground) -> dict[str, object]:
    """All of a ground, with columns as lists."""

    def plain(value: object) -> object:
        if isinstance(value, Judged | Answers):
            return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
        return repr(value.tolist()) if isinstance(value, np.ndarray) else value

    return {one.name: plain(getattr(ground, one.name)) for one in fields(ground)}


def same_as_anew(s: Session) -> bool:
    """Whether what is kept of everybody, and of one profile, is what is read anew."""
    on = bench(s, ALL)
    for days, profiles in product(WINDOWS, (on.profiles, on.profiles[:1])):
        few = profiles if len(profiles) == 1 else None
        anew = window.read(s, few, since=utcnow() - timedelta(days=days))
        if rows_of(window.window(s, profiles, days=days)) != rows_of(anew):
            return False
    return ground_of(ground(s, on)) == ground_of(read_ground(s, on))


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.prove) for seed in range(2, 30))])
def test_after_any_writes_what_is_kept_is_what_reading_anew_gives(
    database: URL, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(window, "FEW", 1)
    dice = Random(seed)
    writer = Writer(dice)
    writes = dice.sample(WRITES, len(WRITES))
    while writes:
        for _ in range(dice.randrange(1, 4)):
            if writes:
                writer.write(*writes.pop())
        with transaction() as s:
            assert same_as_anew(s)
    assert len(writer.did) > len(set(WRITES)) * 0.7
