"""What did a subscriber fill in of a profile? The form as values that the import would take too, and a profile as a form.

Codes stand one on a line, each with its name behind it for the reader; only the code is read back.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any, Final, get_args

from pydantic import ValidationError

from alerts.outside import NAME, shown
from alerts.speak import MONEY
from classifier.profile_said import ProfileSaid, ScopeName, Stage
from db import seed
from db.languages import LANGUAGES
from db.models import Cadence, Profile
from web.forms import Form, filled

COUNTRIES: Final = ("NO", "SE", "DK", "FI")
CURRENCIES: Final = ("NOK", "SEK", "EUR", "DKK")
STAGES: Final[tuple[str, ...]] = get_args(Stage)
SCOPES: Final[tuple[str, ...]] = get_args(ScopeName)
LONGEST: Final = 20_000  # characters of a field of lines
MOST_WORDS: Final = 60
_CPV: Final = re.compile(r"(\d{2,8})(?:-\d)?(?!\d)")
_NUTS: Final = re.compile(r"[A-Z]{2}[0-9A-Z]{0,3}\b")
# Which sentence tells what is wrong with a field, where it is not that it is empty or too long.
_WRONG: Final = {
    "cpv": "code", "nuts": "region", "value_min": "amount", "value_max": "amount", "value_currency": "choose",
    "countries": "choose", "stages": "choose", "scopes": "choose",
}  # fmt: skip


def blank(language: str, country: str) -> Form:
    """The form of a profile that is yet to be."""
    fresh = ProfileSaid(name="-", sentences=["-"])
    return filled(
        {
            "language": language,
            "stages": list(fresh.stages),
            "scopes": list(fresh.scopes),
            "value_currency": _own_money(country),
        }
    )


def as_form(profile: Profile, language: str, country: str) -> Form:
    """The profile as its owner may change it, with codes named in the reader's language."""
    names = seed.load()
    return filled(
        {
            "name": profile.name,
            "language": profile.language,
            "sentences": "\n".join(profile.sentences),
            "cpv": "\n".join(_named(code, names.cpv_name(code, language)) for code in profile.cpv),
            "nuts": "\n".join(_named(code, names.nuts_name(code, language)) for code in profile.nuts),
            "countries": list(profile.countries),
            "words_in": "\n".join(profile.words_in),
            "words_out": "\n".join(profile.words_out),
            "value_min": _amount(profile.value_min),
            "value_max": _amount(profile.value_max),
            "value_currency": profile.value_currency or _own_money(country),
            "stages": list(profile.stages),
            "scopes": list(profile.scopes),
            "cadence": profile.cadence or "",
            "seen": mark(profile),
        }
    )


def read_profile(form: Form, language: str, also_countries: Iterable[str] = ()) -> dict[str, Any]:
    """The profile's columns as filled in; empty, with problems noted in the form, where it cannot be taken.

    ``also_countries``: those that the profile has beyond the ones that everybody is offered.
    """
    low, high = (_sum(form, name) for name in ("value_min", "value_max"))
    said: dict[str, Any] = {
        "name": form.text("name", longest=NAME),
        "language": form.choice("language", LANGUAGES),
        "sentences": _lines(form, "sentences"),
        "cpv": [_cpv(form, line, language) for line in _lines(form, "cpv")],
        "nuts": [_nuts(form, line) for line in _lines(form, "nuts")],
        "countries": list(form.several("countries", (*COUNTRIES, *also_countries))),
        "words_in": _lines(form, "words_in"),
        "words_out": _lines(form, "words_out"),
        "value_min": low,
        "value_max": high,
        "value_currency": form.choice("value_currency", CURRENCIES) if low or high else None,
        "stages": list(form.several("stages", STAGES)),
        "scopes": list(form.several("scopes", SCOPES)),
        "cadence": form.choice("cadence", Cadence) if form.raw("cadence") else None,
    }
    for name in ("words_in", "words_out", "cpv", "nuts"):
        if len(said[name]) > MOST_WORDS:
            form.problem(name, "too_long")
    if not form.sound:
        return {}
    said["cpv"], said["nuts"] = list(dict.fromkeys(said["cpv"])), list(dict.fromkeys(said["nuts"]))
    try:
        whole = ProfileSaid.model_validate(said)
    except ValidationError as error:
        for one in error.errors():
            where = str(one["loc"][0]) if one["loc"] else "value_max"
            form.problem(where, "range" if not one["loc"] else _what(one["type"], where))
    return whole.model_dump() if form.sound else {}


def mark(profile: Profile) -> str:
    """Which state of a profile somebody saw: another mark means that it was changed since."""
    told = {name: getattr(profile, name) for name in (*ProfileSaid.model_fields, "active")}
    return hashlib.sha256(json.dumps(told, default=str, sort_keys=True).encode()).hexdigest()[:16]


def _own_money(country: str) -> str:
    """What a firm there most likely counts in."""
    return MONEY.get(country, CURRENCIES[0])


def _named(code: str, name: str | None) -> str:
    return f"{code} {shown(name, NAME)}" if name else code


def _lines(form: Form, name: str) -> list[str]:
    found = form.text(name, needed=name == "sentences", longest=LONGEST, lines=True)
    lines = dict.fromkeys(" ".join(line.split()) for line in found.splitlines())
    return [line for line in lines if line]


def _cpv(form: Form, line: str, language: str) -> str:
    """A whole code, or the branch that its first digits name: 4526 is 45260000."""
    found = _CPV.match(line)
    if found is None or seed.load().cpv_name(found[1].ljust(8, "0"), language) is None:
        form.problem("cpv", "code")
        return ""
    return found[1].ljust(8, "0")


def _nuts(form: Form, line: str) -> str:
    found = _NUTS.match(line.upper())
    # Elsewhere we know no regions, so that any code may be one.
    if found is None or (found[0][:2] in {"NO", "SE"} and found[0] not in seed.load().nuts):
        form.problem("nuts", "region")
        return ""
    return found[0]


def _sum(form: Form, name: str) -> str | None:
    """An amount as people write it: 1 500 000 or 1500000,50."""
    written = form.text(name, needed=False, longest=24)
    return "".join(written.split()).replace(",", ".") or None


def _amount(value: object) -> str:
    return "" if value is None else f"{value:f}".removesuffix(".00").replace(".", ",")


def _what(kind: str, field: str) -> str:
    if kind.endswith("too_long"):
        return "too_long"
    return "needed" if kind.endswith("too_short") else _WRONG.get(field, "needed")
