"""How does the JSON API tell a notice in brief, and by what can notices be chosen?"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, Field

from alerts.outside import safe_url
from classifier.profile_said import ScopeName, Stage
from db.listing import Wanted
from db.models import Lot, Notice, NoticeVersion
from web.api.forms import NextLink, Paged, PastOrComing

Texts = Annotated[
    dict[str, str], Field(description="By language (`nb`, `nn`, `sv`, `en`, …), verbatim; empty: none was given.")
]
Codes = Annotated[list[str], Field(description="CPV codes, eight digits each.")]
Regions = Annotated[list[str], Field(description="NUTS codes of where the work is; empty: not said.")]
Moment = AwareDatetime
Deadline = Annotated[Moment | None, Field(description="In UTC; null: the notice names none.")]
DateOnly = Annotated[
    bool,
    Field(description="True: the portal gave a day and no hour; deadline_at is then 23:59 of it on the buyer's clock."),
]


class NoticeFilter(Paged):
    """Which notices are wanted; all that is given must hold."""

    scope: Annotated[ScopeName | None, Field(description="Of this scope.")] = None
    country: Annotated[str | None, Field(pattern="^[A-Z]{2}$", description="Of the first buyer, ISO 3166 alpha-2.")] = (
        None
    )
    source: Annotated[str | None, Field(pattern="^[a-z0-9-]{1,40}$", description="From this portal, by its key.")] = (
        None
    )
    stage: Annotated[Stage | None, Field(description="Of this stage.")] = None
    since: Annotated[date | None, Field(description="Published on this day (UTC) or later.")] = None
    deadline_after: Annotated[
        PastOrComing | None, Field(description="With a deadline after this moment, which has an offset.")
    ] = None
    cpv: Annotated[
        str | None, Field(pattern="^[0-9]{2,8}$", description="With a CPV code that begins with these digits.")
    ] = None
    text: Annotated[
        str | None,
        Field(
            min_length=2, max_length=200, pattern=r"^[^\x00]*$",
            description="With exactly this text in a title, a description or a buyer's name, in any language; "
            "capital or small letters are all one.",
        ),
    ] = None  # fmt: skip

    def wanted(self) -> Wanted:
        """The same, as the listing takes it."""
        return Wanted(**self.model_dump(exclude={"after", "limit"}))


class BuyerTold(BaseModel):
    """Who buys."""

    name: Annotated[str, Field(description="As the portal writes it.")]
    identifier: Annotated[str | None, Field(description="Registration number as written; null: not said.")]
    country: Annotated[str | None, Field(description="ISO 3166 alpha-2; null: not said.")]


class Value(BaseModel):
    """An estimated value."""

    amount: Annotated[Decimal, Field(description="As the notice has it, a decimal number in a string.")]
    currency: Annotated[str | None, Field(description="ISO 4217; null: not said.")]


Valued = Annotated[Value | None, Field(description="Estimated value; null: the notice names none.")]


class NoticeBrief(BaseModel):
    """A notice as its current version reads."""

    id: Annotated[int, Field(description="Ours; rises with each new notice.")]
    procurement_id: Annotated[
        int, Field(description="The same for all notices of one purchase. May change as more is read.")
    ]
    source: Annotated[str, Field(description="Key of the portal.")]
    source_id: Annotated[str, Field(description="Number at the portal.")]
    version: Annotated[int, Field(description="1, and one more with each corrigendum of this publication.")]
    stage: Annotated[str, Field(description="planning, competition, intent, result or signal.")]
    title: Texts
    language: Annotated[str, Field(description="The notice's main language.")]
    buyers: Annotated[list[BuyerTold], Field(description="In the order in which the notice names them.")]
    country: Annotated[str | None, Field(description="The first buyer's, ISO 3166 alpha-2; null: not said.")]
    cpv: Codes
    nuts: Regions
    nationwide: Annotated[bool, Field(description="True: anywhere in the country.")]
    published_at: Annotated[Moment | None, Field(description="In UTC; null: not said.")]
    deadline_at: Deadline
    deadline_kind: Annotated[
        str | None,
        Field(
            description="Until when what may come in: tender, request (to take part) or interest; null: no deadline."
        ),
    ]
    deadline_date_only: DateOnly
    value: Valued
    scope: Annotated[str | None, Field(description="defence, preparedness or none; null: not judged yet.")]
    cancelled: Annotated[bool, Field(description="True: the procurement is called off.")]
    url: Annotated[str | None, Field(description="The notice at its portal; null: no usable address was given.")]

    @classmethod
    def of(cls, notice: Notice, version: NoticeVersion) -> Self:
        """The notice in brief; buyers are loaded."""
        return cls(**brief(notice, version))


class NoticePage(BaseModel):
    """One page of notices, oldest of ours first."""

    notices: list[NoticeBrief]
    next: NextLink


def brief(notice: Notice, version: NoticeVersion) -> dict[str, object]:
    """The fields of a notice in brief."""
    return {
        "id": notice.id,
        "procurement_id": notice.procurement_id,
        "source": notice.source,
        "source_id": notice.source_id,
        "version": version.number,
        **{name: getattr(version, name) for name in _BRIEF},
        "title": dict(version.title),
        "buyers": [
            BuyerTold(name=buyer.name, identifier=buyer.identifier, country=buyer.country or None)
            for buyer in version.buyers
        ],
        "value": value_of(version),
        "url": safe_url(version.url),
    }


_BRIEF = (
    "stage", "language", "country", "cpv", "nuts", "nationwide", "published_at", "deadline_at", "deadline_kind",
    "deadline_date_only", "scope", "cancelled",
)  # fmt: skip


def value_of(row: NoticeVersion | Lot) -> Value | None:
    """The value that a notice or a lot names."""
    return None if row.value_amount is None else Value(amount=row.value_amount, currency=row.value_currency)
