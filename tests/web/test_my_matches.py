"""Does a subscriber find all that matched, and nothing of anybody else's, however they ask?"""

from datetime import timedelta

import httpx
from browsing import as_subscriber
from fingerprint import everything
from sqlalchemy import text
from sqlalchemy.engine import URL

from alerts.my_matches import PAGE, Wanted, my_matches
from classifier.feedback import record
from db.models import Verdict
from db.session import transaction, utcnow
from factories import make_alert, make_match, make_notice, make_profile, make_subscriber


def test_every_filter_leaves_what_it_says(client: httpx.Client) -> None:
    alma, clara = make_subscriber(language="sv", country="SE"), make_subscriber()
    welds, paints = make_profile(alma), make_profile(alma, name="Måling")
    open_one = make_notice(title={"nb": "Trapper i stål"}, buyer="Statsbygg")
    under = make_notice(title={"nb": "Rekkverk 100%"})
    passed = make_notice(title={"nb": "Lagertelt"}, deadline_at=utcnow() - timedelta(days=1))
    swedish = make_notice(title={"sv": "Målning av hangar"}, country="SE", language="sv")
    no = make_notice(title={"nb": "Renhold"})
    make_match(open_one, welds)
    make_match(open_one, paints, score=0.4)
    make_match(under, welds, score=0.4)
    make_match(passed, welds)
    make_match(swedish, paints)
    make_match(no, welds)
    make_match(make_notice(title={"nb": "Langt under"}), welds, score=0.3)
    make_match(make_notice(title={"nb": "Stengt ute"}), welds, barred_by="word")
    make_match(make_notice(title={"nb": "Claras egen"}), make_profile(clara))
    with transaction() as s:
        record(s, make_alert(alma, no).id, Verdict.NOT_RELEVANT)
    as_subscriber(client, alma)
    titles = ("Trapper", "Rekkverk", "Lagertelt", "Målning", "Renhold", "Langt", "Stengt", "Claras")
    asked = {
        "": {"Trapper", "Målning"},
        "line=both": {"Trapper", "Målning", "Rekkverk"},
        "line=under": {"Rekkverk"},
        "when=all": {"Trapper", "Målning", "Lagertelt"},
        f"profile={paints.id}": {"Målning"},
        "country=SE": {"Målning"},
        "words=statsbygg": {"Trapper"},
        "words=st%C3%85l+trapper": {"Trapper"},
        "words=%25&line=both": {"Rekkverk"},
        "said=not_relevant": {"Renhold"},
        "said=nothing": {"Trapper", "Målning"},
        "said=rubbish&line=%00&profile=x&before=-1&country=XX&words=%00": {"Trapper", "Målning"},
        f"before={open_one.id}": set(),
    }
    before = everything()
    for query, wanted in asked.items():
        page = client.get(f"/me/matches?{query}")
        assert page.status_code == 200
        assert {title for title in titles if f">{title}" in page.text} == wanted, query
    assert everything() == before


def test_pages_hold_every_match_once_newest_first(database: URL) -> None:
    alma = make_subscriber()
    profile = make_profile(alma)
    with transaction() as s:  # many more, by the database's own hand
        s.execute(text(
            "WITH p AS (INSERT INTO procurement (id) SELECT g + 1000 FROM generate_series(1, 2000) g RETURNING id),"
            " n AS (INSERT INTO notice (source, source_id, procurement_id)"
            "       SELECT 'doffin', 'x' || id, id FROM p RETURNING id),"
            " v AS (INSERT INTO notice_version (notice_id, number, content_hash, payload_sha256, wire_format, stage,"
            "       language, country, nationwide, url, title)"
            "       SELECT id, 1, 'h' || id, 'p' || id, 'eforms', 'competition', 'nb', 'NO', false,"
            "              'https://example.org', '{\"nb\": \"x\"}' FROM n RETURNING id, notice_id)"
            " INSERT INTO match (version_id, profile_id, model_rev, score, threshold_then, evidence)"
            " SELECT id, :profile, 'test-rev', CASE WHEN id % 30 = 0 THEN 0.7 ELSE 0.1 END, 0.5, '{}' FROM v"
        ), {"profile": profile.id})  # fmt: skip
        s.execute(text(
            "UPDATE notice SET current_version_id = v.id FROM notice_version v WHERE v.notice_id = notice.id"
        ))  # fmt: skip
        for_many = s.scalar(text("SELECT count(*) FROM match WHERE score > 0.5"))
        s.execute(text("ANALYZE match"))
    seen: list[int] = []
    older = None
    while True:
        with transaction() as s:
            found = my_matches(s, alma.id, Wanted(before=older), utcnow())
        assert len(found.rows) <= PAGE
        seen += [row.version.id for row in found.rows]
        if (older := found.older) is None:
            break
    assert len(seen) == len(set(seen)) == for_many
    assert seen == sorted(seen, reverse=True)


def test_the_list_reads_no_match_that_is_not_theirs_and_no_row_of_any(database: URL) -> None:
    from sqlalchemy import event

    from db.session import engine

    alma = make_subscriber()
    make_match(make_notice(), make_profile(alma))
    asked: list[tuple[str, object]] = []

    def note(_: object, __: object, statement: str, parameters: object, *___: object) -> None:
        asked.append((statement, parameters))

    event.listen(engine(), "before_cursor_execute", note)
    with transaction() as s:
        my_matches(s, alma.id, Wanted(), utcnow())
    event.remove(engine(), "before_cursor_execute", note)
    [(statement, parameters)] = [one for one in asked if "bool_or" in one[0]]
    with engine().connect() as c:
        c.exec_driver_sql("SET enable_seqscan = off")
        plan = "\n".join(row[0] for row in c.exec_driver_sql(f"EXPLAIN {statement}", parameters))  # type: ignore[arg-type]
    assert "Index Only Scan using ix_match_speaks_of_profile" in plan
