"""Values by dotted path: read out of an event, through its lists, and put into a document that nests as a schema does."""

from collections.abc import Iterable
from typing import Any

import msgspec

Path = tuple[str, ...]
Indices = tuple[tuple[Path, int], ...]  # which list of the event, which element of it; outermost first


class Field(msgspec.Struct, frozen=True):
    """One mapping, taken apart.

    Attributes:
        lists: For each part of the target, whether the customer schema has a list there.
    """

    source: Path
    target: Path
    lists: tuple[bool, ...]


def path_of(dotted: str) -> Path:
    """Return the parts of a dotted path, which has no index for lists (`items.sku`)."""
    return tuple(dotted.split("."))


def built(fields: Iterable[Field], event: Any) -> dict[str, Any]:
    """Return the document that *fields* make of *event*.

    A list of the event fills a list of the document: values of one element of the event (`items.sku`, `items.amount`) stay
    together in one element of a list of objects (`products.sku`, `products.amount`), and lists within lists pair up from
    the outside. Where the event has more lists than the document, the elements follow each other; a field that is
    no list takes the first value. Null maps to nothing (assumed, all of it).
    """
    root = _Node()
    for field in fields:
        for indices, value in reached(event, field.source):
            _place(root, field, indices, value)
    document: dict[str, Any] = _plain(root)
    return document


def nested(values: Iterable[tuple[Path, Any]]) -> dict[str, Any]:
    """Return the document that holds each value at its path, unless an earlier one is in the way; a list is one value."""
    root = _Node()
    for path, value in values:
        _place(root, Field((), path, (False,) * len(path)), (), value)
    document: dict[str, Any] = _plain(root)
    return document


def reached(value: Any, path: Path) -> list[tuple[Indices, Any]]:
    """Return every value but null that *path* leads to, with the list elements it came through."""
    found: list[tuple[Indices, Any]] = _spread([((), value)], ())
    for depth, part in enumerate(path, start=1):
        inner = [(indices, one[part]) for indices, one in found if isinstance(one, dict) and part in one]
        found = _spread(inner, path[:depth])
    return [(indices, one) for indices, one in found if one is not None]


def _spread(values: list[tuple[Indices, Any]], path: Path) -> list[tuple[Indices, Any]]:
    """Return *values* with the elements of each list in its place."""
    if not any(isinstance(value, list) for _, value in values):
        return values
    waiting, found = values[::-1], []
    while waiting:
        indices, value = waiting.pop()
        if isinstance(value, list):
            waiting += [((*indices, (path, at)), one) for at, one in reversed(list(enumerate(value)))]
        else:
            found.append((indices, value))
    return found


class _Node(dict[str, Any]):
    """An object being built; an object of the event, which is never written to, is a plain dict."""


class _Elements(dict[Indices, _Node]):
    """A list of objects being built, each by the place in the event that it comes from."""

    def in_order(self) -> list[_Node]:
        """Return the elements as they stand in the event; those of another list of the event follow."""
        ranks: dict[tuple[Path, ...], int] = {}
        keys = [(ranks.setdefault(tuple(path for path, _ in key), len(ranks)), [at for _, at in key], key) for key in self]
        return [self[key] for *_, key in sorted(keys)]


def _place(root: _Node, field: Field, indices: Indices, value: Any) -> None:
    """Put *value* at the field's target, unless another mapping put something else in the way."""
    node: _Node | None = root
    *way, last = field.target
    lists = sum(field.lists[:-1])
    for part, is_list in zip(way, field.lists, strict=False):
        if node is not None and is_list:
            lists -= 1
            # The last list of objects tells all elements apart that are left, but for those of a list of values in it.
            taken = 1 if lists else max(1, len(indices) - field.lists[-1])
            elements = _inner(node, part, _Elements)
            node = None if elements is None else elements.setdefault(indices[:taken], _Node())
            indices = indices[taken:]
        elif node is not None:
            node = _inner(node, part, _Node)
    if node is None:
        return
    found = node.setdefault(last, [] if field.lists[-1] else value)
    if field.lists[-1] and isinstance(found, list):
        found.append(value)


def _inner(node: _Node, part: str, kind: Any) -> Any:
    found = node.setdefault(part, kind())
    return found if type(found) is kind else None


def _plain(node: Any) -> Any:
    if isinstance(node, _Elements):
        return [_plain(element) for element in node.in_order()]
    if isinstance(node, _Node):
        return {name: _plain(value) for name, value in node.items()}
    return node
