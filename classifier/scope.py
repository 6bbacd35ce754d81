"""Is this notice defence, civil preparedness, or neither, and by what evidence?

Four kinds of evidence are weighed together: who buys (``scope_buyers``), what is bought (``scope_codes``), what the
notice says of itself (activity, legal basis) and the words of its text (``scope_lists``). No single box decides: a
wrongly ticked directive 2009/81/EC is common (8 of 11 Swedish notices that declare it are not defence), so it only adds
weight to other evidence. docs/scope.md tells what is held to be preparedness.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from classifier.scope_buyers import BuyerKind, kind_of
from classifier.scope_codes import DEFENCE, FIELD, HOUSEKEEPING, PREPAREDNESS, weight
from classifier.scope_lists import Theme
from classifier.scope_words import Hit, hits
from db import seed
from db.models import NoticeVersion
from db.reference import Reference
from db.reference.buyers import BuyerScope
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


# A scope is given from this weight on. One strong sign (a defence buyer, a weapon's code, a fire engine in the title)
# is enough; the directive (1), an emergency service as the buyer (1), or a word that everyday errands share (1) is not.
ENOUGH: Final = 2.0
DECISIVE: Final = 3.0  # of a code: enough whatever else is said
LOUDEST_WORDS: Final = 2.0
ASIDE: Final = 1 / 3  # what words of preparedness keep of their loudness beside a main code of housekeeping
DEFENCE_DIRECTIVE: Final = "32009L0081"
DEFENCE_ACTIVITY: Final = "defence"
PUBLIC_ORDER: Final = "pub-os"  # police and fire brigades, but courts and prisons too
READ_CHARACTERS: Final = 4000  # of the description: what a notice is about stands at its beginning

_BUYER_WEIGHTS: Final = {
    BuyerKind.DEFENCE: 3.0,
    BuyerKind.EMERGENCY_SERVICE: 1.0,
    BuyerKind.INFRASTRUCTURE: 1.0,
    BuyerKind.CIVIL_GUARD: 0.5,
}
_BEAR_CIVIL_ARMS: Final = (BuyerKind.EMERGENCY_SERVICE, BuyerKind.CIVIL_GUARD)


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
    kind, signs = _by_buyer(names, buyers)
    if kind is None and activity == PUBLIC_ORDER:
        kind = BuyerKind.CIVIL_GUARD
        signs.append(Sign(kind="activity", seen=PUBLIC_ORDER, scope=Scope.PREPAREDNESS, weight=0.5))
    if activity == DEFENCE_ACTIVITY:
        signs.append(Sign(kind="activity", seen=DEFENCE_ACTIVITY, scope=Scope.DEFENCE, weight=2.0))
    if legal_basis == DEFENCE_DIRECTIVE:
        signs.append(Sign(kind="legal_basis", seen=DEFENCE_DIRECTIVE, scope=Scope.DEFENCE, weight=1.0))
    signs += _by_cpv(cpv, kind)
    words = _heard(title, text[:READ_CHARACTERS], said_by=" ".join(name for _, name in buyers))
    signs += _by_words(words, kind, housekeeping=bool(cpv) and cpv[0].startswith(HOUSEKEEPING))
    signs.sort(key=lambda sign: -sign.weight)
    for scope in (Scope.DEFENCE, Scope.PREPAREDNESS):
        if sum(sign.weight for sign in signs if sign.scope is scope) >= ENOUGH:
            return Verdict(scope=scope, signs=tuple(signs))
    return Verdict(scope=Scope.NONE, signs=tuple(signs))


def _by_buyer(names: Reference, buyers: Sequence[tuple[str | None, str]]) -> tuple[BuyerKind | None, list[Sign]]:
    """The first known buyer speaks, else the first whose name tells its kind; of many (a joint purchase) less loudly."""
    known = next((buyer for digits, name in buyers if (buyer := names.known_buyer(digits, name)) is not None), None)
    told = None if known else next((found for _, name in buyers if (found := kind_of(name)) is not None), None)
    if known is not None:
        kind = BuyerKind.DEFENCE if known.scope is BuyerScope.DEFENCE else BuyerKind.EMERGENCY_SERVICE
        seen = known.name
    elif told is not None:
        kind, seen = told
    else:
        return None, []
    many = len(buyers) > 3  # a joint purchase, such as 12 ministries with one of defence
    scope = Scope.DEFENCE if kind is BuyerKind.DEFENCE else Scope.PREPAREDNESS
    loud = max(_BUYER_WEIGHTS[kind] - (1.5 if many else 0.0), 0.5)
    return kind, [Sign(kind="buyer", seen=seen, scope=scope, weight=loud)]


def _by_cpv(codes: Sequence[str], buyer: BuyerKind | None) -> list[Sign]:
    """The main code speaks fully, an additional one by half; each scope's loudest code counts.

    A weapon's own main code is defence whoever buys; arms among other goods of the police or of an embassy serve civil
    security, hence preparedness.
    """
    loudest: dict[Scope, Sign] = {}
    for place, code in enumerate(codes):
        share = 1.0 if place == 0 else 0.5
        arms, care = weight(code, DEFENCE), weight(code, PREPAREDNESS)
        if buyer in _BEAR_CIVIL_ARMS and (place > 0 or arms < DECISIVE):
            arms, care = 0.0, max(arms, care)
        if buyer is BuyerKind.EMERGENCY_SERVICE:
            care = max(care, weight(code, FIELD))
        for scope, loud in ((Scope.DEFENCE, arms * share), (Scope.PREPAREDNESS, care * share)):
            if loud > 0 and (scope not in loudest or loud > loudest[scope].weight):
                loudest[scope] = Sign(kind="cpv", seen=code, scope=scope, weight=loud)
    return list(loudest.values())


def _heard(title: str, text: str, *, said_by: str) -> list[tuple[Hit, float]]:
    """The words found, each with its loudness, those of the title first.

    A word of the title does not speak again in the text, and there a word of the buyer's own name says nothing new.
    """
    of_title = hits(title)
    heard = {(hit.listed.theme, hit.root) for hit in of_title}
    own_name = {hit.seen for hit in hits(said_by)}
    of_text = (h for h in hits(text) if (h.listed.theme, h.root) not in heard and h.seen not in own_name)
    return [*((hit, hit.listed.in_title) for hit in of_title), *((hit, hit.listed.in_text) for hit in of_text)]


def _by_words(words: Sequence[tuple[Hit, float]], buyer: BuyerKind | None, *, housekeeping: bool) -> list[Sign]:
    """Each scope's words together. Guarding and arms are told by the buyer; meals and cleaning are what they are."""
    sums: dict[Scope, float] = {}
    seen: dict[Scope, list[str]] = {}
    for hit, loud in words:
        theme = hit.listed.theme
        if loud == 0 or (theme is Theme.WATCH and buyer in (None, BuyerKind.DEFENCE)):
            continue
        arms = theme is Theme.ARMS and buyer not in _BEAR_CIVIL_ARMS
        scope = Scope.DEFENCE if arms or theme is Theme.MILITARY else Scope.PREPAREDNESS
        aside = housekeeping and scope is Scope.PREPAREDNESS
        sums[scope] = sums.get(scope, 0.0) + loud * (ASIDE if aside else 1.0)
        seen.setdefault(scope, []).append(hit.seen)
    return [
        Sign(kind="words", seen=", ".join(seen[scope]), scope=scope, weight=min(LOUDEST_WORDS, round(loud, 2)))
        for scope, loud in sums.items()
    ]


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
