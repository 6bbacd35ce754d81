"""Which portal's words are quoted where a procurement is told on two? Those nearest to the reader that match."""

import pytest
from sqlalchemy.engine import URL

from alerts.standing import standings
from db.models import Notice, Procurement
from db.session import transaction
from factories import make_alert, make_match, make_notice, make_profile, make_subscriber


@pytest.mark.parametrize(
    ("reader", "norwegian_score", "shown"),
    [("nb", 0.7, "nb"), ("nn", 0.7, "nb"), ("sv", 0.7, "nb"), ("en", 0.7, "en"), ("nb", 0.1, "en")],
)
def test_the_words_nearest_to_the_reader(database: URL, reader: str, norwegian_score: float, shown: str) -> None:
    subscriber = make_subscriber(language=reader)
    profile = make_profile(subscriber)
    english = make_notice(source="ted", language="en", title={"en": "Framework agreement for welding"})
    with transaction() as s:
        procurement = s.get_one(Procurement, s.get_one(Notice, english.notice_id).procurement_id)
    norwegian = make_notice(procurement=procurement)
    make_match(english, profile)
    make_match(norwegian, profile, score=norwegian_score)
    alert = make_alert(subscriber, english)
    with transaction() as s:
        (standing,) = standings(s, [alert], [profile], language=reader)
        assert standing.shown.language == shown


def test_a_change_is_told_in_the_readers_language_too(database: URL) -> None:
    subscriber = make_subscriber()
    profile = make_profile(subscriber)
    norwegian = make_notice()
    with transaction() as s:
        procurement = s.get_one(Procurement, s.get_one(Notice, norwegian.notice_id).procurement_id)
    english = make_notice(
        procurement=procurement, source="ted", language="en", title={"en": "Welding"}, changes_notice="x"
    )
    alert = make_alert(subscriber, english, kind="change", changes=[("deadline", None, "2027-01-01T11:00:00+00:00")])
    with transaction() as s:
        (standing,) = standings(s, [alert], [profile], language="nb")
        assert standing.shown.language == "nb"
        assert standing.deadline is not None
        assert standing.deadline.id == english.id
