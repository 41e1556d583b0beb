"""What is suspicious in an event that the model accepts, or would accept once its causes are undone."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from mock_cdp.cpi.causes_dates import hour_of, sentinel, wall_clock
from mock_cdp.cpi.causes_structure import unknown_names
from mock_cdp.cpi.causes_values import clamped, encoded_once, escaped, rounded, unresolved
from mock_cdp.cpi.diagnosis_nodes import Node
from mock_cdp.cpi.diagnosis_undo import MAX_DEPTH, MAX_VISITS, Edit, Path

_CLOCKS: Final = 20  # different times, before a missing afternoon means something
_HOURS: Final = 8  # different hours of the twelve: a batch of one morning has fewer
_NIGHT: Final = 7  # shops are closed before: such hours with no afternoon are afternoons
_NOON: Final = 12
_DATE_START: Final = re.compile(r"\d{4}-\d\d-\d\dT")

Clock = tuple[Path, tuple[str, ...], str]  # place, the model's names, date-time


def suspicions(node: Node, value: Any) -> tuple[list[Edit], list[Clock]]:
    """Return what is suspicious in *value*, and its date-times for `clock_suspicions`."""
    found: list[Edit] = []
    clocks: list[Clock] = []
    waiting: list[tuple[Node, Any, Path, tuple[str, ...]]] = [(node, value, (), ())]
    visits = 0
    while waiting and (visits := visits + 1) <= MAX_VISITS:
        place, here, path, names = waiting.pop()
        if len(path) > MAX_DEPTH:
            continue
        if isinstance(here, dict):
            found += _members(place, here, path, names)
            inner = [(member, here[name], (*path, name), (*names, name)) for name in here if (member := place.member(name))]
            waiting += reversed(inner)
        elif isinstance(here, list):
            items = place.items
            waiting += [(items, item, (*path, at), names) for at, item in reversed(list(enumerate(here)))] if items else []
        else:
            if place.format == "date-time" and isinstance(here, str) and _DATE_START.match(here):
                clocks.append((path, names, here))
            if code := _scalar(place, here):
                found.append(Edit(code, path, names, here, place.wanted, needed=False))
    return [*found, *_hard_coded(clocks)], clocks


def _members(node: Node, value: dict[str, Any], path: Path, names: tuple[str, ...]) -> Iterator[Edit]:
    for name, naming in unknown_names(node, value):
        for code in naming.codes:
            yield Edit(code, (*path, name), names, value[name], needed=False, name=naming.name)


def _scalar(node: Node, value: Any) -> str:
    """Return the code of what is suspicious in a single value, or `""`."""
    match value:
        case bool() | None:
            return ""
        case int():
            return "T07" if clamped(value) and node.wants("integer", "number") else ""
        case float():
            return "T07" if rounded(value) else ""
        case str():
            return _text(node, value)
        case _:
            return ""


def _text(node: Node, text: str) -> str:
    if node.format.startswith("date"):
        return sentinel(text)
    if unresolved(text):
        return "N03"
    if text.isdecimal() and len(text) < node.digits and not text.startswith("0"):
        return "T08"
    if escaped(text):
        return "E04"
    return "E03" if encoded_once(text) else ""


def _hard_coded(clocks: Sequence[Clock]) -> Iterator[Edit]:
    """Find the same wall clock with two zones in one event: a literal `Z` behind local time."""
    zones: dict[str, set[str]] = {}
    read = [(clock, *parts) for clock in clocks if (parts := wall_clock(clock[2]))]
    for _, wall, zone in read:
        zones.setdefault(wall, set()).add(zone)
    for (path, names, text), wall, zone in read:
        if zone == "Z" and len(zones[wall]) > 1:
            yield Edit("D12", path, names, text, "a date-time", needed=False)


def clock_suspicions(events: Sequence[tuple[int, Sequence[Clock]]]) -> Iterator[tuple[int, Edit]]:
    """Find fields that over a batch of *events* (index, date-times) never show an afternoon, but do show the night."""
    fields: dict[tuple[str, ...], list[tuple[int, Clock, int]]] = {}
    for index, clocks in events:
        for clock in clocks:
            if (hour := hour_of(clock[2])) is not None:
                fields.setdefault(clock[1], []).append((index, clock, hour))
    for rows in fields.values():
        hours = {hour for _, _, hour in rows}
        different = len({clock[2] for _, clock, _ in rows}) >= _CLOCKS and len(hours) >= _HOURS
        if different and 1 <= min(hours) < _NIGHT and max(hours) <= _NOON:
            for index, (path, names, text), _ in rows:
                yield index, Edit("D11", path, names, text, "a date-time", needed=False)
