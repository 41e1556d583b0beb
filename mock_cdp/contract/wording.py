"""JSON values in words, for messages."""

from typing import Any

import msgspec
import orjson


def json_text(value: Any) -> str:
    """Write *value* as JSON for a message, integers of any size included."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # orjson stops at 64 bits
        return msgspec.json.encode(value).decode()


def kind_of(value: Any) -> str:
    """Name the JSON type of *value*."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"
