"""Is what could not be read shown as words, and is what an administrator asks for done by a worker, once and written down?"""

import asyncio
import re
from collections.abc import Iterator

import httpx
import pytest
from browsing import as_administrator, make_administrator, submit
from kinfolk import groups, notice, stored_groups
from sqlalchemy import select
from sqlalchemy.engine import URL
from web_server import visitor

from alerts import errands
from alerts.texts import texts
from alerts.watch import CRAWL_LIMIT
from classifier.revisions import put_in_force
from crawlers.store import store_all
from db.kin import notices_of
from db.models import Act, Administrator, Audit, Errand, ErrandKind, Quarantined
from db.session import transaction, utcnow
from web.admin.asked import told
from web.pages import TEXTS

HOSTILE = '</pre><script>alert("1")</script>\x1b[2J\u202e'


@pytest.fixture
def ada(database: URL) -> Administrator:
    return make_administrator(language="en")


@pytest.fixture
def client(ada: Administrator) -> Iterator[httpx.Client]:
    with visitor() as one:
        as_administrator(one, ada)
        yield one


def put_in(body: bytes = HOSTILE.encode(), reason: str = "no title <b>at all</b>") -> int:
    with transaction() as s:
        row = Quarantined(source="doffin", payload_sha256=str(len(body)), content_type="text/html", body=body,
                          reason=reason)  # fmt: skip
        s.add(row)
        s.flush()
        return row.id


def acts() -> list[tuple[str, list[str]]]:
    with transaction() as s:
        return [(row.act, row.subject_ids) for row in s.scalars(select(Audit).order_by(Audit.id))]


def work() -> list[int | None]:
    """Do all errands as a worker does; how each command ended."""

    async def every() -> None:
        while await errands.do_one(asyncio.Event()):
            pass

    asyncio.run(every())
    with transaction() as s:
        return list(s.scalars(select(Errand.exit_code).order_by(Errand.id)))


def test_a_body_is_shown_as_words_and_never_as_a_page(client: httpx.Client) -> None:
    row = put_in()
    listed, shown = client.get("/admin/quarantine").text, client.get(f"/admin/quarantine/{row}").text
    assert f'href="/admin/quarantine/{row}"' in listed
    for page in (listed, shown):
        assert "<script" not in page
        assert "<b>at all" not in page
    assert "&lt;/pre&gt;&lt;script&gt;" in shown
    assert not {"\x1b", "\u202e"} & set(shown)
    assert "There are none" not in client.get("/admin/quarantine?source=doffin").text
    assert "Nothing is in quarantine." in client.get("/admin/quarantine?source=ted").text
    for path in ("/admin/quarantine/0", "/admin/quarantine/x", "/admin/quarantine/99999999999999999999"):
        assert client.get(path).status_code == 404


def test_a_retry_is_asked_for_once_written_down_and_done_by_a_worker(client: httpx.Client) -> None:
    row = put_in()
    for _ in range(2):
        assert submit(client, f"/admin/quarantine/{row}/retry", seen_at="/admin/quarantine").status_code == 303
    assert acts() == [(Act.RETRY_ASKED, [str(row)])] * 2
    assert "It is queued" in client.get(f"/admin/quarantine/{row}").text
    assert work() == [0]
    page = client.get(f"/admin/quarantine/{row}").text
    assert "Done 20" in page
    assert "It is queued" not in page


def test_an_errand_that_was_cut_off_is_taken_up_again(ada: Administrator) -> None:
    row = put_in()
    with transaction() as s:
        kept = errands.ask(s, ErrandKind.RETRY, [str(row)], by=ada.id)
        kept.started_at = utcnow()
    assert work() == [None]  # another worker has it in hand
    with transaction() as s:
        s.get_one(Errand, kept.id).started_at = utcnow() - 2 * errands.LIMITS[ErrandKind.RETRY]
    assert work() == [0]


