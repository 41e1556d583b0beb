"""JSON that a person wrote, in a file or as a sample: strictly read, integers of any size intact, and its faults in words."""

import json
from collections import Counter
from typing import Any, Final

import msgspec
import orjson

MAX_DEPTH: Final = 128  # twice what a delivery may have unless told; the validator itself gives up at 255


class JsonTextError(ValueError):
    """A text that is no JSON, or not UTF-8, or too deep.

    Attributes:
        found: What is wrong, and in which line.
        do: What to do about it.
    """

    def __init__(self, found: str, do: str) -> None:
        """Keep both."""
        super().__init__(f"{found}; {do}")
        self.found = found
        self.do = do


def read_json(raw: bytes) -> tuple[Any, list[str]]:
    """Return the JSON value in *raw*, and the member names that stand twice in one object: of those the last counts.

    Raises:
        JsonTextError: There is none.
    """
    try:
        raw.decode()
        value = orjson.loads(raw)  # stricter than the standard library, and says where
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise JsonTextError(f"not UTF-8: byte 0x{raw[error.start]:02x} in line {line}", "save it as UTF-8") from None
    except orjson.JSONDecodeError as error:
        raise JsonTextError(f"not JSON: {error.msg} (line {error.lineno}, column {error.colno})", "mend the syntax") from None
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH and is_deeper(value, MAX_DEPTH):
        raise JsonTextError(f"nested deeper than {MAX_DEPTH} levels", "flatten it")
    return _with_names_twice(raw, value)


def _with_names_twice(raw: bytes, value: Any) -> tuple[Any, list[str]]:
    """Parse *raw* with integers of any size intact, which orjson turns into floats; also names that stand twice.

    Args:
        raw: The text.
        value: What orjson made of it: as many colons in it as in the text prove that no name was dropped.
    """
    if b"\\u" not in raw and raw.count(b":") == orjson.dumps(value).count(b":"):
        return msgspec.json.decode(raw), []
    twice: list[str] = []

    def members(found: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(found)
        if len(value) < len(found):
            twice.extend(sorted(name for name, times in Counter(name for name, _ in found).items() if times > 1))
        return value

    return json.loads(raw, object_pairs_hook=members), twice


def is_deeper(value: Any, levels: int) -> bool:
    """Return whether containers are nested in more than *levels* levels, without recursion."""
    level = [value]
    for _ in range(levels + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True
