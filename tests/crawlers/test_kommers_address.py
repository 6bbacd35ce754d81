"""Do all spellings of an address of Kommers name one purchase, and no two purchases one?"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kinfolk import groups, member, notice

from crawlers.keys import Key, Kind, Role, link_key
from crawlers.kin import partition
from crawlers.kommers_address import Door, named, procurement_number
from crawlers.notice import Link, ParsedBuyer, ParsedNotice, Stage

SITE = "https://www.kommersannons.se"
OVERVIEW = f"{SITE}/elite/Notice/NoticeOverview.aspx?ProcurementId=73447"
DISPATCH = f"{SITE}/elite/Notice/NoticeDispatch.aspx?NoticeId=61628"
FMV = ParsedBuyer(name="Försvarets materielverk", identifier="202100-0340", country="SE")
NAMELESS = replace(FMV, identifier=None)


@pytest.mark.parametrize(
    ("url", "door", "instance", "number"),
    [
        (OVERVIEW, Door.OVERVIEW, "kommersannons.se/elite", "73447"),
        ("http://kommersannons.se/eLite/notice/noticeoverview.aspx?procurementid=73447", Door.OVERVIEW, "kommersannons.se/elite", "73447"),
        (f"{OVERVIEW}&tab=1#x", Door.OVERVIEW, "kommersannons.se/elite", "73447"),
        (DISPATCH, Door.DISPATCH, "kommersannons.se/elite", "61628"),
        ("https://upphandling.polisen.se/Notice/NoticeOverview.aspx?ProcurementId=7229", Door.OVERVIEW, "upphandling.polisen.se", "7229"),
    ],
)  # fmt: skip
def test_both_addresses_are_read_however_they_are_spelled(url: str, door: Door, instance: str, number: str) -> None:
    place = named(url)
    assert place is not None
    assert (place.door, place.instance, place.number) == (door, instance, number)


@pytest.mark.parametrize(
    "url",
    [
        *("", "x", "https://[", f"{SITE}/", f"{SITE}/Notices/TenderNotice/22282", DISPATCH.replace("61628", "abc")),
        DISPATCH.replace("NoticeId", "ProcurementId"),
        OVERVIEW.replace("73447", "0"),
        OVERVIEW.replace("73447", "1" * 12),
        f"{SITE}/{'a' * 600}/Notice/NoticeDispatch.aspx?NoticeId=1",
        "/Notice/NoticeDispatch.aspx?NoticeId=1",
    ],
)
def test_what_is_no_such_address_names_nothing(url: str) -> None:
    assert named(url) is None


@given(st.text(max_size=300))
def test_no_text_raises(url: str) -> None:
    assert named(url) is None or named(url) is not None
    named(f"{SITE}/{url}/Notice/NoticeDispatch.aspx?NoticeId={url}")


def test_one_address_is_one_key_and_short_numbers_count() -> None:
    police = "https://upphandling.polisen.se/Notice/NoticeDispatch.aspx?NoticeId=722"
    assert link_key(police) == "upphandling.polisen.se/notice/noticedispatch.aspx?noticeid=722"
    assert link_key(DISPATCH) == link_key(DISPATCH.replace("www.", "").replace("/elite/Notice/", "/eLite/notice/"))
    # The two numbers of a notice are not one, and an instance's number is no other's.
    others = {DISPATCH, OVERVIEW, DISPATCH.replace("elite", "fmv"), DISPATCH.replace("61628", "61629")}
    assert len({link_key(url) for url in others}) == len(others)


def of(source: str, number: str, *urls: str, **values: object) -> ParsedNotice:
    links = tuple(Link(kind="documents", url=url) for url in urls)
    return notice(source, number, links=links, **{"buyers": (), "cpv": (), **values})


def found(*notices: ParsedNotice) -> frozenset[frozenset[str]]:
    return frozenset(frozenset(":".join(name) for name in kin.members) for kin in partition(map(member, notices)))


def test_lists_of_kommers_that_name_one_procurement_are_one_for_certain() -> None:
    hub, elite = of("kommers", "22282", OVERVIEW, DISPATCH), of("kommers-elite", "73447", OVERVIEW)
    (kin,) = partition([member(hub), member(elite)])
    tie = kin.ties["kommers-elite", "73447"]
    assert (tie.by, tie.exact, tie.value) == (Kind.INSTANCE, True, "kommersannons.se/elite/73447")
    # The same serial number of another instance is another purchase, and so is another portal's notice that links here.
    assert found(hub, of("kommers-fmv", "73447", OVERVIEW.replace("elite", "fmv"))) == groups(
        "kommers:22282", "kommers-fmv:73447"
    )
    assert procurement_number(of("ted", "1-2026", OVERVIEW)) is None
    two = of("kommers", "1", OVERVIEW, OVERVIEW.replace("73447", "73448"))
    assert procurement_number(two) is None  # a page that names two is of neither


def test_an_award_goes_with_its_call() -> None:
    call = of("kommers-elite", "73447", OVERVIEW)
    award = of("kommers-elite", "73447-efterannons", OVERVIEW, stage=Stage.RESULT)
    assert found(call, award) == groups("kommers-elite:73447 kommers-elite:73447-efterannons")


LINKED: list[tuple[dict[str, object], dict[str, object]]] = [
    ({"links": (Link(kind="documents", url=DISPATCH),)}, {"links": (Link(kind="submission", url=DISPATCH.replace("www.", "")),)}),
    ({"reference": "25FMVU1881", "buyers": (NAMELESS,)}, {"reference": "25FMVU1881", "buyers": (FMV,)}),
    ({"title": "Ramavtal klimataggregat", "day": 0, "buyers": (NAMELESS,)}, {"title": "Ramavtal klimataggregat", "day": 0, "buyers": (FMV,)}),
]  # fmt: skip


@pytest.mark.parametrize(("here", "there"), LINKED, ids=["dispatch link", "buyer's reference", "buyer, title and day"])
def test_each_key_that_kommers_shares_with_ted_finds_the_mirror_alone(here: dict, there: dict) -> None:  # type: ignore[type-arg]
    mine, theirs = (
        notice("kommers", "22282", **{"buyers": (), **here}),
        notice("ted", "7-2026", **{"buyers": (FMV,), **there}),
    )
    (kin,) = partition([member(mine), member(theirs)])
    assert not kin.ties["ted", "7-2026"].exact  # a guess, and marked as one (sources.md §7)


def test_rows_without_a_buyer_find_each_other_among_kommers_lists_by_reference_and_title() -> None:
    told = {"title": "Reservkraft till trygghetspunkter", "reference": "KS 2026/0412"}
    hub, elite = of("kommers", "1", **told), of("kommers-elite", "2", **told, buyers=(FMV,))
    assert found(hub, elite) == groups("kommers:1 kommers-elite:2")
    assert found(hub, of("ted", "2", **told)) == groups("kommers:1", "ted:2")  # of no other portal
    assert found(hub, of("kommers-elite", "2", **{**told, "title": "Reservkraft till vattenverk"})) == groups(
        "kommers:1", "kommers-elite:2"
    )
    twin = of("kommers-elite", "3", **told)
    assert found(hub, elite, twin) == groups("kommers:1", "kommers-elite:2", "kommers-elite:3")


def test_a_notice_of_another_portal_has_no_key_of_kommers() -> None:
    keys = notice("ted", "1-2026", link=OVERVIEW, reference="KS 2026/0412").keys
    assert {key.kind for key in keys if key.role is Role.OWN} == {"ted"}
    assert not [key for key in keys if key.value.startswith("kommers|")]
    assert Key(role=Role.GUESS, kind=Kind.LINK, value=str(link_key(OVERVIEW))) in keys
