"""Queries and bodies of our own API to structs: unknown, repeated and impossible parameters are refused by name."""

import difflib
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from flask import Request
from msgspec import Meta

from mock_cdp.core.delivery import Limits
from mock_cdp.core.receipt import Filter, Outcome
from mock_cdp.http.problems import Problem
from mock_cdp.http.public_keys import EXPECTED as PUBLIC_KEY
from mock_cdp.http.public_keys import PATTERN as PUBLIC_KEY_PATTERN
from mock_cdp.http.reading import read_delivery

MAX_BODY_BYTES = 64 * 1024
SHOWN = 80  # characters of what was found

_PRINTABLE = r"^[^\u0000-\u001f\u007f]*$"  # a text that reaches a terminal or a database: no control characters
_UNIX_SECONDS = r"^[0-9]{1,12}(\.[0-9]{1,9})?$"
_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})", re.IGNORECASE
)
_LEAP_SECOND = re.compile(r"(?<=:[0-9]{2}:)60")

SessionId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        pattern="^[A-Za-z0-9_-]+$",
        description="Session id; `default` is the one without a session.",
        examples=["default"],
    ),
]
EventName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        pattern=_PRINTABLE,
        description="An event, by its name or its folder path.",
        examples=["pos-receipt", "retail/sap-car/pos-receipt"],
    ),
]
Code = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        pattern="^[A-Za-z0-9-]+$",
        description="Code of a violation, a warning or a diagnosis.",
        examples=["required", "type", "T01"],
    ),
]
Moment = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=40,
        description="A time: RFC 3339 with an offset, or Unix seconds.",
        examples=["2024-11-30T17:50:12Z", "1732989012"],
        extra_json_schema={"anyOf": [{"format": "date-time"}, {"pattern": _UNIX_SECONDS}]},
    ),
]
Seq = Annotated[int, Meta(ge=0, le=2**53, description="A receipt's seq.", examples=[1])]

S = TypeVar("S", bound=msgspec.Struct)


class SessionQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which session; all of them when left out."""

    session: SessionId | None = None


class FilterQuery(SessionQuery, frozen=True, kw_only=True):
    """Which receipts."""

    event: EventName | None = None
    outcome: Outcome | None = None
    code: Code | None = None
    since: Moment | None = None
    until: Moment | None = None
    after: Seq | None = None

    def filter(self) -> Filter:
        """Return the store's filter."""
        return Filter(
            session=self.session,
            event=self.event,
            outcome=self.outcome,
            code=self.code,
            since=moment("since", self.since),
            until=moment("until", self.until),
            after=self.after,
        )


class PageQuery(FilterQuery, frozen=True, kw_only=True):
    """Which receipts, and which page of them."""

    limit: Annotated[int, Meta(ge=1, le=500, description="Receipts on a page.", examples=[50])] = 50
    before: Seq | None = None


def waiting_queries(max_wait_s: float) -> tuple[type[FilterQuery], type[FilterQuery]]:
    """Return the parameters of `await` and `quiet`; nobody may hold a connection longer than *max_wait_s*."""
    seconds = Annotated[float, Meta(ge=0, le=max_wait_s, description="Seconds.", examples=[0])]
    n = Annotated[int, Meta(ge=1, le=1_000_000, description="Receipts to wait for.", examples=[1])]
    await_fields = [("n", n, 1), ("timeout_s", seconds, min(30.0, max_wait_s))]
    quiet_fields = [("for_s", seconds, min(1.0, max_wait_s))]
    made = (
        msgspec.defstruct(name, fields, bases=(FilterQuery,), frozen=True, kw_only=True)
        for name, fields in (("AwaitQuery", await_fields), ("QuietQuery", quiet_fields))
    )
    return tuple(made)  # type: ignore[return-value]  # both made from FilterQuery just above


class ResetBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which session to reset; all of them when left out."""

    session: SessionId | None = None


class SessionBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """A session to make."""

    label: Annotated[str, Meta(max_length=200, pattern=_PRINTABLE, description="What you call it.", examples=["build 17"])] = ""
    public_key: Annotated[
        str,
        Meta(
            description=f"Verifies JWTs the client signs itself: {PUBLIC_KEY}.",
            extra_json_schema={"pattern": PUBLIC_KEY_PATTERN},
        ),
    ] = ""


def schemas(shape: type[msgspec.Struct]) -> dict[str, dict[str, Any]]:
    """Return the JSON Schema of each member of *shape*; what a given one may be, so never null."""
    _, components = msgspec.json.schema_components([shape], ref_template="{name}")
    return {name: _given(schema) for name, schema in components[shape.__name__]["properties"].items()}


def _given(schema: dict[str, Any]) -> dict[str, Any]:
    """Leave out `null`: it only says that a parameter may be left out."""
    schema = {name: value for name, value in schema.items() if not (name == "default" and value is None)}
    for option in schema.pop("anyOf", ()):
        if option.get("type") != "null":
            schema |= option
    if "enum" in schema:
        schema["enum"] = [value for value in schema["enum"] if value is not None]
    return schema


def moment(name: str, text: str | None) -> float | None:
    """Return Unix seconds of *text*.

    Raises:
        Problem: Neither a number nor RFC 3339.
    """
    if text is None:
        return None
    try:
        return float(text) if re.fullmatch(_UNIX_SECONDS, text) else _rfc3339(text)
    except (ValueError, OverflowError):
        expected = "RFC 3339 with an offset (2024-11-30T17:50:12Z) or Unix seconds"
        raise Problem(400, f"{name} must be {expected}, found {text[:SHOWN]!r}", where=name) from None


def _rfc3339(text: str) -> float:
    text = text.replace(" ", "+").upper()  # a + that was not percent-encoded in the query arrives as a space
    if not _RFC_3339.fullmatch(text):
        raise ValueError(text)
    return datetime.fromisoformat(_LEAP_SECOND.sub("59", text)).timestamp()


def query(request: Request, shape: type[S]) -> S:
    """Return the query as *shape*.

    Raises:
        Problem: 400 naming the parameter.
    """
    given: dict[str, str] = {}
    fields = {field.encode_name: field for field in msgspec.structs.fields(shape)}
    for name, value in _pairs(request.environ.get("QUERY_STRING", "")):
        if name not in fields:
            raise Problem(400, f"unknown parameter {name[:SHOWN]!r}; {_near(name, fields)}", where=name[:SHOWN])
        if name in given:
            raise Problem(400, f"{name} stands more than once; give it once", where=name)
        given[name] = value
    return shape(**{fields[name].name: _value(name, value, fields[name].type, shape) for name, value in given.items()})


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict")
    except (UnicodeError, ValueError):
        raise Problem(400, "the query is not percent-encoded UTF-8; encode it as RFC 3986 says") from None


def _value(name: str, value: str, kind: Any, shape: type[msgspec.Struct]) -> Any:
    try:
        return msgspec.convert(value, _without_none(kind), strict=False)
    except msgspec.ValidationError:
        must = expectation(schemas(shape)[name])
        raise Problem(400, f"{name} must be {must}, found {value[:SHOWN]!r}", where=name) from None


def _without_none(kind: Any) -> Any:
    """Return the kind a given text must have: leaving out is the only way to give nothing."""
    arguments = [argument for argument in getattr(kind, "__args__", ()) if argument is not type(None)]
    return arguments[0] if len(arguments) == 1 and type(None) in getattr(kind, "__args__", ()) else kind


def expectation(schema: Mapping[str, Any]) -> str:
    """Say in words what *schema* allows."""
    if "enum" in schema:
        return f"one of {', '.join(schema['enum'])}"
    if schema["type"] == "string":
        return _expected_text(schema)
    kind = "a whole number" if schema["type"] == "integer" else "a number"
    return f"{kind} from {schema['minimum']} to {schema['maximum']}"


def _expected_text(schema: Mapping[str, Any]) -> str:
    if "maxLength" not in schema:
        return "text"
    length = f"text of {schema.get('minLength', 0)} to {schema['maxLength']} characters"
    return f"{length} matching {schema['pattern']}" if "pattern" in schema else length


def _near(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name[:SHOWN], known, n=1)
    names = ", ".join(known)
    return f"did you mean {near[0]!r}?" if near else f"known here: {names or 'none'}"


def body(request: Request, shape: type[S]) -> S:
    """Return the JSON body as *shape*; an empty body is an empty object.

    Raises:
        Problem: 400, 413 or 415.
    """
    read = read_delivery(request.environ, Limits(max_body_bytes=MAX_BODY_BYTES))  # bounded, also in chunks
    if read.oversized:
        raise Problem(413, f"at most {MAX_BODY_BYTES} bytes are taken; send less")
    if read.broken_off:  # nothing of it may look like an empty object
        raise Problem(400, "the body ended before its end", where="body")
    if not read.body:
        return shape()
    if request.mimetype and request.mimetype != "application/json":
        raise Problem(415, f"send application/json, found {request.mimetype[:SHOWN]!r}", where="Content-Type")
    try:
        return msgspec.json.decode(read.body, type=shape)
    except msgspec.ValidationError as error:
        raise _misfit(str(error), shape) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(400, f"the body is not JSON: {error}") from None


_UNKNOWN_MEMBER = re.compile(r"unknown field `(.*)`", re.DOTALL)
_MEMBER = re.compile(r" - at `\$\.(\w+)")


def _misfit(text: str, shape: type[msgspec.Struct]) -> Problem:
    """Name the member that does not fit; its value is not shown, it may be a key."""
    known = schemas(shape)
    if unknown := _UNKNOWN_MEMBER.search(text):
        return Problem(400, f"unknown member {unknown[1][:SHOWN]!r}; {_near(unknown[1], known)}", where=unknown[1][:SHOWN])
    if (member := _MEMBER.search(text)) and member[1] in known:
        return Problem(400, f"{member[1]} must be {expectation(known[member[1]])}", where=member[1])
    return Problem(400, f"the body must be a JSON object with no members but {', '.join(known)}")
