"""Is each fact said right in the reader's language: deadlines, money, places, names, changes?"""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from digest_views import AS_OF, NAMES

from alerts.deadline import Urgency
from alerts.speak import Speaker, speaker
from alerts.texts import languages
from alerts.view import Change, Strength
from db.reference import builtin

HARD = "\N{NO-BREAK SPACE}"


def reader(language: str = "nb", country: str = "NO", as_of: datetime = AS_OF) -> Speaker:
    return speaker(language=language, country=country, as_of=as_of, names=NAMES)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("language", "deadline", "said"),
    [
        ("nb", "2026-11-28T11:00Z", "frist 28. nov. kl. 12.00 (om 6 dager)"),
        ("nb", "2026-11-28T12:00+01:00", "frist 28. nov. kl. 12.00 (om 6 dager)"),
        ("nb", "2026-11-22T22:59Z", "frist 22. nov. kl. 23.59 (i dag)"),
        ("nb", "2026-11-22T23:00Z", "frist 23. nov. kl. 00.00 (i morgen)"),
        ("nb", "2026-11-24T11:00Z", "frist 24. nov. kl. 12.00 (om 2 dager)"),
        ("nb", "2027-03-29T10:00Z", "frist 29. mars 2027 kl. 12.00 (om 127 dager)"),  # summer time from the day before
        ("nb", "2026-11-22T06:00Z", "fristen gikk ut 22. nov. kl. 07.00"),
        ("nb", "2026-11-20T11:00Z", "fristen gikk ut 20. nov. kl. 12.00"),
        ("sv", "2026-11-28T11:00Z", "sista anbudsdag 28 nov. kl. 12.00 (om 6 dagar)"),
        ("sv", "2026-11-23T11:00Z", "sista anbudsdag 23 nov. kl. 12.00 (i morgon)"),
        ("sv", "2026-11-21T11:00Z", "tiden gick ut 21 nov. kl. 12.00"),
    ],
)
def test_a_deadline_is_told_on_the_readers_clock_with_the_days_left(language: str, deadline: str, said: str) -> None:
    country = "NO" if language == "nb" else "SE"
    assert reader(language, country).clock.deadline(at(deadline), country=country).text == said


@pytest.mark.parametrize(
    ("as_of", "deadline", "left"),
    [
        ("2026-10-24T06:00+02:00", "2026-10-26T06:00+01:00", "om 2 dager"),  # the 25th has 25 hours
        ("2026-03-28T23:30+01:00", "2026-03-30T00:30+02:00", "om 2 dager"),  # the 29th has 23
        ("2026-11-22T23:59+01:00", "2026-11-23T00:01+01:00", "i morgen"),
        ("2026-11-22T00:01+01:00", "2026-11-22T23:59+01:00", "i dag"),
        ("2026-12-30T07:00+01:00", "2027-01-02T12:00+01:00", "om 3 dager"),
    ],
)
def test_days_left_are_calendar_days_of_the_reader(as_of: str, deadline: str, left: str) -> None:
    assert reader(as_of=at(as_of)).clock.deadline(at(deadline), country="NO").left == left


@pytest.mark.parametrize(
    ("reader_country", "notice_country", "said"),
    [
        ("NO", "NO", "28. nov. kl. 12.00"),
        ("NO", None, "28. nov. kl. 12.00"),
        ("NO", "SE", "28. nov. kl. 12.00 norsk tid"),
        ("NO", "FI", "28. nov. kl. 12.00 norsk tid"),
        ("SE", "NO", "28. nov. kl. 12.00 svensk tid"),
        ("FI", "NO", "28. nov. kl. 13.00 finsk tid"),
        ("DE", "DE", "28. nov. kl. 12.00 norsk tid"),
    ],
)
def test_the_zone_is_named_when_the_notice_is_from_elsewhere(
    reader_country: str, notice_country: str | None, said: str
) -> None:
    moment = at("2026-11-28T11:00Z")
    assert reader("nb", reader_country).clock.when(moment, date_only=False, country=notice_country) == said


@pytest.mark.parametrize(
    ("deadline", "country", "said"),
    [
        ("2026-11-28T22:59Z", "NO", "frist 28. nov. (om 6 dager)"),
        ("2026-11-28T21:59Z", "FI", "frist 28. nov. (om 6 dager)"),
        ("2026-11-28T23:59Z", "GB", "frist 28. nov. (om 6 dager)"),  # 00.59 the next day in Oslo
        ("2026-11-28T22:59Z", "BE", "frist 28. nov. (om 6 dager)"),
        ("2026-11-21T22:59Z", "NO", "fristen gikk ut 21. nov."),
    ],
)
def test_a_day_without_a_time_stays_the_buyers_day(deadline: str, country: str, said: str) -> None:
    assert reader().clock.deadline(at(deadline), date_only=True, country=country).text == said


