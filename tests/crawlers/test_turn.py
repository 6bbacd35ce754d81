"""Does only one run at a time read a host, whichever source it is for?"""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy.engine import URL

from crawlers import turn
from crawlers.store import AlreadyRunning
from crawlers.turn import turn_on

LIST = "https://www.kommersannons.se/fmv/Notice/NoticeList.aspx"
HUB = "https://WWW.kommersannons.se/eLite/"


def test_a_second_source_of_one_host_waits_for_the_first(database: URL) -> None:
    del database
    inside, told = Event(), []

    def second() -> None:
        inside.wait(10)
        with turn_on(HUB):
            told.append("second")

    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(second)
        with turn_on(LIST):
            inside.set()
            time.sleep(0.5)
            told.append("first")
        waiting.result(10)
    assert told == ["first", "second"]


def test_another_host_does_not_wait(database: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    del database
    monkeypatch.setattr(turn, "LONGEST_WAIT_S", 0.2)
    with turn_on(LIST), turn_on("https://api.ted.europa.eu/v3"):
        pass


def test_who_waits_too_long_is_told_and_the_turn_is_free_again(database: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    del database
    monkeypatch.setattr(turn, "LONGEST_WAIT_S", 0.2)
    with turn_on(LIST), pytest.raises(AlreadyRunning, match=r"www\.kommersannons\.se"), turn_on(HUB):
        pass
    with pytest.raises(ZeroDivisionError), turn_on(HUB):
        raise ZeroDivisionError
    with turn_on(LIST):
        pass
