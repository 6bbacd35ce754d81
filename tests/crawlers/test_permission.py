"""Is a source of uncertain terms off until an administrator says that its owner was asked, and is he told whom to ask?"""

from collections.abc import Callable

import pytest

from crawlers.permission import PERMITTED_BY
from crawlers.run import crawl
from crawlers.source import Ground, SourceState
from crawlers.sources import SourceClosed, rows, sources
from crawlers.sources_kommers import KOMMERS
from settings import Settings, SettingsError

Make = Callable[..., Settings]
KEYS = {"kommers", "kommers-elite", "kommers-fmv", "kommers-polis", "kommers-trafik"}


@pytest.fixture
def wanted(environment: pytest.MonkeyPatch) -> Make:
    """Settings that say this and nothing else."""
    del environment  # nothing of the developer's own comes in
    return Settings


def test_every_list_of_kommers_is_off_and_says_both_readings_of_its_terms_and_whom_to_ask(wanted: Make) -> None:
    found = sources(wanted())
    assert {source.key for source in KOMMERS} == KEYS
    for key in KEYS:
        source = found[key]
        assert source.state is SourceState.OFF
        assert Ground.PERMISSION in source.grounds
        assert "reported in two ways (none for readers without an account, no machines with one)" in source.reason
        assert "ask Antirio" in source.reason
        assert f"ANBUDSVAKT_PERMITTED={key}" in source.reason
        assert "no terms for readers without an account and a robots.txt that allows all" in source.asks
        assert "§3.3 of the terms of registered accounts forbids automated access" in source.asks
        assert "whether a machine may read this public list once a day, without an account" in source.asks
    assert "FMV" in found["kommers-fmv"].reason
    assert {key for key in KEYS if Ground.UNTRIED in found[key].grounds} == KEYS - {"kommers", "kommers-elite"}


def test_what_is_permitted_is_on_and_nothing_else(wanted: Make) -> None:
    found = sources(wanted(permitted="kommers, kommers-fmv"))
    on = {key for key in KEYS if found[key].state is SourceState.ON}
    assert on == {"kommers", "kommers-fmv"}
    assert (found["kommers"].reason, found["kommers"].grounds) == (PERMITTED_BY, (Ground.PERMITTED,))
    told = {str(row["key"]): row for row in rows(wanted(permitted="kommers"))}
    assert (told["kommers"]["state"], told["kommers"]["grounds"]) == ("on", ["permitted"])
    assert "ANBUDSVAKT_PERMITTED says that its owner was asked" in str(told["kommers"]["reason"])


def test_a_list_that_stands_elsewhere_is_read_there(wanted: Make) -> None:
    address = "https://upphandling.polisen.se/annonser/Notice/NoticeList.aspx?NoticeStatus=1"
    assert sources(wanted(permitted=f"kommers-polis={address}"))["kommers-polis"].url == address


@pytest.mark.parametrize(
    "entry",
    [
        *("mercell", "e-avrop", "tendsign", "clira", "ted", "doffin", "fmv", "no-such", "=https://a.example/x"),
        "kommers-fmv=",
        "kommers-fmv=file:///etc/passwd",
        "kommers-fmv=http://10.0.0.1/list",
        "kommers-fmv=https://user:word@example.com/list",
        "kommers-fmv=https://www.e-avrop.com/list",
    ],
)
def test_no_permission_opens_what_is_forbidden_or_leads_inside(wanted: Make, entry: str) -> None:
    with pytest.raises(SettingsError, match="ANBUDSVAKT_PERMITTED"):
        sources(wanted(permitted=entry))


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("key", sorted(KEYS))
def test_it_is_not_read_before_that(key: str) -> None:
    with pytest.raises(SourceClosed, match="reported in two ways"):
        crawl(key)
