"""A model of any draft as a schema that OpenAPI 3.1 reads alike (its dialect is JSON Schema 2020-12). Nothing is lost.

A model moves to a place inside a document, so every `$ref` is followed and written anew. What 2020-12 would read otherwise than
the model's own draft does is translated (`items` as a list, `dependencies`) or, when the draft ignores it, kept aside under
`x-untranslated`, where nobody reads it as a rule. That formats are asserted cannot be said in a schema.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote, unquote, urldefrag, urljoin

import jsonschema_rs

from mock_cdp.contract.model import compiled, dialect_of
from mock_cdp.contract.pointers import parts_of, pointer

ASIDE: Final = "x-untranslated"
TARGET: Final = "https://json-schema.org/draft/2020-12/schema"

Path = tuple[str | int, ...]

_DRAFT_06, _DRAFT_07, _2019, _2020 = 6, 7, 2019, 2020
_SINCE: Final = {
    **dict.fromkeys(("$id", "const", "contains", "examples", "propertyNames"), _DRAFT_06),
    **dict.fromkeys(
        ("if", "then", "else", "$comment", "readOnly", "writeOnly", "contentEncoding", "contentMediaType"), _DRAFT_07
    ),
    **dict.fromkeys(("dependentRequired", "dependentSchemas", "minContains", "maxContains", "unevaluatedItems"), _2019),
    **dict.fromkeys(("unevaluatedProperties", "contentSchema", "deprecated", "$recursiveRef"), _2019),
    **dict.fromkeys(("prefixItems", "$dynamicRef"), _2020),
}
_IDENTITY: Final = frozenset({"$schema", "$id", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$vocabulary"})
_OPENAPI_ONLY: Final = frozenset({"discriminator", "xml", "externalDocs"})  # a model that has them means something else
_BESIDE_REF: Final = frozenset({"$ref", "definitions", "$defs", "title", "description", "default"})  # no rules
_REFERENCES: Final = ("$ref", "$recursiveRef", "$dynamicRef")

_ONE: Final = ("additionalProperties", "propertyNames", "contains", "not", "if", "then", "else", "items", "additionalItems")
_ONE_LATER: Final = ("unevaluatedItems", "unevaluatedProperties", "contentSchema")
_LISTED: Final = ("allOf", "anyOf", "oneOf", "items", "prefixItems")
_NAMED: Final = ("properties", "patternProperties", "definitions", "$defs", "dependentSchemas", "dependencies")


def translated(schema: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Return *schema* in OpenAPI's dialect.

    Args:
        schema: A model's schema; it compiles.
        place: Where it will stand in the document, as a URI fragment (`#/components/schemas/PosReceipt`).
    """
    found: dict[str, Any] = _Translation(schema, place).rebuilt(schema, ())
    _set_wrong_defaults_aside(found, place)
    return found


