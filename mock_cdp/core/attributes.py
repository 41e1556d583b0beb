"""What is known of a customer, attribute by attribute, and what of it identifies somebody."""

import json
from collections.abc import Hashable
from itertools import islice, product
from typing import Any, Final

import msgspec

from mock_cdp.core.nesting import Path, reached

MAX_COMBINATIONS: Final = 1_000  # of values for one rule: a rule over several long lists must not explode

Key = tuple[Hashable, ...]  # rule number, then one identifier per attribute


class Held(msgspec.Struct):
    """The values of one attribute.

    Attributes:
        is_list: Whether the profile schema has a list here.
        values: Each value by its key, with when it came: the event's number, and the position in that event.
    """

    is_list: bool
    values: dict[Hashable, tuple[tuple[int, int], Any]] = {}


Attributes = dict[Path, Held]  # a list of objects is one attribute


def arrival(entry: tuple[tuple[int, int], Any]) -> tuple[int, int]:
    """Return when an entry of `Held.values` came, to sort by."""
    return entry[0]


def rule_keys(rule: int, identifiers: list[list[Hashable]]) -> set[Key]:
    """Return a key for each way to take one identifier per attribute; none unless every attribute has one."""
    return {(rule, *combination) for combination in islice(product(*identifiers), MAX_COMBINATIONS)}


def identifiers(attributes: Attributes, path: Path) -> list[Hashable]:
    """Return what identifies somebody by *path*: texts that are not blank, numbers, booleans; compared exactly (assumed)."""
    found: list[Hashable] = []
    for cut in range(1, len(path) + 1):
        held = attributes.get(path[:cut])
        if held is not None:
            rest = path[cut:]
            values = (inner for _, value in held.values.values() for _, inner in reached(value, rest))
            found += [key for value in values if (key := _identifier(value)) is not None]
    return found


def value_key(value: Any) -> Hashable:
    """Return what tells *value* from the others of its attribute: values with the same key are one."""
    key = _identifier(value)
    return ("value", json.dumps(value, sort_keys=True)) if key is None else key


def _identifier(value: Any) -> Hashable | None:
    if isinstance(value, str):
        return value if value.strip() else None  # everybody without a card number is not one customer (assumed)
    if isinstance(value, bool):
        return ("boolean", value)  # in Python, True equals 1
    return ("number", value) if isinstance(value, int | float) else None
