"""The quick way to read JSON that is fine: parse, write once more, compare. What is wrong with a text it cannot say."""

from typing import Any, Final

import msgspec
import orjson

parse: Final = msgspec.json.Decoder().decode  # strict, and it keeps integers of any size as integers
NOT_PARSED: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_ESCAPED_COLON: Final = b"\\u003"  # the last digit may be written A or a
_INDENT: Final = 2


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
        if _many_brackets(raw, value, max_depth):
            written = orjson.dumps(value, option=orjson.OPT_INDENT_2)
            if _deep(written, max_depth):
                return True
        else:
            written = orjson.dumps(value)
            if written == raw:  # as compact writers send it: nothing was lost
                return False
    except TypeError:  # an integer beyond 64 bits, or nesting beyond any limit here
        return True
    return raw.count(b":") != written.count(b":") or (b"\\" in raw and _ESCAPED_COLON in raw)


def _many_brackets(raw: bytes, value: Any, max_depth: int) -> bool:
    """Return whether *raw* has enough brackets to nest too deep; of a long batch this is clear without counting."""
    return (type(value) is list and len(value) >= max_depth) or raw.count(b"{") + raw.count(b"[") > max_depth


def _deep(indented: bytes, max_depth: int) -> bool:
    """Return whether something stands inside *max_depth* brackets: its line starts with two blanks for each.

    A line break within a string is escaped, so every raw one starts a line of the layout.
    """
    return b"\n" + b" " * (_INDENT * max_depth) in indented
