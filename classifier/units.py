"""What of a notice is measured against a profile? The notice as a whole, and each lot: a firm bids for a lot."""

from dataclasses import dataclass

from classifier.text import CpvNames, NoticeText, Part, Section, cpv_digits, cpv_name, parts


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Unit:
    """A notice as a whole, or one lot of it."""

    lot: str | None
    told: tuple[Part, ...]  # title first where there is one, then sentences
    titles: int  # how many of `told` are titles: one or none
    codes: tuple[str, ...]
    named: tuple[str, ...]  # what each code is called in the notice's language, or the empty string


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
        titles = sum(part.section.is_title for part in said)
        known = tuple(code for code in codes if cpv_digits(code))
        named = tuple(cpv_name(names, code, notice.language) or "" for code in known)
        found.append(Unit(lot=lot, told=said, titles=titles, named=named, codes=known))
    return found
