"""Why a delivery was refused, in CPI's terms: each cause once, with every place it explains and what to change.

Artefacts are undone until the model accepts the event; what had to be undone are the causes. Pure: no clock, no I/O.
"""

import re
from collections.abc import Sequence
from functools import reduce
from typing import Any, Final

import msgspec

from mock_cdp.contract.model import Model
from mock_cdp.contract.pointers import parts_of, pointer
from mock_cdp.contract.violation import Violation
from mock_cdp.cpi.causes import DIAGNOSABLE, CodeInfo, table
from mock_cdp.cpi.causes_structure import envelope, idoc
from mock_cdp.cpi.causes_values import DROP
from mock_cdp.cpi.diagnosed import Diagnosed, Diagnosis
from mock_cdp.cpi.diagnosis_nodes import Node, Nodes, nodes_of
from mock_cdp.cpi.diagnosis_report import Seen, grouped
from mock_cdp.cpi.diagnosis_undo import At, Edit, Path, Undoing
from mock_cdp.cpi.diagnosis_warnings import Clock, clock_suspicions, suspicions

__all__ = ["DIAGNOSABLE", "CodeInfo", "Diagnosed", "Diagnosis", "diagnose", "table"]

MAX_EVENTS: Final = 1_000  # refused events of a delivery that are explained; the rest would repeat the causes
_ON_MEMBERS: Final = frozenset({"minItems", "minProperties", "anyOf", "oneOf", "dependencies", "dependentRequired", "contains"})
_INDEX: Final = re.compile(r"0|[1-9]\d{0,8}", re.ASCII)


class _Explained(msgspec.Struct):
    """One event, explained."""

    seen: list[Seen]
    clocks: list[Clock]
    unexplained: list[Violation] = []


def diagnose(model: Model, events: Sequence[Any], *, repeated: Sequence[tuple[int, str]] = ()) -> Diagnosed:
    """Explain why *events* were refused, and warn of what is suspicious in them.

    Args:
        model: What each event must keep.
        events: Decoded JSON values, accepted ones too. Of refused ones, the first 1,000 are explained.
        repeated: Event index and JSON Pointer of each member name that stood twice, known from reading the body.
    """
    nodes = nodes_of(model)
    explained, unexplained, refused = [], [], 0
    for index, event in enumerate(events):
        accepted = model.accepts(event)
        refused += not accepted
        if accepted or refused <= MAX_EVENTS:
            one = _accepted(nodes, event, index) if accepted else _refused(nodes, event, index)
            explained.append((index, one))
            unexplained += one.unexplained
    seen = [row for _, one in explained for row in one.seen]
    late = clock_suspicions([(index, one.clocks) for index, one in explained])
    seen += [Seen(index, edit, valid=True) for index, edit in late]
    seen += [Seen(index, _twice(at), valid=True) for index, at in repeated if index < len(events)]
    return grouped(nodes, seen, unexplained)


def _accepted(nodes: Nodes, event: Any, index: int) -> _Explained:
    found, clocks = suspicions(nodes.root, event)
    return _Explained([Seen(index, edit, valid=True) for edit in found], clocks)


def _refused(nodes: Nodes, event: Any, index: int) -> _Explained:
    """Undo what can be undone; what is still broken then, no cause explains, but for fields that are not there."""
    if whole := _whole(nodes.root, event):
        return _Explained([Seen(index, edit, valid=False) for edit in whole], [])
    undoing = Undoing()
    undone = undoing.undo(nodes.root, event, At())
    origins = [(pointer(now), pointer(was)) for now, was in undone.moves]
    violations = [] if undone.value is DROP else nodes.model.violations(undone.value, index=index)
    dropped = {edit.dropped for edit in undone.edits if edit.dropped is not None}
    left = [(violation, _moved(violation, origins)) for violation in violations]
    if dropped and left:
        before = {(one.pointer, one.schema_pointer) for one in nodes.model.violations(event)}
        left = [
            (one, moved)
            for one, moved in left
            if not _of_dropped(one, dropped, known=(moved.pointer, one.schema_pointer) in before)
        ]
    if undoing.exhausted:  # the rest of a large event breaks the same rules at the same places
        places = {edit.place for edit in undone.edits}
        left = [(one, moved) for one, moved in left if _collapsed(moved.pointer) not in places]
    missing = [_missing(moved, one, undone.value) for one, moved in left if one.keyword == "required"]
    edits = [*undone.edits, *missing]
    found, clocks = suspicions(nodes.root, undone.value)
    known = {edit.was for edit in edits}  # a date undone has a zone that stands in for the real one
    moved_found = [(edit, _parts(_original(pointer(edit.was), origins))) for edit in found]
    edits += [msgspec.structs.replace(edit, was=was) for edit, was in moved_found if was not in known]
    clocks = [clock for clock in clocks if _parts(_original(pointer(clock[0]), origins)) not in known]
    seen = [Seen(index, edit, valid=not violations) for edit in edits]
    return _Explained(seen, clocks, [moved for one, moved in left if one.keyword != "required"])


