"""What differs between two versions of a notice, field by field, and which of it matters to a bidder?"""

from collections.abc import Mapping, Sequence
from datetime import UTC
from itertools import takewhile
from typing import Any, Final, TypedDict

from db.models import Lot, NoticeVersion

# A moved deadline, a cancellation, the value, the lots and the documents matter; wording and codes do not.
MATERIAL: Final = frozenset({"deadline", "cancelled", "value", "lots", "documents"})
LONGEST_TEXT: Final = 300  # characters of a long text that are shown from where it begins to differ
_AS_THEY_STAND: Final = (
    "stage", "language", "country", "cpv", "nuts", "nationwide", "deadline_kind", "notice_type", "notice_subtype",
    "legal_basis", "procedure_type", "contract_nature", "framework", "sme_suitable", "security_clearance", "activity",
    "cancelled", "reference",
)  # fmt: skip


class Change(TypedDict):
    """One field that differs; ``old`` or ``new`` is None where that version is silent on it."""

    field: str
    old: Any
    new: Any
    material: bool


def differences(
    old: NoticeVersion, old_lots: Sequence[Lot], new: NoticeVersion, new_lots: Sequence[Lot], *, corrigendum: bool
) -> list[Change]:
    """Every field that differs, in order of name; the material ones first.

    Field names: a column's, ``title.nb`` for a text in a language, ``lots`` for which lots there are, and
    ``lots.LOT-0001.value`` for a field of a lot that both have. Without a corrigendum nothing is material.
    """
    before, after = _told(old), _told(new)
    mine, theirs = ({lot.identifier: _of_lot(lot) for lot in lots} for lots in (old_lots, new_lots))
    before["lots"], after["lots"] = sorted(mine) or None, sorted(theirs) or None
    for identifier in mine.keys() & theirs.keys():
        before |= {f"lots.{identifier}.{field}": told for field, told in mine[identifier].items()}
        after |= {f"lots.{identifier}.{field}": told for field, told in theirs[identifier].items()}
    found = [
        Change(field=field, old=shown_old, new=shown_new, material=corrigendum and _matters(field))
        for field in sorted(before.keys() | after.keys())
        if before.get(field) != after.get(field)
        for shown_old, shown_new in (_where_they_part(before.get(field), after.get(field)),)
    ]
    return sorted(found, key=lambda change: not change["material"])


def _matters(field: str) -> bool:
    """Of a lot, its deadline and its value; a lot's name may hold dots, so the field is what stands last."""
    return field in MATERIAL or (field.startswith("lots.") and field.rpartition(".")[2] in MATERIAL)


def _told(version: NoticeVersion) -> dict[str, Any]:
    links = [(kind, url) for kind, url in version.links or ()]
    return {
        **{name: getattr(version, name) for name in _AS_THEY_STAND},
        **_texts("title", version.title),
        **_texts("description", version.description),
        **_money_and_time(version),
        "documents": sorted(url for kind, url in links if kind == "documents") or None,
        "submission": sorted(url for kind, url in links if kind == "submission") or None,
    }


def _of_lot(lot: Lot) -> dict[str, Any]:
    return {
        "cpv": lot.cpv,
        "nuts": lot.nuts,
        **_texts("title", lot.title),
        **_texts("description", lot.description),
        **_money_and_time(lot),
    }


def _texts(field: str, by_language: Mapping[str, str]) -> dict[str, str]:
    return {f"{field}.{language}": told for language, told in by_language.items()}


def _money_and_time(row: NoticeVersion | Lot) -> dict[str, str | None]:
    value = None
    if row.value_amount is not None:
        value = f"{row.value_amount.normalize():f} {row.value_currency}"
    return {"deadline": row.deadline_at.astimezone(UTC).isoformat() if row.deadline_at else None, "value": value}


def _where_they_part(old: Any, new: Any) -> tuple[Any, Any]:
    """Two long texts from where they begin to differ; anything else as it is. The versions keep the whole."""
    if not (isinstance(old, str) and isinstance(new, str)) or max(len(old), len(new)) <= LONGEST_TEXT:
        return _cut(old), _cut(new)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))
    start = max(0, old.rfind(" ", 0, same) + 1)
    lead = "…" if start else ""
    return _cut(lead + old[start:]), _cut(lead + new[start:])


def _cut(told: Any) -> Any:
    return told[:LONGEST_TEXT] + "…" if isinstance(told, str) and len(told) > LONGEST_TEXT else told
