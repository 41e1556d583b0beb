"""The XML of a `.iflw` file: parsed within bounds, its properties, and the tables that some of them hold as text."""

from collections.abc import Iterator
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

MAX_XML_BYTES: Final = 16 * 1024 * 1024  # a flow of 8,000 lines has half a megabyte
MAX_ELEMENTS: Final = 500_000
MAX_DEPTH: Final = 64  # a flow is 8 deep, a subprocess adds 2

Row = tuple[tuple[str, str], ...]  # the id and the text of each cell


class XmlError(ValueError):
    """XML that is not read; the message says why and holds nothing of it."""


class _Bounded(TreeBuilder):
    """Builds a tree, and gives up before it is too large for the machine that reads it."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = self.count = 0

    def start(self, tag: str, attrs: dict[Any, Any]) -> Element:
        self.depth += 1
        self.count += 1
        if self.depth > MAX_DEPTH or self.count > MAX_ELEMENTS:
            raise XmlError(f"more than {MAX_DEPTH} elements deep, or more than {MAX_ELEMENTS} of them")
        return super().start(tag, attrs)

    def end(self, tag: str) -> Element:
        self.depth -= 1
        return super().end(tag)


def parsed(raw: bytes | str) -> Element:
    """Return the root element.

    Raises:
        XmlError: Not well-formed, with a document type, too large or too deep.
    """
    if len(raw) > MAX_XML_BYTES:
        raise XmlError(f"more than {MAX_XML_BYTES} bytes of XML")
    parser = DefusedXMLParser(target=_Bounded(), forbid_dtd=True)
    try:
        parser.feed(raw)
        root: Element = parser.close()
    except DefusedXmlException:
        raise XmlError("XML with a document type, which no export of CPI has") from None
    except ParseError as error:
        line, column = error.position
        raise XmlError(f"not well-formed XML at line {line}, column {column}") from None
    except (ValueError, LookupError) as error:
        # An encoding that Python does not know, or our own bounds.
        raise error if isinstance(error, XmlError) else XmlError("XML in an encoding that is not known") from None
    return root


def local(element: Element) -> str:
    """Return the element's name without its namespace: exports differ in prefixes, never in names."""
    return str(element.tag).rpartition("}")[2]


def children(element: Element, *names: str) -> Iterator[Element]:
    """Yield the child elements of these names."""
    return (child for child in element if local(child) in names)


def properties(element: Element) -> dict[str, str]:
    """Return what `extensionElements/property` of this very element say; the last of a name counts."""
    found = {}
    for extension in children(element, "extensionElements"):
        for entry in children(extension, "property"):
            parts = {local(part): "".join(part.itertext()) for part in entry}
            if parts.get("key"):
                found[parts["key"].strip()] = parts.get("value", "")
    return found


def rows(text: str) -> tuple[Row, ...]:
    """Return the rows of a property that holds a table, `<row><cell id='Name'>…</cell>…</row>…`; none if it holds nothing.

    Raises:
        XmlError: It holds something else.
    """
    if not text.strip():
        return ()
    table = parsed(f"<table>{text}</table>")
    if (table.text or "").strip() or any(local(row) != "row" for row in table):
        raise XmlError("not a table of rows")
    return tuple(tuple((cell.get("id", ""), "".join(cell.itertext())) for cell in children(row, "cell")) for row in table)
