"""The quick way to read JSON that is fine: parse, write once more, compare. What is wrong with a text it cannot say."""

import threading
from typing import Any, Final

import msgspec
import orjson

parse: Final = msgspec.json.Decoder().decode  # strict, and it keeps integers of any size as integers
NOT_PARSED: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_ESCAPED_COLON: Final = b"\\u003"  # the last digit may be written A or a
_SHORT: Final = 4_096  # bytes; above that, counting brackets costs more than a shell


def doubtful(raw: bytes, value: Any, max_depth: int) -> bool:
    r"""Return whether *raw* needs the exact look: a name twice, an integer beyond 64 bits, or deep nesting.

    Parsing keeps every colon inside names and strings, and one between each name and its value; a name that stands
    twice is dropped with at least one colon. So equal counts of colons before and after mean that nothing was
    dropped, unless an escaped colon (`\u003a`) added one.

    Args:
        raw: The JSON text.
        value: What `parse` made of it.
        max_depth: Nested arrays and objects allowed.
    """
    try:
        if len(raw) < _SHORT and raw.count(b"{") + raw.count(b"[") <= max_depth:
            written = orjson.dumps(value)
        else:
            written = _written_within(value, max_depth)
    except TypeError:  # an integer beyond 64 bits, or nesting beyond the limit
        return True
    if written == raw:  # as compact writers send it: nothing was lost
        return False
    return raw.count(b":") != written.count(b":") or (b"\\" in raw and _ESCAPED_COLON in raw)


def _deepest_written() -> int:
    """Return how many lists inside each other orjson writes before it gives up."""
    value: list[Any] = []
    for depth in range(1, 2_000):
        try:
            orjson.dumps(value)
        except TypeError:
            return depth - 1
        value = [value]
    raise AssertionError("orjson no longer gives up on deep nesting: _written_within has to look for itself")


_DEEPEST: Final = _deepest_written()


class _Shells(threading.local):
    """Lists inside each other, by their number: the outermost and the innermost, which holds one value."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[list[Any], list[Any]]] = {}

    def of(self, depth: int) -> tuple[list[Any], list[Any]]:
        made = self._made.get(depth)
        if made is None:
            inner: list[Any] = [None]
            outer = inner
            for _ in range(depth - 1):
                outer = [outer]
            made = self._made[depth] = (outer, inner)
        return made


_shells: Final = _Shells()


def _written_within(value: Any, max_depth: int) -> bytes:
    """Write *value*, unless it nests deeper than *max_depth*: in a shell so deep that orjson gives up just then.

    Empty arrays and objects count here; the exact look knows better.

    Raises:
        TypeError: It nests too deep, or cannot be written at all.
    """
    depth = max(1, _DEEPEST - max_depth)
    outer, inner = _shells.of(depth)
    inner[0] = value
    try:
        return orjson.dumps(outer)[depth:-depth]
    finally:
        inner[0] = None
