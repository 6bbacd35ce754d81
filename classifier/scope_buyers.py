"""Of what kind is a buyer that the table of known buyers does not name?

Kinds, not single bodies: defence bodies of any country, police, fire and rescue services, and those who run what society
cannot do without. The table (db/reference/buyers.tsv) knows single bodies by number and goes first. The lists are
written as in ``classifier.scope_lists``.
"""

import re
from enum import StrEnum
from typing import Final

from classifier.scope_words import pattern


class BuyerKind(StrEnum):
    """What a buyer's name tells of its errand."""

    DEFENCE = "defence"
    EMERGENCY_SERVICE = "emergency_service"
    CIVIL_GUARD = "civil_guard"  # carries arms or armour for civil ends, and does much else besides
    INFRASTRUCTURE = "infrastructure"  # must guard grids, airports and networks against deliberate harm


# The first kind that a name tells counts.
_KINDS: Final = {
    BuyerKind.DEFENCE: """
        ministry of defence, ministry of defense, ministry of national defence, ministerie van defensie,
        ministère des armées, ministère de la défense, ministero della difesa, ministerio de defensa,
        ministerstwo obrony, ministerstvo obrany, ministerul apărării, bundesministerium der verteidigung,
        bundeswehr*,
        forsvarskommando*, forsvarsminist*, heimevern*, hjemmeværn*, hemvärn*,
        puolustus*, kaitsevä*, kaitseinv*, direction générale de l'armement, wojskow*,
        defence force, defence forces, defense force, defense forces, defence equipment, defence support,
        defence infrastructure, defence science*, defence materiel, defence logistics, defence academy,
        defence agency,
        defence digital, defence estate, defence estates, defence college, defence acquisition*, defence procurement*,
        defence medical*, defence general munitions, defence fuels, defence business*, defense logistics agency,
        armed forces, de & s, de&s, de&amp;s, dstl, nato, nspa, ncia, nci agency, occar, carabinieri, royal navy,
        royal air force, air force, us army, army corps
    """,
    BuyerKind.EMERGENCY_SERVICE: """
        politi, politiet, politiets, politidistrikt*, politidirektorat*, politihøgskole*, politikreds*, rigspoliti*,
        polisen,
        polismyndighet*, police, constabulary, poliisi*, polizei*, politie, policj*, gendarmer*,
        brann og redning*, brann & redning*, brann og feier*, brannvesen*, brandväsen*, brandvæsen*, brandkår*,
        brandförsvar*, räddningstjänst*, räddningsförbund*, pelastus*, fire and rescue, fire & rescue,
        fire &amp; rescue,
        fire service, fire authority, fire brigade, fire department, *beredskab, beredskabsstyrelsen,
        redningsberedskab*,
        feuerwehr*, brandweer*, veiligheidsregio*,
        110 sentral*, 112 sentral*, 113 sentral*, nødsentral*, alarmsentral*, sos alarm, redningsselskap*,
        sjöräddning*,
        coastguard, coast guard, kustbevakning*, lifeboat institution, mountain rescue, civil protection,
        civil defence,
        civil defense, civil contingenc*, civil emergenc*, emergency management, sivilforsvar*,
        sysselmann*, sysselmester*, samfunnssikkerhet og beredskap, samhällsskydd och beredskap, civilt försvar
    """,
    BuyerKind.CIVIL_GUARD: """
        utenriksdepartement*, udenrigsminist*, utrikesdepartement*, ulkoministeri*, foreign office,
        foreign and commonwealth office, foreign & commonwealth office, foreign commonwealth and development office,
        foreign commonwealth & development office, ministry of foreign affairs, tolletaten, tullverket, toldstyrelsen,
        customs, border force, border guard, border police, kriminalomsorg*, kriminalvård*, kriminalforsorg*,
        prison service, norges bank, riksbank*, nationalbanken, danmarks nationalbank, bank of england, central bank
    """,
    BuyerKind.INFRASTRUCTURE: """
        avinor, swedavia, *lufthavn*, airport, airports, statnett, svenska kraftnät, energinet, fingrid, nett as,
        *elnett,
        elnät*, *elnett as, vassdrags og energidirektorat*, nkom, nasjonal kommunikasjonsmyndighet,
        post och telestyrelsen, kystverket, sjöfartsverket
    """,
}
_ABBREVIATED: Final = re.compile(r"\bMOD\b")  # in capitals only: Danish *mod* is "against"


def kind_of(name: str) -> tuple[BuyerKind, str] | None:
    """The kind of a buyer with this name, and the part of the name that tells it; None for everybody else."""
    if match := _ABBREVIATED.search(name):
        return BuyerKind.DEFENCE, match[0]
    folded = name.casefold()
    for kind, words in _KINDS.items():
        if match := pattern(words).search(folded):
            return kind, match[0]
    return None
