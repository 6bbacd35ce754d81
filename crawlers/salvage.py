"""Which records of a page of JSON are whole, when the page itself is damaged or cut?

For files that are imported or were quarantined: what can be had of them is had. A crawl does not come here; it asks the
portal again.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

MOST_WORK: Final = 16  # times the page's length in characters that may be looked at before it is left
TRY: Final = 64  # what one try costs beside the characters it reads
COUNTING: Final = 16  # an error counts the lines before it, so many characters in the time that it takes to read one

_DECODER: Final = json.JSONDecoder(strict=False)


def records(text: str, is_record: Callable[[Any], bool]) -> Iterator[Any]:
    """The values in a text that are whole and are records, in order; what stands between them is passed over.

    Every opening brace may begin one. Pages that are written to make this slow are left in the middle.
    """
    at, work = text.find("{"), MOST_WORK * len(text)
    while at >= 0 and work > 0:
        end = at + 1
        try:
            value, after = _DECODER.raw_decode(text, at)
        except json.JSONDecodeError as error:
            work -= TRY + error.pos - at + error.pos // COUNTING
        except (RecursionError, ValueError):  # too deep, or a number of too many digits
            work -= len(text)
        else:
            work -= TRY + after - at
            if is_record(value):
                end = after
                yield value
        at = text.find("{", end)
