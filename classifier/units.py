"""What of a notice is measured against a profile? The notice as a whole, and each lot: a firm bids for a lot."""

from dataclasses import dataclass

from classifier.text import CpvNames, NoticeText, Part, Section, cpv_digits, cpv_name, parts


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Unit:
    """A notice as a whole, or one lot of it."""

    lot: str | None
    told: tuple[Part, ...]  # title first where there is one, then sentences
    titles: int  # how many of `told` are titles: one or none
    named: tuple[str, ...]  # what the codes are called
    codes: tuple[str, ...]


def units(notice: NoticeText, names: CpvNames) -> list[Unit]:
    """The notice itself and each of its lots. A lot without codes has the notice's, one without words is no unit."""
    told: dict[str | None, list[Part]] = {None: []}
    for part in parts(notice, names):
        if part.section is not Section.CPV:
            told.setdefault(part.lot, []).append(part)
    coded: dict[str | None, tuple[str, ...]] = {None: notice.cpv}
    coded.update({lot.identifier: lot.cpv or notice.cpv for lot in notice.lots})
    found = []
    for lot, codes in coded.items():
        said = tuple(told.get(lot, ()))
        if lot is not None and not said:
            continue
        titles = sum(part.section in (Section.TITLE, Section.LOT_TITLE) for part in said)
        named = tuple(dict.fromkeys(name for code in codes if (name := cpv_name(names, code, notice.language))))
        known = tuple(code for code in codes if cpv_digits(code))
        found.append(Unit(lot=lot, told=said, titles=titles, named=named, codes=known))
    return found
