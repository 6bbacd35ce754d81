"""Are the sandbox's notices and companies what the demo promises?"""

import csv
import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from asking import TODAY

from demo.catalogue import FOLDER, buyers, catalogue, cpv_labels
from demo.notice import Notice

ROOT = Path(__file__).parents[2]
COMPANIES = tomllib.loads((ROOT / "demo" / "companies.toml").read_text(encoding="utf-8"))["subscriber"]
VOCABULARY = ROOT.parent / "shared" / "corpus" / "vocab" / "cpv.tsv"
NOTICES = catalogue(TODAY)


def profiles() -> dict[str, dict[str, object]]:
    return {profile["key"]: profile | subscriber for subscriber in COMPANIES for profile in subscriber["profile"]}


def test_there_are_about_120_notices_half_of_them_plain() -> None:
    watched = {"fmv", "forsvarsmakten", "foi", "fortv", "mcf", "polisen", "fma", "forsvarsbygg", "flo", "dsb", "pft"}
    plain = [notice for notice in NOTICES if notice.buyer.key not in watched and notice.activity != "pub-os"]
    assert 115 <= len(NOTICES) <= 130
    assert 0.4 <= len(plain) / len(NOTICES) <= 0.6


def test_every_language_is_there_and_every_text_is_of_some_length() -> None:
    languages = Counter(language for notice in NOTICES for language in notice.texts)
    assert languages["sv"] > 50
    assert languages["nb"] > 45
    assert languages["nn"] >= 8
    assert languages["en"] >= 15
    for notice in NOTICES:
        for text in notice.texts.values():
            assert 5 <= len(text.title) <= 120, notice.key
            assert 3 <= len(re.findall(r"[.!?](?: |\t|$)", text.body)) <= 12, notice.key


def test_fifteen_norwegian_notices_stand_on_both_portals_in_two_languages() -> None:
    both = [notice for notice in NOTICES if set(notice.on) == {"ted", "doffin"}]
    assert len(both) == 15
    for notice in both:
        assert notice.languages("ted") == ("en",)
        assert notice.languages("doffin")[0] == "nb"


def test_numbers_and_identifiers_are_unique_and_lie_where_no_real_notice_does() -> None:
    for day in (1, 2):
        published = catalogue(TODAY, day)
        assert len({notice.notice_id for notice in published}) == len(published)
        assert len({notice.number for notice in published}) == len(published)
        assert min(notice.number for notice in published) > 990_000


def test_all_kinds_of_dates_and_awards_are_there() -> None:
    kinds = Counter(notice.kind for notice in NOTICES)
    assert kinds["planning"] >= 4
    assert kinds["award"] >= 4
    assert kinds["intent"] == 1
    assert sum(notice.request is not None for notice in NOTICES) >= 6
    assert sum(notice.closing is not None and notice.closing.day < TODAY for notice in NOTICES) == 4
    assert sum(notice.deadline is not None and notice.deadline.at is None for notice in NOTICES) == 1
    assert sum(bool(notice.lots) for notice in NOTICES) >= 25


def test_the_defence_directive_is_declared_rightly_often_and_wrongly_at_least_once() -> None:
    declared = [notice for notice in NOTICES if notice.law == "32009L0081"]
    wrong = [notice for notice in declared if notice.activity != "defence"]
    assert len(declared) >= 10
    assert {notice.buyer.country for notice in wrong} == {"SE", "NO"}


def test_the_companies_are_four_and_four_with_real_toml_profiles() -> None:
    assert Counter(subscriber["country"] for subscriber in COMPANIES) == {"SE": 4, "NO": 4}
    for subscriber in COMPANIES:
        assert subscriber["email"].endswith(".example")
        assert subscriber["language"] == {"SE": "sv", "NO": "nb"}[subscriber["country"]]
        for profile in subscriber["profile"]:
            assert 4 <= len(profile["sentences"]) <= 8
            assert set(profile["countries"]) == {"SE", "NO"}


@pytest.mark.parametrize("key", sorted(profiles()))
def test_a_company_finds_two_notices_at_home_and_two_across_the_border(key: str) -> None:
    home = profiles()[key]["country"]
    mine = [notice for notice in NOTICES if key in notice.relevant_for]
    assert sum(notice.buyer.country == home for notice in mine) >= 2
    assert sum(notice.buyer.country != home for notice in mine) >= 2
    assert all(notice.closing is not None and notice.closing.day > TODAY for notice in mine)


def test_most_notices_are_for_none_of_them_and_no_mark_is_misspelt() -> None:
    assert sum(not notice.relevant_for for notice in NOTICES) > len(NOTICES) / 2
    assert {key for notice in NOTICES for key in notice.relevant_for} == set(profiles())


def test_the_second_day_moves_five_deadlines_and_nothing_else() -> None:
    first = {notice.key: notice for notice in NOTICES}
    second = {notice.key: notice for notice in catalogue(TODAY, 2)}
    new = [notice for key, notice in second.items() if key not in first]
    same = [notice for key, notice in second.items() if key in first and notice != first[key]]

    assert len(new) == 4
    for corrigendum in new:
        old = _changed_by(corrigendum)
        assert corrigendum.notice_id != old.notice_id
        assert corrigendum.procedure_id == old.procedure_id
        assert corrigendum.reference == old.reference
        assert corrigendum.deadline is not None
        assert old.deadline is not None
        assert corrigendum.deadline.day > old.deadline.day
    assert any(corrigendum.change and corrigendum.change.number for corrigendum in new)
    assert [notice.key for notice in same] == ["no-orkland-va"]
    assert same[0].doffin_id == first["no-orkland-va"].doffin_id
    assert same[0].version == 2


def _changed_by(corrigendum: Notice) -> Notice:
    assert corrigendum.change is not None
    pointed = corrigendum.change.notice_id.rsplit("-", 1)[0]
    return next(notice for notice in NOTICES if notice.notice_id == pointed)


def test_every_buyer_is_used_and_no_file_names_an_unknown_one() -> None:
    assert {notice.buyer.key for notice in NOTICES} == set(buyers())
    assert {path.stem for path in FOLDER.glob("*.toml")} >= {"buyers", "labels", "second_day", "news"}


def test_the_codes_are_real_and_so_are_their_names() -> None:
    if not VOCABULARY.exists():
        pytest.skip("../shared is not here")
    with VOCABULARY.open(encoding="utf-8") as lines:
        names = {row["code"]: row for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)}
    used = {code for notice in NOTICES for code in (*notice.cpv, *(lot.cpv for lot in notice.lots))}
    used |= {code for profile in profiles().values() for code in _codes(profile)}
    assert used <= set(names)
    for code, label in cpv_labels().items():
        assert label == {"en": names[code]["en"], "sv": names[code]["sv"]}


def _codes(profile: dict[str, object]) -> list[str]:
    codes = profile["cpv"]
    assert isinstance(codes, list)
    return codes
