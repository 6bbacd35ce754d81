"""Which CPV codes speak of defence or of civil preparedness, and how loudly?

Prefixes of CPV 2008, the longest that fits a code counts; names are in db/reference/cpv.tsv. 3 decides alone whatever
the buyer, 2 does so as the main code, 1 needs another sign beside it, 0 takes back what a shorter prefix gives.
"""

from collections.abc import Mapping
from typing import Final

DEFENCE: Final = {
    "246": 2, "246130": 0, "246131": 0, "246132": 0,  # explosives, but not flares, fireworks and bird scarers
    "353": 3, "354": 3, "355": 3, "355124": 1,  # unmanned craft are civil too, here and in the air
    "356": 3, "356125": 1, "35613": 1, "3563": 0,  # rescue helicopters and satellites likewise
    "357": 3, "3581": 1, "358111": 0, "358112": 0, "358113": 3, "35812": 3, "35813": 2, "3582": 1,
    "452162": 3, "506": 1.5, "5061": 0, "5062": 2, "5063": 3, "5064": 3, "5065": 3, "5066": 3,
    "734": 3, "73400000": 1.5, "73421": 1, "73431": 1,  # the group's own code names security beside defence, as 806's does
    "7522": 3, "75222": 0, "806": 2, "80600000": 1.5, "8061": 1,
}  # fmt: skip
PREPAREDNESS: Final = {
    "2495122": 1, "2495123": 1,  # extinguishing agents
    "31122": 1, "31127": 1, "316825": 1.5, "3168252": 0,  # emergency power
    "341141": 1, "34114110": 2, "3411412": 0, "341142": 1,  # rescue vehicles and police cars; ambulances are health care
    "341442": 2, "3414422": 0, "345111": 1, "345136": 1, "3451365": 2, "345137": 2, "345211": 1, "345212": 1,
    "345213": 1, "345214": 1.5, "345222": 1, "349137": 2,
    "351": 1, "3511": 1.5, "35111": 2, "351113": 0.5, "351114": 0.5, "351115": 1, "35112": 2, "3511210": 0.5,
    "351122": 0, "351123": 0, "35113": 1, "351131": 0.5, "351132": 2, "3511341": 1.5, "3511342": 1.5,
    "3512": 1, "351211": 0, "351212": 0, "351214": 0, "351215": 0, "351216": 0, "351218": 0, "35123": 0.5,
    "351232": 0, "351233": 0, "351251": 0.5, "351252": 0, "35126": 0,
    "352": 2, "3525": 0, "3526": 0.5, "356125": 2, "3581": 0.5, "358111": 2, "358112": 2, "35814": 1.5, "35815": 1,
    "42122110": 2, "42415320": 2, "44481": 1.5, "444821": 1.5,
    "45216111": 1, "4521612": 2, "45216122": 0.5, "45216128": 0, "45216129": 3,
    "50600000": 1, "5061": 1, "73400000": 1, "73421": 1, "73431": 1, "75222": 3, "7524": 1, "75241": 1.5,
    "75242110": 0, "7525": 2, "75251110": 0.5, "79430": 1.5, "80600000": 1, "8061": 1, "90741200": 1.5,
}  # fmt: skip

# What emergency services use in the field: bought by one of them it speaks for preparedness; by others it says nothing.
FIELD: Final = {
    "18": 1, "32": 1, "33": 1, "34": 1, "3435": 0, "35": 1, "38": 1, "501": 1, "502": 1, "5033": 1, "504": 1, "506": 1,
    "7524": 1, "7525": 1, "797": 1, "806": 1,
}  # fmt: skip

# What every office and building needs, fire alarms and the upkeep of plant included. Where this is the main code, the
# words around it (meals for those on alert, cleaning of a fire station) tell whom it is for more than what it is.
HOUSEKEEPING: Final = (
    "22", "301", "302", "31625", "45343", "50413", "5051", "5053", "507", "517", "55", "66", "70", "791", "792", "795",
    "796", "798", "79952", "85", "905", "906", "909", "92", "98",
)  # fmt: skip


def weight(code: str, table: Mapping[str, float]) -> float:
    """The weight of the longest prefix of the code in the table; 0 if none is there."""
    for length in range(len(code), 1, -1):
        if code[:length] in table:
            return table[code[:length]]
    return 0.0
