"""A small judged set of invented firms and notices, for tests of what is measured on such sets."""

import gzip
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

FIRMS: tuple[dict[str, Any], ...] = (
    {"id": "P1", "lang": "sv", "text": "Vi svetsar och bockar plåt i rostfritt stål. Vi gör räcken och trappor.",
     "cpv": ["45262670", "44212000"]},
    {"id": "P2", "lang": "nb", "text": "Vi bygger droner med varmekamera. Vi lærer opp piloter.",
     "cpv": ["34711200", "80610000"]},
    {"id": "P3", "lang": "nb", "text": "Vi brøyter snø og strør veier om vinteren.", "cpv": ["90620000"]},
    {"id": "P4", "lang": "sv", "text": "Vi bygger och underhåller brandlarm i skyddsrum.", "cpv": ["31625200"]},
)  # fmt: skip
MIRRORS: tuple[dict[str, Any], ...] = (
    {"id": "P1-x", "lang": "nb", "text": "Vi sveiser og knekker plater i rustfritt stål. Vi lager rekkverk og trapper.",
     "cpv": ["45262670", "44212000"]},
    {"id": "P2-x", "lang": "sv", "text": "Vi bygger drönare med värmekamera. Vi utbildar piloter.",
     "cpv": ["34711200", "80610000"]},
    {"id": "P3-x", "lang": "sv", "text": "Vi plogar snö och sandar vägar på vintern.", "cpv": ["90620000"]},
    {"id": "P4-x", "lang": "nb", "text": "Vi bygger og vedlikeholder brannalarm i tilfluktsrom.", "cpv": ["31625200"]},
)  # fmt: skip
NOTICES: tuple[dict[str, Any], ...] = tuple(
    {
        "id": identifier,
        "lang": lang,
        "title": title,
        "description": told,
        "buyer": buyer,
        "cpv": cpv,
        "cpv_additional": [],
    }
    for identifier, lang, title, told, buyer, cpv in (
        ("N01", "nb", "Rammeavtale sveising", "Sveising av rekkverk i rustfritt stål.", "Forsvarsbygg", "45262670"),
        ("N02", "sv", "Räcken till badplats", "Svetsade räcken och trappor.", "Åre kommun", "44212000"),
        ("N03", "en", "Steel stairs", "Welding of stainless steel stairs.", "Some Agency", "44212310"),
        ("N04", "nb", "Droner med varmekamera", "Kjøp av ubemannede luftfartøy.", "Heim kommune", "34711200"),
        ("N05", "sv", "Drönare", "Obemannade luftfarkoster med kamera.", "Försvarets materielverk", "34711200"),
        ("N06", "nb", "Snøbrøyting", "Brøyting og strøing av kommunale veier.", "Heim kommune", "90620000"),
        ("N07", "sv", "Vinterväghållning", "Plogning och sandning av vägar.", "Åre kommun", "90620000"),
        ("N08", "sv", "Brandlarm i skyddsrum", "Underhåll av brandlarm.", "Östersunds kommun", "31625200"),
        ("N09", "nb", "Brannalarmanlegg", "Vedlikehold av brannalarm.", "Røros kommune", "31625200"),
        ("N10", "nb", "Skolemat", "Levering av frukt og melk til skoler.", "Røros kommune", "15000000"),
        ("N11", "sv", "Städtjänster", "Städning av kontor.", "Åre kommun", "90910000"),
        ("N12", "da", "Kontorstole", "", "Aalborg Kommune", ""),
    )
)
QRELS = """P1\t0\tN01\t2
P1\t0\tN02\t2
P1\t0\tN03\t1
P1\t0\tN10\t0
P2\t0\tN04\t2
P2\t0\tN05\t2
P2\t0\tN01\t0
P3\t0\tN06\t2
P3\t0\tN07\t1
P3\t0\tN11\t0
P4\t0\tN08\t2
P4\t0\tN09\t2
"""
SCOPES = "N01\tdefence\nN05\tdefence\nN08\tpreparedness\nN10\tnone\nN11\tnone\n"


def json_lines(rows: Iterable[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def write_set(folder: Path, *, mirrors: bool = True, scopes: bool = True, qrels: str = QRELS) -> Path:
    """The whole set as a folder in TREC form, notices packed."""
    folder.mkdir(exist_ok=True)
    with gzip.open(folder / "notices.jsonl.gz", "wt", encoding="utf-8") as packed:
        packed.write(json_lines(NOTICES))
    (folder / "profiles.jsonl").write_text(json_lines(FIRMS), encoding="utf-8")
    (folder / "qrels.tsv").write_text(qrels, encoding="utf-8")
    if mirrors:
        (folder / "profiles_mirror.jsonl").write_text(json_lines(MIRRORS), encoding="utf-8")
    if scopes:
        (folder / "scope.tsv").write_text(SCOPES, encoding="utf-8")
    return folder
