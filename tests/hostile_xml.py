"""Which documents want out, or want to grow? For every reader of markup that the project has (promises.md H3)."""

LAUGHS = (
    b'<!DOCTYPE l [<!ENTITY a "lol">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + step, b"&%c;" % (97 + step) * 10) for step in range(9))
    + b"]>"
)
