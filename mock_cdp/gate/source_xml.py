"""XML messages: read safely, with the place of each element in the text, and as JSON data. No DTD is read."""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from typing import Any, Final
from xml.etree.ElementTree import ParseError

import msgspec
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from mock_cdp.gate.failure import GateError

MAX_BYTES: Final = 16 * 1024 * 1024
MAX_DEPTH: Final = 100
TEXT: Final = "#text"  # the member that holds the text of an element which has attributes or children, too

_STARTS: Final = (  # byte order mark, or how a document in that encoding begins
    (BOM_UTF8, "utf-8"),
    (BOM_UTF16_LE, "utf-16-le"),
    (BOM_UTF16_BE, "utf-16-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_DECLARED: Final = re.compile(rb"""<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)""")
_ATTRIBUTE: Final = re.compile(rb"""\s+([^\s=]+)\s*=\s*("[^"]*"|'[^']*')""")
_IN_TAG: Final = re.compile(rb"""(?:[^"'>]|"[^"]*"|'[^']*')*>""")

Path = tuple[str, ...]


class XmlError(ValueError):
    """Not XML that is read here; the message says why in a few words."""


class Attribute(msgspec.Struct, frozen=True):
    """An attribute as it is written.

    Attributes:
        name: With its prefix.
        start: Where it begins in the document, the whitespace before it included.
        value: Where its value begins, at the quotation mark.
        end: Where it ends, behind the quotation mark.
    """

    name: str
    start: int
    value: int
    end: int


class Element(msgspec.Struct, kw_only=True, gc=False):
    """An element and where it stands in the document's bytes.

    Attributes:
        name: Without its prefix.
        attributes: Values by name without prefix; no namespace declarations.
        children: In order.
        text: What stands in it directly, in pieces.
        start: At the `<` of its start tag.
        inside: Behind the `>` of its start tag.
        outside: At the `<` of its end tag; as *end* when there is none (`<a/>`).
        end: Behind it.
    """

    name: str
    attributes: dict[str, str]
    children: list["Element"]
    text: list[str]
    start: int
    inside: int = 0
    outside: int = 0
    end: int = 0


class Document(msgspec.Struct, frozen=True):
    """A document.

    Attributes:
        root: Its root element.
        text: The whole document in UTF-8, without byte order mark, whatever it declares; places count its bytes.
        encoding: Of the document as it was given.
        mark: Its byte order mark, or nothing.
    """

    root: Element
    text: bytes
    encoding: str
    mark: bytes

    def tag(self, element: Element) -> bytes:
        """Return the start tag of *element* as it is written."""
        return self.text[element.start : element.inside]

    def written_name(self, element: Element) -> str:
        """Return the name of *element* with its prefix."""
        return re.split(rb"[\s/>]", self.tag(element)[1:], maxsplit=1)[0].decode()

    def written_attributes(self, element: Element) -> list[Attribute]:
        """Return the attributes of *element* as they are written, namespace declarations included."""
        at = element.start
        found = _ATTRIBUTE.finditer(self.tag(element))
        return [Attribute(one[1].decode(), at + one.start(), at + one.start(2), at + one.end()) for one in found]

    def encoded(self, text: bytes) -> bytes:
        """Return *text* (UTF-8) as a document like this: what its encoding cannot hold becomes a character reference."""
        return self.mark + text.decode().encode(self.encoding, "xmlcharrefreplace")