def _whole(root: Node, event: Any) -> list[Edit]:
    """Name what is wrong with the event as a whole, where nothing can be undone."""
    if not isinstance(event, (dict, list)):
        return [Edit("S11", (), (), event, "object")]
    if not isinstance(event, dict) or not root.names.isdisjoint(event):
        return []
    if name := envelope(event):
        return [Edit("S15", (name,), (), event[name])]
    leaks: list[Path] = [(name,) for name in event if idoc(name)]
    if not leaks and len(event) == 1:
        name, inner = next(iter(event.items()))
        leaks = [(name, below) for below in inner if idoc(below)] if isinstance(inner, dict) else []
    return [Edit("S10", path, (), None) for path in leaks]


def _missing(moved: Violation, violation: Violation, undone: Any) -> Edit:
    """Name a required field that is absent, beside a sibling that is there."""
    parent = reduce(_below, parts_of(violation.pointer), undone)
    sibling = next(iter(parent), "")
    doubt = f"the source may not have it{f'; its sibling {sibling} is there' if sibling else ''}"
    was = (*_parts(moved.pointer), violation.expected)
    return Edit("N01", was, _names(was), None, doubt=doubt)


def _below(value: Any, part: str) -> Any:
    return value[int(part) if isinstance(value, list) else part]


# -- places ------------------------------------------------------------------------------------------------------------


def _parts(text: str) -> Path:
    """Read a JSON Pointer; digits are indexes (a member of that name reads alike, and only its display is concerned)."""
    return tuple(int(part) if _INDEX.fullmatch(part) else part for part in parts_of(text))


def _names(path: Path) -> tuple[str, ...]:
    return tuple(part for part in path if isinstance(part, str))


def _collapsed(text: str) -> str:
    return pointer("*" if isinstance(part, int) else part for part in _parts(text))


def _original(place: str, origins: Sequence[tuple[str, str]]) -> str:
    """Return where *place* of the undone event stood in the event as sent."""
    above = [(now, was) for now, was in origins if place == now or place.startswith(f"{now}/")]
    now, was = max(above, key=lambda pair: len(pair[0]), default=("", ""))
    return was + place[len(now) :]


def _moved(violation: Violation, origins: Sequence[tuple[str, str]]) -> Violation:
    """Return *violation* in terms of the event as sent."""
    place, message = _original(violation.pointer, origins), violation.message
    if place != violation.pointer:
        message = f"{place or 'the event'}{message.removeprefix(violation.pointer or 'the event')}"
    return msgspec.structs.replace(violation, pointer=place, message=message)


def _of_dropped(violation: Violation, dropped: set[str], *, known: bool) -> bool:
    """Return whether a rule is broken only because something that meant nothing was taken out.

    Args:
        violation: Of the undone event.
        dropped: What was taken out.
        known: Whether the event as sent broke the rule too.
    """
    if violation.keyword == "required":
        return violation.pointer + pointer((violation.expected,)) in dropped
    if known or violation.keyword not in _ON_MEMBERS:
        return False
    return any(place.startswith(f"{violation.pointer}/") for place in dropped)


def _twice(at: str) -> Edit:
    path = _parts(at)
    return Edit("S06", path, _names(path), None, needed=False)
