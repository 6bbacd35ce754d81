"""Are Kommers' lists read to their ends with their tokens and states, and does a changed portal fail the run loudly?"""

import re
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import pytest
from asking import TODAY
from crawl_child import spiders
from loopback import Portal, Reply, Seen

from crawlers.kommers_hub import parse as read_list
from demo import kommers_list_wire, kommers_wire
from demo.catalogue import catalogue
from demo.kommers_notices import Listed, listed

CALLS, PRIOR = kommers_wire.LISTS
ELITE = kommers_list_wire.PATHS["elite"]
RUN = {"since": "2026-11-10", "until": TODAY.isoformat()}
Tamper = Callable[[Seen, Reply], Reply]


@cache
def every() -> tuple[Listed, ...]:
    return listed(catalogue(TODAY), TODAY)


def form(seen: Seen) -> dict[str, str]:
    return dict(parse_qsl(seen.body.decode(), keep_blank_values=True))


def html(body: str, **headers: str) -> Reply:
    return Reply(body=body.encode(), headers={"Content-Type": "text/html; charset=utf-8", **headers})


def hub(seen: Seen) -> Reply:
    """The Supplier Hub as it is."""
    if seen.path in kommers_wire.LISTS:
        number = int(form(seen).get("PageIndex", "1"))
        cookie = {"Set-Cookie": f"{kommers_wire.COOKIE}=s1; path=/; samesite=strict; httponly"}
        return html(kommers_wire.page(seen.path, every(), TODAY, number, "t1"), **cookie)
    for one in every():
        if one.eforms and seen.path == f"/Notice/{one.kind}Notice/{one.numbers.hub}":
            return html(kommers_wire.notice_page(one))
    return Reply(status=302, headers={"Location": "/StatusCode/400"})


def elite(seen: Seen) -> Reply:
    """eLite as it is."""
    if seen.path.lower() != ELITE:
        asked = seen.query.get("ProcurementId")
        rows = kommers_list_wire.rows_of("elite", every())
        return html(next(kommers_list_wire.overview(one) for one in rows if str(one.numbers.procurement) == asked))
    before = kommers_list_wire.number_in("elite", form(seen).get("__VIEWSTATE", "")) or 0
    page = kommers_list_wire.page("elite", every(), before + 1)
    return html(page, **({"Set-Cookie": f"{kommers_list_wire.SESSION}=e1; path=/; HttpOnly"} if not before else {}))


def changed(old: str, new: str, *, where: Callable[[Seen], bool] = lambda _: True) -> Tamper:
    """A portal that writes one thing in another way."""

    def tamper(seen: Seen, reply: Reply) -> Reply:
        return replace(reply, body=reply.body.replace(old.encode(), new.encode())) if where(seen) else reply

    return tamper


def instead(reply: Reply, *, where: Callable[[Seen], bool]) -> Tamper:
    return lambda seen, true: reply if where(seen) else true


def is_list(seen: Seen) -> bool:
    return seen.path in kommers_wire.LISTS or seen.path.lower() == ELITE


def is_page(seen: Seen) -> bool:
    return not is_list(seen)


def is_post(seen: Seen) -> bool:
    return seen.method == "POST"


def in_turn(seen: Seen) -> Reply:
    """The first two pages again and again, each under the number that was asked for."""
    asked = int(form(seen)["PageIndex"])
    shown = 1 + (asked - 1) % 2
    return html(kommers_wire.page(CALLS, every(), TODAY, shown, "t1").replace(f" {shown} / 4", f" {asked} / 4"))


def without_end(seen: Seen) -> Reply:
    """New rows for ever, and always one page more."""
    asked = int(form(seen)["PageIndex"])
    body = kommers_wire.page(CALLS, every(), TODAY, 1, "t1").replace(" 1 / 4", f" {asked} / {asked + 1}")
    return html(re.sub(r"Notice/(\d+)", rf"Notice/\g<1>{asked:03}", body))


def untouched(_: Seen, reply: Reply) -> Reply:
    return reply


