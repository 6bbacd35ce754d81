"""What does this release know about codes and buyers? One frozen value, read once from the tables beside this file."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

from db.reference.buyers import BuyerScope, KnownBuyer, find
from db.reference.codes import Area, CpvName, NutsName, cpv_upwards, nuts_upwards


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Names of codes and buyers; every look-up answers from memory and never raises for a strange code."""

    cpv: Mapping[str, CpvName]
    nuts: Mapping[str, NutsName]
    buyers: tuple[KnownBuyer, ...]

    def cpv_name(self, code: str, language: str) -> str | None:
        """The code's name, or the name of the nearest wider code that has one; None if not even its division has.

        ``language`` is nb, nn, sv or en; a name missing in it is told in English.
        """
        known = next((self.cpv[wider] for wider in cpv_upwards(code) if wider in self.cpv), None)
        return known.told_in(language) if known else None

    def cpv_parent(self, code: str) -> str | None:
        """The nearest wider code in this table; None for a division and for what is not a CPV code."""
        return next((wider for wider in cpv_upwards(code) if wider != code and wider in self.cpv), None)

    def nuts_name(self, code: str, language: str) -> str | None:
        """The region's name, or that of the nearest region that holds it; None outside Norway and Sweden."""
        known = next((self.nuts[wider] for wider in nuts_upwards(code) if wider in self.nuts), None)
        return known.told_in(language) if known else None

    def nuts_area(self, code: str) -> Area | None:
        """Whether the region is mid-Norway, mid-Sweden or near to them; None far away, abroad, and for a wide region."""
        known = next((self.nuts[wider] for wider in nuts_upwards(code) if wider in self.nuts), None)
        return known.area if known else None

    def known_buyer(self, digits: str | None, name: str, *, country: str | None = None) -> KnownBuyer | None:
        """The defence or preparedness buyer with this number (in any spelling), else by its name; see ``KnownBuyer``."""
        return find(self.buyers, digits=digits, name=name, country=country)

    def with_cpv(self, rows: Iterable[CpvName]) -> "Reference":
        """A reference with the rows laid over these CPV names; a name that a row lacks stays as it was."""
        cpv = dict(self.cpv)
        for row in rows:
            cpv[row.code] = row.over(cpv.get(row.code))
        return replace(self, cpv=MappingProxyType(cpv))


@lru_cache(maxsize=1)
def builtin() -> Reference:
    """The names this release ships. Read once (some milliseconds), the same value from then on."""
    cpv = {code: CpvName(code=code, en=en, sv=sv, nb=nb, nn=nn) for code, en, sv, nb, nn in _rows("cpv.tsv")}
    nuts = {
        code: NutsName(code=code, level=int(level), area=Area(area) if area else None, nb=nb, sv=sv, en=en, nn=nn)
        for code, level, area, nb, sv, en, nn in _rows("nuts.tsv")
    }
    buyers = tuple(
        KnownBuyer(
            digits=digits or None,
            country=country,
            name=name,
            scope=BuyerScope(scope),
            aliases=tuple(aliases.split("|")),
            note=note,
        )
        for digits, country, name, scope, aliases, note in _rows("buyers.tsv")
    )
    return Reference(cpv=MappingProxyType(cpv), nuts=MappingProxyType(nuts), buyers=buyers)


def _rows(table: str) -> Iterator[list[str]]:
    """The table's rows without its header; fields are separated by tabs and never quoted."""
    lines = files("db.reference").joinpath(table).read_text(encoding="utf-8").splitlines()
    return (line.split("\t") for line in lines[1:])
