"""Readings of a whole object or array: which level CPI added or took away, and what a member's name was before."""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final, Literal

import msgspec

from mock_cdp.cpi.diagnosis_nodes import Node

WRAPPERS: Final = frozenset({"item", "items", "element", "elements", "results", "row", "rows"})
TEXT_NAMES: Final = ("$", "#text", "_text", "content", "_")  # CPI's own first; the others are other converters'
_PREFIXED: Final = re.compile(r"[A-Za-z_][\w-]*[:.|;, ](.+)", re.DOTALL)
_IDOC: Final = re.compile(r"(?:_-.*_-)?E1[A-Z].*|EDI_DC40|IDOC|_-.*_-.*IDOC")
_ENVELOPE: Final = re.compile(r"(?:.*:)?Envelope")
_MESSAGES: Final = re.compile(r"(?:[\w-]+:)?Messages")
_MESSAGE: Final = re.compile(r"(?:[\w-]+:)?Message\d+")
_NAME_LENGTH: Final = 200  # characters; nobody's field is longer
_MAX_UNKNOWN: Final = 200  # of one object; a receiver's own fields are fewer
_NEAR_LENGTH: Final = 4  # letters; shorter names are near everything


class Step(msgspec.Struct, frozen=True):
    """One structural reading.

    Attributes:
        codes: The causes it assumes.
        value: What stood there before.
        down: Path from the place to `value`, as sent.
        collapsed: Whether `value` is an array made of what stands at the place itself.
        beside: `(code, path)` of members that the reading leaves out.
    """

    codes: tuple[str, ...]
    value: Any
    down: tuple[str | int, ...] = ()
    collapsed: bool = False
    beside: tuple[tuple[str, tuple[str | int, ...]], ...] = ()
    doubt: str = ""


def steps(node: Node, value: Any, *, top: bool) -> Iterator[Step]:
    """Yield the structural readings of *value* at *node*, outermost first."""
    if isinstance(value, dict):
        if top:
            yield from _unwrapped(node, value)
        if node.wants("array") and not node.wants("object"):
            yield from _array(node, value)
        elif node.scalar_only:
            yield from _text(value)
    elif isinstance(value, list):
        if len(value) == 1 and not node.wants("array"):
            yield Step(("S03",), value[0], (0,))
    elif value not in (None, "") and node.wants("array") and node.items and not node.items.wants("array", "object"):
        yield Step(("S02",), [value], collapsed=True)


def _unwrapped(node: Node, event: dict[str, Any]) -> Iterator[Step]:
    """Take off what surrounds a whole event: multi-mapping, OData, root element."""
    names = [name for name in event if not name.startswith("@")]
    if len(names) != 1 or names[0] in node.names:
        return
    name = names[0]
    inner = event[name]
    beside: tuple[tuple[str, tuple[str | int, ...]], ...] = tuple(("S07", (at,)) for at in event if at.startswith("@"))
    if _PREFIXED.fullmatch(name):
        beside = (*beside, ("S09", (name,)))
    if _MESSAGES.fullmatch(name) and isinstance(inner, dict) and (message := next(filter(_MESSAGE.fullmatch, inner), "")):
        yield Step(("S13",), inner[message], (name, message))
    elif isinstance(inner, list):
        if len(inner) == 1 and isinstance(inner[0], dict):
            yield Step(("S01",), inner[0], (name, 0), beside=beside)
    elif isinstance(inner, dict) and not idoc(name):
        yield Step(("S04",) if name == "d" else ("S01",), inner, (name,), beside=beside)


def _array(node: Node, value: dict[str, Any]) -> Iterator[Step]:
    """Take a wrapper off the items, or make the one item an array again."""
    known = node.items.names if node.items else frozenset()
    names = [name for name in value if not name.startswith(("@", "__"))]
    inner = value[names[0]] if len(names) == 1 else None
    if len(names) == 1 and names[0] not in known:
        beside = tuple(("S07", (at,)) for at in value if at.startswith("@"))
        prefixed = _PREFIXED.fullmatch(names[0])
        local = (prefixed[1] if prefixed else names[0]).casefold()
        if isinstance(inner, list) or local in WRAPPERS:
            yield Step(("S04",), inner, (names[0],), beside=beside)
            return
    yield Step(("S02",), [value], collapsed=True)


