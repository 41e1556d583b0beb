"""The opposite of a schema, as a schema: what a value keeps that breaks it, said as far as it can be in plain keywords."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any, Final

from mock_cdp.strategies.names import fresh_name, name_matching
from mock_cdp.strategies.vocabulary import LEAVES, NOTHING, Schema, Vocabulary, absent, present

_COUNTS: Final = {  # keyword: the one that speaks of the other side, and by how much it is moved
    "minLength": ("string", "maxLength", -1),
    "maxLength": ("string", "minLength", 1),
    "minItems": ("array", "maxItems", -1),
    "maxItems": ("array", "minItems", 1),
    "minProperties": ("object", "maxProperties", -1),
    "maxProperties": ("object", "minProperties", 1),
}
_OF_KIND: Final = {"pattern": "string", "format": "string", "multipleOf": "number", "uniqueItems": "array"}
_LIMITS: Final = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
_MOST_PAIRS: Final = 10


class Opposites:
    """The opposites of the schemas of one model, each made once."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        """Start with none."""
        self._vocabulary = vocabulary
        self._made: dict[int, tuple[Any, Any]] = {}  # the schema is kept too, so that its id stays its own

    def of(self, schema: Any) -> Any:
        """Return what a value keeps exactly when it breaks *schema*."""
        if isinstance(schema, bool):
            return NOTHING if schema else {}
        made = self._made.get(id(schema))
        if made is None:
            self._made[id(schema)] = schema, NOTHING  # what a schema that refers to itself sees meanwhile
            parts = list(self._parts(self._vocabulary.read(schema)))
            opposite = parts[0] if len(parts) == 1 else {"anyOf": parts} if parts else NOTHING
            made = self._made[id(schema)] = schema, opposite
        return made[1]

    def of_keyword(self, schema: Schema, keyword: str) -> list[Any]:
        """Return the ways to break *keyword* of *schema*."""
        return list(self._of_keyword(schema, keyword))

    def _parts(self, schema: Schema) -> Iterator[Any]:
        yield from (self.of(target.schema) for target in self._vocabulary.targets(schema))
        for keyword in schema:
            yield from self._of_keyword(schema, keyword)

    def _of_keyword(self, schema: Schema, keyword: str) -> Iterator[Any]:
        value = schema[keyword]
        if keyword in LEAVES:
            if keyword != "uniqueItems" or value:
                of_kind = {"type": _OF_KIND[keyword]} if keyword in _OF_KIND else {}
                yield {**of_kind, "not": {keyword: value}}
        elif keyword in _COUNTS:
            kind, other, by = _COUNTS[keyword]
            if value + by >= 0:
                yield {"type": kind, other: int(value) + by}
        elif keyword in _LIMITS:
            if not isinstance(value, bool):
                yield self._vocabulary.outside(schema, keyword)
        elif keyword in {"required", "properties", "patternProperties", "additionalProperties", "propertyNames"}:
            yield from self._of_members(schema, keyword, value)
        elif keyword in {"items", "prefixItems", "additionalItems", "contains"}:
            yield from self._of_items(schema, keyword, value)
        elif keyword in {"dependencies", "dependentRequired", "dependentSchemas"}:
            yield from self._of_dependencies(value)
        else:
            yield from self._of_combination(schema, keyword, value)

    def _of_members(self, schema: Schema, keyword: str, value: Any) -> Iterator[Any]:
        match keyword:
            case "required":
                yield from (absent(name) for name in value)
            case "properties":
                yield from (present(name, self.of(inner)) for name, inner in value.items())
            case "patternProperties":
                found = ((name_matching(pattern), inner) for pattern, inner in value.items())
                yield from (present(name, self.of(inner)) for name, inner in found if name is not None)
            case "additionalProperties" if value is not True:
                yield present(fresh_name(schema), self.of(value))
            case "propertyNames":
                # Which names break it is found out by trying; `not` with the judge's help is all that can be said.
                yield {"type": "object", "minProperties": 1, "not": {"propertyNames": value}}

    def _of_items(self, schema: Schema, keyword: str, value: Any) -> Iterator[Any]:
        vocabulary = self._vocabulary
        if keyword == "contains":
            yield vocabulary.with_tuple({"type": "array"}, [], self.of(value)) if schema.get("minContains", 1) else NOTHING
            return
        first, rest = vocabulary.tuple_of(schema)
        if keyword == ("prefixItems" if vocabulary.tuples else "items"):
            for place, inner in enumerate(first):
                before: list[Any] = [{}] * place
                yield vocabulary.with_tuple({"type": "array", "minItems": place + 1}, [*before, self.of(inner)], {})
        if rest is not True and (keyword != "items" or vocabulary.tuples or not first):
            before = [{}] * len(first)
            yield vocabulary.with_tuple({"type": "array", "minItems": len(first) + 1}, [*before, self.of(rest)], {})

    def _of_dependencies(self, value: Schema) -> Iterator[Any]:
        for name, needed in value.items():
            broken = [absent(other) for other in needed] if isinstance(needed, list) else [self.of(needed)]
            yield from ({"allOf": [present(name), one]} for one in broken)

    def _of_combination(self, schema: Schema, keyword: str, value: Any) -> Iterator[Any]:
        match keyword:
            case "allOf":
                yield from map(self.of, value)
            case "anyOf":
                yield {"allOf": [self.of(inner) for inner in value]}
            case "oneOf":
                yield {"allOf": [self.of(inner) for inner in value]}
                yield from ({"allOf": list(pair)} for pair in list(combinations(value, 2))[:_MOST_PAIRS])
            case "not":
                yield value
            case "if":
                yield {"allOf": [value, self.of(schema.get("then", True))]}
                yield {"allOf": [self.of(value), self.of(schema.get("else", True))]}
            case _:
                return
