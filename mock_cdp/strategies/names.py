"""Member names that a model does not spell out: some that it does not know, some that a pattern wants."""

import re
from collections.abc import Iterator
from itertools import count, islice
from typing import Any

from mock_cdp.strategies.patterns import language
from mock_cdp.strategies.tape import random_tape

_TRIES = 30
_READABLE = ("extra", "note", "a", "b", "key", "Extra", "EXTRA", "extra_1", "x-extra", "de", "0", "10")


def name_matching(pattern: str) -> str | None:
    """Return the simplest name that matches *pattern*, or None if none was found."""
    return next(iter(names_matching(pattern)), None)


def names_matching(pattern: str) -> list[str]:
    """Return a few names that match *pattern*."""
    texts = language(pattern, 1, 40) or language(pattern, 0, 40)
    if texts is None:
        return [name for name in _READABLE if matches(pattern, name)]
    found = (texts.text(random_tape(seed)) for seed in range(_TRIES))
    return [name for name in dict.fromkeys(found) if matches(pattern, name)][:3]


def matches(pattern: str, name: str) -> bool:
    """Return whether *name* holds *pattern*, as a model's `patternProperties` would say."""
    from jsonschema_rs import is_valid

    try:
        return is_valid({"pattern": pattern}, name)
    except ValueError:
        return re.search(pattern, name, re.ASCII) is not None


def fresh_names(schema: dict[str, Any]) -> Iterator[str]:
    """Yield names without end that neither `properties` nor `patternProperties` of *schema* know."""
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for name in candidates():
        if name not in known and not any(matches(pattern, name) for pattern in patterns):
            yield name


def fresh_name(schema: dict[str, Any]) -> str:
    """Return the first of `fresh_names`."""
    found = islice(fresh_names(schema), _TRIES)
    return next(found, "extra")


def candidates() -> Iterator[str]:
    """Yield readable names without end."""
    yield from _READABLE
    yield from (f"extra{number}" for number in count(2))


def odd_names() -> Iterator[str]:
    """Yield names that may break a rule about names."""
    yield from islice(candidates(), _TRIES)
    yield from ("", "A", "?", "a b", "x" * 10, "x" * 50, "x" * 300)