class _Translation:
    """One model's way into a document: where its schemas are, what its references mean, where both go."""

    def __init__(self, schema: Mapping[str, Any], place: str) -> None:
        self._root = schema
        self._place = place
        self._draft = _draft(schema)
        self._bases: dict[Path, str] = {}  # of every schema in it
        self._resources: dict[str, Path] = {"": ()}
        self._anchors: dict[tuple[str, str], Path] = {}
        self._find_schemas()

    # -- where the schemas are ---------------------------------------------------------------------------------------

    def _find_schemas(self) -> None:
        """Find every schema: those in known places, and whatever is referred to, wherever it stands."""
        waiting: list[tuple[Path, str]] = [((), "")]
        followed: set[Path] = set()
        while waiting:
            self._find_below(waiting)
            targets = [(target, base) for path, base in self._bases.items() for target in self._targets(path)]
            waiting = [(target, base) for target, base in targets if target not in self._bases and target not in followed]
            followed.update(target for target, _ in waiting)

    def _find_below(self, waiting: list[tuple[Path, str]]) -> None:
        while waiting:
            path, base = waiting.pop()
            schema = _at(self._root, path)
            if path in self._bases or not isinstance(schema, dict | bool):
                continue
            if isinstance(schema, dict):
                base = self._identified(schema, path, base)
                waiting += [((*path, *inner), base) for inner in _inner(schema)]
            self._bases[path] = base

    def _identified(self, schema: Mapping[str, Any], path: Path, base: str) -> str:
        """Take up what *schema* calls itself; return the base of the references in it."""
        named = schema.get("id" if self._draft < _DRAFT_06 else "$id")
        if isinstance(named, str) and not self._only_refers(schema):
            uri, fragment = urldefrag(urljoin(base, named))
            if uri:
                base = uri
                self._resources.setdefault(uri, path)
            if fragment:
                self._anchors.setdefault((base, fragment), path)
        for keyword in ("$anchor", "$dynamicAnchor"):
            if isinstance(schema.get(keyword), str):
                self._anchors.setdefault((base, schema[keyword]), path)
        return base

    def _targets(self, path: Path) -> Iterator[Path]:
        schema = _at(self._root, path)
        if isinstance(schema, dict):
            found = (self._resolved(schema.get(keyword), self._bases[path]) for keyword in _REFERENCES)
            yield from (target for target in found if target is not None)

    def _resolved(self, reference: Any, base: str) -> Path | None:
        """Return the path that *reference* leads to; None when it leads out of the model (to a draft's own schema)."""
        if not isinstance(reference, str):
            return None
        uri, fragment = (base, reference[1:]) if reference.startswith("#") else urldefrag(urljoin(base, reference))
        fragment = unquote(fragment)
        if fragment and not fragment.startswith("/"):
            return self._anchors.get((uri, fragment))
        start = self._resources.get(uri)
        return None if start is None else _walked(self._root, start, fragment)

    # -- where they go -----------------------------------------------------------------------------------------------

    def rebuilt(self, value: Any, path: Path) -> Any:
        """Return *value*, which stands at *path*, as it will stand in the document."""
        if isinstance(value, list):
            return [self.rebuilt(inner, (*path, index)) for index, inner in enumerate(value)]
        if not isinstance(value, dict):
            return value
        if path not in self._bases:
            return {key: self.rebuilt(inner, (*path, key)) for key, inner in value.items()}
        found: dict[str, Any] = {}
        for key, inner in value.items():
            self._put(found, value, key, self.rebuilt(inner, (*path, key)))
        for keyword in _REFERENCES:
            target = self._resolved(found.get(keyword), self._bases[path])
            if target is not None:
                found[keyword] = self._reference(target)
        if "$recursiveRef" in found:
            found["$dynamicRef"] = found.pop("$recursiveRef")  # to a pointer: plain `$ref`, but it may stand beside one
        return found

    def _put(self, found: dict[str, Any], schema: Mapping[str, Any], key: str, value: Any) -> None:
        if key == "dependencies" and self._moved(schema, key) == ("dependentSchemas",):
            for keyword, kind in (("dependentSchemas", dict | bool), ("dependentRequired", list)):
                if some := {name: inner for name, inner in value.items() if isinstance(inner, kind)}:
                    found.setdefault(keyword, {}).update(some)
            return
        if value is True and key in _INCLUSIVE and self._moved(schema, key) == (key,) and self._draft < _DRAFT_06:
            found[key] = schema[_INCLUSIVE[key]]  # draft-04: a flag for `minimum`; its metaschema demands both
            return
        *above, last = self._moved(schema, key)
        for part in above:
            found = found.setdefault(part, {})
        found[last] = value

    def _reference(self, target: Path) -> str:
        """Write where *target* will stand."""
        node: Any = self._root
        moved: list[str | int] = []
        for depth, part in enumerate(target):
            in_schema = isinstance(node, dict) and target[:depth] in self._bases
            moved += self._moved(node, str(part)) if in_schema else (part,)
            node = _at(node, (part,))
        return self._place + quote(pointer(moved), safe="/~!$&'()*+,;=:@?")

    def _moved(self, schema: Mapping[str, Any], key: str) -> tuple[str, ...]:
        """Return where the member *key* of *schema* goes."""
        if self._only_refers(schema) and key not in _BESIDE_REF:
            return (ASIDE, key)
        if key in _IDENTITY or key in _OPENAPI_ONLY or self._draft < _SINCE.get(key, 0):
            return (ASIDE, key)
        if key == "id" and self._draft < _DRAFT_06:
            return (ASIDE, key)
        if key in _INCLUSIVE and schema[key] is False:
            return (ASIDE, key)
        if key == "dependencies" and self._draft < _2019:
            return ("dependentSchemas",)
        if key in {"items", "additionalItems"} and self._draft < _2020:
            as_list = isinstance(schema.get("items"), list)
            if key == "items":
                return ("prefixItems",) if as_list else ("items",)
            return ("items",) if as_list else (ASIDE, key)
        return (key,)

    def _only_refers(self, schema: Mapping[str, Any]) -> bool:
        """Return whether *schema* is a `$ref` of a draft in which nothing beside it counts."""
        return self._draft < _2019 and isinstance(schema.get("$ref"), str)


