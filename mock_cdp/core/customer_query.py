"""The small SQL-like query over customers, `select * from profile where attributes.primaryEmail='x' limit 10`, read and applied.

That SAP takes such a query was seen in client code; its language is not public, so what each word means here is assumed.
A value in a query is only ever compared: no text is built from it, so there is nothing to inject into.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import msgspec

from mock_cdp.contract.violation import shortened

if TYPE_CHECKING:
    from lark import Lark

MAX_LENGTH: Final = 4_000  # characters
MAX_NESTING: Final = 50  # brackets and `not`s within each other
LIMIT_CAP: Final = 1_000  # documents in one answer, whatever the query says

_SNIPPET: Final = 20  # characters on each side of a mistake: enough to recognise the place
_FOUND: Final = 40

Value = str | int | float | bool | None


class QueryError(ValueError):
    """A query that cannot be read.

    Attributes:
        position: Column of the mistake, from 1; line ends count as one.
        found: What stands there; `the end` when the query stops too early.
        expected: What could stand there, sorted.
        snippet: The text around it, with `»` before the mistake.
    """

    def __init__(self, text: str, at: int, found: str, expected: Iterable[str]) -> None:
        """Say what is wrong at index *at* of *text*."""
        self.position = at + 1
        self.found = found
        self.expected = tuple(sorted(set(expected)))
        self.snippet = _snippet(text, at)
        wanted = " or ".join(filter(None, [", ".join(self.expected[:-1]), self.expected[-1]]))
        super().__init__(f"column {self.position}: found {found}, expected {wanted}: {self.snippet}")


# -- what a query says -------------------------------------------------------------------------------------------------


class Comparison(msgspec.Struct, frozen=True):
    """A field against a value; `operator` is one of `= != < <= > >=`."""

    field: str
    operator: str
    value: Value


class Membership(msgspec.Struct, frozen=True):
    """A field against several values."""

    field: str
    values: tuple[Value, ...]


class Likeness(msgspec.Struct, frozen=True):
    """A field against a pattern in which `%` stands for any text, also none. Every other character, `_` too, is itself."""

    field: str
    pattern: str


class Absence(msgspec.Struct, frozen=True):
    """A field that is not there, is null, or is an empty list."""

    field: str


class Negation(msgspec.Struct, frozen=True):
    """What must not hold."""

    part: "Condition"


class Both(msgspec.Struct, frozen=True):
    """All of several conditions."""

    parts: tuple["Condition", ...]


class Either(msgspec.Struct, frozen=True):
    """At least one of several conditions."""

    parts: tuple["Condition", ...]


Condition = Comparison | Membership | Likeness | Absence | Negation | Both | Either


class Sorting(msgspec.Struct, frozen=True):
    """What to order by."""

    field: str
    descending: bool = False


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """A query as read.

    Attributes:
        fields: Dotted paths to answer with; empty for all (`*`).
        source: What it selects from, as written: `profile` or the name of an activity schema.
        condition: None when every document matches.
        order: The most important first.
        limit: Documents wanted, at most `LIMIT_CAP`.
    """

    source: str
    fields: tuple[str, ...] = ()
    condition: Condition | None = None
    order: tuple[Sorting, ...] = ()
    limit: int = LIMIT_CAP

    def matches(self, document: Mapping[str, Any]) -> bool:
        """Return whether *document* is what the query looks for."""
        return self.condition is None or _holds(self.condition, document)


# -- applying it -------------------------------------------------------------------------------------------------------


def matching(query: Query, documents: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return all of *documents* that match, ordered; the caller counts them, turns pages and keeps to the limit."""
    found = [document for document in documents if query.matches(document)]
    for sorting in reversed(query.order):
        found = _sorted(found, sorting)
    return found


