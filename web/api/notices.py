"""What do we have read? Notices of all portals, in pages or one whole, for any token."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from starlette.exceptions import HTTPException
from starlette.requests import Request

from db import listing
from db.models import Notice, NoticeVersion
from web.api.forms import LARGEST_ID, next_link
from web.api.gate import Reader, reading
from web.api.notice_forms import NoticeBrief, NoticeFilter, NoticePage
from web.api.notice_whole import NoticeWhole
from web.api.problem import may

router = APIRouter(tags=["notices"])
CURRENT = select(Notice, NoticeVersion).join(NoticeVersion, NoticeVersion.id == Notice.current_version_id)


@router.get("/notices")
def list_notices(request: Request, _: Reader, asked: Annotated[NoticeFilter, Query()]) -> NoticePage:
    """Notices as their current versions read, in the order in which we first read them.

    Follow `next` until it is null to have all that stood when you began. Notices belong to nobody: every token sees the same ones.
    """
    with reading() as s:
        found = listing.page(s, asked.wanted(), after=asked.after, size=asked.limit)
        told = [NoticeBrief.of(notice, version) for notice, version in found]
    return NoticePage(notices=told, next=next_link(request, [one.id for one in told], asked))


@router.get("/notices/{notice_id}", responses=may(404))
def show_notice(
    _: Reader, notice_id: Annotated[int, Path(ge=1, le=LARGEST_ID, description="Our number of the notice.")]
) -> NoticeWhole:
    """One notice with its lots, buyers and links, every version with what differs, and the other notices of its purchase."""
    with reading() as s:
        whole = selectinload(NoticeVersion.buyers), selectinload(NoticeVersion.lots), selectinload(Notice.versions)
        found = s.execute(CURRENT.where(Notice.id == notice_id).options(*whole)).one_or_none()
        if found is None:
            raise HTTPException(404)
        notice, version = found
        same = CURRENT.where(Notice.procurement_id == notice.procurement_id, Notice.id != notice_id)
        relatives = [(other, reading_of) for other, reading_of in s.execute(same.order_by(Notice.id))]
        return NoticeWhole.whole(notice, version, relatives)
