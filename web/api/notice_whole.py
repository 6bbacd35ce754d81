"""How does the JSON API tell a notice whole: with its lots, links, versions and the other notices of its purchase?"""

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import BaseModel, Field, JsonValue

from alerts.outside import safe_url
from db.models import Lot, Notice, NoticeVersion
from web.api.notice_forms import Codes, DateOnly, Deadline, Moment, NoticeBrief, Regions, Texts, Valued, brief, value_of


class Link(BaseModel):
    """An address that the notice gives."""

    kind: Annotated[str, Field(description="documents, submission, …")]
    url: str


class LotTold(BaseModel):
    """A part that can be bid for alone."""

    identifier: Annotated[str, Field(description="As the notice numbers it.")]
    title: Texts
    description: Texts
    cpv: Codes
    nuts: Regions
    deadline_at: Deadline
    deadline_date_only: DateOnly
    value: Valued


class Difference(BaseModel):
    """One field that differs from the version before, or from the notice that is corrected."""

    field: Annotated[str, Field(description="`deadline`, `title.nb`, `lots.LOT-0001.value` …")]
    old: Annotated[JsonValue, Field(description="Null: the one before was silent on it. Long texts are cut.")]
    new: Annotated[JsonValue, Field(description="Null: this one is silent on it. Long texts are cut.")]
    material: Annotated[bool, Field(description="True: it matters to whoever bids.")]


class VersionTold(BaseModel):
    """The notice as it read at one time."""

    id: int
    number: Annotated[int, Field(description="Rises with each corrigendum, not with a richer format of the same.")]
    current: Annotated[bool, Field(description="True: the one that the notice is told by.")]
    read_at: Annotated[Moment, Field(description="When we first read it, in UTC.")]
    published_at: Annotated[Moment | None, Field(description="In UTC; null: not said.")]
    deadline_at: Deadline
    wire_format: Annotated[str, Field(description="The form in which the portal gave it.")]
    corrects: Annotated[str | None, Field(description="The notice that it says it corrects; null: none.")]
    changes: Annotated[
        list[Difference] | None, Field(description="What differs; null: nothing came before that it could differ from.")
    ]


class Tie(BaseModel):
    """What brought a notice to its procurement."""

    by: Annotated[str, Field(description="The kind of key that both have.")]
    exact: Annotated[bool, Field(description="False: a guess.")]
    value: Annotated[str, Field(description="The key itself.")]
    other: Annotated[str, Field(validation_alias="with", description="The other notice, as source:number.")]
    likeness: Annotated[float | None, Field(description="Of the titles, 0 to 1; null: it was not asked for.")] = None


class Relative(BaseModel):
    """Another notice of the same purchase."""

    id: int
    source: str
    source_id: str
    stage: str
    title: Texts
    published_at: Annotated[Moment | None, Field(description="In UTC; null: not said.")]
    tie: Annotated[Tie | None, Field(description="Null: it was the first there.")]

    @classmethod
    def of(cls, notice: Notice, version: NoticeVersion) -> Self:
        """A relative in brief."""
        return cls(
            id=notice.id, source=notice.source, source_id=notice.source_id, stage=version.stage,
            title=dict(version.title), published_at=version.published_at, tie=notice.tie,
        )  # fmt: skip


class NoticeWhole(NoticeBrief):
    """A notice with all that we keep of it."""

    description: Texts
    notice_type: Annotated[str | None, Field(description="eForms notice type; null: not said.")]
    legal_basis: Annotated[str | None, Field(description="CELEX number or a national code; null: not said.")]
    procedure_type: Annotated[str | None, Field(description="open, restricted …; null: not said.")]
    contract_nature: Annotated[str | None, Field(description="works, supplies or services; null: not said.")]
    framework: Annotated[bool | None, Field(description="A framework agreement; null: not said.")]
    sme_suitable: Annotated[bool | None, Field(description="The buyer calls it fit for small firms; null: not said.")]
    security_clearance: Annotated[bool | None, Field(description="A clearance is needed; null: not said.")]
    reference: Annotated[str | None, Field(description="The buyer's own number; null: not said.")]
    links: list[Link]
    lots: list[LotTold]
    versions: Annotated[list[VersionTold], Field(description="Oldest first.")]
    lineage: Annotated[list[Relative], Field(description="The other notices of its procurement, oldest first.")]

    @classmethod
    def whole(cls, notice: Notice, version: NoticeVersion, lineage: Sequence[tuple[Notice, NoticeVersion]]) -> Self:
        """The notice whole; buyers, lots and versions are loaded."""
        return cls(
            **brief(notice, version),
            description=dict(version.description),
            **{name: getattr(version, name) for name in _AS_THEY_STAND},
            links=[Link(kind=kind, url=url) for kind, given in version.links if (url := safe_url(given))],
            lots=[_lot(lot) for lot in version.lots],
            versions=[_version(one, notice) for one in notice.versions],
            lineage=[Relative.of(*relative) for relative in lineage],
        )


_AS_THEY_STAND = (
    "notice_type", "legal_basis", "procedure_type", "contract_nature", "framework", "sme_suitable",
    "security_clearance", "reference",
)  # fmt: skip


def _lot(lot: Lot) -> LotTold:
    return LotTold(
        identifier=lot.identifier, title=dict(lot.title), description=dict(lot.description), cpv=lot.cpv, nuts=lot.nuts,
        deadline_at=lot.deadline_at, deadline_date_only=lot.deadline_date_only, value=value_of(lot),
    )  # fmt: skip


def _version(one: NoticeVersion, notice: Notice) -> VersionTold:
    return VersionTold(
        id=one.id, number=one.number, current=one.id == notice.current_version_id, read_at=one.created_at,
        published_at=one.published_at, deadline_at=one.deadline_at, wire_format=one.wire_format,
        corrects=one.changes_notice,
        changes=None if one.changes is None else [Difference(**change) for change in one.changes],
    )  # fmt: skip
