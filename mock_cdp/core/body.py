"""A delivery's body to events: the quick way for a body that is fine, the exact way to say what is wrong."""

import re
from typing import Any, Final, Literal

import msgspec

from mock_cdp.contract.violation import Violation
from mock_cdp.core import json_faults
from mock_cdp.core.credentials import is_form, parse_form_event
from mock_cdp.core.delivery import Delivery, Limits
from mock_cdp.core.encoding import (
    BYTE_ORDER_MARK,
    GZIP_MAGIC,
    UNSUPPORTED,
    broken,
    broken_off,
    decoded,
    foreign_charset,
    too_large,
)
from mock_cdp.core.json_reading import NOT_PARSED, doubtful, parse
from mock_cdp.core.receipt import Receipt
from mock_cdp.core.refusal import Refusal


class Events(msgspec.Struct):
    """The events of a body, not judged yet, and what was odd about it."""

    values: list[Any]
    warnings: list[Violation] = []


class BodySettings(msgspec.Struct, frozen=True, kw_only=True):
    """The switches of body reading.

    Attributes:
        limits: How much a delivery may hold.
        batch_body: What `/events` takes: `[…]`, `{"events":[…]}`, or both.
        duplicate_members: What a name that stands twice in an object leads to.
    """

    limits: Limits = Limits()
    batch_body: Literal["array", "object", "both"] = "both"
    duplicate_members: Literal["warn", "refuse"] = "warn"


_ANY_SIZE: Final = BodySettings(limits=Limits(max_body_bytes=2**40, max_events=2**40, max_depth=200))
_JSON_TYPES: Final = frozenset({"application/json", "application/json;charset=utf-8", "application/json; charset=utf-8"})
_FIRST: Final = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*+([^ \t\r\n]?)", re.DOTALL)
_BATCH_SHAPES: Final = {"array": "a JSON array", "object": '{"events":[…]}', "both": 'a JSON array or {"events":[…]}'}


def read_events(delivery: Delivery, *, many: bool, settings: BodySettings) -> Events | Refusal:
    """Read the events of *delivery*. Never raises, whatever the bytes are.

    Args:
        delivery: As received.
        many: Whether it was posted to `/events`.
        settings: The switches.
    """
    raw, limit = delivery.body, settings.limits.max_body_bytes
    if delivery.oversized or len(raw) > limit:
        return too_large(limit)
    if delivery.broken_off:  # what came may be valid all the same, but it is not what was sent
        return broken_off(len(raw))
    content_type = encoding = ""
    for name, value in delivery.headers:  # every delivery comes by here: one pass, no look-up functions
        if name == "content-type":
            content_type = content_type or value
        elif name == "content-encoding":
            encoding = f"{encoding},{value}" if encoding else value
    if encoding:
        unpacked = decoded(raw, encoding, limit)
        if isinstance(unpacked, Refusal):
            return unpacked
        raw = unpacked
    if content_type in _JSON_TYPES or not content_type:
        return _events(raw, "", many=many, settings=settings)
    return _by_content_type(raw, content_type, many=many, settings=settings)


def read_again(receipt: Receipt) -> Events | Refusal:
    """Read the events of a kept delivery as they were read then, whatever the limits are by now."""
    delivery = Delivery(receipt.method, receipt.path, "", receipt.headers, receipt.body, receipt.received_at)
    return read_events(delivery, many=receipt.path.endswith("/events"), settings=_ANY_SIZE)


def _by_content_type(raw: bytes, content_type: str, *, many: bool, settings: BodySettings) -> Events | Refusal:
    """Take a form, refuse XML; anything that looks like JSON is JSON, whatever its type says."""
    first = _first(raw)
    if first and first not in b"{[":
        if first == b"<" or "xml" in content_type.lower():
            return _xml()
        if is_form(content_type, raw) and not raw.startswith((BYTE_ORDER_MARK, GZIP_MAGIC)):
            return _form(raw, content_type, many=many)
    return _events(raw, foreign_charset(content_type), many=many, settings=settings)


def _first(raw: bytes) -> bytes:
    """Return the first byte of *raw* that is no blank and no byte order mark, or `b""`."""
    found = _FIRST.match(raw)
    return found[1] if found else b""


def _xml() -> Refusal:
    return broken(
        "xml-not-supported",
        "the body is XML or its Content-Type says so. CDP documents that it takes XML, but not how it reads it, so "
        "this mock takes JSON only for now: in CPI put an XML to JSON Converter before the call",
        error_code=UNSUPPORTED,
    )


