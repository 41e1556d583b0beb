"""Dotted paths (`items.sku`, arrays without an index) through a JSON Schema: does a field exist?"""

from collections.abc import Iterator
from typing import Any

_BRANCHES = ("allOf", "anyOf", "oneOf")
_CHOICES = ("if", "then", "else")
_DEPTH = 32  # a schema that refers to itself is not followed for ever


def has_field(schema: dict[str, Any], path: str) -> bool:
    """Return whether *path* leads to a field that *schema* describes, through `$ref`, combinations and array items."""
    places = [schema]
    for part in path.split("."):
        places = [found for place in places for found in _members(schema, place, part)]
        if not places:
            return False
    return True


def fields(schema: dict[str, Any]) -> list[str]:
    """Return the names of the fields at the top of *schema*, for suggestions."""
    return [name for place in _views(schema, schema) for name in place.get("properties", {})]


def _members(root: dict[str, Any], place: Any, name: str) -> Iterator[dict[str, Any]]:
    for view in _views(root, place):
        found = view.get("properties", {}).get(name)
        if isinstance(found, dict):
            yield found
        elif found is True:
            yield {}


def _views(root: dict[str, Any], place: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Yield every schema that also applies at *place*: what it refers to, its branches, its items."""
    if not isinstance(place, dict) or depth > _DEPTH:
        return
    yield place
    nested = [place.get(name) for name in _CHOICES] + [place.get("items")]
    nested += [branch for name in _BRANCHES for branch in place.get(name, [])]
    if isinstance(place.get("$ref"), str):
        nested.append(_resolved(root, place["$ref"]))
    for inner in nested:
        for one in inner if isinstance(inner, list) else [inner]:
            yield from _views(root, one, depth + 1)


def _resolved(root: dict[str, Any], reference: str) -> Any:
    """Follow `#/…` within *root*; anything else was refused when the model was compiled."""
    found: Any = root
    for part in reference.removeprefix("#").strip("/").split("/"):
        if part and isinstance(found, dict):
            found = found.get(part.replace("~1", "/").replace("~0", "~"))
    return found
