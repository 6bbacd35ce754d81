"""By which texts is it seen how a model sees texts?"""

from functools import lru_cache

from db import reference

LANGUAGES = 3  # each text stands in as many, one after the other
_EVERY = 11  # of the CPV codes that every release has; some hundred, from every division


@lru_cache(maxsize=1)
def reference_texts() -> tuple[str, ...]:
    """CPV names of this release far apart in the list, each in nb, sv and en in turn."""
    names = sorted(reference.builtin().cpv.values(), key=lambda name: name.code)[::_EVERY]
    return tuple(text for name in names if name.nb and name.sv and name.en for text in (name.nb, name.sv, name.en))
