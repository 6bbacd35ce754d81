"""Which sentence does a reader get, in which language? The only reader of ``texts/<language>.toml``.

Every sentence that a person reads stands there, under the same keys in every language. A key or a placeholder that
is missing raises: a mail with a hole in it is not sent.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Final

from babel import Locale
from babel.numbers import format_decimal

FOLDER: Final = Path(__file__).parent / "texts"
LOCALES: Final = {"nb": "nb_NO", "nn": "nn_NO", "sv": "sv_SE", "en": "en_GB"}
PLURALS: Final = frozenset({"zero", "one", "two", "few", "many", "other"})


class TextMissing(KeyError):  # noqa: N818 - the house's word: a state of the text, told by its name
    """Raised when a language, a key, a placeholder or a plural form is missing, or a value has no placeholder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The sentences of one language. ``sentences`` by dotted key; ``plurals`` by dotted key and CLDR category."""

    language: str
    locale: Locale
    sentences: Mapping[str, str]
    plurals: Mapping[str, Mapping[str, str]]

    def say(self, key: str, **values: str) -> str:
        """The sentence of this key, with each placeholder filled. Raises TextMissing."""
        template = self.sentences.get(key)
        if template is None:
            raise TextMissing(f"{self.language}: no text {key}")
        if placeholders(template) != values.keys():
            raise TextMissing(f"{self.language}: {key} holds {sorted(placeholders(template))}, given {sorted(values)}")
        return template.format_map(values)

    def plural(self, key: str, count: int | Decimal, **values: str) -> str:
        """The sentence of this key in the form that CLDR gives ``count``; ``{count}`` may be used in it."""
        forms = self.plurals.get(key)
        if forms is None:
            raise TextMissing(f"{self.language}: no plural text {key}")
        template = forms.get(self.locale.plural_form(count), forms["other"])
        given = {"count": format_decimal(count, locale=self.locale), **values}
        if placeholders(template) - given.keys() or values.keys() - placeholders(forms["other"]):
            raise TextMissing(f"{self.language}: {key} holds {sorted(placeholders(template))}, given {sorted(given)}")
        return template.format_map(given)

    def has(self, key: str) -> bool:
        """Whether there is a sentence of this key, for codes that a portal may extend."""
        return key in self.sentences

    def number(self, count: int) -> str:
        """A small count as a word, a larger one in figures, as one writes it in running text."""
        return self.sentences.get(f"number.n{count}") or format_decimal(count, locale=self.locale)


@lru_cache
def texts(language: str, folder: Path = FOLDER) -> Texts:
    """The sentences of this language (nb, nn, sv, en). Raises TextMissing for one that we do not speak.

    ``folder`` holds one file per language; the web pages have one of their own.
    """
    if language not in languages(folder):
        raise TextMissing(f"no texts in {language}")
    table = tomllib.loads((folder / f"{language}.toml").read_text(encoding="utf-8"))
    sentences: dict[str, str] = {}
    plurals: dict[str, Mapping[str, str]] = {}
    for key, found in _flatten(table, ""):
        if isinstance(found, str):
            sentences[key] = found
        else:
            plurals[key] = found
    return Texts(language=language, locale=Locale.parse(LOCALES[language]), sentences=sentences, plurals=plurals)


@lru_cache
def languages(folder: Path = FOLDER) -> frozenset[str]:
    """The languages that have a file of their own."""
    return frozenset(path.stem for path in folder.glob("*.toml"))


def placeholders(template: str) -> frozenset[str]:
    """The names in braces. Raises TextMissing for one that is not a plain name."""
    names = frozenset(name for _, name, _, _ in Formatter().parse(template) if name is not None)
    if not all(name.isidentifier() for name in names):
        raise TextMissing(f"a placeholder is a plain name: {template}")
    return names


def _flatten(table: Mapping[str, object], prefix: str) -> Iterator[tuple[str, str | Mapping[str, str]]]:
    for name, found in table.items():
        key = f"{prefix}{name}"
        if isinstance(found, str):
            yield key, found
        elif isinstance(found, dict) and "other" in found:
            forms = {form: text for form, text in found.items() if form in PLURALS and isinstance(text, str)}
            if forms.keys() != found.keys():
                raise TextMissing(f"{key} mixes plural forms with other keys")
            yield key, forms
        elif isinstance(found, dict):
            yield from _flatten(found, f"{key}.")
        else:
            raise TextMissing(f"{key} is not a text")
