"""The slow, exact look at a JSON text: what is wrong with it and where. Linear in the text, safe on nesting bombs."""

import json
import re
from typing import Any

from mock_cdp.contract.model import pointer
from mock_cdp.contract.violation import Violation, shortened
from mock_cdp.core.refusal import ErrorCode, Refusal

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_BRACKETS = re.compile(rb"[\[\]{}]")
_AROUND = 20  # characters shown on either side of a fault
_INT64_MIN, _UINT64_MAX = -(2**63), 2**64 - 1
_SURROGATE = re.compile("[\ud800-\udfff]")


class Members(dict[str, Any]):
    """An object that remembers which member names stood in it twice."""

    repeated: tuple[str, ...] = ()


class NotFinite(ValueError):
    """A NaN or Infinity, which JSON does not know."""


def depth_of(raw: bytes) -> int:
    """Return how deep arrays and objects nest, without recursion; strings are passed over."""
    depth = deepest = 0
    for bracket in _BRACKETS.findall(_STRING.sub(b"", raw)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def refusal_of(raw: bytes) -> Refusal | None:
    """Return why *raw*, whose nesting is within bounds, is not strict UTF-8 JSON; None when it is."""
    if raw.startswith(b"\xef\xbb\xbf"):
        return broken("byte-order-mark", "the body starts with a UTF-8 byte order mark (EF BB BF); send it without")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return broken("invalid-utf8", "the body starts with a UTF-16 byte order mark; encode it as UTF-8")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        return _not_utf8(raw, error.start)
    if not text.strip(" \t\r\n"):
        return broken("empty-body", "the body is empty; in CPI a logging script may have read the stream before the call")
    try:
        value = json.loads(text, object_pairs_hook=_members, parse_constant=_not_finite)
    except NotFinite as error:
        return broken("non-finite-number", f"{error} is no JSON number; leave the field out or send a number")
    except json.JSONDecodeError as error:
        return _syntax(text, error)
    except ValueError:  # the interpreter stops reading integers at 4,300 digits
        return broken("integer-range", "an integer has more than 4,300 digits; CDP cannot hold more than 64 bits")
    return _odd_value(value)


def duplicates_of(raw: bytes, *, many: bool) -> list[Violation]:
    """Return a violation for each member name that stands twice in an object of valid JSON *raw*.

    Args:
        raw: Valid JSON.
        many: Whether the top level holds several events, whose place becomes the violation's index.
    """
    value = json.loads(raw, object_pairs_hook=_members)
    return [_duplicate(path, name, many=many) for path, name in _repeated(value)]


def broken(code: str, details: str, *, error_code: int = ErrorCode.INVALID_FORMAT, place: str = "") -> Refusal:
    """Return the refusal of a body that cannot be read."""
    return Refusal(code=code, error_code=error_code, message=_MESSAGES.get(error_code, "Invalid request format"), details=details, pointer=place)


_MESSAGES = {ErrorCode.TOO_LARGE: "Request entity too large", 415000: "Unsupported media type"}


def _members(pairs: list[tuple[str, Any]]) -> Members:
    members = Members(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        members.repeated = tuple(dict.fromkeys(name for name, _ in pairs if name in seen or seen.add(name)))  # type: ignore[func-returns-value]
    return members


def _not_finite(name: str) -> Any:
    raise NotFinite(name)


def _not_utf8(raw: bytes, start: int) -> Refusal:
    shown = raw[max(0, start - 8) : start + 8].hex(" ")
    return broken(
        "invalid-utf8",
        f"byte {start} (0x{raw[start]:02x}) is not UTF-8; bytes around it: {shown}. The text is probably ISO-8859-1 or "
        "Windows-1252: set the converter's output encoding to UTF-8 and remove the header CamelCharsetName",
    )


def _syntax(text: str, error: json.JSONDecodeError) -> Refusal:
    around = text[max(0, error.pos - _AROUND) : error.pos + _AROUND]
    where = f"line {error.lineno}, column {error.colno}, near {around!r}"
    if error.msg.startswith("Extra data"):
        return broken("trailing-content", f"the JSON value ends before {where}; send one value and nothing after it")
    if error.msg.startswith("Invalid control character"):
        return broken("control-character", f"a raw control character stands in a string at {where}; escape it (\\n, \\t)")
    return broken("json-syntax", f"{error.msg} at {where}")


def _odd_value(value: Any) -> Refusal | None:
    """Look for values that JSON's grammar allows and no receiver can hold."""
    for path, found in _scalars(value):
        place = pointer(path)
        if isinstance(found, str) and _SURROGATE.search(found):
            return broken("lone-surrogate", f"{place or 'the body'} holds half of a surrogate pair, which is no character", place=place)
        if isinstance(found, float) and found in (float("inf"), float("-inf")):
            return broken("number-out-of-range", f"{place} holds a number too large for a double", place=place)
        if isinstance(found, int) and not _INT64_MIN <= found <= _UINT64_MAX:
            return broken(
                "integer-range",
                f"{place} holds the integer {shortened(str(found), 40)}, which needs more than 64 bits; send it as a string",
                place=place,
            )
    return None


def _walk(value: Any) -> Any:
    """Yield `(path, value)` of everything in *value*, in document order, without recursion."""
    stack: list[tuple[tuple[str | int, ...], Any]] = [((), value)]
    while stack:
        path, found = stack.pop()
        yield path, found
        if isinstance(found, dict):
            stack.extend(((*path, name), inner) for name, inner in reversed(found.items()))
        elif isinstance(found, list):
            stack.extend(((*path, index), found[index]) for index in range(len(found) - 1, -1, -1))


def _scalars(value: Any) -> Any:
    for path, found in _walk(value):
        if isinstance(found, dict):
            yield from ((path, name) for name in found)
        elif not isinstance(found, list):
            yield path, found


def _repeated(value: Any) -> list[tuple[tuple[str | int, ...], str]]:
    return [(path, name) for path, found in _walk(value) if isinstance(found, Members) for name in found.repeated]


def _duplicate(path: tuple[str | int, ...], name: str, *, many: bool) -> Violation:
    parts, index = path, 0
    if many and parts[:1] == ("events",):
        parts = parts[1:]
    if many and parts and isinstance(parts[0], int):
        index, parts = parts[0], parts[1:]
    place = pointer((*parts, name))
    return Violation(
        code="duplicate-member",
        pointer=place,
        message=f"{place} stands more than once in its object; the last value counts, the others are lost",
        found=shortened(name),
        index=index,
    )
