"""Does a firm on a phone go the whole way, from its own words to goodbye, with real matching, digests and mail between?"""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from at_work import Worker
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from web_server import served

from db.models import Feedback, Notice, NoticeVersion
from db.session import transaction, utcnow
from demo.mailbox import KeptMail
from factories import make_notice, make_version

pytestmark = pytest.mark.browser
WIDTH = 320
OWN_WORDS = "Vi sveiser bærende konstruksjoner etter EN 1090. Vi bygger trapper og rekkverk i stål."
WELDING = (
    ("Sveisearbeid på Værnes", "Leverandøren skal utføre sveising av bærende stålkonstruksjoner i EXC3."),
    ("Trapper i stål til Ørland", "Levering og montering av trapper og rekkverk i stål."),
    ("Stålkonstruksjoner til hangar", "Sveising og montering av bærende konstruksjoner etter EN 1090."),
)


def notices() -> None:
    """What came lately: some for welders, some not."""
    for title, description in WELDING:
        make_notice(title={"nb": title}, description={"nb": description})
    for n in range(3):
        make_notice(title={"nb": f"Renhold {n}"}, description={"nb": "Renhold av kontorer."}, cpv=["90910000"])


def paths(mail: KeptMail, starts: str) -> list[str]:
    """Where the links of a mail lead, among our own doors that begin so."""
    found = (urlsplit(address).path for address in re.findall(r'href="([^"]+)"', mail.html))
    return list(dict.fromkeys(path for path in found if path.startswith(starts)))


def test_from_its_own_words_to_goodbye(browser: Browser, clerk: Worker) -> None:
    notices()
    with served() as address:
        page = browser.new_page(viewport={"width": WIDTH, "height": 640}, locale="nb-NO", java_script_enabled=False)
        signs_up(page, address)
        [letter] = clerk.post()
        page.goto(address + paths(letter, "/confirm/")[0])
        page.get_by_role("button", name="Ja, begynn").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Trøndersveis AS")

        [digest] = clerk.next_day()
        assert digest.recipients == ("post@trondersveis.example",)
        assert all(title in digest.text for title, _ in WELDING)
        assert "Renhold" not in digest.text
        reads_why(page, address, digest)
        declined = says_it_is_not_for_them(page, address, digest)

        for title, _ in WELDING:
            change(title)
        make_notice(title={"nb": "Rekkverk i stål på Ørland"}, description={"nb": WELDING[1][1]})
        [second] = clerk.next_day()
        assert "Rekkverk i stål på Ørland" in second.text
        # "Not for us" never comes back.
        assert [title for title, _ in WELDING if title not in second.text] == [declined]

        leaves_by_one_click(address, second)
        make_notice(title={"nb": "Enda mer sveising"}, description={"nb": WELDING[0][1]})
        assert clerk.next_day() == []
        page.close()


def signs_up(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("link", name="Norsk", exact=True).click()
    page.get_by_label("Med egne ord").fill(OWN_WORDS)
    page.get_by_label("Bedrift").fill("Trøndersveis AS")
    page.get_by_label("E-postadresse").fill("post@trondersveis.example")
    page.get_by_role("button", name="Videre").click()
    expect(page.get_by_label("Dette kan du")).to_have_value(OWN_WORDS.replace(". ", ".\n"))
    page.get_by_role("button", name="Videre").click()
    cards = page.locator("section.card")
    expect(cards).to_have_count(5)
    for card in cards.all():
        card.get_by_label("Nei" if "Renhold" in card.inner_text() else "Ja", exact=True).check()
    page.get_by_role("button", name="Videre").click()
    expect(page.locator(".lead")).to_contain_text(re.compile(r"omtrent \d+ kunngjøringer i uken. .*e-post"))
    page.get_by_role("button", name="Send meg e-posten").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sjekk e-posten din")


def reads_why(page: Page, address: str, digest: KeptMail) -> None:
    """Behind the mail's link to the whole list stand both sentences of each notice."""
    page.goto(address + paths(digest, "/d/")[0])
    for title, description in WELDING:
        card = page.get_by_role("article").filter(has_text=title)
        expect(card.locator(".said").first).to_contain_text(description)
        expect(card.locator(".said").last).to_contain_text(re.compile("Vi (sveiser|bygger)"))
    assert page.locator("html").evaluate("(all) => all.scrollWidth") <= WIDTH


def says_it_is_not_for_them(page: Page, address: str, digest: KeptMail) -> str:
    """Press what the mail offers, give a reason; gives the title of what was declined."""
    page.goto(address + next(path for path in paths(digest, "/v/") if path.endswith("/not_relevant")))
    title = page.locator(".card .title").inner_text()
    with transaction() as s:
        assert s.scalars(select(Feedback)).all() == []  # a look said nothing
    page.get_by_role("button", name="Ikke for oss").click()
    page.get_by_role("button", name="for langt unna").click()
    expect(page.get_by_text("Du svarte: for langt unna.")).to_be_visible()
    with transaction() as s:
        [kept] = s.scalars(select(Feedback)).all()
    assert (kept.verdict, kept.reason) == ("not_relevant", "too_far")
    return title


def change(title: str) -> None:
    """A corrigendum moves this notice's deadline, which whoever has not declined it is told."""
    later = utcnow() + timedelta(days=40)
    with transaction() as s:
        was = next(one for one in s.scalars(select(NoticeVersion)) if one.title["nb"] == title)
        notice = s.get_one(Notice, was.notice_id)
    assert was.deadline_at is not None
    moved = {"field": "deadline", "old": was.deadline_at.isoformat(), "new": later.isoformat(), "material": True}
    make_version(notice, number=2, title=was.title, description=was.description, deadline_at=later, changes=[moved])


def leaves_by_one_click(address: str, mail: KeptMail) -> None:
    """As a mailbox provider does for its reader (RFC 8058)."""
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    one_click = urlsplit(str(mail.message["List-Unsubscribe"]).strip("<>")).path
    assert httpx.post(address + one_click, data={"List-Unsubscribe": "One-Click"}).status_code == 200
