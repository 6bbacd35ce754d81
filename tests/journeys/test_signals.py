"""Does a piece of news reach a firm that asked for news, as news: no deadline, no code, and called what it is?"""

import re
import tomllib
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from asking import TODAY
from sandbox_crawl import crawl
from sqlalchemy import select
from sqlalchemy.engine import URL

from alerts.digest import run
from classifier.match import load_scorer, match_new
from classifier.profiles import import_profiles
from crawlers.notice import Stage
from db.models import Cadence, Delivery, Notice, NoticeVersion
from db.session import transaction, utcnow
from demo import feed_wire
from demo.portals import SandboxPortals

FIRM = """
[[subscriber]]
company = "Oviken Drönarteknik AB"
email = "info@ovikendronare.example"
country = "SE"
language = "sv"

[[subscriber.profile]]
key = "ovik"
name = "Drönare"
sentences = ["Vi bygger drönare och obemannade system för kyla och snö i Jämtland."]
stages = {stages}
scopes = ["defence", "preparedness", "none"]
threshold = 0.0
"""
LABEL = tomllib.loads((Path(__file__).parents[2] / "alerts" / "texts" / "sv.toml").read_text())["kind"]["signal"]
PATHS = {"regjeringen": feed_wire.GOVERNMENT, "fmv": feed_wire.AGENCY, "ted-defence": feed_wire.JOURNAL}


@pytest.mark.parametrize("key", PATHS)
def test_every_feed_brings_signals_and_nothing_else(database: URL, key: str) -> None:
    del database
    with SandboxPortals() as portals:
        outcome = crawl(key, portals.base_url + PATHS[key].path, utcnow().date())
    assert outcome["error"] is None
    assert outcome["new"] >= 4
    with transaction() as s:
        versions = s.scalars(select(NoticeVersion)).all()
        assert {(one.stage, one.deadline_at, tuple(one.cpv)) for one in versions} == {(Stage.SIGNAL, None, ())}


def test_an_entry_of_teds_feed_is_the_notice_that_ted_has(database: URL) -> None:
    del database
    with SandboxPortals(today=TODAY) as portals:
        crawl("ted-defence", portals.base_url + feed_wire.JOURNAL.path, TODAY)
        crawl("ted", portals.base_url, TODAY)
    with transaction() as s:
        rows = s.execute(
            select(Notice.source, NoticeVersion.ojs_number, Notice.procurement_id).join(
                NoticeVersion, NoticeVersion.id == Notice.current_version_id
            )
        ).all()
    of_ted = {ojs: procurement for source, ojs, procurement in rows if source == "ted"}
    of_feed = {ojs: procurement for source, ojs, procurement in rows if source == "ted-defence"}
    assert None not in of_feed
    assert of_feed
    assert all(of_ted[ojs] == procurement for ojs, procurement in of_feed.items())


@pytest.mark.parametrize(("stages", "told"), [('["signal"]', True), ('["planning", "competition", "intent"]', False)])
def test_news_is_for_those_who_asked_for_it_and_is_called_news(database: URL, stages: str, told: bool) -> None:
    del database
    import_profiles(FIRM.format(stages=stages).encode(), by="test")
    with SandboxPortals() as portals:
        crawl("fmv", portals.base_url + feed_wire.AGENCY.path, utcnow().date())
    match_new(load_scorer())
    run(Cadence.DAILY, utcnow())
    with transaction() as s:
        mails = [message_from_bytes(row, policy=policy.default) for row in s.scalars(select(Delivery.message)) if row]
    assert bool(mails) == told
    for mail in mails:
        body = mail.get_body(preferencelist=("plain",))
        assert body is not None
        text = body.get_content()
        assert "Drönare för vinterbruk provas i Jämtland" in text
        assert text.count(LABEL) == len(re.findall(r"^\d+\. ", text, re.MULTILINE))
        assert "sista anbudsdag" not in text.lower()