def test_what_the_deadline_is_for_is_told() -> None:
    moment = at("2026-12-09T11:00Z")
    said = [reader().clock.deadline(moment, kind=kind, country="NO").said for kind in ("request", "interest", "odd")]
    assert said == [
        "frist for å søke om å delta 9. des. kl. 12.00",
        "frist for å melde interesse 9. des. kl. 12.00",
        "frist 9. des. kl. 12.00",
    ]
    swedish = reader("sv", "SE").clock.deadline(moment, kind="request", country="SE")
    assert swedish.said == "sista ansökningsdag 9 dec. kl. 12.00"


def test_urgency_turns_at_seven_and_three_days() -> None:
    days = {22: Urgency.URGENT, 24: Urgency.URGENT, 25: Urgency.SOON, 28: Urgency.SOON, 29: Urgency.CALM}
    for day, urgency in days.items():
        assert reader().clock.deadline(datetime(2026, 11, day, 20, tzinfo=UTC)).urgency is urgency
    assert reader().clock.deadline(datetime(2026, 11, 22, 5, tzinfo=UTC)).urgency is Urgency.PASSED


@pytest.mark.parametrize(
    ("language", "country", "amount", "currency", "said"),
    [
        ("nb", "NO", "4200000", "NOK", "4,2 mill. kr"),
        ("nb", "NO", "4200000", "SEK", "4,2 mill. SEK"),
        ("nb", "NO", "4000000.00", "NOK", "4 mill. kr"),
        ("nb", "NO", "450000", "NOK", "450 000 kr"),
        ("nb", "NO", "999999.60", "NOK", "1 mill. kr"),
        ("nb", "NO", "999999999", "NOK", "1 mrd. kr"),
        ("nb", "NO", "1250000000", "EUR", "1,25 mrd. EUR"),
        ("nb", "NO", "12345", None, "12 345"),
        ("nb", "NO", None, None, "verdi ikke oppgitt"),
        ("nb", "NO", "0", "NOK", "verdi ikke oppgitt"),
        ("nb", "NO", "-1", "NOK", "verdi ikke oppgitt"),
        ("nb", "NO", "NaN", "NOK", "verdi ikke oppgitt"),
        ("nb", "NO", "1E+400", "NOK", "verdi ikke oppgitt"),
        ("sv", "SE", "4200000", "SEK", "4,2 miljoner kr"),
        ("sv", "SE", "4200000", "NOK", "4,2 miljoner NOK"),
        ("sv", "SE", "1000000000", "SEK", "1 miljard kr"),
        ("sv", "SE", None, "SEK", "värde ej angivet"),
    ],
)
def test_money_is_said_in_the_readers_way(
    language: str, country: str, amount: str | None, currency: str | None, said: str
) -> None:
    told = reader(language, country).money(Decimal(amount) if amount else None, currency)
    assert told.replace(HARD, " ") == said


@pytest.mark.parametrize(
    ("language", "country", "said"),
    [
        ("nb", "NO", "4,2 mill. SEK (ca. 4,5 mill. NOK)"),
        ("nn", "NO", "4,2 mill. SEK (ca. 4,5 mill. NOK)"),
        ("sv", "SE", "4,2 miljoner kr (ca 4,5 miljoner NOK)"),
        ("en", "NO", "SEK 4.2 million (about NOK 4.5 million)"),
    ],
)
def test_what_is_in_another_currency_is_told_in_the_readers_too(language: str, country: str, said: str) -> None:
    speaks = reader(language, country)
    also = speaks.money_also(Decimal(4_200_000), "SEK", Decimal(4_500_000), "NOK")
    assert also.replace(HARD, " ") == said
    assert speaks.money_also(Decimal(4_200_000), "SEK", None, None) == speaks.money(Decimal(4_200_000), "SEK")


def test_places_are_regions_then_countries() -> None:
    norwegian, swedish = reader(), reader("sv", "SE")

    def place(
        said: Speaker, *nuts: str, country: str | None = "NO", nationwide: bool = False, name: bool = False
    ) -> str:
        return said.place(nuts, nationwide=nationwide, country=country, name_country=name)

    assert place(norwegian, "NO060") == "Trøndelag"
    assert place(norwegian, "NO060", "NO060") == "Trøndelag"
    assert place(norwegian, "NO060", "NO071", "NO074") == "Trøndelag, Nordland og 1 til"
    assert place(norwegian, "NO", "NO0") == "Norge"
    assert place(norwegian, "SE322", country="SE", name=True) == "Jämtlands län, Sverige"
    assert place(norwegian, "FI1B1", country="FI") == "Finland"
    assert place(norwegian, country="NO", nationwide=True) == "hele Norge"
    assert place(swedish, country="NO", nationwide=True) == "hela Norge"
    assert place(norwegian, country=None, nationwide=True) == "hele landet"
    assert place(norwegian, country=None) == "sted ikke oppgitt"
    assert place(norwegian, country="XQ") == "XQ"