LOG_IN = html("<html><body><h1>Logga in</h1><form><input name='user'></form></body></html>")
ODD = 'href="/Notices/TenderNotice/23118"'
# What the portal does → part of the run's error; None where the run goes through all the same.
HUB: Mapping[str, tuple[Tamper, str | None]] = {
    "true": (untouched, None),
    "known": (untouched, None),
    "odd row": (changed(ODD, 'href="/Notices/TenderNotice/"'), None),
    "new clothes": (changed("row mt-4 mb-4 align-items-center", "card card-wide"), None),
    "no token": (changed(kommers_wire.TOKEN, "__Token"), "without its anti-forgery token"),
    "token refused": (instead(Reply(status=400, body=b"<h1>Statuscode 400</h1>"), where=is_post), "answered 400"),
    "no pager": (changed("text-center my-auto p-0", "pager", where=is_post), None),
    "no page number": (changed(" / ", " av ", where=is_post), "does not say how many pages"),
    "always the first": (lambda seen, reply: html(kommers_wire.page(CALLS, every(), TODAY, 1, "t1")) if is_post(seen) else reply,
                         "gave page 1 of its list where page 2 was asked for"),
    "the same rows": (lambda seen, reply: html(kommers_wire.page(CALLS, every(), TODAY, 1, "t1").replace(" 1 / 4", f" {form(seen)['PageIndex']} / 4")) if is_post(seen) else reply,
                      "the same page twice"),
    "two pages in turn": (lambda seen, reply: in_turn(seen) if is_post(seen) else reply, "the same page twice"),
    "without an end": (lambda seen, reply: without_end(seen) if is_post(seen) else reply, "ceiling: 25 requests"),
    "other links": (changed("/Notices/TenderNotice/", "/annons/", where=is_post), "none of the 10 rows on page 1 of Kommers' list can be read: the row has no link"),
    "no rows": (lambda seen, reply: changed("/Notices/", "/annons/")(seen, changed("align-items-center", "x")(seen, reply)) if is_post(seen) else reply, "has no notices on page 1 of 4"),
    "no days": (changed("skickades f&#xF6;r publicering", "lades ut", where=is_post), "can be read: the row does not tell its day of publication"),
    "log-in": (instead(LOG_IN, where=is_list), "without its list of notices"),
    "log-in on the way": (instead(LOG_IN, where=is_post), "without its list of notices"),
    "log-in elsewhere": (instead(Reply(status=302, headers={"Location": "/Account/Login"}), where=is_list), "answered 302"),
    "pages behind a log-in": (instead(Reply(status=302, headers={"Location": "/Account/Login"}), where=is_page), "own pages could not be read"),
    "pages of another kind": (changed('class="label"', 'class="etikett"', where=is_page), "own pages could not be read"),
    "one page away": (instead(Reply(status=403), where=lambda seen: seen.path.endswith("/23118")), None),
}  # fmt: skip
LIST: Mapping[str, tuple[Tamper, str | None]] = {
    "true": (untouched, None),
    "known": (untouched, None),
    "odd row": (changed("NoticeOverview.aspx?ProcurementId=73118", "NoticeOverview.aspx"), None),
    "no state": (changed('name="__VIEWSTATE"', 'name="__STATE"'), "without its view state"),
    "state refused": (instead(Reply(status=404, body=b"<h1>Error</h1>"), where=is_post), "answered 404"),
    "always the first": (lambda seen, reply: html(kommers_list_wire.page("elite", every(), 1)) if is_post(seen) else reply, "gave page 1 of its list where page 2"),
    "no page number": (changed(" / ", " av "), "does not say how many pages"),
    "other links": (changed("NoticeOverview.aspx", "Annons.aspx", where=is_list), "none of the 5 rows on page 1 of Kommers' list can be read: the row has no link"),
    "no rows": (changed("<small", "<em", where=is_list), "can be read: the row tells no day"),
    "log-in": (instead(LOG_IN, where=is_list), "without its list of notices"),
    "no buyers": (lambda seen, reply: changed("hlProcuringEntity", "x")(seen, changed("Ansvarig", "Av")(seen, reply)) if is_page(seen) else reply, "own pages could not be read"),
    "another layout of the button": (changed("btnNext", "knapp"), None),
}  # fmt: skip


