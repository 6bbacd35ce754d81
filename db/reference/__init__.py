"""What are codes and buyers called, in bokmål, Swedish and English? The names this release ships, without a database.

The names are facts: CPV 2008 is Regulation (EC) No 213/2008, NUTS is Regulation (EC) No 1059/2003 as amended. They stand
in three tables beside this file; ``read_cpv_list`` reads the complete official CPV list, to be laid over ours.
"""

from db.reference.buyers import BuyerScope, KnownBuyer
from db.reference.codes import Area, CpvName, NutsName
from db.reference.official import read_cpv_list
from db.reference.table import Reference, builtin

__all__ = [
    "Area",
    "BuyerScope",
    "CpvName",
    "KnownBuyer",
    "NutsName",
    "Reference",
    "builtin",
    "read_cpv_list",
]
