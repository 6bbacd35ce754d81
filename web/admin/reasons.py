"""Why was it so, in the reader's language? What our own code wrote is said again; what a relay or a person wrote stays as it is."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from alerts.texts import Texts

# What alerts/ writes into suppression.reason and delivery.smtp_reply, and the key of its words; groups are its details.
WRITTEN: Final[Mapping[str, str]] = MappingProxyType(
    {
        r"complained": "complained",
        r"came back: (?P<code>[\d.]+)": "came_back",
        r"came back: ?": "came_back_uncoded",
        r"came back (?P<times>\d+) times(?:: [\d.]+)?": "came_back_often",
        r"the relay knows no such mailbox": "no_mailbox",
        r"asked never to be written to": "never_again",
        r"has unsubscribed": "has_left",
        r"is suppressed": "suppressed",
        r"the address is none that mail can be sent to": "no_address",
        r"taken for sent after a restore": "restored",
    }
)


def reason(said: Texts, written: str | None) -> str | None:
    """The reason in the reader's language, or as it was written where it is not ours."""
    for pattern, key in WRITTEN.items():
        if written is not None and (found := re.fullmatch(pattern, written)):
            return said.say(f"admin.because.{key}", **found.groupdict())
    return written
