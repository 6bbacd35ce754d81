"""Do firms and profiles come in whole or not at all, and is a changed profile met anew?"""

import pytest
from sqlalchemy import select, update
from sqlalchemy.engine import URL

from classifier.profiles import ProfilesBroken, find, import_profiles, rows
from classifier.threshold import set_threshold
from db.address import mailable
from db.models import Drawn, Profile, Subscriber, Threshold
from db.session import transaction

FILE = """
[[subscriber]]
company = "Fjellsveis AS"
email = "Post@FJELLSVEIS.example"
country = "NO"
language = "nb"

[[subscriber.profile]]
key = "sveising"
name = "Sveising"
sentences = ["Vi sveiser."]
cpv = ["45262670"]
threshold = 0.6
"""


def the_profile() -> Profile:
    with transaction() as s:
        return s.scalars(select(Profile)).one()


def test_a_file_comes_in_and_again_changes_nothing(database: URL) -> None:
    assert import_profiles(FILE.encode(), by="test") == (1, 1)
    with transaction() as s:
        s.execute(update(Profile).values(matched_rev="r1"))
    assert import_profiles(FILE.encode(), by="test") == (1, 1)
    assert the_profile().matched_rev == "r1"
    with transaction() as s:
        assert [float(v) for v in s.scalars(select(Threshold.value))] == [0.6]
        assert s.scalars(select(Subscriber.email)).one() == "Post@fjellsveis.example"
    assert (the_profile().scopes, the_profile().language) == (["defence", "preparedness"], "nb")


def test_the_same_file_again_leaves_what_was_learned_and_another_line_in_it_holds(database: URL) -> None:
    import_profiles(FILE.encode(), by="test")
    with transaction() as s:
        set_threshold(s, the_profile().id, 0.62, by="learning", why="test", drawn=Drawn.LEARNED)
    import_profiles(FILE.encode(), by="test")
    import_profiles(FILE.replace("0.6", "0.7").encode(), by="test")
    with transaction() as s:
        assert [float(v) for v in s.scalars(select(Threshold.value).order_by(Threshold.id))] == [0.6, 0.62, 0.7]


def test_a_changed_profile_is_owed_the_open_notices(database: URL) -> None:
    import_profiles(FILE.encode(), by="test")
    with transaction() as s:
        s.execute(update(Profile).values(matched_rev="r1"))
    import_profiles(FILE.replace("Vi sveiser.", "Vi sveiser og maler.").encode(), by="test")
    assert the_profile().matched_rev is None


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"nb"', '"tlh"', "subscriber.0.language"),
        ('"45262670"', '"4526"', "subscriber.0.profile.0.cpv.0"),
        ("Post@FJELLSVEIS.example", "post at fjell", "subscriber.0.email"),
        ("[[subscriber]]", "[[subscriber", "not a TOML file"),
        ("threshold = 0.6", "treshold = 0.6", "treshold"),
        ("threshold = 0.6", "threshold = 6", "threshold"),
        ("Vi sveiser.", "Vi \\u0000sveiser.", "subscriber.0.profile.0.sentences.0"),
        ("threshold = 0.6", "value_max = 1e20", "subscriber.0.profile.0.value_max"),
    ],
)
def test_a_wrong_file_is_refused_whole_and_says_where(database: URL, old: str, new: str, told: str) -> None:
    with pytest.raises(ProfilesBroken, match=told):
        import_profiles(FILE.replace(old, new).encode(), by="test")
    with transaction() as s:
        assert s.scalars(select(Subscriber)).all() == []


def test_addresses_are_kept_in_one_form() -> None:
    assert mailable("a@BLÅBÆR.example") == "a@xn--blbr-roah.example"


def test_a_local_part_that_relays_refuse_is_refused_with_words() -> None:
    with pytest.raises(ValueError, match=r"before the @-sign|ASCII"):
        mailable("bjørn@fjell.example")


def test_a_profile_is_found_by_id_key_or_both(database: URL) -> None:
    import_profiles(FILE.encode(), by="test")
    wanted = rows()[0]["id"]
    assert {find(str(wanted)), find("sveising"), find("Fjellsveis AS/sveising")} == {wanted}
    with pytest.raises(LookupError, match="Fjellsveis AS/sveising"):
        find("maling")


WHEN = """cadence = "weekly"
hour = 18
weekdays = ["fri", "tue"]
spare_holidays = true
all_quiet = true
"""


def when(file: str) -> Subscriber:
    import_profiles(file.encode(), by="test")
    with transaction() as s:
        return s.scalars(select(Subscriber)).one()


def test_when_there_is_mail_comes_in_with_the_firm_and_each_profile(database: URL) -> None:
    plain = when(FILE)
    assert (plain.hour, plain.weekdays, plain.weekly_day, plain.spare_holidays) == (7, [1, 2, 3, 4, 5, 6, 7], 1, False)
    chosen = when(
        FILE.replace('language = "nb"\n', f'language = "nb"\n{WHEN}', 1).replace(
            'key = "', 'cadence = "daily"\nkey = "'
        )
    )
    assert (chosen.cadence, chosen.hour, chosen.weekdays, chosen.weekly_day) == ("weekly", 18, [2, 5], 2)
    assert (chosen.spare_holidays, chosen.all_quiet) == (True, True)
    (row,) = rows()
    assert (row["cadence"], row["weekdays"], row["weekly_day"]) == ("daily", ["tue", "fri"], "tue")


def test_another_schedule_holds_from_the_day_it_came_and_the_same_again_changes_nothing(database: URL) -> None:
    assert when(FILE).schedule_since is None
    assert when(FILE.replace("Vi sveiser.", "Vi maler.")).schedule_since is None
    moved = when(FILE.replace('language = "nb"\n', 'language = "nb"\nhour = 6\n', 1)).schedule_since
    assert moved is not None
    assert when(FILE.replace('language = "nb"\n', 'language = "nb"\nhour = 6\n', 1)).schedule_since == moved


def test_another_cadence_is_no_reason_to_match_a_profile_anew(database: URL) -> None:
    import_profiles(FILE.encode(), by="test")
    with transaction() as s:
        s.execute(update(Profile).values(matched_rev="r1"))
    import_profiles(FILE.replace('key = "', 'cadence = "at_once"\nkey = "').encode(), by="test")
    assert (the_profile().matched_rev, the_profile().cadence) == ("r1", "at_once")


@pytest.mark.parametrize("hour", [-1, 0, 1, 2, 3, 24])
def test_an_hour_in_which_the_clocks_change_is_refused_with_the_reason(database: URL, hour: int) -> None:
    with pytest.raises(ProfilesBroken, match=rf"no mail can have the hour {hour}: choose 4 to 23, .* clocks change"):
        when(FILE.replace('language = "nb"\n', f'language = "nb"\nhour = {hour}\n', 1))


def test_a_weekly_day_on_which_they_want_no_mail_is_refused(database: URL) -> None:
    with pytest.raises(ProfilesBroken, match="cannot come on mon"):
        when(FILE.replace('language = "nb"\n', 'language = "nb"\nweekdays = ["sat"]\nweekly_day = "mon"\n', 1))
