"""What the keywords of a model's draft mean where the drafts differ: references, tuples, limits of numbers, types."""

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

import jsonschema_rs

from mock_cdp.contract.model import Model, compiled, dialect_of
from mock_cdp.contract.pointers import parts_of

Schema = dict[str, Any]
Parts = tuple[str, ...]

NOTHING: Final[Schema] = {"not": {}}  # what no value keeps; `false` in the drafts that know it
REFERENCES: Final = ("$ref", "$dynamicRef", "$recursiveRef")
KINDS: Final = ("string", "integer", "fraction", "boolean", "null", "array", "object")  # a number is whole or not
REFUSED_LEAVES: Final = frozenset(
    {"type", "const", "enum", "pattern", "format", "multipleOf", "uniqueItems", "propertyNames"}
)  # what `not` may hold and still be left to the judge
LEAVES: Final = frozenset({"type", "const", "enum", "pattern", "format", "multipleOf", "uniqueItems"})

_BASE: Final = "urn:mock-cdp:model"
_UNKNOWN: Final[Mapping[str, frozenset[str]]] = {  # keywords that the draft in the name ignores
    "draft-04": frozenset({"const", "contains", "propertyNames", "if", "then", "else"}),
    "draft-06": frozenset({"if", "then", "else"}),
}
_NEW: Final = frozenset({"dependentRequired", "dependentSchemas", "minContains", "maxContains", "unevaluatedProperties"})


class Target(NamedTuple):
    """What a reference leads to, and where in the model that stands."""

    schema: Any
    parts: Parts


class Limit(NamedTuple):
    """A limit of a number, and whether the limit itself is out."""

    value: Fraction
    open: bool


class Vocabulary:
    """The keywords of one model.

    Attributes:
        root: The whole model.
        new: Whether the draft is 2019-09 or later.
        tuples: Whether `prefixItems` holds the schemas of a tuple.
    """

    def __init__(self, model: Model) -> None:
        """Read the draft off *model*."""
        self.root: Schema = dict(model.schema)
        self.dialect: str = dialect_of(model.schema)
        self.new = "/draft/" in self.dialect
        self.tuples = "2020-12" in self.dialect
        self.draft_4 = "draft-04" in self.dialect
        self._ignored = next((names for draft, names in _UNKNOWN.items() if draft in self.dialect), frozenset())
        self._ignored |= frozenset() if self.new else _NEW
        self._ignored |= frozenset() if self.tuples else {"prefixItems"}
        self._registry = jsonschema_rs.Registry([(_BASE, self.root)])
        self._anchors = dict(_anchors(self.root, ()))

    # -- reading -----------------------------------------------------------------------------------------------------

    def read(self, schema: Schema) -> Schema:
        """Return *schema* with the keywords that count in this draft: none but the reference beside `$ref` in the old ones."""
        if "$ref" in schema and not self.new:
            return {"$ref": schema["$ref"]}
        if self._ignored.isdisjoint(schema):
            return schema
        return {keyword: value for keyword, value in schema.items() if keyword not in self._ignored}

    def targets(self, schema: Schema) -> Iterator[Target]:
        """Yield where the references of *schema* lead."""
        for keyword in REFERENCES:
            if keyword in schema and (found := self.target(schema[keyword])):
                yield found

    def target(self, reference: str) -> Target | None:
        """Follow *reference* within the model; None when it leads by an `$id`, which is not followed here."""
        anchor = unquote(reference)
        if anchor in self._anchors:
            return self._anchors[anchor]
        if anchor not in {"", "#"} and not anchor.startswith("#/"):
            return None
        found: Any = self.root
        parts = tuple(parts_of(anchor))
        for part in parts:
            found = found[int(part)] if isinstance(found, list) else found.get(part)
        return Target(found, parts)

    def tuple_of(self, schema: Schema) -> tuple[list[Any], Any]:
        """Return the schemas of the first items, and the schema of the rest."""
        items = schema.get("items", True)
        if self.tuples:
            return list(schema.get("prefixItems", ())), items
        return (items, schema.get("additionalItems", True)) if isinstance(items, list) else ([], items)

    def with_tuple(self, schema: Schema, first: list[Any], rest: Any) -> Schema:
        """Return *schema* with other schemas for its items."""
        kept = {name: value for name, value in schema.items() if name not in {"items", "additionalItems", "prefixItems"}}
        names = ("prefixItems", "items") if self.tuples else ("items", "additionalItems")
        return kept | dict(zip(names, (first, rest), strict=True))

    def lower(self, schema: Schema) -> list[Limit]:
        """Return the lower limits of a number."""
        return self._limits(schema, "minimum", "exclusiveMinimum")

    def upper(self, schema: Schema) -> list[Limit]:
        """Return the upper limits of a number."""
        return self._limits(schema, "maximum", "exclusiveMaximum")

    def _limits(self, schema: Schema, closed: str, opened: str) -> list[Limit]:
        found = []
        if closed in schema:
            found.append(Limit(exact(schema[closed]), schema.get(opened) is True))
        if opened in schema and not isinstance(schema[opened], bool):
            found.append(Limit(exact(schema[opened]), open=True))
        return found

    def outside(self, schema: Schema, keyword: str) -> Schema:
        """Return what numbers keep that break the limit *keyword* of *schema*."""
        low = keyword.endswith("inimum")
        value, taken = schema[keyword], not keyword.startswith("exclusive")
        taken = taken and not (self.draft_4 and schema.get("exclusiveMinimum" if low else "exclusiveMaximum"))
        closed, opened = ("maximum", "exclusiveMaximum") if low else ("minimum", "exclusiveMinimum")
        if not taken:
            return {"type": "number", closed: value}
        return {"type": "number", closed: value, opened: True} if self.draft_4 else {"type": "number", opened: value}

    # -- judging -----------------------------------------------------------------------------------------------------

    def judge(self, schemas: tuple[Any, ...]) -> Callable[[Any], bool]:
        """Return whether a value keeps all of *schemas*, parts of the model or made from them."""
        whole = {"$schema": self.dialect, "allOf": [self._rebased(schema) for schema in schemas]}
        try:
            validator = compiled(whole, self._registry)
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError):
            return lambda _: True  # a reference by `$id`: the model itself judges the whole event in the end
        return validator.is_valid

    def _rebased(self, schema: Any) -> Any:
        """Return *schema* with references that lead into the model from wherever it stands."""
        if isinstance(schema, list):
            return [self._rebased(inner) for inner in schema]
        if not isinstance(schema, dict):
            return {} if schema is True and self.draft_4 else schema
        changed = {name: self._rebased(inner) for name, inner in schema.items() if name != "$id"}
        if isinstance(reference := schema.get("$ref"), str) and reference.startswith("#"):
            changed["$ref"] = _BASE + reference
        return changed


