"""How do firms and their profiles come in from a TOML file, and what do we know of those we have?

[[subscriber]]
company = "Trøndersveis AS"
email = "post@trondersveis.example"
country = "NO"          # NO | SE
language = "nb"         # nb | sv
cadence = "daily"       # at_once | daily | weekly; of every profile that has none of its own
hour = 7                # local hour of the digest, 4 to 23; and, if wanted:
weekdays = ["mon", "tue", "wed", "thu", "fri"]  # on which there may be mail; none: every day
weekly_day = "mon"      # of the weekly digest; none: Monday, or else their first day
spare_holidays = true   # no mail on public holidays of their country
all_quiet = true        # a word a week also when there is nothing

[[subscriber.profile]]
key = "sveising"
name = "Sveising"
sentences = ["Vi sveiser bærende konstruksjoner etter NS-EN 1090, EXC3."]
cpv = ["45262670"]      # and, if wanted: nuts, countries, words_in, words_out, value_min, value_max, value_currency,
threshold = 0.6         # stages, scopes, threshold, cadence
"""

import re
import tomllib
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import and_, case, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, selectinload

from classifier.profile_said import WEEKDAYS, ProfileIn, ProfileWritten, SubscriberIn
from classifier.revisions import alone
from classifier.threshold import set_threshold
from db.models import Drawn, Profile, Subscriber, Threshold
from db.session import transaction, utcnow


class ProfilesBroken(ValueError):  # noqa: N818 - a state of the file, told by its name
    """Raised when the file cannot be taken; says where and why, and nothing of it is stored."""


