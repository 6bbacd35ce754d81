"""How fast are we beside our peers? `python -m benchmarks [--whole] [name …]`: a ratio for each part, never a limit."""

import sys
from collections.abc import Callable, Mapping
from functools import partial

from rich.console import Console
from rich.table import Table

from benchmarks import answering, crawling, encoding, matching, scoring, sending, tuning
from benchmarks.ground import Skipped, Told, own_ground

WHOLE = "--whole"  # measures crawling, scoring and tuning with all their notices, which takes minutes
# Scoring stands before encoding, whose peer brings torch: memory is the most that this process ever held.
PARTS: Mapping[str, Callable[[], Told]] = {
    "sending": sending.run,
    "matching": matching.run,
    "answering": answering.run,
    "scoring": partial(scoring.run, whole=WHOLE in sys.argv),
    "tuning": partial(tuning.run, whole=WHOLE in sys.argv),
    "encoding": encoding.run,
    "crawling": partial(crawling.run, whole=WHOLE in sys.argv),
}


def main() -> None:
    """Run the named benchmarks, or all of them, on a database of their own."""
    wanted = [name for name in sys.argv[1:] if name != WHOLE] or list(PARTS)
    table = Table("part", "unit", "ours", "peer", "ratio", "peer is", title="Benchmarks (medians of the rounds)")
    notes: list[str] = []
    with own_ground():
        for name in wanted:
            try:
                told = PARTS[name]()
            except Skipped as reason:
                notes.append(f"{name}: skipped, {reason}")
                continue
            ratio = told.ours / told.peer
            table.add_row(name, told.unit, f"{told.ours:.0f}", f"{told.peer:.0f}", f"{ratio:.2f}", told.peer_is)
            if told.note:
                notes.append(f"{name}: {told.note}")
    console = Console()
    console.print(table)
    for note in notes:
        console.print(note, highlight=False)


if __name__ == "__main__":
    main()
