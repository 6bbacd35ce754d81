"""Which pages are there to look at? Each page of the route tables with something on it, and what its forms answer."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from playwright.sync_api import Page
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.routing import Route

from alerts import letters, tokens
from alerts.texts import texts
from alerts.tokens import Purpose
from alerts.week_report import Week
from db.models import (
    Alert,
    Delivery,
    Digest,
    LetterKind,
    Notice,
    NoticeVersion,
    Profile,
    Quarantined,
    RecallQuestion,
    Signup,
    Suppression,
)
from db.session import utcnow
from demo.looks import Look, People, Step, Who, fill, press, see, tick
from web import app
from web.pages import TEXTS

TABLES: Final[Mapping[Who, tuple[Route, ...]]] = MappingProxyType(
    {Who.STRANGER: app.PUBLIC, Who.SUBSCRIBER: app.SUBSCRIBER, Who.ADMINISTRATOR: app.ADMIN}
)
# What a GET of these answers is no page: counts, calendars, feeds, files, and the way to last week's report.
NO_PAGES: Final = frozenset(
    {
        "/healthz",
        "/metrics",
        "/e/{token}.ics",
        "/c/{token}.ics",
        "/f/{token}.atom",
        "/x/{token}.{form}",
        "/static/{name}",
        "/me/export",
        "/admin/report",
    }
)
_WORDS: Final = MappingProxyType(
    {
        "nb": "Vi sveiser bærende konstruksjoner etter NS-EN 1090, EXC3. Vi bygger trapper og rekkverk i stål.",
        "sv": "Vi svetsar bärande konstruktioner enligt EN 1090, EXC3. Vi bygger trappor och räcken i stål.",
    }
)


def looks(s: Session, people: People) -> list[Look]:
    """Every page and state; the ones that change something are last of their kind. Raises KeyError where a route has none."""
    paths = _paths(s, people)
    found = list(_pages(paths))
    found += _of_strangers(paths)
    found += _of_subscribers(paths)
    found += _of_administrators(paths)
    return found


def _paths(s: Session, people: People) -> dict[str, str]:
    """A row of each kind in place of each parameter."""
    me = people.subscriber
    alert = s.scalars(select(Alert).where(Alert.subscriber_id == me.id).order_by(Alert.id)).first()
    digest = s.scalars(select(Digest).where(Digest.subscriber_id == me.id, Digest.view.is_not(None))).first()
    profile = s.scalars(select(Profile).where(Profile.subscriber_id == me.id).order_by(Profile.id)).first()
    assert alert is not None
    assert digest is not None
    assert profile is not None
    version = s.get_one(NoticeVersion, alert.version_id)
    question = s.scalar(select(RecallQuestion.id).where(RecallQuestion.profile_id == profile.id)) or 0
    week = Week.before(utcnow())
    signup = Signup(email="ny@firma.example", language=me.language, wording="x", cut_address="x", answers={})
    s.add(signup)
    s.flush()
    confirm = letters.post(s, LetterKind.CONFIRM, signup.email, me.language, signup_id=signup.id)
    link = letters.post(s, LetterKind.LOG_IN, me.email, me.language, subscriber_id=me.id)
    verdict = f"/v/{tokens.sign(Purpose.VERDICT, alert.id)}"
    return {
        "/u/{token}": f"/u/{tokens.sign(Purpose.UNSUBSCRIBE, people.leaver.id)}",
        "/d/{token}": f"/d/{tokens.sign(Purpose.DIGEST, digest.id)}",
        "/v/{token}": verdict,
        "/v/{token}/{verdict}": f"{verdict}/not_relevant",
        "/r/{token}": f"/r/{tokens.sign(Purpose.REPORTS_OFF, people.administrator.id)}",
        "/q/{token}": f"/q/{tokens.sign(Purpose.RECALL, question)}",
        "/confirm/{token}": f"/confirm/{tokens.sign(Purpose.CONFIRM, confirm.id)}",
        "/login/{token}": f"/login/{tokens.sign(Purpose.LOG_IN, link.id)}",
        "/me/profiles/{profile_id}": f"/me/profiles/{profile.id}",
        "/me/profiles/{profile_id}/delete": f"/me/profiles/{profile.id}/delete",
        "/me/notices/{notice_id}": f"/me/notices/{version.notice_id}",
        "/admin/report/{year:int}/{number:int}": f"/admin/report/{week.year}/{week.number}",
        "/admin/lab/{bench}": f"/admin/lab/{profile.id}?value=0.3",
        "/admin/sources/{key}": "/admin/sources/ted",
        "/admin/quarantine/{id}": f"/admin/quarantine/{s.scalars(select(Quarantined.id)).first()}",
        "/admin/procurements/{id}": f"/admin/procurements/{s.get_one(Notice, version.notice_id).procurement_id}",
        "/admin/subscribers/{id}": f"/admin/subscribers/{me.id}",
        "/admin/deliveries/{id}": f"/admin/deliveries/{s.scalars(select(Delivery.id)).first()}",
        "/admin/suppressions/{id}": f"/admin/suppressions/{s.scalars(select(Suppression.id)).first()}",
    }


def _pages(paths: Mapping[str, str]) -> Iterator[Look]:
    """Each page that a GET opens."""
    for who, table in TABLES.items():
        for route in table:
            if "GET" not in (route.methods or ()) or route.path in NO_PAGES:
                continue
            path = paths[route.path] if "{" in route.path else route.path
            yield Look(name=_named(route.path), route=route.path, path=path, who=who)


def _named(route: str) -> str:
    """What the page's picture is called."""
    bare = re.sub(r"\{(\w+)(?::int)?\}", r"\1", route.strip("/")).replace("/", "-")
    return {"": "start", "u-token": "leave", "d-token": "digest", "v-token": "verdict", "q-token": "recall",
            "r-token": "report-leave", "v-token-verdict": "verdict-meant"}.get(bare, bare)  # fmt: skip


