"""JSON Pointers (RFC 6901): written from their parts, taken apart, followed."""

from collections.abc import Iterable
from typing import Any


def pointer(path: Iterable[str | int]) -> str:
    """Write a JSON Pointer from its parts."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def parts_of(text: str) -> list[str]:
    """Return the parts of a JSON Pointer, indices as texts."""
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


def led_to(value: Any, text: str) -> Any:
    """Return what a JSON Pointer leads to within *value*; None when it leads nowhere."""
    for part in parts_of(text):
        if isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            value = value.get(part) if isinstance(value, dict) else None
    return value