def exact(number: Any) -> Fraction:
    """Return *number* as it is written: 0.1 is a tenth."""
    return Fraction(number) if isinstance(number, int) else Fraction(repr(number))


def kinds_of(named: Any) -> frozenset[str]:
    """Return the kinds that a `type` allows."""
    names = {named} if isinstance(named, str) else set(named)
    return frozenset(names - {"number"} | ({"integer", "fraction"} if "number" in names else set()))


def also(schema: Schema, *more: Any) -> Schema:
    """Return what keeps *schema* and *more*."""
    return {**schema, "allOf": [*schema.get("allOf", ()), *more]}


def without(schema: Schema, *keywords: str) -> Schema:
    """Return *schema* without *keywords*."""
    return {name: value for name, value in schema.items() if name not in keywords}


def absent(name: str) -> Schema:
    """Return what objects without the member *name* keep."""
    return {"type": "object", "properties": {name: NOTHING}}


def present(name: str, schema: Any = None) -> Schema:
    """Return what objects keep whose member *name* is there, and keeps *schema* if that is given."""
    return {"type": "object", "required": [name], "properties": {name: {} if schema is None else schema}}


def _anchors(schema: Any, parts: Parts) -> Iterator[tuple[str, Target]]:
    if isinstance(schema, list):
        for place, inner in enumerate(schema):
            yield from _anchors(inner, (*parts, str(place)))
    if not isinstance(schema, dict):
        return
    for keyword in ("$anchor", "$dynamicAnchor", "$id"):
        if isinstance(name := schema.get(keyword), str) and (keyword != "$id" or name.startswith("#")):
            yield f"#{name.removeprefix('#')}", Target(schema, parts)
    for name, inner in schema.items():
        if name not in {"const", "enum", "default", "examples"}:
            yield from _anchors(inner, (*parts, name))
