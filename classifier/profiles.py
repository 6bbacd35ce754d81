"""How do firms and their profiles come in from a TOML file, and what do we know of those we have?

[[subscriber]]
company = "Trøndersveis AS"
email = "post@trondersveis.example"
country = "NO"          # NO | SE
language = "nb"         # nb | sv
cadence = "daily"       # at_once | daily | weekly
hour = 7                # local hour of the digest

[[subscriber.profile]]
key = "sveising"
name = "Sveising"
sentences = ["Vi sveiser bærende konstruksjoner etter NS-EN 1090, EXC3."]
cpv = ["45262670"]      # and, if wanted: nuts, countries, words_out, value_min, value_max, value_currency,
threshold = 0.6         # stages, scopes, threshold
"""

import tomllib
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, selectinload

from classifier.threshold import set_threshold
from db.address import mailable
from db.models import Cadence, Drawn, Profile, Subscriber, Threshold
from db.session import transaction, utcnow


class ProfilesBroken(ValueError):  # noqa: N818 - a state of the file, told by its name
    """Raised when the file cannot be taken; says where and why, and nothing of it is stored."""


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Code = Annotated[str, StringConstraints(pattern=r"^\d{8}$")]
Region = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[0-9A-Z]{0,3}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Stage = Literal["planning", "competition", "intent", "result", "signal"]
Language = Literal["nb", "nn", "sv", "en"]  # those that alerts/texts speaks
ScopeName = Literal["defence", "preparedness", "none"]


class ProfileIn(BaseModel):
    """One profile of the file."""

    model_config = ConfigDict(extra="forbid")
    key: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]
    name: Text
    sentences: Annotated[list[Text], Field(min_length=1, max_length=40)]
    language: Language | None = None  # the sentences' own; none: the subscriber's
    cpv: list[Code] = []
    nuts: list[Region] = []
    countries: list[Country] = []
    words_out: list[Text] = []
    value_min: Decimal | None = None
    value_max: Decimal | None = None
    value_currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    stages: list[Stage] = ["planning", "competition", "intent"]
    scopes: list[ScopeName] = ["defence", "preparedness"]
    threshold: Annotated[float, Field(ge=0, le=1)] | None = None


class SubscriberIn(BaseModel):
    """One subscriber of the file, with profiles."""

    model_config = ConfigDict(extra="forbid")
    company: Text
    email: Annotated[str, AfterValidator(mailable)]
    country: Country
    language: Language
    cadence: Cadence = Cadence.DAILY
    hour: Annotated[int, Field(ge=4, le=23)] = 7
    profile: Annotated[list[ProfileIn], Field(min_length=1)]


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
    wanted = read(body)
    profiles = 0
    with transaction() as s:
        for one in wanted.subscriber:
            subscriber_id = _put_subscriber(s, one)
            for profile in one.profile:
                _put_profile(s, subscriber_id, one, profile, by=by)
                profiles += 1
    return len(wanted.subscriber), profiles


def _put_subscriber(s: Session, one: SubscriberIn) -> int:
    values = one.model_dump(exclude={"profile"})
    statement = insert(Subscriber).values(confirmed_at=utcnow(), **values)
    return s.scalars(
        statement.on_conflict_do_update(
            constraint="subscriber_once",
            set_={name: getattr(statement.excluded, name) for name in values if name != "email"},
        ).returning(Subscriber.id)
    ).one()


def _put_profile(s: Session, subscriber_id: int, owner: SubscriberIn, one: ProfileIn, *, by: str) -> None:
    values = one.model_dump(exclude={"threshold"}) | {"language": one.language or owner.language}
    row = s.scalar(select(Profile).where(Profile.subscriber_id == subscriber_id, Profile.key == one.key))
    if row is None:
        row = Profile(subscriber_id=subscriber_id, **values)
        s.add(row)
    elif any(getattr(row, name) != value for name, value in values.items()):
        for name, value in values.items():
            setattr(row, name, value)
        row.matched_rev = None
    s.flush()
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


def rows() -> list[dict[str, Any]]:
    """Every profile with its firm, one record each."""
    with transaction() as s:
        found = s.scalars(
            select(Profile)
            .join(Subscriber)
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
                "cadence": p.subscriber.cadence,
                "hour": p.subscriber.hour,
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