def hub_known() -> dict[str, str]:
    """The hub's rows as they stand but for one that has changed."""
    rows = [
        row
        for path in kommers_wire.LISTS
        for number in range(1, 5)
        for row in read_list(kommers_wire.page(path, every(), TODAY, number, "t1").encode(), TODAY).notices
    ]
    return {row.source_id: row.listing_sha256 or "" for row in rows} | {"23118": "of another content"}


def list_known() -> dict[str, str]:
    from crawlers.kommers_list import parse

    rows = [
        row
        for number in range(1, 5)
        for row in parse(
            kommers_list_wire.page("elite", every(), number).encode(),
            source="kommers-elite",
            address="https://a.example/",
        ).notices
    ]
    return {row.source_id: row.listing_sha256 or "" for row in rows} | {"73118": "of another content"}


@pytest.fixture(scope="module")
def told() -> Any:
    """One process reads all the scripted portals at once: portal and outcome of each."""
    plan = [("kommers", hub, "", name, tamper, hub_known) for name, (tamper, _) in HUB.items()]
    plan += [("kommers-elite", elite, ELITE, name, tamper, list_known) for name, (tamper, _) in LIST.items()]
    with ExitStack() as opened:
        asked, portals = [], []
        for key, true, path, name, tamper, known in plan:
            portal = opened.enter_context(Portal(lambda seen, t=tamper, a=true: t(seen, a(seen))))  # type: ignore[misc]
            portals.append(portal)
            asked.append(
                {
                    **RUN,
                    "key": key,
                    "base_url": portal.url + path,
                    "known": known() if name == "known" else {},
                    "changes": {"ANBUDSVAKT_MOST_REQUESTS": 25} if name == "without an end" else {},
                }
            )
        runs = spiders(*asked, limit_s=120)
    return {
        (key, name): (portal, run) for (key, _, _, name, _, _), portal, run in zip(plan, portals, runs, strict=True)
    }


def numbers(run: Mapping[str, Any]) -> list[str]:
    return [met.get("source_id", met.get("broken")) for met in run["notices"]]


@pytest.mark.parametrize(("key", "name", "error"), [
    *(("kommers", name, error) for name, (_, error) in HUB.items() if error),
    *(("kommers-elite", name, error) for name, (_, error) in LIST.items() if error),
])  # fmt: skip
def test_a_changed_portal_is_a_failed_run_that_says_why(told: Any, key: str, name: str, error: str) -> None:
    _, run = told[key, name]
    assert error in (run["outcome"]["error"] or "nothing was wrong")


def test_the_hub_is_read_to_its_end_once_and_its_pages_after_it(told: Any) -> None:
    portal, run = told["kommers", "true"]
    assert run["outcome"]["error"] is None
    first, *posts = [seen for seen in portal.asked() if is_list(seen)]
    assert (first.method, first.path) == ("GET", CALLS)
    assert [(seen.method, form(seen)["PageIndex"]) for seen in posts[:-1]] == [("POST", str(n)) for n in (1, 2, 3, 4)]
    assert (posts[-1].method, posts[-1].path) == ("GET", PRIOR)
    open_now = [one for path in kommers_wire.LISTS for one in kommers_wire.rows_of(path, every())]
    assert len(run["notices"]) == len(set(numbers(run))) == len(open_now) == 35
    pages = [seen.path for seen in portal.asked() if is_page(seen)]
    assert len(pages) == len(set(pages)) == len(open_now)
    kinds = {met["source_id"]: met["wire_format"] for met in run["notices"]}
    assert sum(kind == "page" for kind in kinds.values()) == sum(one.eforms for one in open_now)


