"""Do administrators see which mail went, to whom none goes, what is wrong and what was done; and is each act done once?"""

import re
from collections.abc import Iterator

import httpx
import pytest
from browsing import as_administrator, make_administrator, submit
from outbox import fill, states
from sqlalchemy import select, update
from sqlalchemy.engine import URL
from web_server import visitor

from alerts import push, reputation, restored
from alerts.alarms import STOP, AlarmKind, close_alarm, door_broken, door_off, raise_alarm
from alerts.suppress import is_suppressed
from classifier.revisions import put_in_force
from db.models import Act, Audit, Delivery, Suppression
from db.session import transaction
from factories import MODEL_REV, make_match, make_notice, make_profile, make_subscriber

HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def client(database: URL) -> Iterator[httpx.Client]:
    with visitor() as one:
        as_administrator(one, make_administrator(language="en"))
        yield one


def acts() -> list[tuple[str, list[str]]]:
    with transaction() as s:
        return [(row.act, row.subject_ids) for row in s.scalars(select(Audit).order_by(Audit.id))]


def ids() -> list[int]:
    with transaction() as s:
        return list(s.scalars(select(Delivery.id).order_by(Delivery.id)))


def test_deliveries_are_all_there_and_narrowed_by_state_and_address(client: httpx.Client) -> None:
    fill(60)
    with transaction() as s:
        one = s.scalars(select(Delivery.id).order_by(Delivery.id)).first()
        s.execute(update(Delivery).where(Delivery.id == one).values(state="failed", smtp_reply=f"550 {HOSTILE}"))
        to = s.get_one(Delivery, one).recipient
    assert "Showing 1–50 of 60." in client.get("/admin/deliveries").text
    failed = client.get("/admin/deliveries?state=failed").text
    assert "Showing 1–1 of 1." in failed
    assert "&lt;script&gt;" in failed
    assert "<script" not in failed + client.get(f"/admin/deliveries/{one}").text
    assert "Showing 1–1 of 1." in client.get("/admin/deliveries", params={"to": to.upper()}).text
    assert "There are none." in client.get("/admin/deliveries?to=%25").text
    assert 'href="?state=queued&amp;page=2"' in client.get("/admin/deliveries?state=queued&to=").text
    assert client.get("/admin/deliveries/0").status_code == 404


def test_what_a_restored_copy_holds_is_marked_and_released_once(client: httpx.Client) -> None:
    fill(3)
    assert "All mail is held" not in client.get("/admin/deliveries").text
    with transaction() as s:
        restored.hold(s)
    first = ids()[0]
    for _ in range(2):
        submit(client, f"/admin/deliveries/{first}/sent", seen_at="/admin/deliveries")
    assert states() == {"sent": 1, "held": 2}
    submit(client, "/admin/deliveries/release", seen_at="/admin/deliveries")  # not sure yet
    assert states() == {"sent": 1, "held": 2}
    for _ in range(2):
        submit(client, "/admin/deliveries/release", seen_at="/admin/deliveries", sure="1")
    assert states() == {"sent": 1, "queued": 2}
    assert acts() == [(Act.TAKEN_FOR_SENT, [str(first)]), (Act.OUTBOX_RELEASED, [])]


def test_an_address_is_suppressed_and_lifted_with_a_reason(client: httpx.Client) -> None:
    add = {"email": "Post@Firma.example", "why": f"Asked by telephone {HOSTILE}"}
    assert submit(client, "/admin/suppressions", email=add["email"]).status_code == 422
    assert submit(client, "/admin/suppressions", **add).status_code == 303
    again = submit(client, "/admin/suppressions", **add)
    assert (again.status_code, "suppressed already" in again.text) == (422, True)
    with transaction() as s:
        row = s.scalars(select(Suppression.id)).one()
        assert is_suppressed(s, "post@firma.example")
    assert "<script" not in client.get("/admin/suppressions").text + client.get(f"/admin/suppressions/{row}").text
    assert submit(client, f"/admin/suppressions/{row}").status_code == 422
    assert submit(client, f"/admin/suppressions/{row}", why="A mistake").status_code == 303
    with transaction() as s:
        assert not is_suppressed(s, "post@firma.example")
        last = s.scalars(select(Audit).order_by(Audit.id.desc()).limit(1)).one()
    assert acts() == [(Act.SUPPRESSED, [str(row)]), (Act.SUPPRESSION_LIFTED, [str(row)])]
    assert last.told["why"] == "A mistake"
    assert client.get(f"/admin/suppressions/{row}").status_code == 404
    log = client.get("/admin/audit?act=suppression_lifted").text
    assert "A mistake" in log
    assert "Showing 1–1 of 1." in log
    assert "Showing 1–2 of 2." in client.get("/admin/audit?act=unheard-of").text


def test_alarms_tell_what_to_do_and_stay_listed_when_they_are_over(client: httpx.Client) -> None:
    assert "All is well." in client.get("/admin/alarms").text
    with transaction() as s:
        for kind in AlarmKind:
            raise_alarm(s, kind, "ted", f"it went wrong {HOSTILE}")
    page = client.get("/admin/alarms").text
    assert page.count("What to do:") == len(AlarmKind)
    assert "<script" not in page
    with transaction() as s:
        close_alarm(s, AlarmKind.SOURCE_FAILED, "ted")
    page = client.get("/admin/alarms").text
    assert page.count("What to do:") == len(AlarmKind) - 1
    assert "Showing 1–1 of 1." in page


SUBJECTS = {
    AlarmKind.RELAY_REFUSES: ("relay", reputation.BOUNCES),
    AlarmKind.COMPLAINTS: ("rate", STOP),
    AlarmKind.OUTBOX_STUCK: ("outbox", push.DOORS, restored.RESTORED),
    AlarmKind.DOOR_FAILED: (door_off(7), door_broken(7)),
}


@pytest.mark.parametrize("language", ["nb", "nn", "sv", "en"])
def test_what_happened_is_told_in_the_readers_language_and_the_detail_as_detail(
    client: httpx.Client, language: str
) -> None:
    as_administrator(client, make_administrator(f"{language}@midsec.example", language))
    with transaction() as s:
        for kind in AlarmKind:
            for subject in SUBJECTS.get(kind, ("ted",)):
                raise_alarm(s, kind, subject, "451 4.7.1 try later")
    cards = re.findall(r'<section class="card spaced">.*?</section>', client.get("/admin/alarms").text, re.DOTALL)
    told = [re.findall(r"<p>(.*?)</p>", card) for card in cards]
    assert len(told) == len(AlarmKind) + 5
    assert all(len(lines) == 2 for lines in told)
    assert len({happened for happened, _ in told}) == len(told)
    assert all('<span lang="en">451 4.7.1 try later</span>' in card for card in cards)


def test_scores_are_told_by_week_and_revision_and_what_is_owed(client: httpx.Client) -> None:
    profile = make_profile(make_subscriber())
    for score, barred in ((0.9, None), (0.7, "countries"), (0.2, None), (0.2, None)):
        make_match(make_notice(), profile, score=score, barred_by=barred)
    make_match(make_notice(), profile, model_rev="rev-to-come")
    with transaction() as s:
        put_in_force(s, MODEL_REV, by="test")
    page = client.get("/admin/scores").text
    assert [f">{told}<" in page for told in ("0.500", "25.0 %", "rev-to-come", "100.0 %")] == [True] * 4
    told = page[page.index('<dl class="pairs">') : page.index("</dl>")]
    assert [f"<span>{n}</span>" in told for n in (MODEL_REV, 5, 1)] == [True] * 3
