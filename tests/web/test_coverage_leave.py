"""Do readers see which sources wait for their owners' leave, and which are read by it?"""

import pytest
from sqlalchemy.engine import URL

from alerts.source_health import judged
from alerts.texts import texts
from commands.collecting import declare_sources
from db.session import transaction, utcnow
from settings import get_settings
from web.coverage import Coverage, tell
from web.pages import COVERAGE, TEXTS


def page(language: str) -> Coverage:
    declare_sources()
    with transaction() as s:
        return tell(judged(s), language, utcnow())


@pytest.mark.parametrize("language", COVERAGE)
def test_kommers_is_off_with_its_ground_and_on_by_leave(
    database: URL, environment: pytest.MonkeyPatch, language: str
) -> None:
    del database
    say = texts(language, TEXTS).say
    asked, leave = say("coverage.ground.permission"), say("coverage.ground.permitted")
    before = {unread.name: unread.why for unread in page(language).off}
    assert before["Kommers Annons, Supplier Hub"] == before["Kommers eLite"] == (asked,)
    assert before["Kommers (FMV)"] == (asked, say("coverage.ground.untried"))
    environment.setenv("ANBUDSVAKT_PERMITTED", "kommers")
    get_settings.cache_clear()
    told = page(language)
    assert {card.name: leave in card.facts for card in told.read if "Kommers" in card.name} == {
        "Kommers Annons, Supplier Hub": True
    }
    assert "Kommers Annons, Supplier Hub" not in {unread.name for unread in told.off}
    assert sum(leave in card.facts for card in told.read) == 1
