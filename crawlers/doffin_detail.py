"""What does Doffin's web client know of a notice that neither the search hit nor the XML says?

Its number on TED, and where the documents are; and for a notice whose XML cannot be had, the notice's own UUID and its
procedure's (sources.md §3.3). The answer is undocumented and holds far more, which is left alone: what is not there, or
not what it should be, is None.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

from crawlers import clean, codes
from crawlers.notice import DOCUMENTS_LINK, Link, ParsedNotice, SourceBroken, Stage
from crawlers.page import answer

KEYS: Final = ("tedId", "procedureId", "eFormId", "competitionDocsUrl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """Keys by which a notice finds its kin, written one way, and the address of its documents."""

    ojs_number: str | None = None
    procedure_uuid: str | None = None  # BT-04
    notice_uuid: str | None = None  # BT-701
    documents_url: str | None = None


def parse(body: bytes, number: str) -> Detail:
    """The detail of the notice with this number. Raises SourceBroken when the answer is none, or another notice's."""
    told = answer(body, "Doffin")
    if not isinstance(told, dict) or not any(key in told for key in KEYS):
        raise SourceBroken(f"Doffin answered with no detail: {str(told)[:200]}")
    if (own := codes.doffin_id(_text(told.get("id")))) not in {None, number}:
        raise SourceBroken(f"Doffin was asked for the detail of {number} and gave that of {own}")
    return Detail(
        ojs_number=codes.ojs_number(_text(told.get("tedId"))),
        procedure_uuid=codes.uuid_or_doffin_id(_text(told.get("procedureId"))),
        notice_uuid=codes.uuid_or_doffin_id(_text(told.get("eFormId"))),
        documents_url=clean.safe_url(_text(told.get("competitionDocsUrl"))),
    )


def may_gain(notice: ParsedNotice) -> bool:
    """Whether a detail can be of use: to one that lacks its keys, or that lacks a link and can still be acted upon."""
    if notice.notice_uuid is None or notice.procedure_uuid is None:
        return True
    complete = notice.ojs_number is not None and _has_documents(notice)
    return not complete and notice.stage is not Stage.RESULT and not notice.cancelled


def enriched(notice: ParsedNotice, detail: Detail) -> ParsedNotice:
    """The notice with what it leaves open and the detail knows. It stays as it is where the two contradict each other:
    a detail that names another procedure is no detail of this notice, and would merge what does not belong together.
    """
    pairs = ((notice.notice_uuid, detail.notice_uuid), (notice.procedure_uuid, detail.procedure_uuid),
             (notice.ojs_number, detail.ojs_number))  # fmt: skip
    if any(mine and theirs and mine != theirs for mine, theirs in pairs):
        return notice
    links = notice.links
    if detail.documents_url and not _has_documents(notice):
        links = (*links, Link(kind=DOCUMENTS_LINK, url=detail.documents_url))
    return replace(
        notice,
        notice_uuid=notice.notice_uuid or detail.notice_uuid,
        procedure_uuid=notice.procedure_uuid or detail.procedure_uuid,
        ojs_number=notice.ojs_number or detail.ojs_number,
        links=links,
    )


def _has_documents(notice: ParsedNotice) -> bool:
    return any(link.kind == DOCUMENTS_LINK for link in notice.links)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None
