"""Where does one sentence end and the next begin? Verbatim pieces; nb, nn, sv, da and en."""

import re
from collections import deque
from collections.abc import Iterator

# After these a full stop never ends a sentence …
_INNER_WORDS = """
adr alt ang approx art avd bl bl.a bl.a. c ca cf d dr dvs d.v.s e.g eks ekskl excl ev evt exkl f.eks f.ex fig
f.o.m fr.o.m gj gjst h.h.v hhv i.e i.h.t ift iht incl inkl int jf jfr jmf kap kl kr maks max mht min mill milj
mr mrd mrs ms nr no nos omkr p.g.a pga pkt pr prof resp s s.k sk sek st stk t.ex tel tlf t.o.m tom t.d vedr vs
jan feb mar apr jun jul aug sep sept okt oct nov des dec
"""
# … and after these only if a capital follows.
_CLOSING_WORDS = """
a.s as co dep dept d.å e.d e.kr e.l el etc etg f.d f.kr inc ltd m.a m.fl m.m m.v mfl mm mva mv o.a o.d o.l osb
osv o.s.v t.v
"""
_MONTH_WORDS = """
jan feb mar mars apr mai maj may jun juni june jul juli july aug sep sept okt oct nov des dec january february
march april august september october november december januar februar oktober desember januari februari
augusti
"""
_INNER, _CLOSING, _MONTHS = (frozenset(words.split()) for words in (_INNER_WORDS, _CLOSING_WORDS, _MONTH_WORDS))
_STOP = re.compile(r"[.!?…]+[\"'»”’)\]]*")
_WORD_BEFORE = re.compile(r"[^\s(«\"”/]*$")
_MARKER = re.compile(r"(?:[•·▪●◦‣*]|[-\u2013\u2014](?=\s)|\(?\d{1,2}[.)](?=\s)|[a-zæøåäö]\)(?=\s))\s*")
_BULLET = re.compile(r"\s[•·▪●◦‣]\s*(?=\S)|(?<=[:;.,])\s[-\u2013\u2014]\s(?=[^\W\d_])")
_NUMBERED = re.compile(r"\s(\d{1,2})[.)]\s(?=[^\W\d_])")
_BREAK = re.compile(r"(?:\r\n|[\n\r\v\f\x85\u2028\u2029])\s*")
_PARAGRAPH = re.compile(r"(?:\r\n|[\n\r\v\f\x85\u2028\u2029])[^\S\n\r]*[\n\r]")
_WORDLIKE = re.compile(r"[^\W_]")
_GLUED = re.compile(r"[A-ZÅÄÖÆØ][a-zåäöæø]{2}")
_DASHES = "-\u2013\u2014"
_SIGHT = 40  # characters looked at on each side of a full stop: more would make long texts slow


def sentences(text: str) -> list[str]:
    """The sentences of a text in reading order, each a verbatim piece of it without blanks around.

    A full stop in `bl.a.`, `kl. 12.00`, `nr. 3`, `28. nov.` or a list's number ends nothing. List entries, headings
    and paragraphs end where their line ends; a line that goes on in lower case is read as one with the next.
    Written for nb, nn, sv, da and en.
    """
    found: list[str] = []
    for start, end in _blocks(text):
        for first, last in _inside(text, start, end):
            piece = text[first:last].strip()
            if _WORDLIKE.search(piece):
                found.append(piece)
    return found


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Runs of lines that belong together."""
    start = 0
    for match in _BREAK.finditer(text):
        before = text[max(start, match.start() - _SIGHT) : match.start()].rstrip()
        goes_on = text[match.end() : match.end() + 1].islower() and before[-1:] not in (".", "!", "?", ":", ";")
        if goes_on and not _PARAGRAPH.match(match.group()) and not _MARKER.match(text, match.end()):
            continue
        yield start, match.end()
        start = match.end()
    yield start, len(text)


def _inside(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The sentences of one run of lines."""
    listed = deque(
        sorted({match.start() for match in _BULLET.finditer(text, start, end)} | _numbered(text, start, end))
    )
    begun = start
    for stop in _STOP.finditer(text, start, end):
        while listed and listed[0] <= stop.start():
            yield begun, listed[0]
            begun = listed.popleft()
        if _ends(text, begun, stop.start(), stop.end(), end):
            yield begun, stop.end()
            begun = stop.end()
    for cut in listed:
        yield begun, cut
        begun = cut
    yield begun, end


def _numbered(text: str, start: int, end: int) -> set[int]:
    """Where the entries of `1. … 2. … 3. …` within a line begin: only numbers that count up from one."""
    due = 2 if re.compile(r"\s*1[.)]\s").match(text, start, end) else 1
    found = set()
    for match in _NUMBERED.finditer(text, start, end):
        if int(match.group(1)) == due:
            found.add(match.start())
            due += 1
    return found if due > 2 else set()


def _ends(text: str, begun: int, dot: int, after: int, end: int) -> bool:
    """Whether the punctuation from `dot` to `after` ends the sentence that began at `begun`."""
    following = text[after : min(end, after + _SIGHT)]
    word = _WORD_BEFORE.search(text[max(begun, dot - _SIGHT) : dot])
    before = word.group().lower().lstrip(_DASHES) if word else ""
    if not following.strip():
        return after + len(following) == end or text[dot] != "." or not before.isdigit()
    if not following[0].isspace():
        # "avtalen.Oppdraget": portals lose the blank; three small letters before keep addresses and figures whole.
        return bool(re.search(r"[a-zåäöæø]{3}$", text[dot - 3 : dot])) and bool(_GLUED.match(following))
    if text[dot] in "!?…":
        return True
    following = following.lstrip()
    if not before or (dot - begun < _SIGHT and _MARKER.fullmatch(text[begun : after + 1].lstrip())):
        return False
    if before.isdigit():
        return following[0].isupper() and (len(before) > 2 or _first_word(following) not in _MONTHS)
    # One letter is an initial or an abbreviation ("J. Hansen", "s. 12"), but behind a stroke a unit: "14 m/s."
    letter = len(before) == 1 and before.isalpha()
    inner = before in _INNER or letter
    if letter and text[max(begun, dot - 2)] == "/":
        inner = False
    return not inner and (following[0].isupper() if before in _CLOSING else not following[0].islower())


def _first_word(text: str) -> str:
    match = re.match(r"[^\W\d_]+", text)
    return match.group().lower() if match else ""
