"""Dotted paths (`items.sku`, arrays without an index) through a JSON Schema: does a field exist?"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from mock_cdp.contract.pointers import led_to

_BRANCHES = ("allOf", "anyOf", "oneOf", "items", "prefixItems")  # a schema or a list of schemas
_CHOICES = ("if", "then", "else", "additionalItems")
_LISTED = 1_000  # enough to guess from
_LISTED_DEPTH = 4  # a suggestion deeper than this helps nobody; a schema that refers to itself is not listed for ever


def has_field(schema: Any, path: str) -> bool:
    """Return whether *path* leads to a field that *schema* describes, through `$ref`, combinations and array items."""
    places = [schema]
    for part in path.split("."):
        found = (inner for place in places for name, inner in members(schema, place) if name == part)
        places = list({id(inner): inner for inner in found}.values())
        if not places:
            return False
    return True


def fields(schema: Any) -> list[str]:
    """Return the dotted paths of the fields of *schema*, for suggestions: those at the top first."""
    found: dict[str, None] = {}
    level = [("", schema)]
    for _ in range(_LISTED_DEPTH):
        level = [(f"{path}{name}", inner) for path, place in level for name, inner in members(schema, place)]
        level = [(path, inner) for path, inner in level if path not in found]
        found |= dict.fromkeys(path for path, _ in level)
        if len(found) > _LISTED:
            break
        level = [(f"{path}.", inner) for path, inner in level]
    return list(found)


def members(root: Any, place: Any) -> Iterator[tuple[str, Any]]:
    """Yield name and schema of each field described at *place*; one that must not be there (`false`) is none.

    Args:
        root: The whole schema, in which references are looked up.
        place: The part of it to look at; anything but an object describes no fields.
    """
    for view in views(root, place):
        described = view.get("properties")
        if isinstance(described, dict):
            yield from ((name, inner) for name, inner in described.items() if inner is not False)


def views(root: Any, place: Any) -> Iterator[dict[str, Any]]:
    """Yield every schema that also applies at *place*, each once: itself, what it refers to, its branches, its items.

    Args:
        root: The whole schema, in which references are looked up.
        place: The part of it to look at; anything but an object yields nothing.
    """
    waiting, seen = [place], set()
    while waiting:
        view = waiting.pop()
        if not isinstance(view, dict) or id(view) in seen:
            continue
        seen.add(id(view))
        yield view
        nested = [view.get(name) for name in _CHOICES]
        for branches in (view.get(name) for name in _BRANCHES):
            nested += branches if isinstance(branches, list) else [branches]
        if isinstance(view.get("$ref"), str):
            nested.append(_resolved(root, view["$ref"]))
        waiting += reversed(nested)


def _resolved(root: Any, reference: str) -> Any:
    """Follow `#/…` within *root*; anything else was refused when the model was compiled."""
    return led_to(root, unquote(reference).removeprefix("#"))
