"""Does a TED expert query match a notice, and in which order do the matches stand?

The part of the language that `crawlers` and people use: comparisons, `IN (a b)`, `~ (words)`, AND, OR, NOT,
parentheses, `today(-7)` and `SORT BY field DESC`. It is evaluated for real against the notice's field values.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

FULL_TEXT = "FT"
COUNTRY_FIELDS = {"buyer-country", "organisation-country-buyer", "place-of-performance-country-proc", "winner-country"}
CLOSED_VALUES = {
    "form-type": {"planning", "competition", "dir-awa-pre", "result", "cont-modif", "change"},
    "contract-nature": {"works", "supplies", "services", "combined"},
}
TOKEN = re.compile(r'\s*(?:(today\([+-]?\d+\))|("[^"]*")|(>=|<=|!=|!~|[=<>~()])|([^\s()=<>~!"]+))')
KEYWORDS = {"AND", "OR", "NOT", "IN", "SORT", "BY", "ASC", "DESC"}

Row = Mapping[str, Any]
Predicate = Callable[[Row], bool]


class QueryError(Exception):
    """The query is refused; `kind` is TED's error type, `details` what stands beside it."""

    def __init__(self, kind: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.kind = kind
        self.details = details


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A parsed query: what matches, and by which fields (descending where True) the matches are sorted."""

    matches: Predicate
    order: tuple[tuple[str, bool], ...]

    def select(self, rows: Iterable[Row]) -> list[Row]:
        """The matching rows in the query's order, else in the order given."""
        chosen = [row for row in rows if self.matches(row)]
        for field, descending in reversed(self.order):
            chosen.sort(key=lambda row: min(map(_rank, words_of(row.get(field))), default=""), reverse=descending)
        return chosen


def parse_query(text: str, known: frozenset[str], today: date) -> Query:
    """The query, or QueryError as TED would answer; `known` are the searchable field names."""
    return _Parser(_tokens(text), known, today).query()


def words_of(value: Any) -> list[str]:
    """The searchable strings in a field's value, however it is nested."""
    if value is None:
        return []
    if isinstance(value, Mapping):
        return [word for nested in value.values() for word in words_of(nested)]
    if isinstance(value, list | tuple):
        return [word for nested in value for word in words_of(nested)]
    return [str(value)]


def _tokens(text: str) -> list[tuple[str, int]]:
    found, at = [], 0
    while text[at:].strip():
        match = TOKEN.match(text, at)
        if match is None:
            raise _syntax_error(at)
        found.append((match.group(0).strip(), match.end() - len(match.group(0).strip())))
        at = match.end()
    return found


def _syntax_error(column: int) -> QueryError:
    location = {"beginLine": 1, "beginColumn": column + 1, "endLine": 1, "endColumn": column + 2}
    return QueryError("QUERY_SYNTAX_ERROR", "Syntax error in expert query", location=location)


class _Parser:
    def __init__(self, tokens: Sequence[tuple[str, int]], known: frozenset[str], today: date) -> None:
        self.tokens, self.known, self.today, self.place = tokens, known, today, 0

    def query(self) -> Query:
        matches = self._either()
        order: list[tuple[str, bool]] = []
        if self._take("SORT"):
            self._expect("BY")
            while self._peek() is not None:
                field = self._field()
                order.append((field, self._take("DESC")))
        if self._peek() is not None:
            raise self._error()
        return Query(matches=matches, order=tuple(order))

    def _peek(self) -> str | None:
        return self.tokens[self.place][0] if self.place < len(self.tokens) else None

    def _error(self) -> QueryError:
        last = self.tokens[-1] if self.tokens else ("", 0)
        return _syntax_error(self.tokens[self.place][1] if self._peek() is not None else last[1] + len(last[0]))

    def _take(self, word: str) -> bool:
        if self._peek() != word:
            return False
        self.place += 1
        return True

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise self._error()

    def _next(self) -> str:
        token = self._peek()
        if token is None or token in KEYWORDS or token in {"(", ")"}:
            raise self._error()
        self.place += 1
        return token

    def _either(self) -> Predicate:
        parts = [self._both()]
        while self._take("OR"):
            parts.append(self._both())
        return lambda row: any(part(row) for part in parts)

    def _both(self) -> Predicate:
        parts = [self._one()]
        while self._take("AND"):
            parts.append(self._one())
        return lambda row: all(part(row) for part in parts)

    def _one(self) -> Predicate:
        if self._take("NOT"):
            inner = self._one()
            return lambda row: not inner(row)
        if self._take("("):
            inner = self._either()
            self._expect(")")
            return inner
        return self._comparison()

    def _field(self) -> str:
        name = self._next()
        if name != FULL_TEXT and name not in self.known:
            message = f"Unknown search field '{name}' found in expert query"
            raise QueryError("QUERY_UNKNOWN_FIELD", message, fieldName=name)
        return name

    def _comparison(self) -> Predicate:
        field = self._field()
        negated = self._take("NOT")
        if self._take("IN"):
            wanted = self._list(field)
            return lambda row: negated != any(_equals(field, row, value) for value in wanted)
        operator = self._peek()
        if negated or operator not in {"=", "!=", "~", "!~", ">", "<", ">=", "<="}:
            raise self._error()
        self.place += 1
        if operator in {"~", "!~"}:
            stems = self._list(field) if self._peek() == "(" else [self._next()]
            return lambda row: (operator == "!~") != _contains(field, row, stems)
        value = self._value(field)
        if operator in {"=", "!="}:
            return lambda row: (operator == "!=") != _equals(field, row, value)
        return lambda row: any(_compare(operator, word, value) for word in _dated(field, row))

    def _list(self, field: str) -> list[str]:
        self._expect("(")
        values = [self._value(field)]
        while not self._take(")"):
            values.append(self._value(field))
        return values

    def _value(self, field: str) -> str:
        token = self._next()
        if token in {"=", "~", "<", ">", "<=", ">=", "!=", "!~"}:
            self.place -= 1
            raise self._error()
        value = token.strip('"')
        if _is_date(field):
            return self._day(field, value)
        if field in COUNTRY_FIELDS and not re.fullmatch(r"[A-Z]{3}", value):
            raise _unsupported(field, value)
        if field in CLOSED_VALUES and value not in CLOSED_VALUES[field]:
            raise _unsupported(field, value)
        return value

    def _day(self, field: str, value: str) -> str:
        relative = re.fullmatch(r"today\(([+-]?\d+)\)", value)
        if relative:
            return f"{self.today + timedelta(days=int(relative[1])):%Y%m%d}"
        if not re.fullmatch(r"\d{8}", value):
            message = f"Invalid value '{value}' for field '{field}'"
            raise QueryError("QUERY_INVALID_FIELD_FORMAT", message, fieldName=field, allowedPattern="yyyyMMdd")
        return value


def _unsupported(field: str, value: str) -> QueryError:
    message = f"Value '{value}' is not supported for field '{field}'"
    return QueryError("QUERY_UNSUPPORTED_FIELD_VALUE", message, fieldName=field, fieldValue=value)


def _is_date(field: str) -> bool:
    return field == "PD" or "-date" in field


def _dated(field: str, row: Row) -> list[str]:
    words = words_of(row.get(field))
    return [word[:10].replace("-", "") for word in words] if _is_date(field) else words


def _equals(field: str, row: Row, value: str) -> bool:
    words = _dated(field, row)
    if value.endswith("*"):
        return any(word.startswith(value[:-1]) for word in words)
    if field == "classification-cpv" or "-classification-" in field:
        # TED's codes are hierarchical: 35000000 finds all below it. A division keeps its two digits.
        stem = value.rstrip("0").ljust(2, "0")
        return any(word.startswith(stem) for word in words)
    return any(word.casefold() == value.casefold() for word in words)


def _compare(operator: str, word: str, value: str) -> bool:
    order = (_rank(word) > _rank(value)) - (_rank(word) < _rank(value))
    return {">": order > 0, "<": order < 0, ">=": order >= 0, "<=": order <= 0}[operator]


def _rank(word: str) -> str:
    # Whole numbers are compared by size, everything else letter by letter.
    return word.zfill(20) if word.isdecimal() else word


def _contains(field: str, row: Row, stems: Sequence[str]) -> bool:
    source = row.values() if field == FULL_TEXT else [row.get(field)]
    words = re.findall(r"\w+", " ".join(word for value in source for word in words_of(value)).casefold())
    return all(any(_stem_fits(stem.casefold(), word) for word in words) for stem in stems)


def _stem_fits(stem: str, word: str) -> bool:
    return word.startswith(stem[:-1]) if stem.endswith("*") else word == stem
