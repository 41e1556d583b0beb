"""Schemas without combinations: every way to keep several schemas at once, each as a list of plain keywords."""

from itertools import product
from math import prod
from random import Random
from typing import Any, Final

from mock_cdp.strategies.opposites import Opposites
from mock_cdp.strategies.vocabulary import NOTHING, REFUSED_LEAVES, Schema, Vocabulary, present

Branch = tuple[Schema, ...]

_COMBINED: Final = frozenset(
    {"$ref", "$dynamicRef", "$recursiveRef", "allOf", "anyOf", "oneOf", "not", "if", "then", "else"}
    | {"dependencies", "dependentRequired", "dependentSchemas"}
)
_SAID_ELSEWHERE: Final = frozenset(
    {"$schema", "$id", "id", "$comment", "$defs", "definitions", "title", "description", "default", "examples", "$anchor"}
)
_MOST: Final = 300  # branches of one place; of more, some are picked


def nothing_allowed(schema: Any) -> bool:
    """Return whether *schema* says that no value is allowed."""
    return schema is False or (isinstance(schema, dict) and "not" in schema and schema["not"] in ({}, True))


class Branches:
    """Takes combinations apart."""

    def __init__(self, vocabulary: Vocabulary, opposites: Opposites) -> None:
        """Work with the keywords of one model."""
        self._vocabulary = vocabulary
        self._opposites = opposites

    def of(self, schemas: tuple[Any, ...]) -> list[Branch]:
        """Return every way to keep all of *schemas*, the simplest first; none at all when they cannot be kept."""
        found: list[Branch] = []
        self._grow(list(schemas), [], set(), found)
        return found

    def _grow(self, waiting: list[Any], plain: list[Schema], seen: set[int], found: list[Branch]) -> None:
        while waiting:
            schema = waiting.pop(0)
            if nothing_allowed(schema):
                return
            if schema is True or id(schema) in seen:
                continue
            seen.add(id(schema))
            read = self._vocabulary.read(schema)
            ways = self._ways(read)
            if ways is None:
                return
            if flat := self._plain(read):
                plain.append(flat)
            if ways:
                for chosen in _picked(ways):
                    if len(found) >= _MOST:
                        return
                    self._grow([*(one for way in chosen for one in way), *waiting], [*plain], {*seen}, found)
                return
        if len(found) < _MOST:
            found.append(tuple(plain))

    def _plain(self, schema: Schema) -> Schema:
        plain = {name: value for name, value in schema.items() if name not in _COMBINED and name not in _SAID_ELSEWHERE}
        if "not" in schema and _is_leaf(schema["not"]):
            plain["not"] = schema["not"]
        return plain

    def _ways(self, schema: Schema) -> list[list[list[Any]]] | None:
        """Return for each combination the ways to keep it, each a list of schemas; None when one cannot be kept."""
        ways: list[list[list[Any]]] = [[[target.schema]] for target in self._vocabulary.targets(schema)]
        if "allOf" in schema:
            ways.append([schema["allOf"]])
        if "anyOf" in schema:
            ways.append([[branch] for branch in schema["anyOf"]])
        if "oneOf" in schema:
            ways.append(self._one_of(schema["oneOf"]))
        if "not" in schema and not _is_leaf(schema["not"]):
            ways.append([[self._opposites.of(schema["not"])]])
        if "if" in schema:
            ways.append([[schema["if"], schema.get("then", True)], [self._opposites.of(schema["if"]), schema.get("else", True)]])
        for keyword in ("dependencies", "dependentRequired", "dependentSchemas"):
            ways += [_dependency(name, needed) for name, needed in schema.get(keyword, {}).items()]
        kept = [[way for way in one if not any(map(nothing_allowed, way))] for one in ways]
        return kept if all(kept) else None

    def _one_of(self, branches: list[Any]) -> list[list[Any]]:
        """Return each branch with the opposites of all others."""
        ways = []
        for place, branch in enumerate(branches):
            others = [*branches[:place], *branches[place + 1 :]]
            ways.append([branch, *(self._opposites.of(other) for other in others)])
        return ways


def _dependency(name: str, needed: Any) -> list[list[Any]]:
    """Return the ways to keep a dependency: without the member, or with what it needs."""
    with_it = [present(other) for other in needed] if isinstance(needed, list) else [needed]
    return [[{"properties": {name: NOTHING}}], [present(name), *with_it]]


def _is_leaf(refused: Any) -> bool:
    if not isinstance(refused, dict):
        return False
    said = refused.keys() - _SAID_ELSEWHERE
    return len(said) == 1 and said <= REFUSED_LEAVES


def _picked(ways: list[list[list[Any]]]) -> list[tuple[list[Any], ...]]:
    """Return the combinations of *ways*, or some of very many: the first, and others from all over."""
    total = prod(map(len, ways))
    if total <= _MOST:
        return list(product(*ways))
    random = Random(total)  # noqa: S311  # no secret is made of it
    numbers = [0, *(random.randrange(total) for _ in range(_MOST - 1))]
    return [_combination(ways, number) for number in dict.fromkeys(numbers)]


def _combination(ways: list[list[list[Any]]], number: int) -> tuple[list[Any], ...]:
    chosen = []
    for way in reversed(ways):
        number, place = divmod(number, len(way))
        chosen.append(way[place])
    return tuple(reversed(chosen))
