"""The quick way to read JSON that is fine: parse, write once more, compare. What is wrong with a text it cannot say."""

from typing import Any, Final

import msgspec
import orjson

parse: Final = msgspec.json.Decoder().decode  # strict, and it keeps integers of any size as integers
NOT_PARSED: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_ESCAPED_COLON: Final = b"\\u003"  # the last digit may be written A or a
_INDENT: Final = 2
_NO_BRACKETS: Final = bytes(byte for byte in range(256) if byte not in b"{}[]")
_MOST_BRACKETS: Final = 65_536  # beyond that, laying the text out costs less than pairing them off


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
        if _perhaps_deep(raw, max_depth) and _deep(orjson.dumps(value, option=orjson.OPT_INDENT_2), max_depth):
            return True
        written = orjson.dumps(value)
    except TypeError:  # an integer beyond 64 bits, or nesting beyond any limit here
        return True
    if written == raw:  # as compact writers send it: nothing was lost
        return False
    return raw.count(b":") != written.count(b":") or (b"\\" in raw and _ESCAPED_COLON in raw)


def _perhaps_deep(raw: bytes, max_depth: int) -> bool:
    """Return whether *raw* may nest too deep: its brackets do not pair off within *max_depth* levels.

    Brackets within strings may keep others from pairing; then only the layout tells.
    """
    brackets = raw.translate(None, _NO_BRACKETS)
    if len(brackets) <= 2 * max_depth:  # two for each level
        return False
    if len(brackets) > _MOST_BRACKETS:
        return True
    for _ in range(max_depth // 2):  # each pass takes off one level or two
        brackets = brackets.replace(b"{}", b"").replace(b"[]", b"")
        if not brackets:
            return False
    return True


def _deep(indented: bytes, max_depth: int) -> bool:
    """Return whether something stands inside *max_depth* brackets: its line starts with two blanks for each.

    A line break within a string is escaped, so every raw one starts a line of the layout.
    """
    return b"\n" + b" " * (_INDENT * max_depth) in indented