def _tell_firm(page: Page) -> None:
    language = page.locator("html").get_attribute("lang")
    page.fill("#text", _WORDS["sv" if language == "sv" else "nb"])
    page.fill("#company", "Trøndersveis AS")
    page.fill("#email", "ny@trondersveis.example")


def _of_strangers(paths: Mapping[str, str]) -> list[Look]:
    link, verdict, recall, leave = "/login", "/v/{token}", "/q/{token}", "/u/{token}"
    return [
        Look(name="signup-problems", route="/signup", path="/signup", status=422,
             steps=(fill("#email", "nobody"), press("button[value=words]"))),
        Look(name="signup-words", route="/signup", steps=(_tell_firm, press("button[value=words]"))),
        Look(name="signup-words-problems", route="/signup", status=422,
             steps=(fill("#sentences", ""), press("button[value=notices]"))),
        Look(name="signup-judge", route="/signup",
             steps=(fill("#sentences", _WORDS["nb"]), press("button[value=notices]"), see("section.card"))),
        Look(name="signup-summary", route="/signup", steps=(press("button[value=summary]"),)),
        Look(name="signup-sent", route="/signup", steps=(press("button[value=send]"),)),
        Look(name="confirm-spent", route="/confirm/{token}", path="/confirm/nothing", status=404),
        Look(name="login-problems", route=link, path=link, status=422, steps=(press("main button"),)),
        Look(name="login-sent", route=link, steps=(fill("#email", "x@firma.example"), press("main button"))),
        Look(name="admin-login-refused", route="/admin/login", path="/admin/login", status=403,
             steps=(fill("#email", "x@firma.example"), fill("#password", "feil"), press("button[value=password]"))),
        Look(name="missing", route=leave, path="/u/nothing", status=404),
        Look(name="judged", route=verdict, path=paths[verdict], steps=(press("button[value=not_relevant]"),)),
        Look(name="judged-why", route=verdict, steps=(press("button[name=reason]"),)),
        Look(name="judged-on-it", route=verdict, steps=(press("button[value=on_it]"),)),
        Look(name="recall-answered", route=recall, path=paths[recall],
             steps=(tick("for_us"), press("main button"))),
        Look(name="report-left", route="/r/{token}", path=paths["/r/{token}"], steps=(press("main button"),)),
        Look(name="left", route=leave, path=paths[leave], steps=(press("main button"),)),
    ]  # fmt: skip


