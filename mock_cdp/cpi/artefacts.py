"""Artefacts on purpose: a valid event as CPI would wrongly send it, labelled with the code that the diagnosis must name."""

import copy
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

import msgspec

from mock_cdp.contract.model import Model
from mock_cdp.contract.pointers import pointer
from mock_cdp.cpi.diagnosis_nodes import Node, nodes_of

Path = tuple[str | int, ...]
Change = Callable[[Any], Any]

_MAX_PER_CODE: Final = 3  # places of one event where the same artefact is offered
_GROUPED: Final = 1000
_SAFE_DIGITS: Final = 15  # a number of more digits is rounded by a double
_NAME: Final = re.compile(r"[a-z][A-Za-z]{4,}")


class Artefact(msgspec.Struct, frozen=True):
    """One artefact at one place of one event.

    Attributes:
        code: What the diagnosis must name.
        paths: JSON Pointers, indexes as `*`, that the diagnosis must name.
        at: The place that is changed; the artefacts of two places that do not contain each other can be combined.
        refused: Whether the model refuses it; else it is warned of.
        apply: Event to the payload that CPI would send; the event is left as it is.
        repeated: What body reading would report (`diagnose`'s *repeated*).
    """

    code: str
    paths: tuple[str, ...]
    at: Path
    refused: bool
    apply: Change
    repeated: tuple[tuple[int, str], ...] = ()


def applicable(model: Model, event: Any) -> list[Artefact]:
    """Return the artefacts that *event*, which *model* accepts, can suffer; each changes what the receiver gets."""
    nodes = nodes_of(model)
    offered = [*_of_event(nodes.root, event), *_of_places(nodes.root, event)]
    found: dict[str, list[Artefact]] = {}
    for artefact in offered:
        kept = found.setdefault(artefact.code, [])
        payload = artefact.apply(event) if len(kept) < _MAX_PER_CODE else event
        if len(kept) < _MAX_PER_CODE and model.accepts(payload) != artefact.refused:
            kept.append(artefact)
    return [artefact for kept in found.values() for artefact in kept]


# -- the event as a whole ----------------------------------------------------------------------------------------------


def _of_event(root: Node, event: dict[str, Any]) -> Iterator[Artefact]:
    yield Artefact("S01", ("/Order",), (), refused=True, apply=lambda whole: {"Order": whole})
    yield Artefact("S04", ("/d",), (), refused=True, apply=lambda whole: {"d": whole})
    yield Artefact("S07", ("/@SEGMENT",), ("@SEGMENT",), refused=root.closed, apply=lambda whole: {"@SEGMENT": "1", **whole})
    yield Artefact(
        "S10",
        ("/IDOC",),
        (),
        refused=True,
        apply=lambda whole: {"IDOC": {"@BEGIN": "1", "EDI_DC40": {"DOCNUM": str(len(whole))}}},
    )
    yield Artefact("S11", ("",), (), refused=True, apply=lambda _: "")
    yield Artefact("S13", ("/Messages/Message1",), (), refused=True, apply=lambda whole: {"Messages": {"Message1": whole}})
    yield Artefact("S15", ("/soap:Envelope",), (), refused=True, apply=lambda whole: {"soap:Envelope": {"soap:Body": whole}})
    yield Artefact("S16", ("/$",), ("$",), refused=root.closed, apply=lambda whole: {**whole, "$": "left\n over"})
    prefixed = tuple(pointer((f"ns0:{name}",)) for name in event if name in root.names)
    yield Artefact("S09", prefixed, (), refused=True, apply=lambda whole: {f"ns0:{name}": value for name, value in whole.items()})
    for name in event:
        place = pointer((name,))
        yield Artefact("S06", (place,), (name,), refused=False, apply=lambda whole: whole, repeated=((0, place),))
        if name in root.required:
            yield Artefact("N01", (place,), (name,), refused=True, apply=_without(name))
        if _NAME.fullmatch(name) and name in root.names:
            other = name[0].upper() + name[1:]
            yield Artefact("S14", (pointer((other,)),), (name,), refused=name in root.required, apply=_renamed(name, other))


def _without(name: str) -> Change:
    return lambda whole: {other: value for other, value in whole.items() if other != name}


def _renamed(name: str, new: str) -> Change:
    return lambda whole: {new if other == name else other: value for other, value in whole.items()}


# -- one place ---------------------------------------------------------------------------------------------------------


def _of_places(root: Node, event: Any) -> Iterator[Artefact]:
    waiting: list[tuple[Node, Any, Path]] = [(root, event, ())]
    while waiting:
        node, value, path = waiting.pop()
        for code, refused, broken, below in _changes(node, value) if path else ():
            place = pointer("*" if isinstance(part, int) else part for part in (*path, *below))
            yield Artefact(code, (place,), path, refused=refused, apply=_put(path, broken))
        if isinstance(value, dict):
            waiting += reversed([(inner, value[name], (*path, name)) for name in value if (inner := node.member(name))])
        elif isinstance(value, list) and node.items:
            waiting += [(node.items, item, (*path, index)) for index, item in reversed(list(enumerate(value)))]


