"""Places in a model: what stands there, where a reference leads, and what the same place is called in the model as written."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

from mock_cdp.contract.pointers import parts_of
from mock_cdp.contract.wording import json_text

Path = tuple[str | int, ...]

# What the dialect of OpenAPI calls otherwise than the older drafts do.
_WRITTEN: Final = {
    "prefixItems": "items",
    "dependentSchemas": "dependencies",
    "dependentRequired": "dependencies",
    "$dynamicRef": "$recursiveRef",
}


def at(root: Any, path: Path) -> Any:
    """Return what stands at *path*."""
    for part in path:
        root = root[part]
    return root


def resolved(root: Any, reference: str, place: str) -> Path | None:
    """Return the path that *reference* leads to in *root*, which stands at *place*; None when it leads out of it."""
    if reference != place and not reference.startswith(f"{place}/"):
        return None
    path: list[str | int] = []
    for name in parts_of(unquote(reference.removeprefix(place))):
        step: str | int = int(name) if isinstance(root, list) else name
        root = root[step]
        path.append(step)
    return tuple(path)


def branches(schema: Mapping[str, Any]) -> Iterator[Path]:
    """Yield where the schemas stand that apply together with *schema*, always or under a condition."""
    for keyword in ("allOf", "anyOf", "oneOf"):
        yield from ((keyword, index) for index in range(len(schema.get(keyword, ()))))
    if {"then", "else"} & schema.keys():
        yield from ((keyword,) for keyword in ("if", "then", "else") if keyword in schema and "if" in schema)
    yield from (("dependentSchemas", name) for name in schema.get("dependentSchemas", {}))


def in_model(model: Any, path: Path) -> list[str | int]:
    """Return *path*, which is one in OpenAPI's dialect, as the model writes it; or as much of it as the model has."""
    found: list[str | int] = []
    for part, following in zip(path, (*path, None)[1:], strict=True):
        step = _written(model, part, following)
        if step is None:
            break
        found.append(step)
        model = model[step]
    return found


def _written(node: Any, part: str | int, following: str | int | None) -> str | int | None:
    if isinstance(node, list):
        return part if isinstance(part, int) and part < len(node) else None
    if not isinstance(node, dict):
        return None
    # Behind a list of items stands the schema of the rest. In a map of names (`dependencies`) `items` may be a list, too.
    if part == "items" and "additionalItems" in node and isinstance(node.get("items"), list) and not isinstance(following, int):
        return "additionalItems"
    if part in node:
        return part
    written = _WRITTEN.get(str(part))
    return written if written in node else None


def nearest_form(keyword: str, combination: Any) -> str:
    """Return how to say the *combination* under *keyword* without it."""
    if keyword == "allOf":
        return 'write what its parts say into one schema: one "type", all "properties" side by side'
    if keyword in {"anyOf", "oneOf"}:
        some = [branch for branch in combination if branch != {"type": "null"}]
        if len(some) < len(combination) and len(some) == 1 and isinstance(some[0], dict) and isinstance(some[0].get("type"), str):
            return f'write "type": {json_text([some[0]["type"], "null"])}'
        return 'choose one "type"; of objects, list the fields of all branches side by side under "properties"'
    return 'list the fields of all cases side by side under "properties"'