class _Places:
    """Takes what the parser finds, and asks it where."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.parser: Any = None
        self.root: Element | None = None
        self._open: list[Element] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        start = self.parser.CurrentByteIndex
        end = _IN_TAG.match(self.text, start)
        element = Element(
            name=name.rpartition("}")[2],
            attributes={name.rpartition("}")[2]: value for name, value in attributes.items()},
            children=[],
            text=[],
            start=start,
            inside=end.end() if end else start,
        )
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)
        if len(self._open) > MAX_DEPTH:
            raise XmlError(f"elements more than {MAX_DEPTH} deep")

    def end(self, _name: str) -> None:
        element = self._open.pop()
        if self.text[element.inside - 2 : element.inside] == b"/>":
            element.outside = element.end = element.inside
        else:
            element.outside = self.parser.CurrentByteIndex
            element.end = self.text.index(b">", element.outside) + 1

    def data(self, text: str) -> None:
        self._open[-1].text.append(text)

    def close(self) -> None:
        """Nothing is left to do."""


def document(body: bytes) -> Document:
    """Read *body*.

    Raises:
        XmlError: Not well-formed, with a document type, too large or too deep, or in an encoding that is not known.
    """
    if len(body) > MAX_BYTES:
        raise XmlError(f"more than {MAX_BYTES} bytes of XML")
    text, encoding, mark = _decoded(body)
    places = _Places(text)
    parser = DefusedXMLParser(target=places, encoding="utf-8", forbid_dtd=True)
    places.parser = parser.parser
    try:
        parser.feed(text)
        parser.close()
    except DefusedXmlException:
        raise XmlError("it has a document type (<!DOCTYPE …>), which is not read; remove it") from None
    except ParseError as error:
        line, column = error.position
        raise XmlError(f"not XML: {str(error).partition(':')[0]} (line {line}, column {column + 1})") from None
    finally:
        places.parser = None  # they know each other; letting go frees both at once
    if places.root is None:  # the parser refuses a document without elements
        raise XmlError("not XML: no element found")
    return Document(places.root, text, encoding, mark)


def _decoded(body: bytes) -> tuple[bytes, str, bytes]:
    """Return *body* as UTF-8, its encoding and its byte order mark."""
    start, encoding = next(((start, encoding) for start, encoding in _STARTS if body.startswith(start)), (b"", ""))
    mark = start if not start.startswith(b"<") and not start.endswith(b"<") else b""
    declared = _DECLARED.match(body)
    encoding = encoding or (declared[1].decode() if declared else "utf-8")
    try:
        return body.removeprefix(mark).decode(encoding).encode(), encoding, mark
    except LookupError:
        raise XmlError(f"not XML that can be read: the encoding {encoding} is not known") from None
    except UnicodeError as error:
        raise XmlError(f"not XML: the bytes are not {encoding} ({error})") from None


# -- as JSON data ------------------------------------------------------------------------------------------------------


class Shapes(msgspec.Struct, frozen=True):
    """What elements look like at each place of some documents.

    Attributes:
        repeated: Places whose element stands more than once in one parent.
        structured: Places whose element is an object even where it has neither attributes nor children.
    """

    repeated: set[Path]
    structured: set[Path]


def shapes(roots: list[Element]) -> Shapes:
    """Return what elements look like in all documents with these roots."""
    found = Shapes(set(), set())
    waiting: list[tuple[Element, Path]] = [(root, (root.name,)) for root in roots]
    while waiting:
        element, place = waiting.pop()
        if element.attributes or element.children:
            found.structured.add(place)
        names: set[str] = set()
        for child in element.children:
            inner = (*place, child.name)
            if child.name in names:
                found.repeated.add(inner)
            names.add(child.name)
            waiting.append((child, inner))
    return found


def xml_value(body: bytes) -> Any:
    """Return an XML document as JSON data.

    The root element is the single member. An element is the text in it; one with attributes or children is an object with a
    member for each attribute (`@` before its name), its text if it is not blank (`#text`) and each child. Children of one name
    are a list at every place where the name stands more than once in one parent anywhere in this document. Prefixes are
    dropped, and so are namespace declarations, comments and processing instructions.

    Raises:
        GateError: It is no XML, or has a document type.
    """
    try:
        root = document(body).root
    except XmlError as error:
        raise GateError(f"the XML message cannot be read: {error}") from None
    return {root.name: element_value(root, (root.name,), Shapes(shapes([root]).repeated, set()))}


def element_value(element: Element, place: Path, known: Shapes) -> Any:
    """Return *element* as JSON data.

    Args:
        element: The element.
        place: The names from the root to it.
        known: What elements look like at each place of this document, or of several.
    """
    text = "".join(element.text)
    if not element.attributes and not element.children and place not in known.structured:
        return text
    value: dict[str, Any] = {f"@{name}": written for name, written in element.attributes.items()}
    if text := text.strip() if element.children else text:
        value[TEXT] = text
    for child in element.children:
        inner = (*place, child.name)
        found = element_value(child, inner, known)
        if inner in known.repeated:
            value.setdefault(child.name, []).append(found)
        else:
            value[child.name] = found
    return value
