"""How fast are we beside our peers? `python -m benchmarks [name …]`: a ratio for each part, never an absolute limit."""

import sys

from rich.console import Console
from rich.table import Table

from benchmarks import matching, sending
from benchmarks.ground import own_ground

PARTS = {"sending": sending.run, "matching": matching.run}


def main() -> None:
    """Run the named benchmarks, or all of them, on a database of their own."""
    wanted = sys.argv[1:] or list(PARTS)
    table = Table("part", "unit", "ours", "peer", "ratio", "peer is", title="Benchmarks (medians of the rounds)")
    with own_ground():
        for name in wanted:
            told = PARTS[name]()
            ratio = told.ours / told.peer
            table.add_row(name, told.unit, f"{told.ours:.0f}", f"{told.peer:.0f}", f"{ratio:.2f}", told.peer_is)
    Console().print(table)


if __name__ == "__main__":
    main()
