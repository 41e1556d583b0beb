"""Texts from anywhere made fit to be shown: nothing in them acts, nothing is endless, no path names a machine."""

import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec

_T = TypeVar("_T")

# What XML forbids, a terminal obeys, a browser drops, or turns the text around it: all but tab and newline.
_UNSHOWN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_ANCHORED: Final = re.compile(r"^([A-Za-z]:|/|~)")  # a drive, a root, a home: places on one machine


def visible(text: str) -> str:
    r"""Write what cannot be shown as `\u001b`, as JSON does, and every line end as a newline."""
    return _UNSHOWN.sub(lambda found: f"\\u{ord(found[0]):04x}", text.replace("\r\n", "\n"))


def encodable(text: str) -> str:
    """Replace halves of a character: no encoding can write them."""
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def mapped(value: _T, change: Callable[[str], str]) -> _T:
    """Return *value*, a struct of structs, tuples and texts, with every text changed."""
    return _mapped(value, change)  # type: ignore[no-any-return]


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, tuple):
        return tuple(_mapped(one, change) for one in value)
    if isinstance(value, msgspec.Struct):
        fields = {name: _mapped(getattr(value, name), change) for name in value.__struct_fields__}
        return msgspec.structs.replace(value, **fields)
    return value


def excerpt(text: str, *, characters: int, lines: int) -> str:
    """Cut *text* to so many characters and lines, and say on a line of its own how much is missing."""
    kept = "\n".join(text[:characters].split("\n")[:lines])
    missing = len(text) - len(kept)
    return f"{kept}\n[… {missing:,} more characters; the JSON report has them all]" if missing else text


def one_line(text: str, characters: int = 300) -> str:
    """Return *text* on one line, shortened."""
    line = " ".join(text.split())
    return line if len(line) <= characters else f"{line[: characters - 1]}…"


def relative(path: str) -> str:
    """Return *path* with forward slashes, seen from the repository; of one that leads elsewhere only the name is told."""
    slashed = path.replace("\\", "/")
    parts = [part for part in slashed.split("/") if part not in {"", "."}]
    outside = _ANCHORED.match(slashed) or ".." in parts
    return "/".join(parts[-1:] if outside else parts)


def slug_of(event: str) -> str:
    """Return the last part of a contract path: what people call the event."""
    return event.rsplit("/", 1)[-1]
