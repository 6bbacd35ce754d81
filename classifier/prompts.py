"""What does a model want to read before a text, so that it knows which side of a search it is?"""

import json
from dataclasses import dataclass
from pathlib import Path

_CONFIG = "config_sentence_transformers.json"
# Models whose authors ask for prefixes on their page and not in their files.
_KNOWN = {("intfloat", "e5-"): ("query: ", "passage: "), ("intfloat", "multilingual-e5-"): ("query: ", "passage: ")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompts:
    """What stands before what is searched with, and before what is searched."""

    query: str = ""
    passage: str = ""


NONE = Prompts()


def of(folder: Path, name: str | None, *, query: str | None = None, passage: str | None = None) -> Prompts:
    """The prompts of a model: as set, or else as its own files say, or else as its family on the hub wants it."""
    own = _own(folder)
    family = _family(name)
    return Prompts(
        query=next(said for said in (query, own.get("query"), family.query) if said is not None),
        passage=next(
            said for said in (passage, own.get("passage"), own.get("document"), family.passage) if said is not None
        ),
    )


def _own(folder: Path) -> dict[str, str]:
    try:
        told = json.loads((folder / _CONFIG).read_text(encoding="utf-8")).get("prompts") or {}
    except (OSError, ValueError, AttributeError):
        return {}
    # Newer releases of sentence-transformers write these two names, empty, into every folder that they save.
    return {str(side): str(prompt) for side, prompt in dict(told).items() if prompt}


def _family(name: str | None) -> Prompts:
    owner, _, called = (name or "").partition("/")
    for (whose, begins), (query, passage) in _KNOWN.items():
        if owner == whose and called.startswith(begins) and not called.endswith("-instruct"):
            return Prompts(query=query, passage=passage)
    return NONE
