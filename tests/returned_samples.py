"""Which mails come back? Samples, one file per kind; the first lines of each say what it shows and must come out."""

import re
from dataclasses import dataclass
from pathlib import Path
from string import Template

FOLDER = Path(__file__).parent / "returned"
_HEAD = re.compile(rb"# Shows: (.+)\n# Must come out: (\S+)(?: (\S+))?\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One returned mail as it is kept, with what it must be read as."""

    name: str
    shows: str
    meaning: str
    code: str
    kept: bytes

    def mail(
        self,
        *,
        verp: str = "b+1.0123456789abcdef@retur.anbudsvakt.example",
        recipient: str = "post@fjellsveis.example",
        message_id: str = "<digest.1@anbudsvakt.example>",
        unsubscribe: str = "https://anbudsvakt.example/u/1",
    ) -> bytes:
        """The bytes as they arrive: lines end in CRLF, and the mail speaks of this delivery."""
        filled = Template(self.kept.decode("latin-1")).safe_substitute(
            verp=verp, recipient=recipient, message_id=message_id, unsubscribe=unsubscribe
        )
        return filled.encode("latin-1").replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def samples(folder: Path = FOLDER) -> list[Sample]:
    """All samples of a folder, by name. A file without its two first lines is a fault."""
    found = []
    for path in sorted(folder.glob("*.eml")):
        kept = path.read_bytes()
        head = _HEAD.match(kept)
        assert head, f"{path.name} does not say what it shows and what must come out"
        shows, meaning, code = (part.decode() if part else "" for part in head.groups())
        found.append(Sample(name=path.stem, shows=shows, meaning=meaning, code=code, kept=kept[head.end() :]))
    return found
