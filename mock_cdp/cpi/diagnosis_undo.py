"""Undo artefacts in one event until the model accepts it: what had to be undone is what CPI did."""

from typing import Any, Final

import msgspec

from mock_cdp.contract.pointers import pointer
from mock_cdp.cpi.causes_structure import Naming, Step, steps, unknown_names
from mock_cdp.cpi.causes_values import DROP, readings
from mock_cdp.cpi.diagnosis_nodes import Node

Path = tuple[str | int, ...]

MAX_VISITS: Final = 20_000  # places looked at in one event; the rest would only repeat the causes
MAX_DEPTH: Final = 60  # nested places and levels taken off
_LEVELS: Final = frozenset({"S01", "S04", "S13"})
_TYPING: Final = frozenset({"T01", "T02", "T03", "T04", "T05", "T06"})  # the type is wrong whatever else is


class At(msgspec.Struct, frozen=True):
    """A place, in the event as sent and in the event as undone, and the model's names on the way to it."""

    was: Path = ()
    now: Path = ()
    model: tuple[str, ...] = ()
    depth: int = 0

    def member(self, was: str, now: str) -> "At":
        """Step to a member, which may have another name."""
        return At((*self.was, was), (*self.now, now), (*self.model, now), self.depth + 1)

    def item(self, was: int | None, now: int) -> "At":
        """Step to an item; *was* None when the array itself was not sent."""
        return At(self.was if was is None else (*self.was, was), (*self.now, now), self.model, self.depth + 1)

    def inside(self, down: Path) -> "At":
        """Step over levels that were sent but should not have been."""
        return At((*self.was, *down), self.now, self.model, self.depth + 1)


class Edit(msgspec.Struct, frozen=True):
    """One artefact undone.

    Attributes:
        was: Where, in the event as sent.
        model: The model's names on the way to it.
        found: What stood there.
        wanted: What the model wants there, in words.
        needed: Whether the model refuses it; else it is only worth a warning.
        dropped: JSON Pointer of the undone event's place that was left empty, or None.
        name: Another name, for a rename.
    """

    code: str
    was: Path
    model: tuple[str, ...]
    found: Any
    wanted: str = ""
    doubt: str = ""
    needed: bool = True
    dropped: str | None = None
    name: str = ""

    @property
    def place(self) -> str:
        """Return the place as sent, with `*` for every index."""
        return pointer("*" if isinstance(part, int) else part for part in self.was)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the place as sent without indexes."""
        return tuple(part for part in self.was if isinstance(part, str))


class Undone(msgspec.Struct):
    """A value after undoing, with what was undone and where moved things came from."""

    value: Any
    edits: list[Edit] = []
    moves: list[tuple[Path, Path]] = []  # (now, was)


class Undoing:
    """The undoing of one event: its budget."""

    def __init__(self) -> None:
        """Start with the whole budget."""
        self.visits = 0

    @property
    def exhausted(self) -> bool:
        """Return whether the budget was too small for the event."""
        return self.visits > MAX_VISITS

    def undo(self, node: Node, value: Any, at: At) -> Undone:
        """Return *value* as it was before CPI's artefacts, as far as the model tells."""
        self.visits += 1
        if self.exhausted or at.depth > MAX_DEPTH or node.accepts(value):
            return Undone(value)
        options = [self._within(node, value, at)]
        options += [self._step(node, value, step, at) for step in steps(node, value, top=not at.now)]
        return options[0] if len(options) == 1 else min(options, key=lambda option: _cost(node, option))

    def _step(self, node: Node, value: Any, step: Step, at: At) -> Undone:
        inner_at = at if step.collapsed else at.inside(step.down)
        inner = self._list(node, step.value, at, collapsed=True) if step.collapsed else self.undo(node, step.value, inner_at)
        level = step.codes[0] in _LEVELS  # such a cause stands at the level that is too much, not at what holds it
        place = (*at.was, *(part for part in step.down if isinstance(part, str))) if level else at.was
        wanted = "" if level else node.wanted
        made = [Edit(code, place, at.model, value, wanted, step.doubt) for code in step.codes]
        made += [Edit(code, (*at.was, *down), at.model, _at(value, down), needed=False) for code, down in step.beside]
        moves = [(at.now, inner_at.was)] if step.down else []
        return Undone(inner.value, [*made, *inner.edits], [*moves, *inner.moves])

    def _within(self, node: Node, value: Any, at: At) -> Undone:
        """Undo what is below, or the value itself."""
        if isinstance(value, dict):
            return self._object(node, value, at) if node.wants("object") or not node.types else Undone(value)
        if isinstance(value, list):
            return self._list(node, value, at, collapsed=False) if node.wants("array") else Undone(value)
        return _scalar(node, value, at)

    def _list(self, node: Node, values: list[Any], at: At, *, collapsed: bool) -> Undone:
        if node.items is None:
            return Undone(values)
        undone = Undone([])
        for index, value in enumerate(values):
            to = at.item(None if collapsed else index, len(undone.value))
            inner = self.undo(node.items, value, to)
            undone.edits += inner.edits
            if inner.value is DROP:
                continue
            if to.was != to.now:
                undone.moves.append((to.now, to.was))
            undone.value.append(inner.value)
            undone.moves += inner.moves
        return undone

    def _object(self, node: Node, value: dict[str, Any], at: At) -> Undone:
        naming = _naming(node, value)
        undone = Undone({})
        for name, old in value.items():
            named = naming.get(name)
            if named and named.kind == "drop":
                undone.edits += [Edit(code, (*at.was, name), at.model, old) for code in named.codes]
                continue
            new = named.name if named else name
            to = at.member(name, new)
            if named:
                undone.edits += [Edit(code, to.was, to.model, old, new, name=new) for code in named.codes]
                undone.moves.append((to.now, to.was))
            self._member(node, undone, new, old, to)
        return undone

    def _member(self, node: Node, undone: Undone, name: str, old: Any, to: At) -> None:
        place = node.member(name)
        inner = self.undo(place, old, to) if place else Undone(old)
        undone.edits += inner.edits
        if inner.value is DROP and place is not None and name in node.required:
            empties: tuple[Any, ...] = ([], {}) if place.types else ()
            inner = Undone(next(filter(place.accepts, empties), DROP))
        if inner.value is not DROP:
            undone.value[name] = inner.value
            undone.moves += inner.moves