_INCLUSIVE: Final = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}


def _draft(schema: Mapping[str, Any]) -> int:
    found = re.search(r"draft(?:-0|/)(\d+)", dialect_of(schema))
    return int(found[1]) if found else _DRAFT_07


def _inner(schema: Mapping[str, Any]) -> Iterator[Path]:
    """Yield where schemas stand in *schema*."""
    yield from ((key,) for key in (*_ONE, *_ONE_LATER) if isinstance(schema.get(key), dict | bool))
    for key in _LISTED:
        if isinstance(branches := schema.get(key), list):
            yield from ((key, index) for index in range(len(branches)))
    for key in _NAMED:
        if isinstance(named := schema.get(key), dict):
            yield from ((key, name) for name in named)


def _walked(root: Any, start: Path, fragment: str) -> Path | None:
    """Follow a JSON Pointer from *start*; None when it leads nowhere."""
    path, node = list(start), _at(root, start)
    for part in parts_of(fragment):
        name: str | int = part
        if isinstance(node, list):
            if not str(name).isdecimal() or int(name) >= len(node):
                return None
            name = int(name)
        elif not isinstance(node, dict) or name not in node:
            return None
        node = node[name]
        path.append(name)
    return tuple(path)


def _at(root: Any, path: Path) -> Any:
    for part in path:
        root = root[part]
    return root


# -- defaults ----------------------------------------------------------------------------------------------------------


def _set_wrong_defaults_aside(schema: dict[str, Any], place: str) -> None:
    """Move every `default` that breaks its own schema aside: JSON Schema allows it, tools of OpenAPI stumble over it."""
    whole = {"$schema": TARGET, **_nested(place, schema)}
    for path in list(_with_default(schema, ())):
        owner = _at(schema, path)
        reference = place + quote(pointer(path), safe="/~!$&'()*+,;=:@?")
        if not _fits(owner["default"], {**whole, "$ref": reference}):
            owner.setdefault(ASIDE, {})["default"] = owner.pop("default")


def _fits(value: Any, schema: dict[str, Any]) -> bool:
    try:
        validator = compiled(schema)
    except jsonschema_rs.ValidationError:  # a reference out of the model, to a draft's own schema: nobody can tell
        return False
    return validator.is_valid(value)


def _nested(place: str, schema: dict[str, Any]) -> dict[str, Any]:
    found: Any = schema
    for part in reversed(place.split("/")[1:]):
        found = {part: found}
    whole: dict[str, Any] = found
    return whole


def _with_default(schema: Any, path: Path) -> Iterator[Path]:
    if not isinstance(schema, dict):
        return
    if "default" in schema:
        yield path
    for inner in _inner(schema):
        yield from _with_default(_at(schema, inner), (*path, *inner))
