"""How many notices a second are crawled into PostgreSQL, beside a bare Scrapy spider on the same pages?

Both read the sandbox's search on loopback without a pause between requests, and parse it with the same parser; the
peer drops what it has parsed. 2,000 notices by default; 20,000 with ``--whole``.
"""

import tempfile
from pathlib import Path
from statistics import median

from sqlalchemy import text

from benchmarks.crawling_child import BARE, OURS, Crawled, crawled
from benchmarks.crawling_portal import portal, write
from benchmarks.ground import Told
from db.session import transaction, utcnow

NOTICES, WHOLE = 2000, 20_000
ROUNDS = 3


def run(*, whole: bool = False) -> Told:
    """The share in a few rounds by turns, or the whole once."""
    count, rounds = (WHOLE, 1) if whole else (NOTICES, ROUNDS)
    ours, bare = by_turns(count, rounds)
    grown = max(run.grown_mib for run in ours)
    return Told(
        unit="notices/s",
        ours=median(run.notices / run.seconds for run in ours),
        peer=median(run.notices / run.seconds for run in bare),
        peer_is="bare Scrapy spider, same pages and parser, stores nothing",
        note=f"{count} notices a round, {rounds} of each; memory grew by {grown:.0f} MiB after the first page"
        f" (promise: at most 50; peer {max(run.grown_mib for run in bare):.0f})"
        + ("" if whole else f"; --whole for {WHOLE}"),
    )


def by_turns(count: int, rounds: int) -> tuple[list[Crawled], list[Crawled]]:
    """Runs of ours and of the bare spider over so many notices, each of ours into an empty database."""
    today = utcnow().date()
    ours: list[Crawled] = []
    bare: list[Crawled] = []
    with tempfile.TemporaryDirectory(prefix="anbudsvakt-bench-pages-") as folder:
        write(Path(folder), count, today)
        with portal(Path(folder)) as url:
            for _ in range(rounds):
                bare.append(crawled(BARE, url, today, count))
                _empty()
                ours.append(crawled(OURS, url, today, count))
    return ours, bare


def _empty() -> None:
    """Each round stores anew."""
    with transaction() as s:
        s.execute(text('TRUNCATE "fetch", source, procurement, notice_key, buyer CASCADE'))
