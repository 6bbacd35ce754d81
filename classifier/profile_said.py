"""What can a firm say of itself and of what it can do? The same words from a file, a program and its own pages, checked once."""

from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from db.address import mailable
from db.languages import Language
from db.models import Cadence

# PostgreSQL keeps no NUL. `[0-9]` and not `\\d`, which takes the digits of every script.
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000, pattern=r"^[^\x00]*$")]
Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{8}$")]
Money = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=2)]
Region = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[0-9A-Z]{0,3}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Stage = Literal["planning", "competition", "intent", "result", "signal"]
ScopeName = Literal["defence", "preparedness", "none"]


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: Final[tuple[Weekday, ...]] = get_args(Weekday)


def hour_of_mail(hour: int) -> int:
    """The hour, if mail may have it. Raises ValueError that says why not."""
    if not 4 <= hour <= 23:
        raise ValueError(f"no mail can have the hour {hour}: choose 4 to 23, for between 1 and 4 the clocks change")
    return hour


class ProfileSaid(BaseModel):
    """What a firm says of one profile, in a file, by a program or on its own pages."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[Text, Field(description="What the firm calls it in its mails.")]
    sentences: Annotated[
        list[Text],
        Field(
            min_length=1, max_length=40, description="What the firm can do, in its own words; this is what is scored."
        ),
    ]
    language: Annotated[
        Language | None, Field(description="Of the sentences; null when written: the subscriber's own.")
    ] = None
    cpv: Annotated[list[Code], Field(description="CPV codes of eight digits that the firm's work falls under.")] = []
    nuts: Annotated[
        list[Region], Field(description="NUTS regions where it works; empty: anywhere in its countries.")
    ] = []
    countries: Annotated[
        list[Country], Field(description="Countries where it works, as ISO 3166 alpha-2; empty: anywhere.")
    ] = []
    words_in: Annotated[
        list[Text],
        Field(description="A notice with one of these words counts for more: its odds of being for the firm double."),
    ] = []
    words_out: Annotated[list[Text], Field(description="A notice with one of these words is not for the firm.")] = []
    value_min: Annotated[Money | None, Field(description="Least contract value, in value_currency; null: none.")] = None
    value_max: Annotated[Money | None, Field(description="Greatest contract value, in value_currency; null: none.")] = (
        None
    )
    value_currency: Annotated[
        str | None, Field(pattern=r"^[A-Z]{3}$", description="Of both values, as ISO 4217; null: no value is given.")
    ] = None
    stages: Annotated[list[Stage], Field(description="Which kinds of notice it wants.")] = [
        "planning", "competition", "intent",
    ]  # fmt: skip
    scopes: Annotated[list[ScopeName], Field(description="Which scopes it wants; empty: whatever the scope.")] = [
        "defence", "preparedness",
    ]  # fmt: skip
    cadence: Annotated[
        Cadence | None, Field(description="How often it is told of; null: as often as the subscriber is.")
    ] = None

    @model_validator(mode="after")
    def value_has_a_range(self) -> Self:
        """Refuse a range that no value can lie in."""
        if self.value_min is not None and self.value_max is not None and self.value_min > self.value_max:
            raise ValueError("value_max is less than value_min")
        return self


class ProfileWritten(ProfileSaid):
    """The same with its name, as a file or a program writes it."""

    key: Annotated[
        str,
        Field(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$", description="The firm's own short name for it, once per firm."),
    ]


class ProfileIn(ProfileWritten):
    """One profile of the file: what the firm says, and where an administrator lets its line begin."""

    threshold: Annotated[float, Field(ge=0, le=1)] | None = None


class ScheduleIn(BaseModel):
    """When and in which language a subscriber wants to hear from us, in a file or on their own page."""

    model_config = ConfigDict(extra="forbid")
    language: Language
    cadence: Cadence = Cadence.DAILY
    hour: Annotated[int, AfterValidator(hour_of_mail)] = 7
    weekdays: Annotated[list[Weekday], Field(min_length=1)] = list(WEEKDAYS)
    weekly_day: Weekday | None = None
    spare_holidays: bool = False
    all_quiet: bool = False

    @model_validator(mode="after")
    def weekly_mail_has_a_day(self) -> Self:
        """Refuse a weekly day on which they want no mail."""
        if self.weekly_day is not None and self.weekly_day not in self.weekdays:
            raise ValueError(f"the weekly mail cannot come on {self.weekly_day}: weekdays leaves that day out")
        return self

    def schedule(self) -> dict[str, Any]:
        """When they want mail, as the columns of Subscriber hold it."""
        days = sorted({WEEKDAYS.index(day) + 1 for day in self.weekdays})
        # Where Monday is none of their days, the first of these is.
        weekly_day = WEEKDAYS.index(self.weekly_day) + 1 if self.weekly_day else days[0]
        return {
            "hour": self.hour,
            "weekdays": days,
            "weekly_day": weekly_day,
            "spare_holidays": self.spare_holidays,
        }


class SubscriberIn(ScheduleIn):
    """One subscriber of the file, with profiles."""

    company: Text
    email: Annotated[str, AfterValidator(mailable)]
    country: Country
    profile: Annotated[list[ProfileIn], Field(min_length=1)]
