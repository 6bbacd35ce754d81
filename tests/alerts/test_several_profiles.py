"""Does a reader with several profiles find each of them in the one mail, and each procurement once?"""

import re
from dataclasses import replace
from itertools import pairwise

from digest_views import MAIL, NAMES, NORWEGIAN
from mail_reading import html_of, text_of
from several_profiles import NORWEGIAN_SEVERAL, SWEDISH_SEVERAL

from alerts.message import render, render_page
from alerts.told import tell
from alerts.view import DigestView

HEADINGS = re.compile(r"<h([1-6])[^>]*>(.*?)</h\1>", re.DOTALL)


def sections(view: DigestView) -> list[tuple[str | None, str, list[int | None]]]:
    return [(one.profile, one.heading, [e.number for e in one.entries]) for one in tell(view, NAMES).sections]


def test_sections_are_by_profile_and_within_it_home_neighbour_and_wider() -> None:
    assert sections(NORWEGIAN_SEVERAL) == [
        ("Sveising", "Norge", [1]),
        (None, "Andre land (EU og Nato)", [2]),
        ("Kjøretøy og utstyr", "Sverige", [3]),
        (None, "Endret siden sist", [None]),
    ]
    assert sections(SWEDISH_SEVERAL) == [
        ("Fordon", "Sverige", [1]),
        ("Plåt och svets", "Sverige", [2]),
        (None, "Norge", [3]),
        (None, "Ändrat sedan sist", [None, None]),
    ]


def test_an_entry_for_two_profiles_stands_once_and_names_both() -> None:
    text = text_of(render(NORWEGIAN_SEVERAL, NAMES, **MAIL))
    assert text.count("Ramavtal mekanisk verkstad") == 1
    (entry,) = re.findall(r"Ramavtal mekanisk verkstad.*?Norge|Ramavtal mekanisk verkstad.*?ENDRET", text, re.DOTALL)
    assert entry.index("treff på «Kjøretøy og utstyr»") < entry.index("treff på «Sveising»")
    assert text.index("== Sveising ==") < text.index("NORGE") < text.index("== Kjøretøy og utstyr ==")


def test_who_has_one_profile_is_spared_its_name_above_the_countries() -> None:
    assert {profile for profile, *_ in sections(replace(NORWEGIAN, profiles=("Sveising",)))} == {None}
    assert sections(replace(NORWEGIAN, profiles=("Sveising",))) == sections(NORWEGIAN)  # as one kept from before


def test_a_profile_renamed_since_still_has_its_section() -> None:
    view = replace(NORWEGIAN_SEVERAL, profiles=("Sveis", "Kjøretøy og utstyr"))
    assert [profile for profile, *_ in sections(view) if profile] == ["Kjøretøy og utstyr", "Sveising"]


def test_headings_skip_no_level() -> None:
    for html in (html_of(render(NORWEGIAN_SEVERAL, NAMES, **MAIL)), render_page(NORWEGIAN_SEVERAL, NAMES)):
        levels = [int(level) for level, _ in HEADINGS.findall(html)]
        assert levels[:6] == [1, 2, 3, 4, 3, 4]
        assert all(b - a <= 1 for a, b in pairwise(levels))
