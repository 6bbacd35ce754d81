"""Is a notice told as defence, preparedness or neither by evidence together, and never by one box alone?"""

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.engine import URL

from classifier.scope import DEFENCE_DIRECTIVE, Scope, judge, judge_new
from db import reference
from db.models import NoticeVersion
from db.session import transaction
from factories import make_notice

NAMES = reference.builtin()


@pytest.mark.parametrize(
    ("buyer", "cpv", "title", "told", "scope"),
    [
        ("Forsvarsbygg", "45262670", "Sveisearbeid, Værnes", {}, Scope.DEFENCE),
        ("Försvarets materielverk", "39522530", "Tält", {}, Scope.DEFENCE),
        ("Åre kommun", "45262670", "Räcken till badplats", {}, Scope.NONE),
        ("Åre kommun", "35320000", "Eldvapen", {}, Scope.DEFENCE),
        ("Heim kommune", "34144213", "Ny brannbil", {}, Scope.PREPAREDNESS),
        ("Heim kommune", "31120000", "Nødstrømsaggregat til kommunens kriseledelse", {}, Scope.PREPAREDNESS),
        ("Östersunds kommun", "44114000", "Skyddsrum, renovering", {}, Scope.PREPAREDNESS),
        ("Polismyndigheten", "90910000", "Städtjänster", {}, Scope.NONE),
        ("Uppsala universitet", "38500000", "Mätutrustning", {"legal_basis": DEFENCE_DIRECTIVE}, Scope.NONE),
        ("Some Agency", "38600000", "Thermal imaging sights", {"legal_basis": DEFENCE_DIRECTIVE, "activity": "defence"}, Scope.DEFENCE),
        ("Avinor AS", "45000000", "Rullebane", {"legal_basis": DEFENCE_DIRECTIVE}, Scope.NONE),
        ("NORGES BANK", "34144700", "Pansret kjøretøy", {}, Scope.NONE),
        ("Försvarsadvokaterna AB", "79100000", "Juridiska tjänster", {}, Scope.NONE),
        ("Ministry of Defence, Ships", "39200000", "Furnishings", {}, Scope.DEFENCE),
    ],
)  # fmt: skip
def test_evidence_together(buyer: str, cpv: str, title: str, told: dict[str, str], scope: Scope) -> None:
    verdict = judge(NAMES, buyers=[(None, buyer)], cpv=[cpv], title=title, **told)
    assert verdict.scope is scope, verdict.signs


def test_the_directive_alone_is_evidence_but_never_enough() -> None:
    verdict = judge(NAMES, buyers=[], cpv=[], title="Kontorstolar", legal_basis=DEFENCE_DIRECTIVE)
    assert [sign.kind for sign in verdict.signs] == ["legal_basis"]
    assert verdict.scope is Scope.NONE


def test_a_number_tells_a_buyer_whatever_its_name_is_written_like() -> None:
    verdict = judge(NAMES, buyers=[("975950662", "FB region midt")], cpv=[], title="Brøyting")
    assert verdict.scope is Scope.DEFENCE


def test_one_defence_ministry_among_many_buyers_is_not_enough() -> None:
    buyers = [
        (None, "Finansdepartementet"),
        (None, "Kulturdepartementet"),
        (None, "Klimadepartementet"),
        ("972417823", "Forsvarsdepartementet"),
    ]
    assert judge(NAMES, buyers=buyers, cpv=["30192000"], title="Kontorrekvisita").scope is Scope.NONE


def test_every_stored_version_gets_its_scope_and_evidence(database: URL) -> None:
    make_notice(scope=None)
    assert judge_new() == 1
    assert judge_new() == 0
    with transaction() as s:
        version = s.scalars(select(NoticeVersion)).one()
    assert version.scope == "defence"
    assert next(sign["kind"] for sign in version.scope_evidence or []) == "buyer"


def test_on_judged_notices(shared: Path) -> None:
    """Macro-F1 over the three scopes on the open development labels; 0.84 was measured when this was written."""
    folder = shared / "eval" / "dev"
    rows = (line.split("\t") for line in (folder / "scope.tsv").read_text().splitlines())
    wanted = {row[0]: row[1] for row in rows if len(row) == 2 and row[1] in set(Scope)}
    told: Counter[tuple[str, str]] = Counter()
    with gzip.open(folder / "notices.jsonl.gz", "rt") as lines:
        for notice in map(json.loads, lines):
            if notice["id"] in wanted:
                codes = [code for code in (notice["cpv"], *(notice["cpv_additional"] or [])) if code]
                verdict = judge(NAMES, buyers=[(None, notice["buyer"] or "")], cpv=codes, title=notice["title"] or "",
                                text=notice["description"] or "")  # fmt: skip
                told[wanted[notice["id"]], verdict.scope] += 1
    f1 = []
    for scope in Scope:
        hits = told[scope, scope]
        others = sum(n for (want, got), n in told.items() if (want == scope) != (got == scope))
        f1.append(2 * hits / (2 * hits + others))
    assert sum(f1) / 3 >= 0.80
