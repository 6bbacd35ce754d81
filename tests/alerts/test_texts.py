"""Are the sentences complete in every language, and does a hole in them raise?"""

import re
from pathlib import Path

import pytest
from sqlalchemy.engine import URL
from sqlalchemy.exc import IntegrityError

from alerts.texts import LOCALES, TextMissing, languages, placeholders, texts
from db.languages import LANGUAGES
from factories import make_subscriber

ALERTS = Path(__file__).parents[2] / "alerts"
EVERY = sorted(languages())


def test_every_language_that_a_subscriber_may_choose_has_a_file() -> None:
    assert set(LANGUAGES) == set(EVERY) == set(LOCALES)


def test_the_tables_take_these_languages_and_no_other(database: URL) -> None:
    for language in LANGUAGES:
        make_subscriber(language=language)
    with pytest.raises(IntegrityError):
        make_subscriber(language="de")


@pytest.mark.parametrize("language", EVERY)
def test_every_language_has_the_same_keys_and_placeholders(language: str) -> None:
    mine, norwegian = texts(language), texts("nb")
    assert mine.sentences.keys() == norwegian.sentences.keys()
    assert mine.plurals.keys() == norwegian.plurals.keys()
    for key, sentence in mine.sentences.items():
        assert placeholders(sentence) == placeholders(norwegian.sentences[key]), key
    for key, forms in mine.plurals.items():
        assert placeholders(forms["other"]) == placeholders(norwegian.plurals[key]["other"]), key


@pytest.mark.parametrize("language", EVERY)
def test_every_plural_has_the_forms_that_cldr_asks_of_its_language(language: str) -> None:
    asked = set(texts(language).locale.plural_form.tags) | {"other"}
    for key, forms in texts(language).plurals.items():
        assert set(forms) == asked, key
        for form in forms.values():
            assert placeholders(form) <= placeholders(forms["other"]), key


@pytest.mark.parametrize("language", EVERY)
def test_the_tone_is_plain(language: str) -> None:
    spoken = texts(language)
    every = [*spoken.sentences.values(), *(form for forms in spoken.plurals.values() for form in forms.values())]
    assert all(sentence == sentence.strip() and sentence for sentence in every)
    assert not [sentence for sentence in every if "!" in sentence]


def test_no_sentence_is_left_behind_when_its_use_goes() -> None:
    source = "".join(
        path.read_text(encoding="utf-8") for path in [*ALERTS.glob("*.py"), *(ALERTS / "templates").rglob("*.*")]
    )
    whole = set(re.findall(r'"([a-z_]+(?:\.[a-z_]+)+)"', source))
    families = set(re.findall(r'f"([a-z_]+(?:\.[a-z_]+)*\.)n?\{', source))
    assert families
    unused = {
        key
        for key in (*texts("nb").sentences, *texts("nb").plurals)
        if key not in whole and key.rpartition(".")[0] + "." not in families
    }
    assert unused == set()


def test_a_hole_raises_and_is_named() -> None:
    norwegian = texts("nb")
    with pytest.raises(TextMissing, match=r"nb: no text footer\.nothing"):
        norwegian.say("footer.nothing")
    with pytest.raises(TextMissing, match="company"):
        norwegian.say("footer.why")
    with pytest.raises(TextMissing, match="surplus"):
        norwegian.say("footer.why", company="A", surplus="B")
    with pytest.raises(TextMissing, match=r"no plural text footer\.why"):
        norwegian.plural("footer.why", 1)
    with pytest.raises(TextMissing, match=r"subject\.new"):
        norwegian.plural("subject.new", 2)
    with pytest.raises(TextMissing, match="surplus"):
        norwegian.plural("left.days", 2, surplus="B")
    with pytest.raises(TextMissing, match="de"):
        texts("de")


def test_a_value_is_never_read_as_a_template() -> None:
    assert texts("nb").say("quote.marks", text="{company} {0.__class__}") == "«{company} {0.__class__}»"


@pytest.mark.parametrize(
    ("language", "count", "said"),
    [
        ("nb", 1, "1 anskaffelse for A"),
        ("nb", 0, "0 anskaffelser for A"),
        ("nb", 2, "2 anskaffelser for A"),
        ("nb", 1234, "1\N{NO-BREAK SPACE}234 anskaffelser for A"),
        ("sv", 1, "1 upphandling för A"),
        ("sv", 21, "21 upphandlingar för A"),
        ("nn", 1, "1 innkjøp for A"),
        ("en", 1, "1 tender for A"),
        ("en", 0, "0 tenders for A"),
        ("en", 1234, "1,234 tenders for A"),
    ],
)
def test_plural_forms_are_cldrs(language: str, count: int, said: str) -> None:
    assert texts(language).plural("subject.new", count, company="A") == said


def test_small_numbers_are_words_and_large_ones_figures() -> None:
    assert [texts("nb").number(count) for count in (1, 3, 12, 13)] == ["én", "tre", "tolv", "13"]
    assert texts("sv").number(7) == "sju"
