"""The text of a query over customers to a query, or where its mistake stands and what could stand there."""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import msgspec

from mock_cdp.contract.violation import shortened
from mock_cdp.core.customer_query import (
    LIMIT_CAP,
    Absence,
    Both,
    Comparison,
    Condition,
    Either,
    Likeness,
    Membership,
    Negation,
    Query,
    Sorting,
    Value,
)

if TYPE_CHECKING:
    from lark import Lark

MAX_LENGTH: Final = 4_000  # characters
MAX_NESTING: Final = 50  # brackets and `not`s within each other

_SNIPPET: Final = 20  # characters on each side of a mistake: enough to recognise the place
_FOUND: Final = 40


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
