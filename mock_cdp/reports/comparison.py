"""The message sent beside what arrived: JSON laid out alike, differing lines and broken places marked."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from mock_cdp.contract.pointers import pointer
from mock_cdp.contract.violation import Violation
from mock_cdp.reports.texts import excerpt, one_line, visible

_MOST_CHARACTERS: Final = 20_000  # of one message on a page
_MOST_LINES: Final = 400
_LONGEST_LINE: Final = 2_000
_INDENT: Final = "  "


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a message.

    Attributes:
        text: As shown.
        place: JSON Pointer of the value it begins, None where it begins none.
        changed: It has no equal on the other side.
        broken: What is wrong with the value it begins, or `""`.
    """

    text: str
    place: str | None = None
    changed: bool = False
    broken: str = ""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Both sides.

    Attributes:
        sent: Lines of the source message; of differences those to the first that arrived.
        arrived: Lines of each that arrived, in order.
    """

    sent: tuple[Line, ...]
    arrived: tuple[tuple[Line, ...], ...]


def compared(sent: str, arrived: Sequence[str], violations: Sequence[Violation]) -> Comparison:
    """Lay both sides out and mark what differs and what is broken."""
    ours = laid_out(sent)
    sides = []
    for number, text in enumerate(arrived):
        theirs = laid_out(text)
        marked, other = _differences(ours, theirs)
        sides.append(_broken(other, violations))
        if number == 0:
            first = marked
    return Comparison(sent=tuple(first if arrived else ours), arrived=tuple(map(tuple, sides)))


def laid_out(text: str) -> list[Line]:
    """Return the lines of *text*: a member or an item on each when it is JSON, otherwise as they stand."""
    lines = []
    if len(text) <= _MOST_CHARACTERS:
        try:
            lines = [Line(text=visible(line), place=place) for place, line in _lines(_read(text), "", "", "")]
        except (ValueError, RecursionError):
            lines = []
    if not lines:
        shown = excerpt(visible(text), characters=_MOST_CHARACTERS, lines=_MOST_LINES)
        lines = [Line(text=line) for line in shown.split("\n")]
    missing = len(lines) - _MOST_LINES
    if missing > 1:  # one more is the note that says so
        lines = [*lines[:_MOST_LINES], Line(text=f"[… {missing:,} more lines; the JSON report has them all]")]
    return [msgspec.structs.replace(line, text=_cut(line.text)) for line in lines]


def _cut(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}[… {len(line) - _LONGEST_LINE:,} more characters]"


class _Number(str):
    """A number as it was written: 1.50 is not 1.5 to whoever wonders what was sent."""

    __slots__ = ()


class _Members(list[tuple[str, Any]]):
    """An object with every member as written, also those whose name stands twice."""


def _read(text: str) -> Any:
    return json.loads(text, parse_int=_Number, parse_float=_Number, parse_constant=_Number, object_pairs_hook=_Members)


def _lines(value: Any, place: str, margin: str, before: str, after: str = "") -> Iterator[tuple[str | None, str]]:
    """Yield place and text of each line of *value*; *before* and *after* stand around it: a member's name, a comma."""
    if not isinstance(value, list):
        yield place, f"{margin}{before}{_scalar(value)}{after}"
        return
    named = isinstance(value, _Members)
    opening, closing = "{}" if named else "[]"
    if not value:
        yield place, f"{margin}{before}{opening}{closing}{after}"
        return
    yield place, f"{margin}{before}{opening}"
    parts = value if named else [(str(number), item) for number, item in enumerate(value)]
    for number, (name, inner) in enumerate(parts, 1):
        prefix = f"{json.dumps(name, ensure_ascii=False)}: " if named else ""
        inner_place = f"{place}{pointer([name])}"
        yield from _lines(inner, inner_place, margin + _INDENT, prefix, "," if number < len(parts) else "")
    yield None, f"{margin}{closing}{after}"


def _scalar(value: Any) -> str:
    return str(value) if isinstance(value, _Number) else json.dumps(value, ensure_ascii=False)


def _differences(ours: list[Line], theirs: list[Line]) -> tuple[list[Line], list[Line]]:
    """Mark the lines of either side that the other has not; none when they have nothing in common, as XML and JSON.

    Neither an indentation nor a comma is a difference, and not the order either: JSON gives members none, and an item that
    lost its array is still the same item. Nor does counting lines take their square, as aligning them would.
    """
    here, there = ([line.text.strip().rstrip(",") for line in side] for side in (ours, theirs))
    same_here, same_there = _shared(here, there), _shared(there, here)
    if not any(here[at].strip("{}[] ") for at in same_here):
        return ours, theirs
    return _changed(ours, same_here), _changed(theirs, same_there)


def _shared(lines: list[str], others: list[str]) -> set[int]:
    """Return which of *lines* also stand in *others*: as often as they stand there, the first ones first."""
    left, same = Counter(others), set()
    for at, line in enumerate(lines):
        if left[line] > 0:
            left[line] -= 1
            same.add(at)
    return same


def _changed(lines: list[Line], same: set[int]) -> list[Line]:
    return [line if at in same else msgspec.structs.replace(line, changed=True) for at, line in enumerate(lines)]


def _broken(lines: list[Line], violations: Sequence[Violation]) -> list[Line]:
    """Mark the values that break a rule: in a single event, in an array of events, or in `{"events": […]}`."""
    places = {line.place for line in lines if line.place is not None}
    wrong: dict[str, str] = {}
    for violation in violations:
        tried = (f"/{violation.index}{violation.pointer}", f"/events/{violation.index}{violation.pointer}", violation.pointer)
        place = next((place for place in tried if place in places), None)
        if place is not None:
            wrong.setdefault(place, one_line(visible(violation.message)))
    return [
        msgspec.structs.replace(line, broken=wrong.get(line.place or "", "")) if line.place is not None else line
        for line in lines
    ]
