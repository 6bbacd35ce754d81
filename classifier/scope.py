"""Is this notice defence, civil preparedness, or neither, and by what evidence?

Four kinds of evidence are weighed together: who buys, what is bought (CPV), what the notice says of itself (activity,
legal basis) and the words of its text. No single box decides: a wrongly ticked directive 2009/81/EC is common (8 of 11
Swedish notices that declare it are not defence), so it only adds weight to other evidence.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from db import seed
from db.models import NoticeVersion
from db.reference import Reference
from db.session import transaction


class Scope(StrEnum):
    """Whom a notice serves."""

    DEFENCE = "defence"
    PREPAREDNESS = "preparedness"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One piece of evidence: its kind, what was seen, which scope it speaks for, and how loudly."""

    kind: str  # buyer | cpv | activity | legal_basis | words
    seen: str
    scope: Scope
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The scope with all its evidence, heaviest first."""

    scope: Scope
    signs: tuple[Sign, ...]


# A scope is given from this weight on. One strong sign (a defence buyer, a weapon's code) is enough; the directive
# (1), a buyer of mixed errands such as the police (1), or one word (1) is not.
ENOUGH: Final = 2.0
DEFENCE_DIRECTIVE: Final = "32009L0081"
READ_CHARACTERS: Final = 4000  # of the description: what a notice is about stands at its beginning

# Prefixes of CPV 2008 and their weight; the longest that fits counts. Names: db/reference/cpv.tsv.
DEFENCE_CPV: Final = {
    "246": 2, "353": 3, "354": 3, "355": 3, "356": 3, "35613": 1, "3563": 0, "357": 3, "3581": 1, "358111": 0,
    "358112": 0, "358113": 3, "35812": 3, "35813": 2, "3582": 1, "45216129": 0, "452162": 3, "506": 2, "5061": 0,
    "5062": 2, "5063": 3, "5064": 3, "5065": 3, "5066": 3, "734": 3, "7522": 3, "75222": 0, "806": 2,
}  # fmt: skip
PREPAREDNESS_CPV: Final = {
    "31682500": 2, "31682510": 2, "34114100": 1, "34114110": 2, "341142": 0, "341442": 2, "3511": 2, "35113": 1,
    "352": 2, "358111": 2, "358112": 2, "4521612": 2, "45216129": 3, "75222": 3, "7524": 1, "75241": 1.5, "7525": 3,
}  # fmt: skip

# Names by which the defence bodies of countries that the table of buyers does not hold call themselves.
DEFENCE_BUYERS: Final = (
    r"ministry of (?:national )?defen[cs]e|ministerie van defensie|ministère des armées|ministère de la défense"
    r"|ministero della difesa|ministerio de defensa|ministerstwo obrony|ministerstvo obrany|ministerul apărării"
    r"|bundesministerium der verteidigung|bundeswehr\w*|forsvarskommando\w*|forsvarsminist\w*|puolustus\w*|kaitse(?:vä|inv)\w*"
    r"|defence forces?|armed forces|mod|nato|carabinieri|direction générale de l'armement|wojskow\w*"
)

# Whole-word beginnings, folded to lower case; a compound that begins so counts too.
DEFENCE_WORDS: Final = (
    r"militær\w*|militär\w*|military|forsvaret(?:s)?|forsvarssektor\w*|forsvarsevne\w*|försvarsmakt\w*|försvarsmateriel\w*"
    r"|ministry of defence|defence forces?|armed forces|ammunisj?on\w*|ammunition\w*|stridsvogn\w*|stridsvagn\w*"
    r"|pansr\w*|pansar\w*|armou?red|våpen\w*|vapen\w*|weapons?|missil\w*|missiles?|torped\w*|granat\w*|grenades?"
    r"|heimevern\w*|hemvärn\w*|hæren\w*|marinen|sjøforsvar\w*|luftforsvar\w*|flygvapn\w*|nato|aqap\w*|soldat\w*|soldiers?"
    r"|jagerfly|fighter aircraft|stridsflyg\w*|skytefelt\w*|skjutfält\w*|regiment\w*|garnison\w*|kaserne\w*|kasern\w*"
    r"|totalforsvar\w*|totalförsvar\w*|tactical|taktisk\w*|nattsyn\w*|mörkerseende|night vision|puolustus\w*|forsvars?minister\w*"
)
PREPAREDNESS_WORDS: Final = (
    r"beredskap\w*|krisberedskap\w*|kriseberedskap\w*|kriseledelse\w*|krisledning\w*|krisehåndtering\w*|emergency preparedness"
    r"|civil defence|civilt försvar|sivilforsvar\w*|civilförsvar\w*|samfunnssikkerhet\w*|samhällsskydd\w*|civil protection"
    r"|tilfluktsrom\w*|skyddsrum\w*|nødnett\w*|rakel|nødstrøm\w*|nødaggregat\w*|reservkraft\w*|nödkraft\w*|reserveaggregat\w*"
    r"|brannbil\w*|brandbil\w*|brannvern\w*|brann- og redning\w*|brann og redning\w*|brannstasjon\w*|brandstation\w*|räddningstjänst\w*"
    r"|räddningsfordon\w*|redningstjenest\w*|brannvesen\w*|fire engines?|fire station|rescue service\w*|befolkningsvars\w*"
    r"|katastrof\w*|evakuering\w*|nødlager\w*|beredskapslager\w*|smittevern\w*|totalforsvar\w*|totalförsvar\w*|varslingsanlegg\w*"
    r"|redningshelikopter\w*|redningsskøyte\w*|oljevern\w*|oljeskydd\w*|nödvatten\w*|nødvann\w*|cell broadcast\w*|pandemi\w*"
)


@lru_cache(maxsize=4)
def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)


def judge(
    names: Reference,
    *,
    buyers: Sequence[tuple[str | None, str]],
    cpv: Sequence[str],
    title: str,
    text: str = "",
    activity: str | None = None,
    legal_basis: str | None = None,
) -> Verdict:
    """Weigh the evidence of one notice. ``buyers``: (digits of the number or None, name) in the notice's order.

    Defence wins over preparedness where both have enough: what the armed forces buy for civil use is theirs first.
    """
    signs = [
        *_by_buyer(names, buyers),
        *_by_cpv(cpv),
        *_by_words(title, text),
        *([Sign(kind="activity", seen="defence", scope=Scope.DEFENCE, weight=2)] if activity == "defence" else []),
        *([Sign(kind="legal_basis", seen=DEFENCE_DIRECTIVE, scope=Scope.DEFENCE, weight=1)]
          if legal_basis == DEFENCE_DIRECTIVE else []),
    ]  # fmt: skip
    signs.sort(key=lambda sign: -sign.weight)
    for scope in (Scope.DEFENCE, Scope.PREPAREDNESS):
        if sum(sign.weight for sign in signs if sign.scope is scope) >= ENOUGH:
            return Verdict(scope=scope, signs=tuple(signs))
    return Verdict(scope=Scope.NONE, signs=tuple(signs))


def _by_buyer(names: Reference, buyers: Sequence[tuple[str | None, str]]) -> list[Sign]:
    """The first known buyer speaks; among many buyers (joint purchases) a defence one speaks less loudly."""
    found = [known for digits, name in buyers if (known := names.known_buyer(digits, name)) is not None]
    if not found:
        called = next((hit[0] for _, name in buyers if (hit := _pattern(DEFENCE_BUYERS).search(name))), None)
        return [Sign(kind="buyer", seen=called, scope=Scope.DEFENCE, weight=3.0)] if called else []
    many = len(buyers) > 3  # a joint purchase, such as 12 ministries with one of defence
    known = found[0]
    scope = Scope(known.scope)
    # What the police or a rescue agency buys is preparedness only if its subject is, hence not enough alone.
    weight = (3.0 if scope is Scope.DEFENCE else 1.0) - (1.5 if many else 0.0)
    return [Sign(kind="buyer", seen=known.name, scope=scope, weight=max(weight, 0.5))]


def _by_cpv(codes: Sequence[str]) -> list[Sign]:
    """The main code speaks fully, an additional one by half; each scope's loudest code counts."""
    signs = []
    for scope, table in ((Scope.DEFENCE, DEFENCE_CPV), (Scope.PREPAREDNESS, PREPAREDNESS_CPV)):
        best: Sign | None = None
        for place, code in enumerate(codes):
            weight = _prefix_weight(code, table) * (1.0 if place == 0 else 0.5)
            if weight > 0 and (best is None or weight > best.weight):
                best = Sign(kind="cpv", seen=code, scope=scope, weight=weight)
        if best is not None:
            signs.append(best)
    return signs