@pytest.mark.parametrize("language", sorted(languages()))
def test_every_procedure_type_of_the_eforms_list_has_words(language: str) -> None:
    codes = "open restricted neg-w-call neg-wo-call comp-dial comp-tend innovation oth-single oth-mult exp-int-rail"
    said = [reader(language).procedure(code) for code in codes.split()]
    assert None not in said
    assert len(set(said)) == len(said)
    assert reader(language).procedure("a-new-code") is None
    assert reader(language).procedure(None) is None


def test_the_shipped_names_are_spoken_in_every_language() -> None:
    for language in languages():
        said = speaker(language=language, country="NO", as_of=AS_OF, names=builtin())
        assert said.place(("NO0",), nationwide=True, country="NO", name_country=True).endswith(said.country_name("NO"))
        assert said.place(("SE322",), nationwide=False, country="SE", name_country=False).startswith("Jämtland")
        assert said.cpv("45262680").endswith(" (CPV 45262680)")


def test_codes_are_said_by_name_and_number() -> None:
    assert reader().cpv("45262680") == "Sveising (CPV 45262680)"
    assert reader("sv").cpv("45262680") == "Svetsning (CPV 45262680)"
    assert reader().cpv("99999999") == "CPV 99999999"
    shipped = speaker(language="nb", country="NO", as_of=AS_OF, names=builtin())
    assert shipped.cpv("35000000").endswith(" (CPV 35000000)")
    assert not shipped.cpv("35000000").startswith("innen ")
    lent = next(
        f"{code[:6]}{n}0" for code in builtin().cpv for n in range(1, 10) if f"{code[:6]}{n}0" not in builtin().cpv
    )
    assert shipped.cpv(lent).startswith("innen ")


@pytest.mark.parametrize(
    ("reads", "written", "tag"),
    [
        ("nb", "nb", None),
        ("nb", "sv", "på svensk"),
        ("nb", "nn", "på nynorsk"),
        ("nb", "en", "på engelsk"),
        ("nb", "fi", "på finsk"),
        ("sv", "nb", "på norska"),
        ("sv", "nn", "på norska (nynorsk)"),
        ("sv", "sv", None),
        ("sv", "de", "på tyska"),
        ("sv", "x-odd", None),
    ],
)
def test_a_foreign_language_is_tagged(reads: str, written: str, tag: str | None) -> None:
    assert reader(reads).language_tag(written) == tag


def test_a_score_is_words_first_and_never_certain() -> None:
    assert [reader().strength(strength) for strength in Strength] == [
        "svært sterkt treff",
        "sterkt treff",
        "mulig treff",
    ]
    said = [reader().probability(score).replace(HARD, " ") for score in (0.0, 0.614, 0.93, 1.0)]
    assert said == ["1 % sannsynlig", "61 % sannsynlig", "93 % sannsynlig", "99 % sannsynlig"]


@pytest.mark.parametrize(
    ("field", "old", "new", "said"),
    [
        ("deadline", "2026-11-24T11:00:00+00:00", "2026-12-08T11:00:00+00:00", "Frist flyttet: 24. nov. → 8. des."),
        (
            "deadline",
            "2026-11-24T11:00:00+00:00",
            "2026-11-24T14:00:00+00:00",
            "Frist flyttet: 24. nov. kl. 12.00 → 24. nov. kl. 15.00",
        ),
        ("deadline", None, "2026-12-08T11:00:00+00:00", "Frist satt: 8. des. kl. 12.00"),
        ("deadline", "2026-12-08T11:00:00+00:00", None, "Fristen er tatt bort (var 8. des. kl. 12.00)"),
        ("deadline", "garbage", "9999-12-31T23:00:00+00:00", "Kunngjøringen er endret"),
        ("cancelled", "false", "true", "Avlyst"),
        ("cancelled", "true", "false", "Ikke lenger avlyst"),
        ("value", "4000000 NOK", "5500000 NOK", "Verdi endret: 4 mill. kr → 5,5 mill. kr"),
        ("value", None, "5500000", "Verdi endret: verdi ikke oppgitt → 5,5 mill. kr"),
        ("value", "abc", "1 None", "Verdi endret: verdi ikke oppgitt → 1 kr"),
        ("lots", "3", "4", "Antall delkontrakter endret: 3 → 4"),
        ("lots", None, "4", "Delkontraktene er endret"),
        ("colour", "red", "blue", "Kunngjøringen er endret"),
    ],
)
def test_a_change_tells_old_and_new(field: str, old: str | None, new: str | None, said: str) -> None:
    change = Change(field=field, old=old, new=new)
    told = reader().change(change, currency="NOK", date_only=False, country="NO")
    assert told.replace(HARD, " ") == said


def test_a_change_is_told_in_swedish_too() -> None:
    change = Change(field="deadline", old="2026-11-24T11:00:00+00:00", new="2026-12-08T11:00:00+00:00")
    told = reader("sv", "SE").change(change, currency=None, date_only=True, country="SE")
    assert told == "Sista dag flyttad: 24 nov. → 8 dec."