def _put(path: Path, broken: Any) -> Change:
    def change(whole: Any) -> Any:
        changed = copy.deepcopy(whole)
        holder = changed
        for part in path[:-1]:
            holder = holder[part]
        holder[path[-1]] = copy.deepcopy(broken)
        return changed

    return change


Offer = tuple[str, bool, Any, Path]  # code, whether refused, what CPI sends, where below the place it is named


def _changes(node: Node, value: Any) -> Iterator[Offer]:
    """Yield what CPI may send instead of *value*."""
    if isinstance(value, list):
        yield from _of_array(value)
    elif isinstance(value, dict):
        yield "S05", True, "", ()
        yield "N02", True, None, ()
    else:
        if node.scalar_only:
            yield "S03", True, [value], ()
            yield "N02", "null" not in node.types, None, ()
        yield from _of_scalar(node, value)


def _of_array(values: list[Any]) -> Iterator[Offer]:
    yield "S05", True, "", ()
    yield "S04", True, {"item": values}, ("item",)
    if len(values) == 1 and values[0] not in ("", None) and not isinstance(values[0], list):
        yield "S02", True, values[0], ()


def _of_scalar(node: Node, value: Any) -> Iterator[Offer]:
    if isinstance(value, bool):
        yield "T02", True, str(value).lower(), ()
        yield "T03", True, "X" if value else " ", ()
        yield "N03", True, "null", ()
    elif isinstance(value, (int, float)):
        yield from _of_number(node, value)
    elif isinstance(value, str):
        yield from _of_date(node, value) if node.format in {"date", "date-time"} else _of_string(node, value)


def _of_number(node: Node, value: float) -> Iterator[Offer]:
    integer = not node.wants("number")
    if abs(value) >= 10**15:  # beyond what a double writes without an exponent
        return
    plain = str(int(value)) if integer else f"{value:.2f}"
    yield "T01", True, plain, ()
    yield "T05", True, f"{plain.lstrip('-')}-" if value < 0 else f" {plain}", ()
    yield "S05", True, "", ()
    yield "N03", True, "NaN", ()
    yield "N04", True, "  ", ()
    yield "T07", False, 2**31 - 1, ()
    if integer:
        yield "T06", True, f"{plain}.000", ()
        return
    yield "T04", True, plain.replace(".", ","), ()
    if abs(value) >= _GROUPED:
        yield "T04", True, f"{value:,.2f}".translate(str.maketrans(",.", ".,")), ()


def _of_date(node: Node, text: str) -> Iterator[Offer]:
    moment = datetime.fromisoformat(text)
    yield "S05", True, "", ()
    yield "N03", True, "${header.date}", ()
    yield "N04", True, " ", ()
    yield "D01", True, moment.strftime("%Y%m%d"), ()
    yield "D02", True, "00000000", ()
    yield "D02", False, "0001-01-01" if node.format == "date" else "0001-01-01T00:00:00Z", ()
    yield "D03", True, moment.strftime("%Y%m%d%H%M%S"), ()
    yield "D05", True, f"/Date({int(moment.timestamp() * 1000)})/", ()
    yield "D07", True, moment.strftime("%d.%m.%Y"), ()
    yield "D07", True, moment.strftime("%m/%d/%Y"), ()
    yield "D08", True, int(moment.timestamp()) if moment.timestamp() > 10**9 else "1732989012", ()
    yield "D09", True, moment.strftime("%a %b %d %H:%M:%S UTC %Y"), ()
    yield "D10", False, "9999-12-31" if node.format == "date" else "9999-12-31T23:59:59Z", ()
    yield "D10", True, "99991231", ()
    if node.format == "date-time":
        if moment.hour or moment.minute or moment.second:  # midnight is also ABAP's initial time
            yield "D04", True, moment.strftime("%H%M%S"), ()
        yield "D04", True, moment.strftime("PT%HH%MM%SS"), ()
        yield "D06", True, moment.strftime("%Y-%m-%dT%H:%M:%S"), ()
        yield "D06", True, moment.strftime("%Y-%m-%d"), ()
        yield "D06", True, moment.strftime("%Y-%m-%dT%H:%M:%S+0100"), ()
        yield "D10", True, moment.strftime("%Y-%m-%dT24:00:00Z"), ()


def _of_string(node: Node, text: str) -> Iterator[Offer]:
    yield "S08", True, {"@language": "EN", "$": text}, ()
    yield "N02", True, "", ()
    yield "N03", node.format != "" or not node.accepts("{{Param}}"), "{{Param}}", ()
    if text and node.accepts(text) and not node.accepts(f"{text} "):
        yield "N04", True, f"{text} ", ()
    if node.accepts(f"{text[:1]}&amp;"):
        yield "E04", False, f"{text[:1]}&amp;", ()
    twice = f"{text[:1]}\u00e4".encode().decode("latin-1")
    if node.accepts(twice):
        yield "E03", False, twice, ()
    if not (text.isdecimal() and text.isascii() and len(text) <= _SAFE_DIGITS):
        return
    if text == str(int(text)):
        if abs(int(text)) != 2**31 - 1:
            yield "T09", True, int(text), ()
    elif len(text) == node.digits:
        yield "T08", True, int(text), ()
        yield "T08", not node.accepts(text.lstrip("0")), text.lstrip("0") or "0", ()
