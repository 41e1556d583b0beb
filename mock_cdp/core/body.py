"""A delivery's body to events: the quick way for a body that is fine, the exact way to say what is wrong with another."""

from typing import Any, Final, Literal

import msgspec
import orjson

from mock_cdp.contract.violation import Violation
from mock_cdp.core import json_faults
from mock_cdp.core.credentials import is_form, parse_form_event
from mock_cdp.core.delivery import Delivery, Limits
from mock_cdp.core.encoding import UNSUPPORTED, decoded, too_large
from mock_cdp.core.json_faults import broken
from mock_cdp.core.refusal import Refusal


class Events(msgspec.Struct):
    """The events of a body, not judged yet, and what was odd about it."""

    values: list[Any]
    warnings: list[Violation] = []


class BodySettings(msgspec.Struct, frozen=True, kw_only=True):
    """The switches of body reading."""

    limits: Limits = Limits()
    batch_body: Literal["array", "object", "both"] = "both"
    duplicate_members: Literal["warn", "refuse"] = "warn"


_decode: Final = msgspec.json.Decoder().decode  # strict, and it keeps integers of any size as integers
_JSON_TYPES: Final = frozenset({"application/json", "application/json;charset=utf-8", "application/json; charset=utf-8"})
_ESCAPED_COLON: Final = b"\\u003"
_INDENT: Final = 2


def read_events(delivery: Delivery, *, many: bool, settings: BodySettings) -> Events | Refusal:
    """Read the events of *delivery*.

    Args:
        delivery: As received.
        many: Whether it was posted to `/events`.
        settings: The switches.
    """
    limits = settings.limits
    if delivery.oversized or len(delivery.body) > limits.max_body_bytes:
        return too_large(limits.max_body_bytes)
    raw = decoded(delivery.body, delivery.header("content-encoding"), limits.max_body_bytes)
    if isinstance(raw, Refusal):
        return raw
    content_type = delivery.header("content-type")
    if content_type and content_type not in _JSON_TYPES and (other := _other_format(raw, content_type, many=many)):
        return other
    return _events(raw, many=many, settings=settings)


def _other_format(raw: bytes, content_type: str, *, many: bool) -> Events | Refusal | None:
    """Take a form, refuse XML; anything that looks like JSON is JSON, whatever its type says."""
    if is_form(content_type, raw) and raw:
        if many:
            return broken("form-to-events", "a form holds one event; post it to …/event, or an array of events as JSON")
        return Events([parse_form_event(raw, content_type)])
    if "xml" in content_type.lower() and not raw.lstrip()[:1] in {b"{", b"["}:
        return _xml()
    return None


def _xml() -> Refusal:
    return broken(
        "xml-not-supported",
        "the body is XML. CDP documents that it takes XML, but not how it reads it, so this mock takes JSON for now: put an "
        "XML to JSON Converter before the call",
        error_code=UNSUPPORTED,
    )


def _events(raw: bytes, *, many: bool, settings: BodySettings) -> Events | Refusal:
    limits = settings.limits
    try:
        value = _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _why_not(raw, limits)
    doubtful = _doubtful(raw, value, limits.max_depth)
    if doubtful and (refusal := _why_not(raw, limits, strict=False)):
        return refusal
    values = _unwrapped(value, many=many, settings=settings)
    if isinstance(values, Refusal):
        return values
    if len(values) > limits.max_events:
        return broken(
            "too-many-events", f"the batch has {len(values)} events, at most {limits.max_events} are taken (switch: max_events)"
        )
    return _with_warnings(values, json_faults.duplicates_of(raw, many=many) if doubtful else [], settings)


def _doubtful(raw: bytes, value: Any, max_depth: int) -> bool:
    """Return whether *raw* needs the exact look: a name twice, an integer beyond 64 bits, or deep nesting.

    Parsing keeps every colon inside names and strings, and one between each name and its value; a name that stands twice
    is dropped with at least one colon. So equal counts of colons before and after mean that nothing was dropped, unless
    an escaped colon added one.
    """
    try:
        dense = orjson.dumps(value)
        if dense == raw:  # what most senders write: nothing was lost, and what is left to ask is the depth
            return _too_deep(raw, value, max_depth)
    except TypeError:  # an integer beyond 64 bits, or nesting beyond any limit here
        return True
    if raw.count(b":") != dense.count(b":") or (b"\\" in raw and _ESCAPED_COLON in raw):
        return True
    return _too_deep(raw, value, max_depth)


def _too_deep(raw: bytes, value: Any, max_depth: int) -> bool:
    """Return whether *value* may nest deeper than allowed.

    Indented, every level starts its lines with two more blanks, and a line break within a string is escaped.
    """
    if raw.count(b"{") + raw.count(b"[") <= max_depth:
        return False
    return b"\n" + b" " * (_INDENT * max_depth) in orjson.dumps(value, option=orjson.OPT_INDENT_2)


def _why_not(raw: bytes, limits: Limits, *, strict: bool = True) -> Refusal | None:
    if raw.lstrip()[:1] == b"<":
        return _xml()
    depth = json_faults.depth_of(raw)
    if depth > limits.max_depth:
        return broken(
            "too-deep", f"arrays and objects nest {depth} deep, at most {limits.max_depth} are taken (switch: max_depth)"
        )
    refusal = json_faults.refusal_of(raw)
    if refusal is None and strict:  # two strict readers that disagree would be our own mistake
        raise AssertionError("the quick reader refused what the exact one takes")
    return refusal


def _unwrapped(value: Any, *, many: bool, settings: BodySettings) -> list[Any] | Refusal:
    if not many:
        return [value] if isinstance(value, dict) else _not_one(value)
    shape = settings.batch_body
    if isinstance(value, list) and shape != "object":
        return value
    if isinstance(value, dict) and shape != "array" and isinstance(value.get("events"), list):
        events: list[Any] = value["events"]
        return events
    return _not_many(value, shape)


def _not_one(value: Any) -> Refusal:
    if isinstance(value, list):
        return broken("array-to-event", f"…/event takes one event as a JSON object, found an array of {len(value)}; post arrays to …/events")
    return broken("not-an-object", f"an event is a JSON object, found {_kind(value)}")


def _not_many(value: Any, shape: str) -> Refusal:
    wanted = {"array": "a JSON array", "object": '{"events":[…]}', "both": 'a JSON array or {"events":[…]}'}[shape]
    if isinstance(value, dict):
        return broken("object-to-events", f"…/events takes {wanted}, found an object; post one event to …/event")
    return broken("not-an-array", f"…/events takes {wanted}, found {_kind(value)}")


def _kind(value: Any) -> str:
    match value:
        case list():
            return "an array"
        case str():
            return "a string"
        case None:
            return "null"
        case bool():
            return "a boolean"
        case _:
            return "a number"


def _with_warnings(values: list[Any], duplicates: list[Violation], settings: BodySettings) -> Events | Refusal:
    if duplicates and settings.duplicate_members == "refuse":
        first = duplicates[0]
        return broken("duplicate-member", f"event {first.index}: {first.message}", place=first.pointer)
    return Events(values, duplicates)
