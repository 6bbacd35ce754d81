"""What did a reader fill in, and what is wrong with it? Forms as text, cleaned, with a problem for each field that needs one.

Whatever the bytes, the answer is values or :class:`FormUnreadable`, never a fault of ours (W9).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from db.address import AddressUnusable, mailable

MOST_FIELDS: Final = 1_000
LONGEST: Final = 200  # characters of a field that says nothing else
LONGEST_ADDRESS: Final = 254
# Line breaks and tabs stay; a NUL would be refused by the database, the rest is nothing that anybody types.
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class FormUnreadable(HTTPException):
    """Raised for a body that is no form; answered with status 400."""

    def __init__(self) -> None:
        super().__init__(400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The values that were sent, by field; and small files. ``problems``: which sentence tells what is wrong with a field.

    The reading methods give what can be used and note a problem for what cannot; a page that is shown again with this
    form shows both. A problem is a key of ``form.problem`` in the texts.
    """

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    def raw(self, name: str) -> str:
        """What stands in a field, to show it again; empty where nothing does."""
        return self.values.get(name, ("",))[0]

    def chosen(self, name: str) -> tuple[str, ...]:
        """Every value of a field that may have several, as boxes to tick."""
        return self.values.get(name, ())

    def text(self, name: str, *, needed: bool = True, longest: int = LONGEST, lines: bool = False) -> str:
        """One text without blanks around; on one line unless ``lines``."""
        found = self.raw(name).strip()
        if not lines:
            found = " ".join(found.split())
        if not found and needed:
            self.problem(name, "needed")
        if len(found) > longest:
            self.problem(name, "too_long")
            return ""
        return found

    def address(self, name: str) -> str:
        """A mail address as we write it; empty with a problem where it is none."""
        found = self.text(name, longest=LONGEST_ADDRESS)
        if not found:
            return ""
        try:
            return mailable(found)
        except AddressUnusable:
            self.problem(name, "address")
            return ""

    def choice(self, name: str, among: Iterable[str]) -> str:
        """One of these; the empty string with a problem where it is none."""
        found = self.raw(name)
        if found in set(among):
            return found
        self.problem(name, "choose")
        return ""

    def several(self, name: str, among: Iterable[str]) -> tuple[str, ...]:
        """Those of these that were ticked, each once, in the order in which they were sent."""
        known = set(among)
        return tuple(dict.fromkeys(one for one in self.chosen(name) if one in known))

    def number(self, name: str, least: int, most: int) -> int | None:
        """A whole number within these bounds; None with a problem where it is none."""
        found = self.raw(name).strip()
        if not (found.isascii() and found.isdecimal() and len(found) <= 12 and least <= int(found) <= most):
            self.problem(name, "number")
            return None
        return int(found)

    def problem(self, name: str, which: str) -> None:
        """Note what is wrong with a field; the first problem stays."""
        self.problems.setdefault(name, which)

    @property
    def sound(self) -> bool:
        """Whether no field has a problem."""
        return not self.problems


async def read_form(request: Request) -> Form:
    """The body as a form. Raises FormUnreadable, and TooLarge past the limit of any body."""
    try:
        async with request.form(max_files=1, max_fields=MOST_FIELDS) as sent:
            return await _form(sent)
    except (UnicodeError, ValueError, KeyError, AssertionError):
        # python-multipart and the codecs that a part may name fail each in their own way.
        raise FormUnreadable from None


def form_of(request: Request) -> Form:
    """The form that came with an unsafe request: the gate has read it before the handler began."""
    found: Form = request.state.form
    return found


def filled(values: Mapping[str, str | Sequence[str]]) -> Form:
    """A form that shows these values when it is first seen."""
    return Form(values={name: (one,) if isinstance(one, str) else tuple(one) for name, one in values.items()})


async def _form(sent: FormData) -> Form:
    values: dict[str, list[str]] = {}
    files: dict[str, bytes] = {}
    for count, (name, value) in enumerate(sent.multi_items()):
        if count >= MOST_FIELDS:
            raise FormUnreadable
        if isinstance(value, UploadFile):
            files[cleaned(name)] = await value.read()
        else:
            values.setdefault(cleaned(name), []).append(cleaned(value))
    return Form(values={name: tuple(every) for name, every in values.items()}, files=files)


def cleaned(text: str) -> str:
    """A text without what no form holds and no database takes."""
    # A part may name a codec whose letters are no letters; half of a pair cannot be written as UTF-8.
    return _CONTROLS.sub("", text.encode("utf-8", "replace").decode())
