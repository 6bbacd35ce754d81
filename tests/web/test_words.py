"""Do the pages speak every language alike? Same keys, same placeholders."""

import re
from pathlib import Path

import pytest

from alerts.texts import languages, placeholders, texts
from db.languages import LANGUAGES
from web.pages import TEXTS, page

TEMPLATES = Path(TEXTS).parent / "templates"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_sentences(language: str) -> None:
    ours, theirs = texts("nb", TEXTS).sentences, texts(language, TEXTS).sentences
    assert theirs.keys() == ours.keys()
    assert {key: placeholders(theirs[key]) for key in theirs} == {key: placeholders(ours[key]) for key in ours}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_plural_has_the_forms_of_its_language(language: str) -> None:
    ours, spoken = texts("nb", TEXTS).plurals, texts(language, TEXTS)
    assert spoken.plurals.keys() == ours.keys()
    for key, forms in spoken.plurals.items():
        assert set(forms) == set(spoken.locale.plural_form.tags) | {"other"}, key
        assert placeholders(forms["other"]) == placeholders(ours[key]["other"]), key


def test_the_pages_speak_what_a_subscriber_may_choose() -> None:
    assert languages(TEXTS) == set(LANGUAGES)


@pytest.mark.parametrize("template", ["leave.html", "left.html"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_can_be_said_in_every_language(language: str, template: str) -> None:
    reply = page(template, language, company='<b>Firma</b> "AB"')
    assert b"<b>Firma" not in reply.body
    assert f'lang="{language}"'.encode() in reply.body


def test_no_template_holds_words_of_its_own() -> None:
    for template in TEMPLATES.glob("*.html"):
        outside = "".join(part.rpartition("}")[2] for part in template.read_text(encoding="utf-8").split("{")[1:])
        assert re.findall(r"\w+", _without_tags(outside)) == [], template.name


def _without_tags(html: str) -> str:
    return "".join(part.rpartition(">")[2] for part in html.split("<"))
