"""JSON data written as XML.

An object is an element: its members are child elements, in order; a member `@name` is an attribute, `#text` (or `$`) the text in
the element. A list is one element for each item, an empty list none. null and an empty text are empty elements. Numbers are
written without exponent, true and false as such. A list directly in a list has no name of its own, so its items count as items
of the outer list.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from mock_cdp.gate.source_xml import TEXT, Path

DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
TEXT_NAMES: Final = (TEXT, "$")

_NAME: Final = re.compile(r"[A-Za-z_\u00c0-\u02ff\u0370-\u1fff][-.\w]*(:[A-Za-z_\u00c0-\u02ff\u0370-\u1fff][-.\w]*)?")
_NEVER: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what no XML 1.0 document can hold
_IN_TEXT: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
_IN_ATTRIBUTE: Final = _IN_TEXT | {'"': "&quot;", "\t": "&#9;", "\n": "&#10;"}
_TEXT_TABLE: Final = str.maketrans(_IN_TEXT)
_ATTRIBUTE_TABLE: Final = str.maketrans(_IN_ATTRIBUTE)


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """How samples write the elements that a value names.

    Attributes:
        before: What stands before the root element: the declaration, comments.
        after: What stands behind it.
        encoding: Of the document; what it cannot hold becomes a character reference.
        names: Places whose element has a prefix, with the name as it is written.
        attributes: Places whose attribute has a prefix (the last name starts with `@`), with the name as it is written.
        namespaces: Places that declare namespaces, with the declarations as they are written.
    """

    before: str = DECLARATION
    after: str = ""
    encoding: str = "utf-8"
    names: Mapping[Path, str] = {}
    attributes: Mapping[Path, str] = {}
    namespaces: Mapping[Path, str] = {}


PLAIN: Final = Layout()


def written(root: str, value: Any, layout: Layout = PLAIN) -> bytes:
    """Return the document whose root element is named *root* and holds *value*.

    Args:
        root: A name; see `is_name`.
        value: JSON data; see `is_writable`.
        layout: How to write it.
    """
    content = "".join(_element(root, value, (root,), layout))
    return f"{layout.before}{content}{layout.after}".encode(layout.encoding, "xmlcharrefreplace")


def is_name(name: str) -> bool:
    """Return whether an element or attribute can be called *name*."""
    return _NAME.fullmatch(name) is not None and not name.lower().startswith("xmlns")


def is_writable(value: Any) -> bool:
    """Return whether XML 1.0 can hold *value*: its names are names, and its texts have no characters that are forbidden."""
    match value:
        case str():
            return _NEVER.search(value) is None
        case list():
            return all(map(is_writable, value))
        case dict():
            return all(_is_member(name, inner) for name, inner in value.items())
        case _:
            return True


def _is_member(name: str, value: Any) -> bool:
    if name in TEXT_NAMES or name.startswith("@"):
        return (name in TEXT_NAMES or is_name(name[1:])) and not isinstance(value, (dict, list)) and is_writable(value)
    return is_name(name) and is_writable(value)


def in_text(text: str) -> str:
    """Return *text* as it stands between tags."""
    return text.translate(_TEXT_TABLE)


def in_attribute(text: str) -> str:
    """Return *text* as it stands between double quotation marks."""
    return text.translate(_ATTRIBUTE_TABLE)


def plain_text(value: Any) -> str:
    """Return a text, number, truth value or null as it is written in XML."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return format(Decimal(repr(value)), "f")
        case _:
            return str(value)


def _element(name: str, value: Any, place: Path, layout: Layout) -> Iterator[str]:
    """Yield the text of an element, or of several when *value* is a list."""
    if isinstance(value, list):
        for item in value:
            yield from _element(name, item, place, layout)
        return
    tag = layout.names.get(place, name)
    yield f"<{tag}{layout.namespaces.get(place, '')}"
    if not isinstance(value, dict):
        text = in_text(plain_text(value))
        yield f">{text}</{tag}>" if text else "/>"
        return
    for member, inner in value.items():
        if member.startswith("@"):
            yield f' {layout.attributes.get((*place, member), member[1:])}="{in_attribute(plain_text(inner))}"'
    content = "".join(_content(value, place, layout))
    yield f">{content}</{tag}>" if content else "/>"


def _content(value: dict[str, Any], place: Path, layout: Layout) -> Iterator[str]:
    for member, inner in value.items():
        if member in TEXT_NAMES:
            yield in_text(plain_text(inner))
        elif not member.startswith("@"):
            yield from _element(member, inner, (*place, member), layout)
