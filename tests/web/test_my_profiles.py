"""Can a subscriber change what we look for, by the import's own rules, and nobody else's?"""

from decimal import Decimal

import httpx
from browsing import Values, as_subscriber, hidden, send, submit
from sqlalchemy import select, update

from db.models import Match, Profile
from db.session import transaction
from factories import make_match, make_notice, make_profile, make_subscriber

SAID: Values = {
    "name": "Sveising",
    "sentences": "Vi sveiser bærende konstruksjoner.\n\n  Vi  bygger trapper. ",
    "language": "nb",
    "cpv": "45262670 Metallarbeid\n4526",
    "nuts": "NO060 Trøndelag",
    "countries": ["NO", "SE"],
    "words_in": "Værnes\nstålbru",
    "words_out": "renhold",
    "value_min": "500 000",
    "value_max": "20 000 000,50",
    "value_currency": "NOK",
    "stages": ["competition"],
    "scopes": ["defence"],
    "cadence": "weekly",
}

WRONG = [
    ("name", " "),
    ("sentences", "\n"),
    ("sentences", "\n".join(f"Vi kan {n}." for n in range(41))),
    ("sentences", "x" * 2_001),
    ("cpv", "welding"),
    ("cpv", "99999999"),
    ("words_in", "\n".join(f"ord{n}" for n in range(61))),
    ("nuts", "NO999"),
    ("nuts", "?"),
    ("value_min", "mye"),
    ("value_min", "-1"),
    ("value_max", "1" + "0" * 20),
    ("value_max", "1"),
    ("value_max", "NaN"),
    ("value_currency", "XXX"),
    ("language", "de"),
    ("cadence", "hourly"),
]


def fill(client: httpx.Client, path: str, values: Values) -> httpx.Response:
    return send(client, path, hidden(client.get(path).text) | values)


def stored(profile_id: int | None = None) -> Profile:
    with transaction() as s:
        wanted = select(Profile).order_by(Profile.id.desc()).limit(1)
        return s.scalars(wanted if profile_id is None else select(Profile).where(Profile.id == profile_id)).one()


def test_a_new_profile_is_kept_as_it_was_written_and_is_owed_to_the_scorer(client: httpx.Client) -> None:
    alma = make_subscriber(country="SE", language="sv")
    as_subscriber(client, alma)
    assert "Ni har ingen profil ännu" in client.get("/me/profiles").text
    assert fill(client, "/me/profiles/new", SAID).headers["location"] == "/me/profiles?told=made"
    row = stored()
    assert (row.subscriber_id, row.key, row.name, row.cadence) == (alma.id, "sveising", "Sveising", "weekly")
    assert row.sentences == ["Vi sveiser bærende konstruksjoner.", "Vi bygger trapper."]
    assert (row.cpv, row.nuts, row.countries) == (["45262670", "45260000"], ["NO060"], ["NO", "SE"])
    assert (row.value_min, row.value_max, row.value_currency) == (Decimal(500_000), Decimal("20000000.50"), "NOK")
    assert (row.stages, row.scopes, row.words_out, row.matched_rev) == (["competition"], ["defence"], ["renhold"], None)
    assert row.words_in == ["Værnes", "stålbru"]
    assert "Profilen är skapad" in client.get("/me/profiles?told=made").text
    page = client.get(f"/me/profiles/{row.id}").text
    assert "45260000 " in page  # with its name behind it
    assert "20000000,50" in page


def test_a_profile_that_changed_meets_every_open_notice_anew_and_one_that_did_not_is_left(client: httpx.Client) -> None:
    alma = make_subscriber()
    profile = make_profile(alma)
    with transaction() as s:
        s.execute(update(Profile).values(matched_rev="rev"))
    as_subscriber(client, alma)
    path = f"/me/profiles/{profile.id}"
    same: Values = {name: value for name, value in SAID.items() if name in {"language", "value_currency"}} | {
        "name": profile.name, "sentences": profile.sentences[0], "cpv": "45262670", "stages": profile.stages,
        "scopes": profile.scopes, "cadence": "at_once",
    }  # fmt: skip
    assert fill(client, path, same).status_code == 303
    assert (stored().matched_rev, stored().cadence) == ("rev", "at_once")
    for words in ("words_in", "words_out"):
        assert fill(client, path, same | {words: "renhold"}).status_code == 303
        assert (stored().matched_rev, getattr(stored(), words)) == (None, ["renhold"])
        with transaction() as s:
            s.execute(update(Profile).values(matched_rev="rev"))


def test_whoever_saves_over_a_change_of_another_window_is_told_and_may_save_again(client: httpx.Client) -> None:
    alma = make_subscriber()
    profile = make_profile(alma)
    as_subscriber(client, alma)
    path = f"/me/profiles/{profile.id}"
    first, second = (hidden(client.get(path).text) for _ in range(2))
    assert send(client, path, first | SAID | {"name": "Først"}).status_code == 303
    told = send(client, path, second | SAID | {"name": "Sist"})
    assert told.status_code == 409
    assert "Først" in told.text
    assert 'value="Sist"' in told.text
    assert stored().name == "Først"
    assert send(client, path, hidden(told.text) | SAID | {"name": "Sist"}).status_code == 303
    assert stored().name == "Sist"


def test_what_cannot_be_a_profile_is_refused_with_words(client: httpx.Client) -> None:
    alma = make_subscriber()
    as_subscriber(client, alma)
    form = hidden(client.get("/me/profiles/new").text)
    for field, value in WRONG:
        reply = send(client, "/me/profiles/new", form | SAID | {field: value})
        assert reply.status_code == 422, (field, value)
        assert f'id="{field}-problem"' in reply.text, (field, value)
    with transaction() as s:
        assert s.scalars(select(Profile)).all() == []


def test_a_paused_profile_starts_again_and_a_deleted_one_is_gone_with_its_matches(client: httpx.Client) -> None:
    alma = make_subscriber()
    profile = make_profile(alma)
    make_match(make_notice(), profile)
    as_subscriber(client, alma)
    path = f"/me/profiles/{profile.id}"
    assert submit(client, f"{path}/active", seen_at=path, active="0").status_code == 303
    assert stored().active is False
    with transaction() as s:
        s.execute(update(Profile).values(matched_rev="rev"))
    assert submit(client, f"{path}/active", seen_at=path, active="1").status_code == 303
    assert (stored().active, stored().matched_rev) == (True, None)
    assert submit(client, f"{path}/active", seen_at=path, active="2").status_code == 400
    assert submit(client, f"{path}/delete").status_code == 303
    with transaction() as s:
        assert s.scalars(select(Profile)).all() == []
        assert s.scalars(select(Match)).all() == []
