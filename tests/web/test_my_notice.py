"""Does the notice page tell why, what changed and what came before, and does "not for us" never come back?"""

from datetime import timedelta

import httpx
from browsing import as_subscriber, submit
from fingerprint import everything
from sqlalchemy import select

from alerts.digest import run
from db.models import Cadence, Delivery, Feedback, Lot, Notice, NoticeVersion, Procurement
from db.session import transaction, utcnow
from factories import make_alert, make_match, make_notice, make_profile, make_subscriber, make_version


def told_notice() -> tuple[NoticeVersion, Procurement]:
    """A competition that moved its deadline, after an early word of it."""
    planning = make_notice(stage="planning", title={"nb": "Veiledende om sveis"}, source="ted",
                           published_at=utcnow() - timedelta(days=90), deadline_at=None)  # fmt: skip
    with transaction() as s:
        procurement = s.get_one(Procurement, s.get_one(Notice, planning.notice_id).procurement_id)
    first = make_notice(procurement=procurement)
    with transaction() as s:
        notice = s.get_one(Notice, first.notice_id)
    changes = [
        {"field": "deadline", "old": "2026-11-24T11:00:00+00:00", "new": "2026-12-08T11:00:00+00:00", "material": True},
        {"field": "cpv", "old": ["45262670"], "new": ["45262680", "<b>"], "material": False},
        {"field": "lots.LOT-0001.title.nb", "old": None, "new": "Dør", "material": False},
        {"field": "framework", "old": None, "new": True, "material": False},
        {"field": "strange", "old": {"a": 1}, "new": 7, "material": False},
    ]
    second = make_version(notice, number=2, changes=changes,
                          links=[["documents", "https://kgv.example/7"], ["submission", "javascript:alert(1)"]])  # fmt: skip
    with transaction() as s:
        s.add_all(
            Lot(version_id=second.id, identifier=f"LOT-{n}", title={"nb": f"Del {n}"}, cpv=[], nuts=[])
            for n in range(3)
        )
    return second, procurement


def test_the_page_tells_why_with_both_sentences_and_all_that_is_known(client: httpx.Client) -> None:
    alma = make_subscriber()
    version, _ = told_notice()
    make_match(version, make_profile(alma))
    make_alert(alma, version)
    as_subscriber(client, alma)
    before = everything()
    page = client.get(f"/me/notices/{version.notice_id}")
    assert page.status_code == 200
    assert everything() == before
    for words in (
        "«Leverandøren skal utføre sveising av bærende stålkonstruksjoner i EXC3.»",
        "«Vi sveiser bærende konstruksjoner etter NS-EN 1090, EXC3.»",
        "80\N{NO-BREAK SPACE}%",
        "Svært sterkt treff",
        "8. des. kl. 12.00",
        "Veiledende om sveis",
        "Varsel om en anskaffelse som kommer",
        "LOT-0001: tittel (norsk bokmål)",
        "Del 2",
        "Utgave 2",
        "https://kgv.example/7",
        "&lt;b&gt;",
    ):
        assert words in page.text, words
    assert "javascript:" not in page.text
    with transaction() as s:
        planning = s.scalars(select(Notice).where(Notice.source == "ted")).one()
    assert client.get(f"/me/notices/{planning.id}").status_code == 200  # the same procurement is theirs


def test_not_for_us_is_kept_with_its_reason_and_never_comes_back(client: httpx.Client) -> None:
    alma = make_subscriber()
    version, _ = told_notice()
    make_match(version, make_profile(alma))
    make_alert(alma, version)
    as_subscriber(client, alma)
    path = f"/me/notices/{version.notice_id}"
    assert f'href="{path}"' in client.get("/me/matches").text
    reply = submit(client, f"{path}/verdict", seen_at=path, verdict="not_relevant")
    assert (reply.status_code, reply.headers["location"]) == (303, f"{path}#said")
    assert "Notert: «Ikke for oss»" in client.get(path).text
    assert submit(client, f"{path}/verdict", seen_at=path, verdict="not_relevant", reason="too_far").status_code == 303
    assert "Du svarte: for langt unna" in client.get(path).text
    with transaction() as s:
        kept = s.scalars(select(Feedback)).one()
        assert (kept.verdict, kept.reason) == ("not_relevant", "too_far")
    assert f'href="{path}"' not in client.get("/me/matches").text
    assert f'href="{path}"' in client.get("/me/matches?said=not_relevant").text
    run(Cadence.DAILY, utcnow())
    with transaction() as s:
        assert s.scalars(select(Delivery)).all() == []
    for values in ({"verdict": "perhaps"}, {"verdict": "not_relevant", "reason": "mood"}, {"verdict": ""}):
        assert submit(client, f"{path}/verdict", seen_at=path, **values).status_code == 400
    assert submit(client, f"{path}/verdict", seen_at=path, verdict="relevant").status_code == 303
    assert f'href="{path}"' in client.get("/me/matches").text


def test_what_was_never_told_has_no_buttons_and_a_barred_one_is_nobodys(client: httpx.Client) -> None:
    alma = make_subscriber(language="sv", country="SE")
    profile = make_profile(alma)
    under, barred = make_notice(), make_notice()
    make_match(under, profile, score=0.4)
    make_match(barred, profile, barred_by="word")
    as_subscriber(client, alma)
    page = client.get(f"/me/notices/{under.notice_id}").text
    assert "ligger under er gräns" in page
    assert 'name="verdict"' not in page
    assert client.get(f"/me/notices/{barred.notice_id}").status_code == 404
    path = f"/me/notices/{under.notice_id}"
    assert submit(client, f"{path}/verdict", seen_at=path, verdict="relevant").status_code == 404
