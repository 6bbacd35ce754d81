"""Is every source listed with what a reader, a portal and the watch need to know of it?"""

from collections.abc import Callable
from importlib import import_module
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from alerts.sources import NAMES
from crawlers.sources import SOURCES, Source, SourceState, UnknownSource, forbidden_host, rows, source_of, sources
from crawlers.spiders.base import NoticeSpider
from net.addresses import refusal
from settings import Settings, SettingsError

Make = Callable[..., Settings]


@pytest.fixture
def wanted(environment: pytest.MonkeyPatch) -> Make:
    """Settings that say this and nothing else."""
    del environment  # nothing of the developer's own comes in
    return Settings


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.key)
def test_every_source_says_what_must_be_known_of_it(source: Source) -> None:
    assert source.licence
    assert source.attribution
    assert refusal(source.terms) is None
    assert refusal(source.contact) is None
    assert refusal(source.url) is None
    assert source.cadence.total_seconds() >= 3600
    assert source.delay_s >= 1
    assert source.overlap_days >= 3
    assert source.quiet >= 2 * source.cadence
    if source.state is SourceState.FORBIDDEN:
        assert source.spider is None
        assert source.reason
        assert source.grounds
        assert forbidden_host(urlsplit(source.url).hostname or "") is not None
    else:
        assert 0 < source.floor < source.ceiling
        assert forbidden_host(urlsplit(source.url).hostname or "") is None
        module = import_module(f"crawlers.spiders.{source.spider}")
        assert issubclass(getattr(module, str(source.spider).title()), NoticeSpider)


def test_keys_are_unique() -> None:
    assert len({source.key for source in SOURCES}) == len(SOURCES)


def test_doffin_is_off_until_there_is_a_key(wanted: Make) -> None:
    without, with_key = sources(wanted()), sources(wanted(doffin_key=SecretStr("k")))
    assert without["doffin"].state is SourceState.OFF
    assert "ANBUDSVAKT_DOFFIN_KEY" in without["doffin"].reason
    assert with_key["doffin"].state is SourceState.ON
    assert with_key["doffin"].reason == ""


def test_what_is_on_and_what_is_not(wanted: Make) -> None:
    states = {key: source.state for key, source in sources(wanted()).items()}
    assert {key for key, state in states.items() if state is SourceState.ON} == {
        "ted",
        "regjeringen",
        "nspa",
        "eu-funding",
    }
    assert {key for key, state in states.items() if state is SourceState.FORBIDDEN} == {
        "e-avrop",
        "tendsign",
        "clira",
        "mercell",
    }


def test_a_feed_of_ones_own_is_read(wanted: Make) -> None:
    found = sources(wanted(feeds="kommunen=https://kommunen.example/rss?a=b,fmv=https://www.fmv.se/ny.xml"))
    assert found["kommunen"].url == "https://kommunen.example/rss?a=b"
    assert found["kommunen"].state is SourceState.ON
    assert found["kommunen"].spider == "feed"
    assert found["fmv"].url == "https://www.fmv.se/ny.xml"
    assert found["fmv"].state is SourceState.ON
    assert found["fmv"].country == "SE"


def test_the_feeds_that_are_known_are_off_until_somebody_gives_their_address(wanted: Make) -> None:
    found = sources(wanted())
    for key in ("fmv", "forsvarsmakten", "mcf", "ted-defence"):
        assert (found[key].state, found[key].spider) == (SourceState.OFF, "feed")
        assert f"ANBUDSVAKT_FEEDS={key}=" in found[key].reason
    saved = "https://ted.europa.eu/en/simap/rss-feed/-/rss/generate?fields=publication-date%2Cnotice-type&language=SV"
    given = sources(wanted(feeds=f"mcf=https://www.mcf.se/rss.xml,ted-defence={saved}"))
    assert (given["mcf"].state, given["mcf"].url) == (SourceState.ON, "https://www.mcf.se/rss.xml")
    assert (given["ted-defence"].url, given["ted-defence"].country) == (saved, None)
    assert given["ted-defence"].attribution == "TED, © European Union"


@pytest.mark.parametrize(
    "entry",
    [
        "https://example.com/rss",
        "Kommunen=https://example.com/rss",
        "x=https://example.com/rss",
        "=https://example.com/rss",
        "kommunen=",
        "kommunen=file:///etc/passwd",
        "kommunen=http://10.0.0.1/rss",
        "kommunen=http://user:word@example.com/rss",
        "kommunen=http://example.com:8080/rss",
        "ted=https://example.com/rss",
        "doffin=https://example.com/rss",
        "mercell=https://example.com/rss",
        "nyheter=https://app.mercell.com/rss",
        "nyheter=https://www.e-avrop.com/rss",
    ],
)
def test_a_feed_that_may_not_be_read_is_refused_at_start(wanted: Make, entry: str) -> None:
    with pytest.raises(SettingsError, match="ANBUDSVAKT_FEEDS"):
        sources(wanted(feeds=entry))


@pytest.mark.parametrize(
    ("host", "forbidden"),
    [
        ("mercell.com", True),
        ("permalink.mercell.com", True),
        ("APP.MERCELL.COM.", True),
        ("www.e-avrop.com", True),
        ("annonser.clira.io", True),
        ("notmercell.com", False),
        ("mercell.com.example.org", False),
        ("ted.europa.eu", False),
    ],
)
def test_terms_hold_for_a_domain_and_all_below_it(host: str, forbidden: bool) -> None:
    assert (forbidden_host(host) is not None) is forbidden


def test_an_unknown_source_is_told_with_those_there_are(wanted: Make) -> None:
    with pytest.raises(UnknownSource, match="ted, doffin"):
        source_of("no-such", wanted())


def test_rows_can_be_written_down(wanted: Make) -> None:
    import json

    listed = [json.loads(json.dumps(row)) for row in rows(wanted())]
    assert [row["key"] for row in listed] == [source.key for source in SOURCES]
    assert listed[0]["state"] == "on"
    assert listed[0]["cadence"] == 6 * 3600
    assert listed[0]["quiet"] == 6 * 86400


def test_every_source_that_can_be_read_has_a_name_for_readers() -> None:
    assert {source.key for source in SOURCES if source.spider} <= set(NAMES)
