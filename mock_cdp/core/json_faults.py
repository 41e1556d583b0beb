"""The slow, exact look at a JSON text: what is wrong with it and where. Linear in the text, safe on nesting bombs."""

import json
import math
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

import msgspec

from mock_cdp.contract.model import MAX_VIOLATIONS
from mock_cdp.contract.pointers import pointer
from mock_cdp.contract.violation import Violation, shortened
from mock_cdp.core.encoding import as_text, broken
from mock_cdp.core.refusal import Refusal

Path = tuple[str | int, ...]
_Link = tuple["_Link", str | int] | None  # a path from its end: one step costs the same at any depth

_BRACKET: Final = re.compile(
    rb'"(?:[^"\\]++|\\.)*+"?'  # a string: its brackets do not count
    rb"|\[[ \t\r\n]*+\]|\{[ \t\r\n]*+\}"  # empty: nothing nests in it
    rb"|([\[{])|([\]}])",
    re.DOTALL,
)
_OPENS, _CLOSES = 1, 2  # groups of the pattern above
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_INT64_MIN, _UINT64_MAX = -(2**63), 2**64 - 1
_UINT64_DIGITS: Final = 20
_AROUND: Final = 20  # characters shown on either side of a fault
_SHOWN: Final = 60  # characters of a name or pointer that a text shows
_POINTER_LIMIT: Final = 1_000  # characters; a name may be as long as the body
_SECRET: Final = re.compile("secret|user_?key|token|password", re.IGNORECASE)
_SECRET_REACH: Final = 200  # characters before a fault in which such a name keeps the text from being shown

_HINTS: Final = (
    (re.compile(r"'"), "names and strings need double quotes"),
    (re.compile(r"(?:None|True|False|undefined)\b"), "write null, true or false"),
    (re.compile(r"//|/\*|#"), "JSON has no comments"),
    (re.compile(r"(?<=0)[0-9]"), "a number cannot start with a zero; send a code with leading zeros as a string"),
    (re.compile(r"(?<=[0-9],)[0-9]"), "a number with a decimal comma? JSON writes a point"),
    (re.compile(r"(?<=\{)\{"), "a variable that nobody filled in?"),
    (re.compile(r"\A--"), "a multipart form? Send the JSON alone as the body (Postman: raw)"),
    (re.compile(r"[\]}]"), "a comma too many, a value missing, or brackets that do not match"),
    (re.compile(r"\Z"), "the text ends too early; was it cut?"),
)


class Exact(msgspec.Struct):
    """A strict JSON text, read exactly.

    Attributes:
        value: What it holds; of a name that stands twice, the last value.
        repeated: `(path of the object, name)` of every name that stands twice, in order of the text.
    """

    value: Any
    repeated: list[tuple[Path, str]]


class OddNumber(msgspec.Struct, frozen=True):
    """A number that no receiver can hold, kept as written until its place is known."""

    code: str
    text: str


def read_exactly(raw: bytes, *, max_depth: int, charset: str = "") -> Exact | Refusal:
    """Read *raw* as strict UTF-8 JSON, or say why it is none.

    Args:
        raw: After Content-Encoding.
        max_depth: Nested non-empty arrays and objects allowed.
        charset: What Content-Type declares, when it is not UTF-8.
    """
    text = as_text(raw, charset)
    if isinstance(text, Refusal):
        return text
    if not text.strip(" \t\r\n"):
        return broken("empty-body", "the body is empty; in CPI a logging script may have read the stream before the call")
    if (at := _too_deep_at(raw, max_depth)) is not None:
        return broken(
            "too-deep",
            f"byte {at} opens more than {max_depth} arrays and objects within each other (switch: max_depth)",
        )
    return _Parsing().read(text)


def duplicate(path: Path, name: str, *, many: bool) -> Violation:
    """Return what to say of *name* standing twice in the object at *path* of a body.

    Args:
        path: Into the body.
        name: Of the member.
        many: Whether the body holds several events; the event's position becomes the violation's index.
    """
    index, path = _event_of(path) if many else (0, path)
    place = place_of((*path, name))
    return Violation(
        code="duplicate-member",
        pointer=place,
        message=f"{shortened(place, _SHOWN)} stands more than once in its object; the last value counts",
        found=shortened(name, _SHOWN),
        index=index,
    )


def _event_of(path: Path) -> tuple[int, Path]:
    """Split a path into a batch, an array or `{"events":[…]}`, into the event's position and the path within it."""
    match path:
        case (int(index), *rest) | ("events", int(index), *rest):
            return index, tuple(rest)
        case _:
            return 0, path


def _too_deep_at(raw: bytes, max_depth: int) -> int | None:
    """Return the byte where nesting goes beyond *max_depth*, without recursion; None when it never does."""
    depth = 0
    for token in _BRACKET.finditer(raw):
        if token.lastindex == _OPENS:
            depth += 1
            if depth > max_depth:
                return token.start()
        elif token.lastindex == _CLOSES:
            depth -= 1
    return None