def _naming(node: Node, value: dict[str, Any]) -> dict[str, Naming]:
    """Return what to do with the unknown members: those that a refusal is about, and prefixed ones, which go together."""
    found = dict(unknown_names(node, value))
    missing = node.required - value.keys()
    prefixed = any("S09" in naming.codes and naming.name in missing for naming in found.values())
    return {
        name: naming
        for name, naming in found.items()
        if "S10" not in naming.codes and (node.closed or naming.name in missing or (prefixed and "S09" in naming.codes))
    }


def _scalar(node: Node, value: Any, at: At) -> Undone:
    typed: Undone | None = None
    for reading in readings(node, value):
        dropped = pointer(at.now) if reading.value is DROP else None
        edits = [Edit(code, at.was, at.model, value, node.wanted, reading.doubt, dropped=dropped) for code in reading.codes]
        undone = Undone(reading.value, edits)
        if reading.value is DROP or node.accepts(reading.value):
            return undone
        if typed is None and _TYPING.issuperset(reading.codes):
            typed = undone  # still refused, but for another reason than its type
    return typed or Undone(value)


def _cost(node: Node, option: Undone) -> tuple[bool, int, int, int]:
    """Compare options: the right kind of value first, then required members, known members, and causes assumed."""
    value = option.value
    codes = len({edit.code for edit in option.edits})
    if value is DROP or node.accepts(value):
        return False, 0, -len(node.names), codes
    missing = known = 0
    if isinstance(value, dict):
        missing, known = len(node.required - value.keys()), len(node.names & value.keys())
    return not node.fits(value), missing, -known, codes


def _at(value: Any, path: Path) -> Any:
    for part in path:
        value = value[part]
    return value
