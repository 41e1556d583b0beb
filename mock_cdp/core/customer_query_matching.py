"""A query over customers applied: which documents match, in which order, and what is shown of them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mock_cdp.core.customer_query import (
    Absence,
    Both,
    Comparison,
    Condition,
    Either,
    Membership,
    Negation,
    Query,
    Sorting,
    Value,
)


def matches(query: Query, document: Mapping[str, Any]) -> bool:
    """Return whether *document* is what *query* looks for."""
    return query.condition is None or _holds(query.condition, document)


def matching(query: Query, documents: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return all of *documents* that match, ordered; the caller counts them, turns pages and keeps to the limit."""
    found = [document for document in documents if matches(query, document)]
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
