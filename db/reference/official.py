"""What does the complete official CPV list say? Bytes in, named codes out, in the two forms it is published in."""

import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Final

from db.reference.codes import CPV, CpvName

_TOKENS: Final = {
    **dict.fromkeys(("en", "eng", "name"), "en"),
    **dict.fromkeys(("sv", "swe"), "sv"),
    **dict.fromkeys(("nb", "no", "nob", "nor"), "nb"),
}
_CHECK_DIGIT: Final = re.compile(r"([0-9]{8})-[0-9]", re.ASCII)
_DEEPEST: Final = 8  # levels of nesting; the published list has five


def read_cpv_list(body: bytes) -> list[CpvName]:
    """The named codes of an official CPV list, in its order, each code once; a language it does not speak is empty.

    Two forms are understood, told apart by the first character:

    * genericode 1.0 XML, the European eForms code list ``cpv.gc``: ``SimpleCodeList/Row/Value[@ColumnRef]/SimpleValue``
      with the columns ``code``, ``Name`` (English) and one per language, ``eng_label``, ``swe_label``, ``nor_label``;
      ``sv_label``, ``label-sv`` and the like are taken too, other languages are passed over;
    * YAML, the Norwegian eForms code list ``cpv.yaml``: ``'35000000': {name: <English>, nob: <bokmål>, …}``; what else
      stands in an entry, such as its ``history``, is passed over.

    Raises ValueError with the reason for anything else: another list, a code that is not CPV, a code named twice or
    without any name, broken XML or YAML. XML with a document type is refused, for no code list needs entities.
    """
    start = body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if not start:
        raise ValueError("the CPV list is empty")
    rows = list(_named(_genericode(body) if start == b"<" else _yaml(body)))
    if not rows:
        raise ValueError("the list names no CPV code")
    return rows


def _named(entries: Iterable[tuple[str, dict[str, str]]]) -> Iterator[CpvName]:
    """Each entry, a code with its labels by column, as a checked row."""
    seen = set()
    for raw, labels in entries:
        code = _CHECK_DIGIT.sub(r"\1", raw.strip())
        if CPV.fullmatch(code) is None:
            raise ValueError(f"not a CPV list: {raw[:40]!r} is not a code of eight digits")
        if code in seen:
            raise ValueError(f"the list names {code} twice")
        seen.add(code)
        names: dict[str, str] = {}
        for column, label in labels.items():
            language, name = _language(column), " ".join(label.split())
            if language and name:
                names.setdefault(language, name)
        if not names:
            raise ValueError(f"{code} has no name in English, Swedish or Norwegian")
        yield CpvName(code=code, **names)


def _language(column: str) -> str | None:
    """Which of our languages a column speaks: one of its words is the language's code, or it is plainly the name."""
    words = re.findall(r"[a-z]+", column.lower())
    return next((_TOKENS[word] for word in words if word in _TOKENS), None)


def _genericode(body: bytes) -> Iterator[tuple[str, dict[str, str]]]:
    from lxml import etree

    try:
        # The full list has 24 languages, some 25 MB: it is read row by row, and a row that was read is let go.
        walk = etree.iterparse(
            BytesIO(body), tag="{*}Row", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
        )
        for _, row in walk:
            if row.getroottree().docinfo.doctype:
                raise ValueError("an XML code list with a document type is not accepted")
            labels = {
                value.get("ColumnRef", ""): value.findtext("{*}SimpleValue") or "" for value in row.iterfind("{*}Value")
            }
            code = next((labels.pop(column) for column in labels if column.lower() == "code"), None)
            if code is None:
                raise ValueError("a row of the genericode list has no column 'code'")
            yield code, labels
            row.clear()
            while row.getprevious() is not None:
                del row.getparent()[0]
    except etree.XMLSyntaxError as fault:
        raise ValueError(f"the XML of the CPV list is broken: {fault.msg}") from fault


def _yaml(body: bytes) -> Iterator[tuple[str, dict[str, str]]]:
    """Entries of a two-level mapping. Nodes are read, not values: YAML would take an unquoted 03000000 for a number."""
    import yaml

    try:
        _refuse_depth(body)
        root = yaml.CBaseLoader(body).get_single_node()
        if not isinstance(root, yaml.MappingNode):
            raise ValueError("not a CPV list: expected a mapping from codes to names")  # noqa: TRY004  (a bad file, not a bad call)
        for code, entry in root.value:
            if not isinstance(entry, yaml.MappingNode):
                raise ValueError(f"not a CPV list: {str(code.value)[:40]!r} has no names under it")  # noqa: TRY004  (likewise)
            yield (
                str(code.value),
                {str(column.value): label.value for column, label in entry.value if isinstance(label, yaml.ScalarNode)},
            )
    except yaml.YAMLError as fault:
        raise ValueError(f"neither genericode XML nor a YAML code list: {str(fault).splitlines()[0]}") from fault


def _refuse_depth(body: bytes) -> None:
    """Stop before deep nesting: composing recurses in C, and 100,000 brackets end the process (measured)."""
    import yaml

    depth = 0
    for event in yaml.parse(body, Loader=yaml.CBaseLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise ValueError("not a CPV list: it is nested too deep")
