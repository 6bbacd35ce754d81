"""TEMPORARY, by the lead, so that the database tests run: the reference engineer replaces this file whole."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class CpvName:
    code: str
    en: str
    sv: str
    nb: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NutsName:
    code: str
    nb: str
    sv: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownBuyer:
    digits: str | None
    country: str
    name: str
    scope: str
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    cpv: Mapping[str, CpvName] = field(default_factory=dict)
    nuts: Mapping[str, NutsName] = field(default_factory=dict)
    buyers: tuple[KnownBuyer, ...] = ()

    def cpv_name(self, code: str, language: str) -> str | None:
        return None

    def nuts_name(self, code: str, language: str) -> str | None:
        return None

    def known_buyer(self, digits: str | None, name: str) -> KnownBuyer | None:
        return None

    def with_cpv(self, rows: Iterable[CpvName]) -> "Reference":
        return self


def builtin() -> Reference:
    one = {"45000000": CpvName(code="45000000", en="Construction work", sv="Anläggningsarbete", nb="Bygge- og anleggsvirksomhet")}
    nuts = {"NO060": NutsName(code="NO060", nb="Trøndelag", sv="Trøndelag", en="Trøndelag")}
    return Reference(cpv=one, nuts=nuts, buyers=(KnownBuyer(digits="975950662", country="NO", name="Forsvarsbygg", scope="defence", aliases=()),))


def read_cpv_list(body: bytes) -> list[CpvName]:
    raise ValueError("not yet")
