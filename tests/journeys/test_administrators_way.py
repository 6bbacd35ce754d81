"""Does an administrator log in, move a slider, see what comes and goes, publish, and does the next mail hold exactly that? (W7)"""

from collections.abc import Mapping
from decimal import Decimal

import pytest
from at_work import Worker
from browsing import PASSWORD, make_administrator
from mail_reading import tree
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from web_server import served

from classifier.threshold import lines_in_force
from db.models import Match, NoticeVersion, Profile
from db.session import transaction
from demo.mailbox import KeptMail
from factories import make_notice, make_profile, make_subscriber

pytestmark = pytest.mark.browser
WIDTH = 320
SAYS = ["Vi sveiser bærende konstruksjoner.", "Vi bygger trapper og rekkverk i stål.", "Vi reparerer containere."]
CAME = (
    ("Sveisearbeid på Værnes", "Leverandøren skal utføre sveising av bærende stålkonstruksjoner i EXC3."),
    ("Trapper til Ørland", "Levering og montering av trapper og rekkverk i stål."),
    ("Porter til hangar", "Produksjon og montering av porter, luker og stativer i stål."),
    ("Kaier på Haakonsvern", "Utskifting av ståldeler i kaier, med noe sveising."),
    ("Containere til lager", "Leie og vedlikehold av containere."),
    ("Låsesmed", "Montering av låser og dører."),
    ("Renhold", "Daglig renhold av kontorer."),
)


def welder(clerk: Worker) -> tuple[Profile, Mapping[str, float]]:
    """A firm, held by the real model against what came; with the score that each notice has."""
    for title, description in CAME:
        make_notice(title={"nb": title}, description={"nb": description}, cpv=[])
    profile = make_profile(make_subscriber(company="Trøndersveis AS"), threshold=0.5, cpv=[], sentences=SAYS)
    clerk.match()
    with transaction() as s:
        rows = s.execute(
            select(NoticeVersion.title, Match.score)
            .join(NoticeVersion, NoticeVersion.id == Match.version_id)
            .where(Match.profile_id == profile.id)
            .order_by(Match.score.desc())
        )
        return profile, {title["nb"]: score for title, score in rows}


def line(profile: Profile) -> Decimal:
    with transaction() as s:
        return lines_in_force(s, [profile.id])[profile.id]


def titles(page: Page, which: int) -> set[str]:
    """The notices named in a list: 0 of what comes, 1 of what goes."""
    return set(page.locator(".two section").nth(which).locator("li > span:first-child").all_inner_texts())


def told(mail: KeptMail) -> set[str]:
    """The notices that a mail tells of, those just under the line left out."""
    return {str(one.text_content()) for one in tree(mail.html).xpath("//*[@role='article']//h3/a")}


def test_what_is_foreseen_is_published_mailed_and_taken_back(browser: Browser, clerk: Worker) -> None:
    profile, scores = welder(clerk)
    above = {title for title, score in scores.items() if score >= 0.5}
    below = {title: score for title, score in scores.items() if score < 0.5}
    assert len(above) > 1
    assert below
    make_administrator("ada@midsec.example")
    with served() as address:
        page = browser.new_page(viewport={"width": WIDTH, "height": 640}, locale="nb-NO")
        page.goto(f"{address}/admin/lab/{profile.id}")
        page.get_by_label("E-postadresse").fill("ada@midsec.example")
        page.get_by_label("Passord").fill(PASSWORD)
        page.get_by_role("button", name="Logg inn").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Sveising")

        page.locator("#slider").fill("1")
        expect(page.locator(".two section").nth(1)).to_contain_text(f"− {len(above)} faller bort")
        assert titles(page, 1) == above
        wanted = max(round(max(below.values()) - 0.005, 2), 0.0)
        page.locator("#slider").fill(str(wanted))
        gained = {title for title, score in below.items() if score >= wanted}
        expect(page.locator(".two section").first).to_contain_text(f"+ {len(gained)} kommer til")
        assert titles(page, 0) == gained
        assert page.locator("html").evaluate("(all) => all.scrollWidth") <= WIDTH

        page.get_by_label("Begrunnelse").fill("de ville ha mer")
        page.get_by_role("button", name="Publiser med begrunnelse").click()
        expect(page.get_by_role("cell", name="de ville ha mer")).to_be_visible()
        assert float(line(profile)) == wanted
        [mail] = clerk.next_day()
        assert told(mail) == above | gained

        page.get_by_role("button", name="Angre siste").click()
        expect(page.get_by_role("cell", name="Angret: de ville ha mer")).to_be_visible()
        assert line(profile) == Decimal("0.5")
        assert clerk.next_day() == []  # what was told stays told, and nothing is told twice
        page.close()
