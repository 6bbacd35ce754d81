"""What is one run asked to read? Everything a spider may know; it asks nobody else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from crawlers.sources import Source
from crawlers.store import Validators


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One run of one source over the days ``since`` to ``until``, both read.

    ``known`` maps the portal's number to the hash of the search hit it was stored from; ``validators`` maps a URL to
    what its server gave us to ask "has it changed?" with. ``paging`` is TED's mode, None for the usual one. ``details``:
    what Doffin's web client adds is wanted too.
    """

    source: Source
    base_url: str
    since: date
    until: date
    fetch_id: int
    known: Mapping[str, str] = field(default_factory=dict)
    validators: Mapping[str, Validators] = field(default_factory=dict)
    subscription_key: str | None = field(default=None, repr=False)
    paging: str | None = None
    details: bool = False