def _of_subscribers(paths: Mapping[str, str]) -> list[Look]:
    mine, new = Who.SUBSCRIBER, Who.NEWCOMER
    one, notice = paths["/me/profiles/{profile_id}"], paths["/me/notices/{notice_id}"]
    return [
        Look(name="me-profile-problems", route="/me/profiles/{profile_id}", path=one, who=mine, status=422,
             steps=(fill("#name", ""), fill("#cpv", "x"), fill("#value_min", "x"), press("main form .buttons button"))),
        Look(name="me-profile-saved", route="/me/profiles/{profile_id}", path=one, who=mine,
             steps=(press("main form .buttons button"),)),
        Look(name="me-matches-filtered", route="/me/matches", path="/me/matches?line=under", who=mine),
        Look(name="me-matches-none", route="/me/matches", path="/me/matches?words=finnes-ikke", who=mine),
        Look(name="me-settings-problems", route="/me/settings", path="/me/settings", who=mine, status=422,
             steps=(tick("weekdays", on=False), press("main form .buttons button"))),
        Look(name="me-settings-opened", route="/me/settings", path="/me/settings", who=mine,
             steps=(press("form[action='/me/addresses'] button"),)),
        Look(name="me-erase-problems", route="/me/erase", path="/me/erase", who=mine, status=422,
             steps=(press("main form .buttons button"),)),
        Look(name="new-me", route="/me", path="/me", who=new),
        Look(name="new-matches", route="/me/matches", path="/me/matches", who=new),
        Look(name="new-profiles", route="/me/profiles", path="/me/profiles", who=new),
        Look(name="new-digests", route="/me/digests", path="/me/digests", who=new),
        Look(name="new-left", route="/me/settings/leave", path="/me/settings/leave", who=new,
             steps=(press("button[value=leave]"),)),
        Look(name="new-back", route="/me/settings/leave", path="/me/settings/leave", who=new),
        Look(name="new-erased", route="/me/erase", path="/me/erase", who=new,
             steps=(_say_erase, tick("never_again"), press("main form .buttons button"))),
        Look(name="me-notice-judged", route="/me/notices/{notice_id}", path=notice, who=mine,
             steps=(press("button[value=not_relevant]"),)),
    ]  # fmt: skip


def _say_erase(page: Page) -> None:
    page.fill("#word", texts(page.locator("html").get_attribute("lang") or "", TEXTS).say("erase.word"))


def _of_administrators(paths: Mapping[str, str]) -> list[Look]:
    ours = Who.ADMINISTRATOR
    bench = paths["/admin/lab/{bench}"].partition("?")[0]
    firms = (
        "company;email;country;language;profile;sentences\nVerksted AS;post@verksted.example;NO;nb;Sveis;Vi sveiser.\n"
    )
    file = "/admin/subscribers/import"
    return [
        Look(name="admin-lab-all", route="/admin/lab/{bench}", path="/admin/lab/all?value=-0.2", who=ours),
        Look(name="admin-lab-problems", route="/admin/lab/{bench}", path=f"{bench}?value=0.3", who=ours, status=422,
             steps=(press("form[method=post] button:not(.plain)"),)),
        Look(name="admin-lab-conflict", route="/admin/lab/{bench}", path=f"{bench}?value=0.3", who=ours, status=409,
             steps=(fill("#why", "for lite"), _seen_long_ago, press("form[method=post] button:not(.plain)"))),
        Look(name="admin-lab-published", route="/admin/lab/{bench}", path=f"{bench}?value=0.4", who=ours,
             steps=(fill("#why", "for lite"), press("form[method=post] button:not(.plain)"))),
        Look(name="admin-suppressions-problems", route="/admin/suppressions", path="/admin/suppressions", who=ours,
             status=422, steps=(press("main form[method=post] button"),)),
        Look(name="admin-import-faults", route=file, path=file, who=ours, status=422,
             steps=(_choose("company;email\n;x\n"), press("main form[method=post] button"))),
        Look(name="admin-import-done", route=file, path=file, who=ours,
             steps=(_choose(firms), press("main form[method=post] button"))),
    ]  # fmt: skip


def _seen_long_ago(page: Page) -> None:
    page.evaluate("document.querySelector('input[name=seen]').value = '0'")


def _choose(rows: str) -> Step:
    return lambda page: page.set_input_files(
        "#file", {"name": "firmaer.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    )