def shown(query: Query, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return *document* with the fields that *query* selects, each where it stands."""
    return _pruned(document, [field.split(".") for field in query.fields]) if query.fields else dict(document)


def _pruned(value: Any, paths: Sequence[Sequence[str]]) -> Any:
    if not all(paths):  # a path that ends here wants all of it
        return value
    if isinstance(value, list | tuple):
        return [_pruned(element, paths) for element in value if _goes_on(element)]
    wanted: dict[str, list[Sequence[str]]] = {}
    for path in paths:
        wanted.setdefault(path[0], []).append(path[1:])
    found = ((name, value[name], rest) for name, rest in wanted.items() if name in value)
    return {name: _pruned(inner, rest) for name, inner, rest in found if not all(rest) or _goes_on(inner)}


def _goes_on(value: Any) -> bool:
    return isinstance(value, Mapping | list | tuple)


def _sorted(documents: list[Mapping[str, Any]], sorting: Sorting) -> list[Mapping[str, Any]]:
    """Order by one field, stable; documents without it come last in both directions."""
    keyed = [(_order_key(document, sorting.field), document) for document in documents]
    present = sorted((pair for pair in keyed if pair[0]), key=lambda pair: pair[0], reverse=sorting.descending)
    return [document for _, document in present] + [document for key, document in keyed if not key]


def _order_key(document: Mapping[str, Any], field: str) -> tuple[Any, ...]:
    """Return what to sort by: numbers before texts before the rest; empty for nothing there. Of a list, the first counts."""
    value = next((value for value in _reached(document, field) if value is not None), None)
    if value is None:
        return ()
    if isinstance(value, int | float):
        return (0, value)
    return (1, value) if isinstance(value, str) else (2,)


def _holds(condition: Condition, document: Mapping[str, Any]) -> bool:
    match condition:
        case Both(parts):
            return all(_holds(part, document) for part in parts)
        case Either(parts):
            return any(_holds(part, document) for part in parts)
        case Negation(part):
            return not _holds(part, document)
        case Absence(field):
            return all(value is None for value in _reached(document, field))
        case Comparison(field, operator, None):
            absent = _holds(Absence(field), document)
            return absent if operator == "=" else not absent and operator == "!="
        case Comparison(field, operator, value):
            return any(_compares(found, operator, value) for found in _reached(document, field))
        case Membership(field, values):
            return any(_holds(Comparison(field, "=", value), document) for value in values)
    reached = _reached(document, condition.field)
    return any(isinstance(found, str) and _is_like(found, condition.pattern) for found in reached)


def _reached(document: Mapping[str, Any], field: str) -> list[Any]:
    """Return every value that *field* leads to; a list on the way, or at the end, stands for its elements."""
    values: list[Any] = [document]
    for part in field.split("."):
        values = _elements([value[part] for value in values if isinstance(value, Mapping) and part in value])
    return values


def _elements(values: list[Any]) -> list[Any]:
    """Return *values* with the elements of each list, however deep, in its place."""
    waiting, found = values[::-1], []
    while waiting:
        value = waiting.pop()
        if isinstance(value, list | tuple):
            waiting += value[::-1]
        else:
            found.append(value)
    return found


def _compares(found: Any, operator: str, value: Value) -> bool:
    """Compare like with like: a number is no text and a boolean is neither, so they are unequal and in no order."""
    alike = _kind(found) == _kind(value)
    match operator:
        case "=":
            return alike and bool(found == value)
        case "!=":
            return found is not None and not (alike and found == value)
    if not alike or isinstance(value, bool | None):
        return False
    before, same = found < value, found == value
    return bool({"<": before, "<=": before or same, ">": not before and not same, ">=": not before}[operator])


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else type(value).__name__


def _is_like(text: str, pattern: str) -> bool:
    """Look for the parts between `%` from left to right, each as early as it goes: no pattern can make this slow."""
    first, *parts = pattern.split("%")
    if not parts:
        return text == pattern
    *middle, last = parts
    if not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in middle:
        if (at := text.find(part, at)) < 0:
            return False
        at += len(part)
    return at <= end


# -- reading it --------------------------------------------------------------------------------------------------------


def parse(text: str) -> Query:
    """Read a query.

    Raises:
        QueryError: It is too long, nests too deep, or is no query.
    """
    from lark import UnexpectedCharacters, UnexpectedToken

    if len(text) > MAX_LENGTH:
        raise QueryError(text, MAX_LENGTH, f"{len(text)} characters", [f"at most {MAX_LENGTH}"])
    try:
        query: Query = _parser().parse(text)  # type: ignore[assignment]  # the reader below makes the tree a Query
    except UnexpectedCharacters as error:
        at = error.pos_in_stream or 0
        raise QueryError(text, at, _found(text, at), _names(error.allowed)) from None
    except UnexpectedToken as error:
        at_end = error.token.type == "$END"
        at = len(text) if at_end else (error.token.start_pos or 0)
        found = "the end" if at_end else shortened(str(error.token), _FOUND)
        raise QueryError(text, at, found, _names(error.accepts or error.expected)) from None
    except _TooDeep as error:
        raise QueryError(text, error.at, f"nesting deeper than {MAX_NESTING}", ["fewer brackets and nots"]) from None
    return query


@cache
def _parser() -> "Lark":
    """Return the parser, made when the first query comes: a mock that is asked none never loads lark."""
    from lark import Lark

    grammar = files(__package__).joinpath("customer_query.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", transformer=_Reader(), maybe_placeholders=False)


class _TooDeep(Exception):  # noqa: N818  # never leaves this module
    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


class _Part(msgspec.Struct, frozen=True):
    """A condition being read, and how deep it nests; brackets leave no trace in the condition itself."""

    condition: Condition
    depth: int = 0

    def within(self, token: Any) -> "_Part":
        if self.depth >= MAX_NESTING:
            raise _TooDeep(token.start_pos)
        return _Part(self.condition, self.depth + 1)


class _Reader:
    """From the grammar's rules to a query, innermost first as the parser finds them: nothing here recurses.

    Each method takes the children of the rule it is named after: tokens (texts with a `type`) and what other methods made.
    """

    def start(self, children: list[Any]) -> Query:
        said = dict(children)
        return Query(**said)

    def fields(self, children: list[Any]) -> tuple[str, Any]:
        return "fields", tuple(map(str, children))

    def source(self, children: list[Any]) -> tuple[str, Any]:
        (token,) = children
        return "source", _text(token) if token.type == "STRING" else str(token)

    def where(self, children: list[Any]) -> tuple[str, Any]:
        return "condition", children[0].condition

    def order(self, children: list[Any]) -> tuple[str, Any]:
        return "order", tuple(children)

    def sorting(self, children: list[Any]) -> Sorting:
        field, *direction = children
        return Sorting(str(field), descending=[token.type for token in direction] == ["DESC"])

    def limit(self, children: list[Any]) -> tuple[str, Any]:
        return "limit", min(int(children[0]), LIMIT_CAP)

    def either(self, children: list[Any]) -> _Part:
        return _Part(Either(tuple(part.condition for part in children)), max(part.depth for part in children))

    def both(self, children: list[Any]) -> _Part:
        return _Part(Both(tuple(part.condition for part in children)), max(part.depth for part in children))

    def negated(self, children: list[Any]) -> _Part:
        token, part = children
        deeper = part.within(token)
        return _Part(Negation(part.condition), deeper.depth)

    def nested(self, children: list[Any]) -> _Part:
        bracket, part, _ = children
        inner: _Part = part.within(bracket)
        return inner

    def comparison(self, children: list[Any]) -> _Part:
        field, operator, value = children
        return _Part(Comparison(str(field), {"<>": "!="}.get(operator, str(operator)), value))

    def membership(self, children: list[Any]) -> _Part:
        field, *rest, _ = children
        negated = _is_not(rest[0])
        return _negated_if(negated, Membership(str(field), tuple(rest[negated:])))

    def likeness(self, children: list[Any]) -> _Part:
        field, *negated, pattern = children
        return _negated_if(bool(negated), Likeness(str(field), _text(pattern)))

    def absence(self, children: list[Any]) -> _Part:
        field, *negated, _ = children
        return _negated_if(bool(negated), Absence(str(field)))

    def value(self, children: list[Any]) -> Value:
        (token,) = children
        match token.type:
            case "STRING":
                return _text(token)
            case "NUMBER":
                return int(token) if token.lstrip("-").isdecimal() else float(token)
        return {"TRUE": True, "FALSE": False}.get(token.type)


def _is_not(child: Any) -> bool:
    return getattr(child, "type", "") == "NOT"


def _negated_if(negated: bool, condition: Condition) -> _Part:  # noqa: FBT001
    return _Part(Negation(condition) if negated else condition)


def _text(token: str) -> str:
    quote = token[0]
    return str(token[1:-1]).replace(quote * 2, quote)


# -- saying what is wrong ----------------------------------------------------------------------------------------------

_READABLE: Final = {
    "FIELD": "a field",
    "STRING": "a text in quotes",
    "NUMBER": "a number",
    "WHOLE": "a whole number",
    "OPERATOR": "a comparison such as =",
    "_STAR": "*",
    "_COMMA": "a comma",
    "LPAR": "(",
    "_LPAR": "(",
    "RPAR": ")",
    "$END": "the end",
}


def _names(terminals: Iterable[str]) -> list[str]:
    return [_READABLE.get(name, name.strip("_").lower()) for name in terminals]


def _found(text: str, at: int) -> str:
    if text[at] in "'\"":
        return "a text whose quote is never closed"
    word = text[at : at + _FOUND].split(maxsplit=1)[0]
    return shortened(word, _FOUND)


def _snippet(text: str, at: int) -> str:
    start, end = max(0, at - _SNIPPET), at + _SNIPPET
    before = ("…" if start else "") + text[start:at]
    after = text[at:end] + ("…" if end < len(text) else "")
    return " ".join(f"{before}»{after}".split())
