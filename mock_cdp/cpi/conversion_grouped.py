"""Without streaming: children of one name become one member, so an element is written when it ends."""

from collections.abc import Sequence
from typing import Final

from mock_cdp.cpi.conversion import MAX_DEPTH, ConverterSettings, too_deep
from mock_cdp.cpi.conversion_names import TEXT_MEMBER, Members, is_blank, json_text

# JSON text in one piece while it is small, else in pieces of about this size: a piece that was made is not copied again on
# the way up, and there are never many of them. That keeps time and memory linear in the message, however it nests.
PIECE: Final = 4_096
_WINDOW: Final = 256  # elements of an array that are joined at once

Json = str | list[str]


class Grouped:
    """Takes a document and has its JSON text at the end."""

    def __init__(self, settings: ConverterSettings) -> None:
        """Start with nothing."""
        self.pieces: list[str] = []
        self._settings = settings
        self._members = Members(settings)
        self._attributes = Members(settings, mark="@")
        self._open: list[_Element] = []
        self._root: Json = ""
        self._root_member = ""

    def start(self, name: str, attributes: list[str]) -> None:
        """Take the start of an element."""
        if len(self._open) >= MAX_DEPTH:
            raise too_deep()
        if self.pieces:
            self._keep_text(self._open[-1])
        element = _Element(self._members[name])
        # Without prefixes two attributes can have one name: the later one wins (assumed, as in a Java map).
        for at in range(0, len(attributes), 2):
            element.members[self._attributes[attributes[at]]] = json_text(attributes[at + 1])
        self._open.append(element)

    def end(self, name: str) -> None:  # noqa: ARG002  # of the protocol
        """Take the end of an element: its text and children are known now."""
        element = self._open.pop()
        value: Json
        if element.members:
            self._keep_text(element)
            value = element.text()
        else:
            value = json_text("".join(self.pieces))
            self.pieces.clear()
        if self._open:
            self._open[-1].add(element.member, value)
        else:
            self._root, self._root_member = value, element.member

    def json(self) -> str:
        """Return the JSON text of the document."""
        parts = [self._root] if isinstance(self._root, str) else self._root
        return "".join(parts if self._settings.suppress_root else ("{", self._root_member, *parts, "}"))

    def _keep_text(self, element: "_Element") -> None:
        """Keep a run of text that stands beside children or attributes, unless it is indentation."""
        run = "".join(self.pieces)
        self.pieces.clear()
        if not is_blank(run):
            element.runs.append(run)


class _Array:
    """Two values or more of one member."""

    __slots__ = ("_done", "_waiting")

    def __init__(self, first: Json) -> None:
        self._done: list[str] = []
        self._waiting: list[str] = []
        self.add(first)

    def add(self, value: Json) -> None:
        if isinstance(value, str):
            self._waiting.append(value)
            if len(self._waiting) >= _WINDOW:
                self._join()
        else:
            self._join()
            self._done += (self._opening(), *value)

    def parts(self) -> list[str]:
        self._join()
        return [*self._done, "]"]

    def _join(self) -> None:
        if self._waiting:
            self._done.append(self._opening() + ",".join(self._waiting))
            self._waiting.clear()

    def _opening(self) -> str:
        return "," if self._done else "["


class _Element:
    """An element that has not ended.

    Attributes:
        member: The start of the member that it becomes.
        members: Its own, by their start.
        runs: Text beside them.
    """

    __slots__ = ("member", "members", "runs")

    def __init__(self, member: str) -> None:
        self.member = member
        self.members: dict[str, Json | _Array] = {}
        self.runs: list[str] = []

    def add(self, member: str, value: Json) -> None:
        found = self.members.get(member)
        if found is None:
            self.members[member] = value
        elif isinstance(found, _Array):
            found.add(value)
        else:
            array = self.members[member] = _Array(found)
            array.add(value)

    def text(self) -> Json:
        """Return the element as a JSON object; text beside children comes last, in one piece (documented)."""
        parts: list[str] = []
        separator = "{"
        for member, value in self.members.items():
            parts.append(separator + member)
            separator = ","
            if isinstance(value, str):
                parts.append(value)
            else:
                parts += value.parts() if isinstance(value, _Array) else value
        if self.runs:
            parts.append(f"{separator}{TEXT_MEMBER}{json_text(''.join(self.runs))}")
        parts.append("}")
        return _joined(parts)


def _joined(parts: Sequence[str]) -> Json:
    """Return *parts* as one text if it is small, else small neighbours joined."""
    if sum(map(len, parts)) <= PIECE:
        return "".join(parts)
    joined: list[str] = []
    waiting: list[str] = []
    size = 0
    for part in parts:
        size += len(part)
        if size > PIECE and waiting:
            joined.append("".join(waiting))
            waiting, size = [], len(part)
        waiting.append(part)
    joined.append("".join(waiting))
    return joined
