"""What does a status say of the address, and what of us? RFC 3463's codes, and the words around them; pure.

Only a clear code gives an address up. Where codes disagree the milder reading holds, and words without a code can
only make a reading milder: a subscriber who is given up wrongly never hears of it.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class Meaning(StrEnum):
    """What a returned mail says, and so what is to be done."""

    GONE = "gone"  # no such mailbox: never write there again
    LATER = "later"  # full, expired, unreachable: wait, and give up after some such
    MESSAGE = "message"  # about this very mail: too large, malformed
    OURS = "ours"  # policy, reputation, protocol, routing: a person of ours must act
    COMPLAINT = "complaint"
    DELAYED = "delayed"  # still being tried
    DELIVERED = "delivered"
    AUTO_REPLY = "auto_reply"
    NOTHING = "nothing"  # nothing that we can or need to read


# From the mildest for the address to the hardest.
MILDEST: Final = (Meaning.DELIVERED, Meaning.DELAYED, Meaning.OURS, Meaning.MESSAGE, Meaning.LATER, Meaning.GONE)
# X.1.7 to X.1.9 are about the sender's address, which is ours; X.1.4 and X.1.5 leave the mailbox in doubt.
_GONE: Final = frozenset({"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
_SENDER: Final = frozenset({"5.1.7", "5.1.8", "5.1.9"})
_UNROUTABLE: Final = "5.4.4"  # mostly a DNS that fails, ours or theirs; promises.md §2 counts it as ours
_TOO_LARGE: Final = frozenset({"5.2.3", "5.3.4"})
_GENERAL: Final = frozenset({"5.0.0", "4.0.0"})

# A code is neither a part of an address nor of an IP number or a version. The bounds keep the time linear.
_NOISE: Final = re.compile(r"[^\s<>@]{1,64}@[^\s<>]{1,255}|https?://\S+|\[[0-9A-Fa-f.:]+\]")
_CODE: Final = re.compile(r"(?<![\w.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d|\w)")
_BASIC: Final = re.compile(r"(?<![\w.])([45]\d\d)(?=[\s-])")
_OUR_FAULT: Final = re.compile(
    r"\b(spam|unsolicited|blocked|block ?list|black ?list|deny ?list|blocklisted|blacklisted|banned|reputation|policy"
    r"|spf|dkim|dmarc|authenticat\w+|relay(ing)? (denied|not permitted|access denied)|reverse dns|ptr)\b",
    re.IGNORECASE,
)


def meaning_of(status: str, diagnostic: str) -> tuple[Meaning, str]:
    """What a failed delivery means, with the code that says so ("" where none does).

    ``status`` is the report's own code, ``diagnostic`` what the other side said; the latter counts where it has a
    code of its own, since reporters often write something general above it. A status that blames us always counts.
    """
    reported, said = codes(status), codes(diagnostic)
    specific = [code for code in said if code not in _GENERAL]
    ours = [code for code in reported if _of_code(code) is Meaning.OURS]
    counted = ours or specific or [code for code in reported if code not in _GENERAL]
    if counted:
        code = min(counted, key=lambda one: MILDEST.index(_of_code(one)))
        return _of_code(code), code
    general = next(iter(reported or said), "")
    basic = _BASIC.search(_NOISE.sub(" ", diagnostic) + " ")
    if _OUR_FAULT.search(_NOISE.sub(" ", diagnostic)) and not (basic and basic[1].startswith("4")):
        return Meaning.OURS, general
    return Meaning.LATER, general or (basic[1] if basic else "")


def codes(text: str) -> list[str]:
    """The enhanced status codes in a text, in order."""
    return [match.group() for match in _CODE.finditer(_NOISE.sub(" ", text))]


def mildest(meanings: Iterable[tuple[Meaning, str]]) -> tuple[Meaning, str]:
    """Of several recipients of one mail (an address that is a list), what is best for the address that we know."""
    return min(meanings, key=lambda one: MILDEST.index(one[0]))


def _of_code(code: str) -> Meaning:
    if code.startswith("2."):
        return Meaning.DELIVERED
    if code.startswith("4."):
        return Meaning.LATER
    if code in _GONE:
        return Meaning.GONE
    if code in _TOO_LARGE or code.startswith("5.6."):
        return Meaning.MESSAGE
    if code in _SENDER or code == _UNROUTABLE or code.startswith(("5.5.", "5.7.")):
        return Meaning.OURS
    return Meaning.LATER