def _prefix_weight(code: str, table: Mapping[str, float]) -> float:
    for length in range(len(code), 1, -1):
        if code[:length] in table:
            return table[code[:length]]
    return 0


def _by_words(title: str, text: str) -> list[Sign]:
    """Words of the title speak loudest; in the text it takes three or four different ones to speak like one of these.

    A fire engine or an emergency generator in the title is preparedness whoever buys it; a weapon's name is not
    always defence (an armoured car may be a bank's), so it needs another sign beside it.
    """
    signs = []
    for scope, words, of_title in (
        (Scope.DEFENCE, DEFENCE_WORDS, 1.5),
        (Scope.PREPAREDNESS, PREPAREDNESS_WORDS, 2.0),
    ):
        in_title = {found.casefold() for found in _pattern(words).findall(title)}
        in_text = {found.casefold() for found in _pattern(words).findall(text[:READ_CHARACTERS])} - in_title
        weight = min(2.0, of_title * len(in_title) + 0.5 * len(in_text))
        if weight:
            seen = ", ".join(sorted(in_title) + sorted(in_text))
            signs.append(Sign(kind="words", seen=seen, scope=scope, weight=weight))
    return signs


def judge_version(names: Reference, version: NoticeVersion) -> Verdict:
    """Weigh a stored version; its buyers must be loaded or loadable."""
    own = version.language
    return judge(
        names,
        buyers=[(buyer.digits, buyer.name) for buyer in version.buyers],
        cpv=version.cpv,
        title=" ".join([version.title.get(own, ""), *(t for k, t in version.title.items() if k != own)]),
        text=version.description.get(own, "") or " ".join(version.description.values()),
        activity=version.activity,
        legal_basis=version.legal_basis,
    )


def judge_new(batch: int = 500) -> int:
    """Give every version that has none its scope, with evidence; gives how many were judged."""
    names, judged = seed.load(), 0
    while True:
        with transaction() as s:
            versions = _unjudged(s, batch)
            for version in versions:
                verdict = judge_version(names, version)
                version.scope = verdict.scope
                version.scope_evidence = [asdict(sign) for sign in verdict.signs]
        judged += len(versions)
        if len(versions) < batch:
            return judged


def _unjudged(s: Session, batch: int) -> Sequence[NoticeVersion]:
    return s.scalars(
        select(NoticeVersion)
        .where(NoticeVersion.scope.is_(None))
        .order_by(NoticeVersion.id)
        .limit(batch)
        .options(selectinload(NoticeVersion.buyers))
        .with_for_update(skip_locked=True)
    ).all()
