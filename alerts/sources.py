"""What is a portal called in a mail?"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from db.notices import CANARY

# Proper names, the same in every language. A feed that an administrator added goes by the key he gave it.
NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ted": "TED",
        "doffin": "Doffin",
        "regjeringen": "regjeringen.no",
        "fmv": "FMV",
        "forsvarsmakten": "Försvarsmakten",
        "mcf": "MCF",
        "ted-defence": "TED",
        "nspa": "NSPA",
        "eu-funding": "EU Funding & Tenders",
        "kommers": "Kommers Annons",
        "kommers-elite": "Kommers eLite",
        "kommers-fmv": "Kommers (FMV)",
        "kommers-polis": "Kommers (Polisen)",
        "kommers-trafik": "Kommers (Trafikverket)",
        "udbud": "udbud.dk",
        "hilma": "Hilma",
        CANARY: "Anbudsvakt",
    }
)


def source_name(key: str) -> str:
    """The portal's name as readers know it."""
    return NAMES.get(key, key)