def test_a_worker_that_is_told_to_stop_leaves_the_errand_waiting(ada: Administrator) -> None:
    row = put_in()
    with transaction() as s:
        errands.ask(s, ErrandKind.RETRY, [str(row)], by=ada.id)
    stop = asyncio.Event()
    stop.set()
    assert asyncio.run(errands.do_one(stop))
    with transaction() as s:
        assert s.scalars(select(Errand.started_at)).all() == [None]


def test_what_a_stranger_named_is_no_option() -> None:
    errand = Errand(kind="split", subjects=["--why=x", "doffin:1"], why="--help", administrator_id=3)
    assert errands.words_of(errand) == [
        "procurement", "split", "--why=--help", "--by=administrator 3", "--", "--why=x", "doffin:1",
    ]  # fmt: skip


def test_a_rescore_is_asked_for_once_done_by_a_worker_and_told(client: httpx.Client, ada: Administrator) -> None:
    with transaction() as s:
        put_in_force(s, "older", by="test")
    for _ in range(2):
        assert submit(client, "/admin/scores", seen_at="/admin/sources").status_code == 303
    assert acts() == [(Act.RESCORE_ASKED, [])]
    assert "It is queued" in client.get("/admin/scores").text
    assert work() == [0]
    page = client.get("/admin/scores").text
    assert "Done 20" in page
    assert f"administrator {ada.id}" in page  # put another revision in force
    assert "It is queued" not in page


def test_a_crawl_that_was_asked_for_is_the_command_s_and_its_failure_is_told(
    client: httpx.Client, ada: Administrator
) -> None:
    assert errands.words_of(Errand(kind="crawl", subjects=["ted"], why="")) == ["crawl", "--", "ted"]
    assert errands.LIMITS[ErrandKind.CRAWL] == CRAWL_LIMIT
    with transaction() as s:
        errands.ask(s, ErrandKind.CRAWL, ["nowhere"], by=ada.id)
    assert work() == [1]  # there is no such source
    with transaction() as s:
        last = errands.last(s, ErrandKind.CRAWL, ["nowhere"])
    assert (told(texts("en", TEXTS), last) or "").startswith("Did not go through 20")


def test_a_guess_is_confirmed_split_and_joined_again_by_a_worker(client: httpx.Client) -> None:
    store_all([notice("doffin", "1", reference="2026/14"),
               notice("ted", "2-2026", reference="2026/14", title=f"Kjøp {HOSTILE}")])  # fmt: skip
    guesses = client.get("/admin/procurements").text
    [path] = set(re.findall(r'href="(/admin/procurements/\d+)"', guesses))
    assert "Buyer’s reference" in guesses
    assert "<script" not in guesses + client.get(path).text
    assert client.get("/admin/procurements?notice=ted:2-2026").headers["location"] == path
    assert "We do not have that notice." in client.get("/admin/procurements?notice=ted:nothing").text
    both = ["doffin:1", "ted:2-2026"]
    for wrong in ({"verb": "split", "notice": both}, {"verb": "confirm", "notice": both[:1]}, {"verb": "join"},
                  {"verb": "join", "other": "doffin:1"}, {"notice": both}):  # fmt: skip
        assert submit(client, path, why="x", **wrong).status_code == 422
    assert submit(client, path, verb="confirm", notice=both).status_code == 422  # without a reason
    assert submit(client, path, verb="confirm", notice=both, why="Same reference").status_code == 303
    assert work() == [0]
    assert "No guesses are waiting." in client.get("/admin/procurements").text
    assert submit(client, path, verb="split", notice=both[1:], why="Two halls").status_code == 303
    assert work() == [0, 0]
    assert stored_groups() == groups("doffin:1", "ted:2-2026")
    with transaction() as s:
        [left] = [row["notice"] for row in notices_of(s, int(path.rpartition("/")[2]))]
    [other] = {*both} - {left}
    assert submit(client, path, verb="join", other=other, why="One after all").status_code == 303
    assert work() == [0, 0, 0]
    assert stored_groups() == groups("doffin:1 ted:2-2026")
    assert [act for act, _ in acts()] == [Act.CONFIRM_ASKED, Act.SPLIT_ASKED, Act.JOIN_ASKED]
    assert "One after all" in client.get(path).text
