"""How is one fact said in the reader's language? Pure: codes, moments and amounts in, words out."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Final, Protocol

from babel.numbers import format_decimal, format_percent

from alerts.deadline import Clock
from alerts.outside import NAME, shown
from alerts.texts import Texts, texts
from alerts.view import Change, Strength

MONEY: Final = {"NO": "NOK", "SE": "SEK", "DK": "DKK"}  # whose readers call their own money kr
PLACES_SHOWN: Final = 2
MILLION: Final = Decimal(1_000_000)
LARGEST: Final = Decimal(10) ** 15  # above it stands a mistake, no amount
NBSP: Final = "\N{NO-BREAK SPACE}"


class Names(Protocol):
    """The part of :class:`db.reference.Reference` that speaking needs."""

    def cpv_name(self, code: str, language: str) -> str | None:
        """The name of a CPV code in nb, nn, sv or en, if it or a wider one is known."""
        ...

    def nuts_name(self, code: str, language: str) -> str | None:
        """The name of a region in nb, nn, sv or en, if it or one that holds it is known."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """One reader's tongue: sentences, clock, and the names of codes. ``country`` is the reader's, alpha-2."""

    texts: Texts
    clock: Clock
    names: Names
    country: str

    def money(self, amount: Decimal | None, currency: str | None) -> str:
        """An amount: 4,2 mill. kr, 450 000 SEK; the reader's own currency as kr. Said plainly when not told."""
        if amount is None or not amount.is_finite() or not 1 <= amount < LARGEST:
            return self.texts.say("money.none")
        number = self._number(amount)
        if not currency:
            return number
        unit = self.texts.say("money.own") if currency == MONEY.get(self.country) else shown(currency, 8)
        # An amount is never broken over two lines.
        return self.texts.say("money.amount", number=number, currency=unit).replace(" ", NBSP)

    def money_also(
        self, amount: Decimal | None, currency: str | None, own: Decimal | None, own_code: str | None
    ) -> str:
        """An amount, and about how much that is in the reader's currency: 4,2 mill. NOK (ca. 3,9 mill. SEK)."""
        told = self.money(amount, currency)
        if own is None or not own_code or not 1 <= own < LARGEST:
            return told
        about = self.texts.say("money.amount", number=self._number(own), currency=own_code)
        return self.texts.say("money.also", told=told, own=about.replace(" ", NBSP))

    def country_name(self, code: str) -> str:
        """A country (alpha-2) by its name; a code without one as it stands."""
        return str(self.texts.locale.territories.get(code, shown(code, 8)))

    def place(self, nuts: tuple[str, ...], *, nationwide: bool, country: str | None, name_country: bool) -> str:
        """Where the work is: the first two regions and how many more, the whole country, or the country alone."""
        land = self.country_name(country) if country else None
        regions = tuple(dict.fromkeys(name for code in nuts if (name := self._region(code))))
        if regions:
            places = ", ".join(regions[:PLACES_SHOWN])
            if len(regions) > PLACES_SHOWN:
                places = self.texts.plural("more.places", len(regions) - PLACES_SHOWN, places=places)
            return self.texts.say("place.within", region=places, country=land) if land and name_country else places
        if nationwide:
            return self.texts.say("place.nationwide", country=land) if land else self.texts.say("place.anywhere")
        return land or self.texts.say("place.none")

    def procedure(self, code: str | None) -> str | None:
        """A procedure type (BT-105) in words; None for one we have no words for."""
        key = f"procedure.{code}"
        return self.texts.say(key) if self.texts.has(key) else None

    def cpv_name(self, code: str) -> str | None:
        """A CPV code's name in the reader's language, if it is known."""
        name = self.names.cpv_name(code, self.texts.language)
        return shown(name, NAME) if name else None

    def cpv(self, code: str) -> str:
        """A CPV code by name and number: Sveising (CPV 45262680); by a wider code's name as lying within it."""
        name, number = self.cpv_name(code), shown(code, 12)
        if name is None:
            return self.texts.say("mark.code", code=number)
        digits = code.rstrip("0")
        wider = digits[:-1].ljust(8, "0") if len(digits) > 2 else code
        # The table answers for a code that it lacks with the name of the code above it.
        lent = wider != code and self.cpv_name(wider) == name
        return self.texts.say("mark.cpv_within" if lent else "mark.cpv", name=name, code=number)

    def language_tag(self, language: str) -> str | None:
        """In which language the notice is, when it is not the reader's own: på svensk."""
        if language == self.texts.language:
            return None
        key = f"language.{language}"
        name = self.texts.say(key) if self.texts.has(key) else self.texts.locale.languages.get(language)
        return self.texts.say("tag.language", language=name) if name else None

    def strength(self, strength: Strength) -> str:
        """A score in words: svært sterkt treff."""
        return self.texts.say(f"strength.{strength}")

    def probability(self, score: float) -> str:
        """A score as a probability in per cent. Never 0 or 100: the model is certain of nothing."""
        percent = min(max(round(score, 2), 0.01), 0.99)
        return self.texts.say("why.probability", percent=format_percent(percent, locale=self.texts.locale))

    def change(self, change: Change, *, currency: str | None, date_only: bool, country: str | None) -> str:
        """What a corrigendum changed: Frist flyttet: 24. nov. → 8. des. An odd value is told without its value."""
        if change.field == "deadline":
            return self._deadline_change(change, date_only=date_only, country=country)
        if change.field == "cancelled":
            return self.texts.say("change.resumed" if change.new in (None, "false") else "change.cancelled")
        if change.field == "value":
            old, new = (self._kept_money(kept, currency) for kept in (change.old, change.new))
            return self.texts.say("change.value", old=old, new=new)
        if change.field == "lots":
            if change.old and change.new and change.old.isdecimal() and change.new.isdecimal():
                return self.texts.say("change.lots", old=shown(change.old, 8), new=shown(change.new, 8))
            return self.texts.say("change.lots_differ")
        return self.texts.say("change.otherwise")

    def _deadline_change(self, change: Change, *, date_only: bool, country: str | None) -> str:
        old, new = moment(change.old), moment(change.new)
        if old is not None and new is not None:
            first, last = self.clock.moved(old, new, date_only=date_only, country=country)
            return self.texts.say("change.deadline", old=first, new=last)
        if new is not None:
            return self.texts.say("change.deadline_set", new=self.clock.when(new, date_only=date_only, country=country))
        if old is not None:
            return self.texts.say(
                "change.deadline_gone", old=self.clock.when(old, date_only=date_only, country=country)
            )
        return self.texts.say("change.otherwise")

    def _kept_money(self, kept: str | None, currency: str | None) -> str:
        amount, _, named = (kept or "").partition(" ")
        try:
            return self.money(Decimal(amount), currency if named in ("", "None") else named)
        except InvalidOperation:
            return self.money(None, None)

    def _number(self, amount: Decimal) -> str:
        if round(amount) < MILLION:
            return str(format_decimal(round(amount), locale=self.texts.locale))
        # Rounded before the unit is chosen, so that 999 999 999 is a milliard and not a thousand millions.
        in_millions = round(amount / MILLION, 1)
        if in_millions < 1000:
            return self.texts.plural("money.millions", in_millions.normalize())
        return self.texts.plural("money.milliards", round(amount / (1000 * MILLION), 2).normalize())

    def _region(self, code: str) -> str | None:
        if len(code) < 3 or code[2:] == "0":  # NO and NO0 are the country, no region of it
            return None
        name = self.names.nuts_name(code, self.texts.language)
        return shown(name, NAME) if name else None


def speaker(*, language: str, country: str, as_of: datetime, names: Names) -> Speaker:
    """The tongue of a reader. Raises TextMissing for a language we do not speak."""
    spoken = texts(language)
    clock = Clock(texts=spoken, country=country, as_of=as_of)
    return Speaker(texts=spoken, clock=clock, names=names, country=country)


def moment(kept: str | None) -> datetime | None:
    """A moment as JSON kept it; None for what is none. An absurd year cannot be moved to another zone."""
    try:
        at = datetime.fromisoformat(kept or "")
    except ValueError:
        return None
    return at if at.tzinfo is not None and 1900 < at.year < 9000 else None