def test_token_and_cookie_go_with_the_list_and_nowhere_else(told: Any) -> None:
    portal, _ = told["kommers", "true"]
    for seen in portal.asked():
        assert (form(seen).get(kommers_wire.TOKEN), seen.headers.get("cookie")) == (
            ("t1", f"{kommers_wire.COOKIE}=s1") if is_post(seen) else (None, None)
        )


def test_a_notice_without_a_page_is_what_its_row_says(told: Any) -> None:
    _, run = told["kommers", "true"]
    by_number = {met["source_id"]: met for met in run["notices"]}
    national = by_number["24001"]
    assert national["url"] == f"https://www.kommersannons.se{CALLS}"  # no link that leads to an error page
    assert national["listing_sha256"]  # and it is not asked for again
    assert national["deadline"] is None


def test_an_instance_is_read_to_its_end_with_the_state_of_each_page(told: Any) -> None:
    portal, run = told["kommers-elite", "true"]
    assert run["outcome"]["error"] is None
    rows = kommers_list_wire.rows_of("elite", every())
    assert len(set(numbers(run))) == len(rows) == 19
    first, *posts = [seen for seen in portal.asked() if is_list(seen)]
    assert (first.method, first.path, first.headers.get("cookie")) == ("GET", ELITE, None)
    sent = [form(seen) for seen in posts]
    assert [kommers_list_wire.number_in("elite", fields["__VIEWSTATE"]) for fields in sent] == [1, 2, 3]
    assert all(fields["__VIEWSTATEGENERATOR"] and fields[kommers_list_wire.NEXT] == "Nästa" for fields in sent)
    assert {seen.headers["cookie"] for seen in posts} == {f"{kommers_list_wire.SESSION}=e1"}
    assert {met["wire_format"] for met in run["notices"]} == {"page"}
    assert {met["buyers"][0]["name"] for met in run["notices"]} == {one.buyer.name for one in rows}


def test_an_instance_whose_button_has_another_name_is_asked_as_it_was(told: Any) -> None:
    portal, run = told["kommers-elite", "another layout of the button"]
    assert (run["outcome"]["error"], len(numbers(run))) == (None, 19)
    assert {form(seen)[kommers_list_wire.NEXT] for seen in portal.asked() if is_post(seen)} == {"Nästa"}


@pytest.mark.parametrize(("key", "number", "count"), [("kommers", "23118", 35), ("kommers-elite", "73118", 19)])
def test_what_is_known_as_it_stands_is_neither_asked_for_nor_stored_again(
    told: Any, key: str, number: str, count: int
) -> None:
    portal, run = told[key, "known"]
    assert numbers(run) == [number]
    assert len([seen for seen in portal.asked() if is_page(seen)]) == 1
    outcome = run["outcome"]
    assert (outcome["seen"], outcome["unchanged"], outcome["error"]) == (count, count - 1, None)


@pytest.mark.parametrize("key", ["kommers", "kommers-elite"])
def test_an_odd_row_is_quarantined_and_the_rest_goes_on(told: Any, key: str) -> None:
    _, run = told[key, "odd row"]
    _, whole = told[key, "true"]
    assert (run["outcome"]["error"], run["outcome"]["quarantined"]) == (None, 1)
    broken = [met for met in run["notices"] if "reason" in met and "source_id" not in met]
    assert [met["reason"] for met in broken] == ["the row has no link to its notice"]
    assert len(numbers(run)) == len(numbers(whole))


def test_a_page_that_is_away_costs_its_notice_nothing_but_its_detail(told: Any) -> None:
    _, run = told["kommers", "one page away"]
    assert run["outcome"]["error"] is None
    (met,) = [each for each in run["notices"] if each.get("source_id") == "23118"]
    assert met["wire_format"] == "listing"
    assert met["listing_sha256"] is None  # so that the next run asks for it again


@pytest.mark.parametrize("name", ["new clothes", "no pager"])
def test_what_is_only_dressed_otherwise_is_read_all_the_same(told: Any, name: str) -> None:
    _, run = told["kommers", name]
    _, whole = told["kommers", "true"]
    assert (run["outcome"]["error"], numbers(run)) == (None, numbers(whole))