def _form(raw: bytes, content_type: str, *, many: bool) -> Events | Refusal:
    if many:
        return broken("form-to-events", "a form holds one event; post it to …/event, or an array of events as JSON")
    return Events([parse_form_event(raw, content_type)])


def _events(raw: bytes, charset: str, *, many: bool, settings: BodySettings) -> Events | Refusal:
    try:
        value = parse(raw)
        if doubtful(raw, value, settings.limits.max_depth):
            return _events_exactly(raw, charset, many=many, settings=settings)
    except NOT_PARSED:
        return _events_exactly(raw, charset, many=many, settings=settings)
    values = _values(value, many=many, settings=settings)
    if isinstance(values, Refusal):
        return values
    return Events(values, [_charset(charset)]) if charset else Events(values)


def _events_exactly(raw: bytes, charset: str, *, many: bool, settings: BodySettings) -> Events | Refusal:
    if _first(raw) == b"<":
        return _xml()
    read = json_faults.read_exactly(raw, max_depth=settings.limits.max_depth, charset=charset)
    if isinstance(read, Refusal):
        return read
    values = _values(read.value, many=many, settings=settings)
    if isinstance(values, Refusal):
        return values
    duplicates = [json_faults.duplicate(path, name, many=many) for path, name in read.repeated]
    if duplicates and settings.duplicate_members == "refuse":
        return _duplicate_refused(read, duplicates, many=many)
    return Events(values, [*duplicates, _charset(charset)] if charset else duplicates)


def _charset(charset: str) -> Violation:
    return Violation(
        code="charset",
        pointer="",
        message=f"Content-Type declares the charset {charset}, but JSON is UTF-8 and was read so; declare utf-8",
        expected="utf-8",
        found=charset,
    )


def _duplicate_refused(read: json_faults.Exact, duplicates: list[Violation], *, many: bool) -> Refusal:
    first, (path, name) = duplicates[0], read.repeated[0]
    where = f"event {first.index}: " if many else ""
    more = f" ({len(duplicates)} such names in all)" if len(duplicates) > 1 else ""
    details = f"{where}{first.message}{more}; send each name once (switch: duplicate_members)"
    return broken("duplicate-member", details, place=json_faults.place_of((*path, name)))


# -- one or many -------------------------------------------------------------------------------------------------------


def _values(value: Any, *, many: bool, settings: BodySettings) -> list[Any] | Refusal:
    if not many:
        return [value] if isinstance(value, dict) else _not_one(value)
    values = _batch(value, settings.batch_body)
    if values is None:
        return _not_many(value, settings.batch_body)
    if not values:  # whatever SAP says to it, a sender of nothing wants to know
        return broken("no-events", "the batch is empty: the source selected nothing; do not call without events")
    if len(values) > settings.limits.max_events:
        return _too_many(len(values), settings.limits.max_events)
    return values


def _batch(value: Any, shape: str) -> list[Any] | None:
    if isinstance(value, dict) and shape != "array":
        value = value.get("events")
    elif shape == "object":
        return None
    return value if isinstance(value, list) else None


def _not_one(value: Any) -> Refusal:
    if isinstance(value, list):
        return broken(
            "array-to-event",
            f"…/event takes one event as a JSON object, found an array of {len(value)}; post arrays to …/events",
        )
    return broken("not-an-object", f"…/event takes one event as a JSON object, found {_kind(value)}")


def _not_many(value: Any, shape: str) -> Refusal:
    wanted = f"…/events takes {_BATCH_SHAPES[shape]}"
    if isinstance(value, dict) and "events" in value:
        switch = " (switch: batch_body)" if isinstance(value["events"], list) else ""
        return broken("object-to-events", f'{wanted}, found an object whose "events" is {_kind(value["events"])}{switch}')
    if isinstance(value, dict):
        return broken("object-to-events", f"{wanted}, found a single object; post one event to …/event")
    switch = " (switch: batch_body)" if isinstance(value, list) else ""
    return broken("not-an-object", f"{wanted}, found {_kind(value)}{switch}; each event is a JSON object")


def _too_many(count: int, limit: int) -> Refusal:
    return broken(
        "too-many-events",
        f"the batch holds {count} events, at most {limit} are taken (switch: max_events); send several deliveries",
    )


def _kind(value: Any) -> str:
    match value:
        case dict():
            return "an object"
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
