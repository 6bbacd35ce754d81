"""What do digests of readers with several profiles look like? A Norwegian and a Swedish one."""

from dataclasses import replace
from typing import Any

from digest_views import FINNISH_BRIDGE, NORWEGIAN, SWEDISH, SWEDISH_WORKSHOP, make_entry, make_reason

from alerts.view import DigestView, Side, Strength

VEHICLES = SWEDISH_WORKSHOP.reasons[1]


def mine(profile: str, **values: Any) -> Any:
    return make_reason(**{"profile": profile} | values)


# The Swedish workshop is for both profiles and likelier for the second; the bridge is for welding alone.
BOTH = replace(
    SWEDISH_WORKSHOP,
    reasons=(replace(VEHICLES, score=0.77, strength=Strength.STRONG), replace(SWEDISH_WORKSHOP.reasons[0])),
)
NORWEGIAN_SEVERAL: DigestView = replace(
    NORWEGIAN,
    profiles=("Sveising", "Kjøretøy og utstyr", "Overflatebehandling"),
    entries=(make_entry(), BOTH, FINNISH_BRIDGE),
)
SWEDISH_SEVERAL: DigestView = replace(
    SWEDISH,
    profiles=("Fordon", "Plåt och svets"),
    entries=(
        *SWEDISH.entries,
        make_entry(
            alert_id=9,
            side=Side.HOME,
            country="SE",
            language="sv",
            title="Service av terrängfordon, I 19 Boden",
            buyer="Försvarsmakten",
            nuts=("SE332",),
            reasons=(
                mine(
                    "Fordon",
                    score=0.84,
                    notice_sentence="Leverantören ska utföra service på terrängfordon i egen verkstad.",
                    notice_language="sv",
                    profile_sentence="Vi servar och reparerar tunga fordon i Boden.",
                    words=(("service", "servar"),),
                ),
            ),
        ),
    ),
)