class _Parsing:
    """One run of the exact reader; it remembers the members that a dict cannot hold."""

    def __init__(self) -> None:
        self._members: dict[int, list[tuple[str, Any]]] = {}  # by id of the dict: all members, where a name stands twice

    def read(self, text: str) -> Exact | Refusal:
        try:
            value = json.loads(
                text,
                object_pairs_hook=self._object,
                parse_int=_integer,
                parse_float=_real,
                parse_constant=lambda name: OddNumber("non-finite-number", name),
            )
        except json.JSONDecodeError as error:
            return _syntax(text, error)
        except RecursionError:
            return broken("too-deep", "arrays and objects nest deeper than this Python can read")
        return self._odd(value) or Exact(value, list(dict.fromkeys(islice(self._repeated(value), MAX_VIOLATIONS))))

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            self._members[id(found)] = pairs  # which keeps the lost ones alive, so that no id is given twice
        return found

    def _walk(self, value: Any) -> Iterator[tuple[_Link, Any]]:
        """Yield every value with its path, in order of the text, lost ones included; a wide one is never copied."""
        yield None, value
        within = [self._inside(None, value)]
        while within:
            for link, found in within[-1]:
                yield link, found
                if found and isinstance(found, (dict, list)):
                    within.append(self._inside(link, found))
                    break
            else:
                within.pop()

    def _inside(self, link: _Link, found: Any) -> Iterator[tuple[_Link, Any]]:
        if isinstance(found, dict):
            return (((link, name), inner) for name, inner in self._members.get(id(found)) or found.items())
        if isinstance(found, list):
            return (((link, index), inner) for index, inner in enumerate(found))
        return iter(())

    def _odd(self, value: Any) -> Refusal | None:
        """Look for values that JSON's grammar allows and no receiver can hold."""
        for link, found in self._walk(value):
            if isinstance(found, OddNumber):
                return _odd_number(found, place_of(_path(link)))
            if _has_surrogate(found) or (link is not None and _has_surrogate(link[1])):
                return _lone_surrogate(place_of(_path(link)))
        return None

    def _repeated(self, value: Any) -> Iterator[tuple[Path, str]]:
        if not self._members:
            return
        for link, found in self._walk(value):
            if isinstance(found, dict) and (pairs := self._members.get(id(found))):
                path, seen = _path(link), set[str]()
                for name, _ in pairs:
                    if name in seen:
                        yield path, name
                    seen.add(name)


def _integer(text: str) -> int | OddNumber:
    """Read an integer of 64 bits; a longer one is never read, Python itself stops at 4,300 digits."""
    if len(text) <= _UINT64_DIGITS and _INT64_MIN <= (number := int(text)) <= _UINT64_MAX:
        return number
    return OddNumber("integer-range", text)


def _real(text: str) -> float | OddNumber:
    number = float(text)
    return number if math.isfinite(number) else OddNumber("number-out-of-range", text)


def _has_surrogate(found: Any) -> bool:
    return isinstance(found, str) and _SURROGATE.search(found) is not None


def _path(link: _Link) -> Path:
    parts: list[str | int] = []
    while link is not None:
        link, part = link
        parts.append(part)
    return tuple(reversed(parts))


def place_of(path: Path) -> str:
    """Write *path* as a JSON Pointer that can be sent: without surrogates, and of a bearable length."""
    return shortened(pointer(path).encode("utf-8", "backslashreplace").decode(), _POINTER_LIMIT)


# -- texts -------------------------------------------------------------------------------------------------------------


def _odd_number(found: OddNumber, place: str) -> Refusal:
    where = shortened(place, _SHOWN) or "the body"
    number = shortened(found.text, _AROUND * 2)
    match found.code:
        case "non-finite-number":
            details = f"{where} holds {number}, which is no JSON number; leave the member out or send a number"
        case "number-out-of-range":
            details = f"{where} holds {number}, which is too large for a number of 64 bits; send it as a string"
        case _:
            number += f" of {len(found.text.lstrip('-'))} digits"
            details = f"{where} holds the integer {number}, which needs more than 64 bits; send it as a string"
    return broken(found.code, details, place=place)


def _lone_surrogate(place: str) -> Refusal:
    where = shortened(place, _SHOWN) or "the body"
    return broken(
        "lone-surrogate",
        f"{where} holds half of a surrogate pair (\\ud800 to \\udfff alone); was a text cut within an emoji?",
        place=place,
    )


def _syntax(text: str, error: json.JSONDecodeError) -> Refusal:
    where = f"line {error.lineno}, column {error.colno}{_near(text, error.pos)}"
    hint = _hint(text, error)
    if error.msg.startswith("Extra data"):
        return broken("trailing-content", f"the JSON value ends before {where}; {hint or 'send one value and nothing after it'}")
    if error.msg.startswith("Invalid control character"):
        return broken(
            "control-character", f"a raw control character stands in a string at {where}; escape it (\\n, \\t, \\u0000)"
        )
    return broken("json-syntax", f"{error.msg.removesuffix(' at')} at {where}{hint and '; ' + hint}")


def _hint(text: str, error: json.JSONDecodeError) -> str:
    if error.msg.startswith("Unterminated string"):
        return "the text ends within the string; was it cut?"
    return next((hint for looks, hint in _HINTS if looks.match(text, error.pos)), "")


def _near(text: str, at: int) -> str:
    """Return the text around *at*, unless a secret may stand there."""
    if _SECRET.search(text, max(0, at - _SECRET_REACH), at + _AROUND):
        return " (not shown, a secret may be near)"
    shown = text[max(0, at - _AROUND) : at + _AROUND]
    return f", near {shortened(repr(shown), _AROUND * 4)}"
