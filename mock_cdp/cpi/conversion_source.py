"""XML bytes to calls, safely: nothing a DTD says is read, nothing it declares is expanded, nothing is fetched.

SAP documents that a DTD is ignored and that references to entities other than the five of XML vanish
(limitations-for-xml-to-json-conversion-a5b4641). So the declarations are cut out before the message is parsed, where
defusedxml could only refuse them: an entity bomb then has no entities, in text as in attributes.
"""

import pyexpat
import re
from collections.abc import Callable
from typing import Final, Protocol

from mock_cdp.cpi.conversion import MAX_BYTES, MAX_TAG_BYTES, ConversionError

BETWEEN: Final = "\x01"  # between URI, local name and prefix; no XML 1.0 document can hold it, not even in a URI

_UTF_16_STARTS: Final = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
_TEXT_BUFFER: Final = 65_536
_WINDOW: Final = 1_000_000  # bytes read at once
_MEND: Final = "mend the source message"
# In both, every alternative excludes the others by its first bytes and nothing is given back: what never ends costs one pass.
_DOCTYPE: Final = re.compile(
    rb"""(?:\xef\xbb\xbf)?(?:[ \t\r\n]+|<\?.*?\?>|<!--.*?-->)*+<!DOCTYPE(?P<external>(?:[^"'\[>]+|"[^"]*"|'[^']*')*+)""",
    re.DOTALL,
)
_SUBSET: Final = re.compile(rb"""\[(?:[^"'<\]]+|"[^"]*"|'[^']*'|<!--.*?-->|<\?.*?\?>|<(?!!--|\?))*+\]""", re.DOTALL)
_STANDALONE: Final = re.compile(rb"""(?<=[ \t\r\n])standalone[ \t\r\n]*=[ \t\r\n]*(?:"yes"|'yes')""")


class Sink(Protocol):
    """What takes an XML document element by element.

    Attributes:
        pieces: Text since the last call; the sink empties it.
    """

    pieces: list[str]

    def start(self, name: str, attributes: list[str]) -> None:
        """Take the start of an element.

        Args:
            name: `local`, or URI, local name and perhaps prefix with `BETWEEN` between.
            attributes: Names and values in turn, without namespace declarations.
        """

    def end(self, name: str) -> None:
        """Take the end of an element."""


def parse(xml: bytes, sink: Sink) -> None:
    """Call *sink* for each element of *xml*; comments, processing instructions and the DTD are passed over.

    Args:
        xml: A whole document, in any encoding that it declares and expat can read.
        sink: Takes the elements.

    Raises:
        ConversionError: *xml* is too large or not well-formed, or *sink* refuses an element.
    """
    if len(xml) > MAX_BYTES:
        raise ConversionError(where="message", what=f"{len(xml)} bytes, more than {MAX_BYTES}", do="split it before converting")
    encoding = None
    if xml.startswith(_UTF_16_STARTS):
        xml, encoding = _from_utf_16(xml), "utf-8"
    parser = pyexpat.ParserCreate(encoding, BETWEEN)
    parser.namespace_prefixes = True
    parser.ordered_attributes = True
    parser.buffer_text = True
    parser.buffer_size = _TEXT_BUFFER
    parser.StartDoctypeDeclHandler = _require_no_subset
    parser.StartElementHandler = _located(parser, sink)
    parser.EndElementHandler = sink.end
    parser.CharacterDataHandler = sink.pieces.append
    try:
        _run(parser, _without_declarations(xml))
    finally:
        # Parser and sink know each other; letting go frees both at once, and not when the collector comes by.
        parser.StartElementHandler = parser.EndElementHandler = parser.CharacterDataHandler = None


def _run(parser: pyexpat.XMLParserType, xml: bytes) -> None:
    """Read *xml* window by window: expat holds a whole tag before we hear of it, and attributes cost many times their bytes."""
    view = memoryview(xml)
    try:
        for end in range(_WINDOW, len(xml) + _WINDOW, _WINDOW):
            parser.Parse(view[end - _WINDOW : end], False)  # noqa: FBT003  # pyexpat takes it by position only
            if min(end, len(xml)) - parser.CurrentByteIndex > MAX_TAG_BYTES:
                what = f"a tag or comment of more than {MAX_TAG_BYTES} bytes"
                raise ConversionError(where=_place(parser), what=what, do="send long values as elements")
        parser.Parse(b"", True)  # noqa: FBT003  # as above
    except pyexpat.ExpatError as error:
        what = f"not well-formed XML: {pyexpat.ErrorString(error.code)}"
        raise ConversionError(where=f"line {error.lineno}, column {error.offset + 1}", what=what, do=_MEND) from error
    except (LookupError, ValueError) as error:  # of the encoding that the document declares
        raise ConversionError(where="XML declaration", what=str(error), do="send UTF-8 and declare it") from error


def _located(parser: pyexpat.XMLParserType, sink: Sink) -> Callable[[str, list[str]], None]:
    """Return the sink's `start`, whose refusals say where: after an error expat reads on, to the end of its window."""
    take = sink.start

    def start(name: str, attributes: list[str]) -> None:
        try:
            take(name, attributes)
        except ConversionError as error:
            raise ConversionError(where=_place(parser), what=error.what, do=error.do) from error

    return start


def _place(parser: pyexpat.XMLParserType) -> str:
    return f"line {parser.CurrentLineNumber}, column {parser.CurrentColumnNumber + 1}"


def _from_utf_16(xml: bytes) -> bytes:
    """Return *xml* as UTF-8, so that its markup is ASCII wherever it is looked at."""
    codec = {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}.get(xml[:2], "utf-16")
    try:
        return xml.decode(codec).encode()
    except UnicodeError as error:
        raise ConversionError(where="message", what=f"starts as UTF-16 and is not: {error}", do=_MEND) from error


def _without_declarations(xml: bytes) -> bytes:
    """Return *xml* without the declarations in its DTD.

    What is left names a DTD outside, which is never fetched: so a reference to an entity nobody declared is no error, it
    vanishes. Lines stay where they are.
    """
    doctype = _DOCTYPE.match(xml)
    if doctype is None or not xml.startswith(b"[", doctype.end()):
        return xml
    subset = _SUBSET.match(xml, doctype.end())
    if subset is None:
        raise ConversionError(where="DOCTYPE", what="not well-formed XML: its declarations do not end", do=_MEND)
    # A document that declares itself standalone must declare its entities, which it did.
    before = _STANDALONE.sub(b"", xml[: doctype.end()], count=1)
    outside = b"" if re.search(rb"[\"']", doctype["external"]) else b' SYSTEM ""'
    return b"".join((before, outside, b"\n" * subset[0].count(b"\n"), xml[subset.end() :]))


def _require_no_subset(_name: str, _system_id: str | None, _public_id: str | None, has_internal_subset: bool) -> None:  # noqa: FBT001
    """Stop where expat finds declarations that were not cut out: nothing they declare may be expanded."""
    if has_internal_subset:
        raise ConversionError(where="DOCTYPE", what="declarations in an unusual place", do="remove the DOCTYPE")
