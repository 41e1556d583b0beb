"""With streaming: each element is written as it comes, so a member may be there twice; that is what CPI sends."""

from typing import Final

from mock_cdp.cpi.conversion import MAX_DEPTH, ConverterSettings, too_deep
from mock_cdp.cpi.conversion_names import TEXT_MEMBER, Members, Place, above_root, is_blank, json_text

_TOKENS: Final = 8_192  # joined at once, so that memory is that of the text and not of its tokens


class Streamed:
    """Takes a document and writes its JSON text on the way."""

    def __init__(self, settings: ConverterSettings) -> None:
        """Start with nothing."""
        self.pieces: list[str] = []
        self._settings = settings
        self._members = Members(settings)
        self._attributes = Members(settings, mark="@")
        self._top = above_root(settings)
        self._open: list[_Element] = []
        self._tokens: list[str] = []
        self._done: list[str] = []

    def start(self, name: str, attributes: list[str]) -> None:
        """Take the start of an element."""
        if len(self._open) >= MAX_DEPTH:
            raise too_deep()
        parent = self._open[-1] if self._open else None
        place = parent.place.inner(name) if parent else self._top.inner(name)
        if parent:
            self._write_text(parent)
            self._begin(parent, self._members[name], listed=place.listed)
        elif not self._settings.suppress_root:
            # A suppressed root is no array either (documented for Streaming All: example 35e2b13).
            self._tokens += ("{", self._members[name], "[" if place.listed else "")
        element = _Element(place)
        for at in range(0, len(attributes), 2):
            self._tokens += (element.next(), self._attributes[attributes[at]], json_text(attributes[at + 1]))
        self._open.append(element)

    def end(self, name: str) -> None:  # noqa: ARG002  # of the protocol
        """Take the end of an element."""
        element = self._open.pop()
        if element.is_object:
            self._write_text(element)
            self._tokens.append("]}" if element.array else "}")
        else:
            self._tokens.append(json_text("".join(self.pieces)))
            self.pieces.clear()
        if not (self._open or self._settings.suppress_root):
            self._tokens.append("]}" if element.place.listed else "}")
        if len(self._tokens) > _TOKENS:
            self._done.append("".join(self._tokens))
            self._tokens.clear()

    def json(self) -> str:
        """Return the JSON text of the document."""
        return "".join((*self._done, *self._tokens))

    def _begin(self, parent: "_Element", member: str, *, listed: bool) -> None:
        """Write what stands before a value: a comma within an array of neighbours, else the member's name."""
        if listed and parent.array == member:
            self._tokens.append(",")
            return
        self._end_array(parent)
        self._tokens += (parent.next(), member)
        if listed:
            self._tokens.append("[")
            parent.array = member

    def _write_text(self, element: "_Element") -> None:
        """Write a run of text that stands beside children or attributes where it is (documented), unless it is indentation."""
        if not self.pieces:
            return
        run = "".join(self.pieces)
        self.pieces.clear()
        if not is_blank(run):
            self._end_array(element)
            self._tokens += (element.next(), TEXT_MEMBER, json_text(run))

    def _end_array(self, element: "_Element") -> None:
        if element.array:
            self._tokens.append("]")
            element.array = ""


class _Element:
    """An element that has not ended.

    Attributes:
        place: Seen from the paths of the arrays.
        array: The member whose array was begun and not ended, or `""`.
        is_object: Whether a member was written; until then it may be a mere text.
    """

    __slots__ = ("array", "is_object", "place")

    def __init__(self, place: Place) -> None:
        self.place = place
        self.array = ""
        self.is_object = False

    def next(self) -> str:
        """Return what stands before the next member."""
        if self.is_object:
            return ","
        self.is_object = True
        return "{"
