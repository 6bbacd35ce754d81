"""Is a page or a feed built to keep a parser busy? Told in one pass over its tags, before any parser sees it.

libxml2's HTML parser compares each attribute of a tag with all before it, and feedparser does worse: 50,000 of them, half a
megabyte, took 20 seconds (lxml 6.1, feedparser 6.0). Depth costs feedparser too. No portal needs either.
"""

import re
from typing import Final

MOST_ATTRIBUTES: Final = 1000
LONGEST_NAME: Final = 500
MOST_OPEN: Final = (
    5000  # elements that were opened and not closed; a feed that was cut has a handful, careless HTML more
)

_TAG: Final = re.compile(r"<(?:(!--)|(!\[CDATA\[)|(/)?([a-zA-Z][^\s/>]*))")
# As HTML's standard cuts a tag into attributes; a quote counts only after the sign.
_ATTRIBUTE: Final = re.compile(r"[\s/]*(?P<name>[^\s/>=][^\s/>=]*)(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>\"'][^\s>]*)?)?")
_END: Final = re.compile(r"[\s/]*>?")
_RAW: Final = frozenset({"script", "style", "textarea", "title", "xmp"})


class _Ends:
    """Where what begins ends. What does not is read on as if it had not begun: a parser may do so too."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._endless: set[str] = set()  # looked for once, or a page of nothing but beginnings is read over and over

    def after(self, at: int, end: str) -> int:
        found = -1 if end in self._endless else self._text.find(end, at)
        if found < 0:
            self._endless.add(end)
            return at
        return found


def excess(text: str, *, most_open: int | None = None) -> str | None:
    """What of the markup is too much for any parser, or None. ``most_open``: elements that may stay open, if that counts."""
    at = depth = 0
    ends = _Ends(text.lower())
    while (tag := _TAG.search(text, at)) is not None:
        comment, cdata, closing, name = tag.groups()
        at = tag.end()
        if comment or cdata:
            at = ends.after(at, "-->" if comment else "]]>")
            continue
        if len(name) > LONGEST_NAME:
            return f"a tag whose name is longer than {LONGEST_NAME} characters"
        if closing:
            depth = max(0, depth - 1)
            continue
        count = 0
        while (attribute := _ATTRIBUTE.match(text, at)) is not None:
            at, count = attribute.end(), count + 1
            if count > MOST_ATTRIBUTES:
                return f"a tag with more than {MOST_ATTRIBUTES} attributes"
        end_of_tag = _END.match(text, at)
        at = end_of_tag.end() if end_of_tag else at
        depth += text[at - 2 : at] != "/>"
        if most_open is not None and depth > most_open:
            return f"more than {most_open} elements inside one another"
        if most_open is None and name.lower() in _RAW:
            at = ends.after(at, f"</{name.lower()}")
    return None
