"""The arrays of an event model as paths, and the rows a converter needs so that a single element becomes an array too."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from mock_cdp.contract.paths import members, views

ROOT: Final = "ROOT"  # stands for the message's root element, which a model does not know
MAX_DEPTH: Final = 8  # a model that refers to itself has no end
MAX_PATHS: Final = 200

FieldPath = tuple[str, ...]


def array_paths(schema: Any) -> tuple[FieldPath, ...]:
    """Return the path of every array that a model describes, outer before inner: `(("items",), ("items", "discounts"))`."""
    found: dict[FieldPath, None] = {}
    level: list[tuple[FieldPath, Any]] = [((), schema)]
    for _ in range(MAX_DEPTH):
        described = {(*path, name): inner for path, place in level for name, inner in members(schema, place)}
        level = list(described.items())[:MAX_PATHS]
        found |= dict.fromkeys(path for path, place in level if _is_array(schema, place))
    return tuple(found)[:MAX_PATHS]


def _is_array(schema: Any, place: Any) -> bool:
    for view in views(schema, place):
        kinds = view.get("type")
        if kinds == "array" or (isinstance(kinds, list) and "array" in kinds):
            return True
    return False


def missing_rows(arrays: Iterable[FieldPath], listed: Sequence[str], *, hints: Sequence[str] = ()) -> tuple[str, ...]:
    """Return a row for each of *arrays* that no path of *listed* covers.

    A path covers an array if it ends in it below at least one element, the root: `/Orders/Order/items` covers `items`. A new
    row begins as those that cover others do, else with the root of any path, else with `ROOT`.

    Args:
        arrays: Of the model.
        listed: Paths that count.
        hints: Paths that do not count, and tell what the root is called.
    """
    wanted = tuple(arrays)
    split, known = ([tuple(path.strip("/").split("/")) for path in paths] for paths in (listed, hints))
    above = next((path[: -len(array)] for array in wanted for path in [*split, *known] if _covers(path, array)), None)
    root = above or next((path[:1] for path in [*split, *known]), (ROOT,))
    return tuple("/" + "/".join((*root, *array)) for array in wanted if not any(_covers(path, array) for path in split))


def _covers(path: FieldPath, array: FieldPath) -> bool:
    """Return whether *path* ends in *array*, prefixes of namespaces aside."""
    return len(path) > len(array) and tuple(part.rpartition(":")[2] for part in path[-len(array) :]) == array
