"""XML messages changed in one place: a few bytes of the document are replaced, all others stay."""

from collections.abc import Callable
from itertools import groupby, pairwise

from mock_cdp.gate.failure import GateError
from mock_cdp.gate.message import Message
from mock_cdp.gate.source_message import message_of
from mock_cdp.gate.source_writing import TEXT_NAMES, in_attribute, in_text, is_writable, plain_text
from mock_cdp.gate.source_xml import Document, Element, XmlError, document

Edit = tuple[int, int, bytes]  # from, to (bytes of the document), what stands there instead
Names = tuple[str, ...]
Chain = tuple[Element, ...]  # an element and what it stands in, outermost first

_BLANK = b" \t\r\n"


def with_value(message: Message, names: Names, value: object) -> Message:
    """Return *message* with the text of *value* in each element, or attribute, that *names* lead to."""
    text = plain_text(value)
    if not is_writable(text):
        raise GateError(f"path {'.'.join(names)}: XML cannot hold the text {text!r}")
    found = _document(message)
    if names[-1].startswith("@"):
        quoted = f'"{in_attribute(text)}"'.encode()
        return _edited(message, found, [(value_at, end, quoted) for _, value_at, end in _attributes(found, names)])
    return _edited(message, found, [_content(found, element, in_text(text)) for element in _elements(found, _no_text(names))])


def without(message: Message, names: Names) -> Message:
    """Return *message* without the elements, or attributes, that *names* lead to."""
    found = _document(message)
    if names[-1].startswith("@"):
        return _edited(message, found, [(start, end, b"") for start, _, end in _attributes(found, names)])
    if names[-1] in TEXT_NAMES:
        return _edited(message, found, [_content(found, element, "") for element in _elements(found, names[:-1])])
    return _edited(message, found, [_gone(found, element) for element in _elements(found, names)])


def permuted(message: Message, names: Names, positions: Callable[[int], list[int]]) -> Message:
    """Return *message* with the elements that *names* lead to in another order within their parents.

    Args:
        message: XML.
        names: Of the elements.
        positions: The number of elements to their positions in the new order.
    """
    found = _document(message)
    edits: list[Edit] = []
    for _, group in groupby(_chains(found.root, names), key=lambda chain: [id(element) for element in chain[:-1]]):
        siblings = [chain[-1] for chain in group]
        for element, at in zip(siblings, positions(len(siblings)), strict=True):
            edits.append((element.start, element.end, found.text[siblings[at].start : siblings[at].end]))
    return _edited(message, found, edits)


def records(message: Message, names: Names) -> list[Message]:
    """Return one message for each element that *names* lead to, without the other elements of the same names on the way."""
    found = _document(message)
    return [_edited(message, found, _others(found, chain)) for chain in _chains(found.root, names)]


def _document(message: Message) -> Document:
    try:
        return document(message.body)
    except XmlError as error:
        raise GateError(f"the message cannot be changed: {error}") from None


def _edited(message: Message, found: Document, edits: list[Edit]) -> Message:
    """Return *message* with *edits*, which do not overlap."""
    text = found.text
    for start, end, instead in sorted(edits, reverse=True):
        text = b"".join((text[:start], instead, text[end:]))
    return message if text == found.text else message_of(found.encoded(text), message.media_type, message.name)


# -- finding -----------------------------------------------------------------------------------------------------------


def _chains(root: Element, names: Names) -> list[Chain]:
    """Return the elements that *names* lead to, in the order of the document."""
    chains: list[Chain] = [(root,)] if names[:1] == (root.name,) else []
    for name in names[1:]:
        chains = [(*chain, child) for chain in chains for child in chain[-1].children if child.name == name]
    return chains


def _elements(found: Document, names: Names) -> list[Element]:
    return [chain[-1] for chain in _chains(found.root, names)]


def _no_text(names: Names) -> Names:
    return names[:-1] if names[-1] in TEXT_NAMES else names


def _attributes(found: Document, names: Names) -> list[tuple[int, int, int]]:
    """Return where each attribute that *names* lead to begins, where its value begins, and where it ends."""
    wanted = names[-1][1:]
    return [
        (one.start, one.value, one.end)
        for element in _elements(found, names[:-1])
        for one in found.written_attributes(element)
        if one.name.rpartition(":")[2] == wanted and not one.name.startswith("xmlns")
    ]


# -- changing ----------------------------------------------------------------------------------------------------------


def _content(found: Document, element: Element, text: str) -> Edit:
    """Return the edit that puts *text* in the place of all that *element* holds."""
    if element.outside < element.end:
        return element.inside, element.outside, text.encode()
    if not text:
        return element.inside, element.inside, b""
    return element.inside - 2, element.inside, f">{text}</{found.written_name(element)}>".encode()


def _gone(found: Document, element: Element) -> Edit:
    """Return the edit that removes *element*, and the line break and indent before it."""
    start = len(found.text[: element.start].rstrip(_BLANK))
    return (start if found.text[start - 1 : start] == b">" else element.start), element.end, b""


def _others(found: Document, chain: Chain) -> list[Edit]:
    """Return the edits that remove the siblings of the same name of each element of *chain*."""
    return [
        _gone(found, sibling)
        for parent, kept in pairwise(chain)
        for sibling in parent.children
        if sibling.name == kept.name and sibling is not kept
    ]
