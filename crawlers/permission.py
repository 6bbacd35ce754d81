"""Which sources are read because their owners were asked? Those that ANBUDSVAKT_PERMITTED names, and that can be asked for.

What an administrator says there is his word, not ours: it is shown wherever the source is. No permission opens a source
whose terms or robots.txt are known to forbid it, and robots.txt is obeyed whatever was agreed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from crawlers.source import Ground, Source, SourceState, forbidden_host
from net.addresses import refusal
from settings import SettingsError

PERMITTED_BY: Final = "permission: ANBUDSVAKT_PERMITTED says that its owner was asked and allows it"
_VARIABLE: Final = "ANBUDSVAKT_PERMITTED"


def permitted(entries: Iterable[str], known: Mapping[str, Source]) -> Iterator[Source]:
    """Each source that an entry names, turned on: ``key``, or ``key=address`` where the list stands elsewhere.

    Raises SettingsError for a key that no permission turns on, and for an address that may not be read.
    """
    for entry in entries:
        key, given, address = (part.strip() for part in entry.partition("="))
        source = known.get(key)
        if source is None or not source.asks:
            askable = ", ".join(one.key for one in known.values() if one.asks)
            raise SettingsError(f"{_VARIABLE}: {key!r} is none that a permission turns on; those are {askable}")
        if given and (reason := refusal(address) or forbidden_host(urlsplit(address).hostname or "")):
            raise SettingsError(f"{_VARIABLE}: {key}: {reason}")
        yield replace(
            source, url=address or source.url, state=SourceState.ON, reason=PERMITTED_BY, grounds=(Ground.PERMITTED,)
        )