def _text(value: dict[str, Any]) -> Iterator[Step]:
    """Take the text from beside its attributes."""
    for name in TEXT_NAMES:
        if name in value:
            attributes = [other for other in value if other.startswith("@")]
            mixed = len(value) > len(attributes) + 1
            doubt = "" if name == "$" else f"{name} is not what CPI's own converter writes"
            beside = tuple(("S07", (at,)) for at in attributes)
            yield Step(("S16",) if mixed else ("S08",), value[name], (name,), beside=beside, doubt=doubt)
            return


# -- names -------------------------------------------------------------------------------------------------------------


class Naming(msgspec.Struct, frozen=True):
    """What an unknown member's name tells.

    Attributes:
        codes: The causes.
        name: The model's name for it; `""` when it has none.
    """

    codes: tuple[str, ...]
    name: str = ""
    kind: Literal["rename", "drop"] = "rename"


def unknown_names(node: Node, value: Mapping[str, Any]) -> Iterator[tuple[str, Naming]]:
    """Yield each member of *value* that the model does not describe but whose name tells where it came from."""
    described = node.names
    if described.issuperset(value) or node.open_map or not described:
        return
    free = described - value.keys()
    unknown = (name for name in value if name not in described and len(name) <= _NAME_LENGTH)
    for name in islice(unknown, _MAX_UNKNOWN):
        if naming := _naming(name, value, free):
            yield name, naming
            free -= {naming.name}


def _naming(name: str, value: Mapping[str, Any], free: frozenset[str]) -> Naming | None:
    if name.startswith("@"):
        return Naming(("S07",), kind="drop")
    if name == "$":
        mixed = any(not other.startswith(("@", "$")) for other in value)
        return Naming(("S16" if mixed else "S08",), kind="drop")
    if name == "__metadata":
        return Naming(("S04",), kind="drop")
    prefixed = _PREFIXED.fullmatch(name)
    local, codes = (prefixed[1], ("S09",)) if prefixed else (name, ())
    if local in free:
        return Naming(codes, local)
    if near := near_name(local, free):
        return Naming((*codes, "S14"), near)
    return Naming(("S10",), kind="drop") if idoc(name) else None


def idoc(name: str) -> bool:
    """Return whether *name* is one that only IDocs have."""
    return len(name) <= _NAME_LENGTH and bool(_IDOC.fullmatch(name))


def envelope(event: Mapping[str, Any]) -> str:
    """Return the name of the SOAP envelope that *event* is, or `""`."""
    return next(filter(_ENVELOPE.fullmatch, event), "")


def near_name(name: str, names: frozenset[str]) -> str:
    """Return the one of *names* that *name* was meant to be: case, hyphens or one letter apart; `""` if there is none."""
    folded = _folded(name)
    if not folded:
        return ""
    same = [other for other in names if _folded(other) == folded]
    if not same and len(folded) > _NEAR_LENGTH and folded.isalpha():  # line1 and line2 are two names, not one misspelt
        long = [(other, _folded(other)) for other in names]
        same = [other for other, text in long if len(text) > _NEAR_LENGTH and text.isalpha() and _one_edit(folded, text)]
    return min(same, default="")


def _folded(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))


def _one_edit(left: str, right: str) -> bool:
    """Return whether one letter more, less, other, or a swap of neighbours makes *left* into *right*."""
    if abs(len(left) - len(right)) > 1 or left == right:
        return left == right
    start = next((at for at, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
    left, right = left[start:], right[start:]
    return left[1:] == right[1:] or left[1:] == right or left == right[1:] or (left[:2] == right[1::-1] and left[2:] == right[2:])
