"""Which notices are one procurement, by which key, and what does a guess never override?"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kinfolk import groups, member, notice, uuid
from kinstrategy import notices

from crawlers.keys import Kind, Role, link_key
from crawlers.kin import FOLLOWS, SIMILAR, Kinship, Rulings, partition
from crawlers.member import Member
from crawlers.notice import ParsedBuyer, ParsedNotice, Stage
from crawlers.similar import similarity

LINK = "https://www.kommersannons.se/fmv/Notice/NoticeDispatch.aspx?NoticeId=50671"
WELD = "Rammeavtale sveisearbeid og stålkonstruksjoner på Værnes"


def found(*notices: ParsedNotice, rulings: Rulings | None = None) -> frozenset[frozenset[str]]:
    """The procurements of these notices."""
    kinships = partition(map(member, notices), rulings)
    return frozenset(frozenset(":".join(name) for name in kinship.members) for kinship in kinships)


ONE = groups("a:1 b:2")
TWO = groups("a:1", "b:2")
PAIRS = {
    "notice uuid": ({"notice_uuid": uuid(1)}, {"notice_uuid": uuid(1)}, "notice", True),
    "procedure uuid": ({"procedure_uuid": uuid(1)}, {"procedure_uuid": uuid(1)}, "procedure", True),
    "oj number": ({"ojs_number": "7-2026"}, {"ojs_number": "7-2026"}, "ojs", True),
    "changed notice": ({"notice_uuid": uuid(1)}, {"changes_notice": f"{uuid(1)}-01"}, "notice", True),
    "changed oj number": ({"ojs_number": "7-2026"}, {"changes_notice": "7-2026"}, "ojs", True),
    "planning before": (
        {"stage": Stage.PLANNING, "notice_uuid": uuid(1), "procedure_uuid": uuid(8)},
        {"previous_notices": (f"{uuid(1)}-01",), "procedure_uuid": uuid(9)},
        FOLLOWS,
        True,
    ),
    "award after": ({"ojs_number": "7-2026"}, {"stage": Stage.RESULT, "previous_notices": ("7-2026",)}, FOLLOWS, True),
    "reference": ({"reference": "25FMVU1881"}, {"reference": "25 fmvu1881".replace(" ", "")}, Kind.REFERENCE, False),
    "link": ({"link": LINK}, {"link": LINK.replace("https://www.", "http://")}, Kind.LINK, False),
    "title": ({"title": WELD, "day": 0}, {"title": WELD.upper(), "day": 0}, Kind.TITLE, False),
    "title, a day later": ({"title": WELD, "day": 0}, {"title": WELD, "day": 1}, SIMILAR, False),
    "like title": ({"title": WELD, "day": 0}, {"title": WELD.replace(" på", ","), "day": 1}, SIMILAR, False),
}


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_every_key_finds_its_pair_and_says_what_it_is(pair: tuple[dict, dict, str, bool]) -> None:  # type: ignore[type-arg]
    mine, theirs, by, exact = pair
    (kinship,) = partition([member(notice("a", "1", **mine)), member(notice("b", "2", **theirs))])
    tie = kinship.ties[("b", "2")]
    assert (tie.by, tie.exact) == (by, exact)


def test_a_portals_own_number_is_exact() -> None:
    assert found(notice("doffin", "2026-113736"), notice("b", "2", changes_notice="2026-113736")) == groups(
        "doffin:2026-113736 b:2"
    )


GUESS = {"reference": "25FMVU1881", "link": LINK, "title": WELD, "day": 0}
AGAINST = {
    "another procedure": ({"procedure_uuid": uuid(1)}, {"procedure_uuid": uuid(2)}),
    "another deadline": ({"day": 0}, {"day": 3}),
    "another trade": ({"cpv": ("45262670",)}, {"cpv": ("33100000",)}),
}


@pytest.mark.parametrize("case", AGAINST.values(), ids=AGAINST)
def test_no_guess_overrides_what_speaks_against_it(case: tuple[dict, dict]) -> None:  # type: ignore[type-arg]
    mine, theirs = case
    assert found(notice("a", "1", **GUESS), notice("b", "2", **GUESS)) == ONE
    assert found(notice("a", "1", **GUESS | mine), notice("b", "2", **GUESS | theirs)) == TWO


def test_two_numbers_of_one_portal_are_two_however_much_they_share_and_a_third_goes_with_neither() -> None:
    twins = notice("a", "1", **GUESS), notice("a", "2", **GUESS)
    assert found(*twins, notice("b", "3", **GUESS)) == groups("a:1", "a:2", "b:3")


@pytest.mark.parametrize("reference", ["2021", "1", "se vedlegg", ""])
def test_a_reference_that_says_nothing_ties_nothing(reference: str) -> None:
    assert found(notice("a", "1", reference=reference), notice("b", "2", reference=reference)) == TWO


def test_a_reference_is_its_buyers_own() -> None:
    other = ParsedBuyer(name="Heim kommune", identifier="920920004", country="NO")
    assert found(notice("a", "1", reference="2026/14"), notice("b", "2", reference="2026/14", buyers=(other,))) == TWO


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("https://tendsign.no/doc.aspx?UniqueId=afwjuxxltt&GoTo=Docs", "tendsign.no/doc.aspx?UniqueId=afwjuxxltt"),
        ("https://permalink.mercell.com/216040028.aspx", "permalink.mercell.com/216040028.aspx"),
        ("http://www.evergabe-online.de/", None),
        ("https://www.tenderarena.cz/profily/CD", None),
        ("https://epk.sarp.pl/2023", None),
    ],
)
def test_a_front_page_is_no_key(address: str, key: str | None) -> None:
    assert link_key(address) == key


def test_titles_of_two_numbers_are_not_alike() -> None:
    assert similarity("konsulenter innen prosjektledelse del 1", "konsulenter innen prosjektledelse del 2") == 0
    assert similarity("rammeavtale sveising vaernes", "rammeavtale for sveising vaernes") > 0.6


def planned(*later: ParsedNotice) -> frozenset[frozenset[str]]:
    return found(notice("ted", "1", stage=Stage.PLANNING, ojs_number="1-2026"), *later)


def test_a_planning_notice_goes_with_the_eldest_of_the_competitions_that_name_it() -> None:
    first = notice("ted", "9", previous_notices=("1-2026",), published_at=datetime(2026, 3, 1, tzinfo=UTC))
    second = notice("ted", "2", previous_notices=("1-2026",), published_at=datetime(2026, 4, 1, tzinfo=UTC))
    assert planned(first, second) == groups("ted:1 ted:9", "ted:2")


def test_planning_competition_change_and_award_are_one() -> None:
    competition = notice("ted", "2", previous_notices=("1-2026",), notice_uuid=uuid(2), procedure_uuid=uuid(5))
    change = notice("ted", "3", changes_notice=f"{uuid(2)}-01", procedure_uuid=uuid(6), notice_uuid=uuid(3))
    award = notice("ted", "4", stage=Stage.RESULT, previous_notices=(f"{uuid(3)}-01",), procedure_uuid=uuid(5))
    assert planned(award, change, competition) == groups("ted:1 ted:2 ted:3 ted:4")


def test_a_second_competition_is_another_chance_to_bid() -> None:
    again = notice("ted", "2", previous_notices=("1-2026",))
    assert found(notice("ted", "1", ojs_number="1-2026"), again) == groups("ted:1", "ted:2")


def test_what_was_ruled_stands_above_every_key() -> None:
    same = notice("a", "1", procedure_uuid=uuid(1)), notice("b", "2", procedure_uuid=uuid(1))
    pair = (("a", "1"), ("b", "2"))
    assert found(*same, rulings=Rulings(apart=frozenset({pair}))) == TWO
    other = notice("a", "1", procedure_uuid=uuid(1)), notice("b", "2", procedure_uuid=uuid(2))
    assert found(*other, rulings=Rulings(together=(pair,))) == ONE


@settings(max_examples=80, deadline=None)
@given(notices(), st.randoms(use_true_random=False))
def test_the_order_of_notices_does_not_matter_and_every_notice_is_in_one(made: Sequence[ParsedNotice], random) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    shuffled = list(made)
    random.shuffle(shuffled)
    kinships = partition(map(member, made))
    assert partition(map(member, shuffled)) == kinships
    assert sorted(name for kinship in kinships for name in kinship.members) == sorted(member(one).name for one in made)
    for kinship in kinships:
        assert set(kinship.ties) == set(kinship.members[1:])


@settings(max_examples=80, deadline=None)
@given(notices())
def test_a_guess_never_joins_two_procedures_or_two_numbers_of_a_portal(made: Sequence[ParsedNotice]) -> None:
    members = [member(one) for one in made]
    exact = {name: at for at, kinship in enumerate(_without_guesses(members)) for name in kinship.members}
    by_name = {one.name: one for one in members}
    for kinship in partition(members):
        parts: dict[int, set[str]] = {}
        for name in kinship.members:
            parts.setdefault(exact[name], set()).add(by_name[name].source)
        sources = [source for part in parts.values() for source in part]
        assert len(sources) == len(set(sources)), "a guess joined two numbers of one portal"


def _without_guesses(members: Sequence[Member]) -> list[Kinship]:
    return partition(
        replace(one, keys=frozenset(key for key in one.keys if key.role is not Role.GUESS)) for one in members
    )