class ProfilesFile(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid")
    subscriber: Annotated[list[SubscriberIn], Field(min_length=1)]


def read(body: bytes) -> ProfilesFile:
    """The file's subscribers. Raises ProfilesBroken, naming each place that is wrong."""
    try:
        return ProfilesFile.model_validate(tomllib.loads(body.decode("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProfilesBroken(f"not a TOML file: {error}") from None
    except ValidationError as error:
        raise ProfilesBroken(
            "; ".join(f"{'.'.join(str(step) for step in p['loc'])}: {p['msg']}" for p in error.errors())
        ) from None


def import_profiles(body: bytes, *, by: str) -> tuple[int, int]:
    """Store a file's subscribers and profiles, whole or not at all; gives how many of each.

    An administrator vouches that they asked for it, so they count as confirmed. A profile that is there already is
    replaced, and met anew by every open notice if it changed.
    """
    wanted = read(body).subscriber
    with transaction() as s:
        for one in wanted:
            put(s, one, by=by)
    return len(wanted), sum(len(one.profile) for one in wanted)


def put(s: Session, one: SubscriberIn, *, by: str) -> int:
    """Store one subscriber with profiles in the caller's transaction, as import_profiles does; gives its id."""
    subscriber_id = _put_subscriber(s, one)
    for profile in one.profile:
        _put_profile(s, subscriber_id, one, profile, by=by)
    return subscriber_id


def _put_subscriber(s: Session, one: SubscriberIn) -> int:
    schedule = one.schedule()
    values = one.model_dump(exclude={"profile"}) | schedule
    statement = insert(Subscriber).values(confirmed_at=utcnow(), **values)
    when = (*schedule, "cadence", "all_quiet")
    same = and_(*(getattr(Subscriber, name) == getattr(statement.excluded, name) for name in when))
    return s.scalars(
        statement.on_conflict_do_update(
            constraint="subscriber_once",
            set_={name: getattr(statement.excluded, name) for name in values if name != "email"}
            # Another hour or day holds from now on: no slot of it that has passed is made up for.
            | {"schedule_since": case((same, Subscriber.schedule_since), else_=utcnow())},
        ).returning(Subscriber.id)
    ).one()


def put_profile(s: Session, subscriber_id: int, one: ProfileWritten, *, language: str) -> Profile:
    """The subscriber's profile of this key, made or changed; one that says something else is owed the open notices.

    ``language``: of the sentences, where the profile does not say.
    """
    row = s.scalar(select(Profile).where(Profile.subscriber_id == subscriber_id, Profile.key == one.key))
    if row is None:
        row = Profile(subscriber_id=subscriber_id)
        s.add(row)
    write_profile(s, row, one, language=language)
    return row


def write_profile(s: Session, row: Profile, one: ProfileWritten, *, language: str) -> None:
    """Let a profile, new or old, say this from now on."""
    change(s, row, one.model_dump(exclude={"threshold", "cadence"}) | {"language": one.language or language})
    row.cadence = one.cadence  # which changes nothing of what it matches
    s.flush()


def _put_profile(s: Session, subscriber_id: int, owner: SubscriberIn, one: ProfileIn, *, by: str) -> None:
    row = put_profile(s, subscriber_id, one, language=owner.language)
    if one.threshold is not None:
        # The file says where the line began. What was learned or drawn by hand since stands until the file says else.
        start = s.scalar(
            select(Threshold.value)
            .where(Threshold.profile_id == row.id, Threshold.drawn == Drawn.START)
            .order_by(Threshold.id.desc())
            .limit(1)
        )
        if start is None or abs(float(start) - one.threshold) >= 0.0005:
            set_threshold(s, row.id, one.threshold, by=by, why="profiles import", drawn=Drawn.START)


def change(s: Session, profile: Profile, values: Mapping[str, Any]) -> bool:
    """Whether any of these values is another; then the profile has them, and every open notice is owed to it anew."""
    if all(getattr(profile, name) == value for name, value in values.items()):
        return False
    if profile.id is not None:
        alone(s)  # a matcher that read the old words would note that the new ones were met
    for name, value in values.items():
        setattr(profile, name, value)
    profile.matched_rev = None
    return True


def stem_of(name: str) -> str:
    """The key of a profile of this name, where the subscriber has none like it yet."""
    plain = name.lower().translate(str.maketrans("æøåäö", "aoaao"))
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:50].strip("-") or "profil"


def free_key(s: Session, subscriber_id: int, name: str) -> str:
    """A key for a new profile of this name, which none of the subscriber's has."""
    stem = stem_of(name)
    taken = set(s.scalars(select(Profile.key).where(Profile.subscriber_id == subscriber_id)))
    return next(key for key in (stem, *(f"{stem}-{n}" for n in range(2, 1_000))) if key not in taken)


def rows() -> list[dict[str, Any]]:
    """Every profile with its firm, one record each."""
    with transaction() as s:
        found = s.scalars(
            select(Profile)
            .join(Subscriber)
            .where(Subscriber.canary.is_(False))
            .options(selectinload(Profile.subscriber))
            .order_by(Subscriber.company, Profile.id)
        )
        return [
            {
                "id": p.id,
                "company": p.subscriber.company,
                "key": p.key,
                "name": p.name,
                "country": p.subscriber.country,
                "language": p.language,
                "cadence": p.cadence or p.subscriber.cadence,
                "hour": p.subscriber.hour,
                "weekdays": [WEEKDAYS[day - 1] for day in p.subscriber.weekdays],
                "weekly_day": WEEKDAYS[p.subscriber.weekly_day - 1],
                "spare_holidays": p.subscriber.spare_holidays,
                "all_quiet": p.subscriber.all_quiet,
                "active": p.active and p.subscriber.unsubscribed_at is None,
                "sentences": list(p.sentences),
                "cpv": list(p.cpv),
                "nuts": list(p.nuts),
                "countries": list(p.countries),
                "scopes": list(p.scopes),
                "stages": list(p.stages),
            }
            for p in found
        ]


def find(wanted: str) -> int:
    """Id of the profile meant by an id, a key, or ``company/key``; raises LookupError naming what there is."""
    known = rows()
    hits = [p["id"] for p in known if wanted in (str(p["id"]), p["key"], f"{p['company']}/{p['key']}")]
    if len(hits) == 1:
        return int(hits[0])
    choices = ", ".join(f"{p['company']}/{p['key']}" for p in known) or "none yet; see profiles import"
    raise LookupError(f"{'several profiles are' if hits else 'no profile is'} called {wanted!r}. There are: {choices}")
