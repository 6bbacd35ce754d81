"""Is every quotation of every mail found word for word, in its notice and in a profile of its reader?

Asked of all digests in a test's database whenever it looks at what they told (owing.views).
"""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from alerts.view import DigestView
from db.models import Digest, Notice, NoticeVersion, Profile
from db.session import transaction


def unfounded() -> list[str]:
    """What the digests in the database quote and nobody wrote."""
    with transaction() as s:
        found = []
        for digest in s.scalars(select(Digest).where(Digest.view.has_key("entries"))):
            profiles = s.scalars(select(Profile).where(Profile.subscriber_id == digest.subscriber_id)).all()
            ours = {sentence for profile in profiles for sentence in profile.sentences}
            view = DigestView.from_json(digest.view)
            for entry in (*view.entries, *view.changed, *view.reminders):
                versions = s.scalars(
                    select(NoticeVersion)
                    .join(Notice, Notice.id == NoticeVersion.notice_id)
                    .where(Notice.procurement_id == entry.procurement_id)
                    .options(selectinload(NoticeVersion.lots))
                ).all()
                theirs = [text for version in versions for text in _texts(version)]
                quotes = [*(reason.notice_sentence for reason in entry.reasons), *(one.quote for one in entry.demands)]
                found += [quote for quote in quotes if not any(quote in text for text in theirs)]
                found += [reason.profile_sentence for reason in entry.reasons if reason.profile_sentence not in ours]
        return found


def _texts(version: NoticeVersion) -> Iterator[str]:
    for words in (version.title, version.description):
        yield from words.values()
    for lot in version.lots:
        for words in (lot.title, lot.description):
            yield from words.values()
