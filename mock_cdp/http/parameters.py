"""Queries and bodies of our own API to structs: unknown, repeated and impossible parameters are refused by name."""

import difflib
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from flask import Request
from msgspec import Meta

from mock_cdp.core.receipt import Filter, Outcome
from mock_cdp.http.problems import Problem

MAX_BODY_BYTES = 64 * 1024
Text = Annotated[str, Meta(min_length=1, max_length=200)]
SessionId = Annotated[str, Meta(min_length=1, max_length=64, description="Session id; `default` is the one without a session.")]
Moment = Annotated[
    str, Meta(min_length=1, max_length=40, description="RFC 3339 time with offset, or Unix seconds.", examples=["2024-11-30T17:50:12Z"])
]
Seq = Annotated[int, Meta(ge=0, le=2**53, description="A receipt's seq.")]

S = TypeVar("S", bound=msgspec.Struct)


class SessionQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which session; all of them when left out."""

    session: SessionId | None = None


class FilterQuery(SessionQuery, frozen=True, kw_only=True):
    """Which receipts."""

    event: Annotated[str, Meta(min_length=1, max_length=200, description="`pos-receipt` or `retail/sap-car/pos-receipt`.")] | None = None
    outcome: Outcome | None = None
    code: Annotated[str, Meta(min_length=1, max_length=64, description="Code of a violation or warning.")] | None = None
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

    limit: Annotated[int, Meta(ge=1, le=500, description="Receipts on a page.")] = 50
    before: Seq | None = None


class ResetBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which session to reset; all of them when left out."""

    session: SessionId | None = None


class SessionBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """A session to make."""

    label: Annotated[str, Meta(max_length=200, description="What you call it.")] = ""
    public_key: Annotated[
        str, Meta(max_length=8_192, description="PEM of an RSA public key, to verify JWTs the client signs itself.")
    ] = ""


def moment(name: str, text: str | None) -> float | None:
    """Return Unix seconds of *text*.

    Raises:
        Problem: Neither a number nor RFC 3339.
    """
    if text is None:
        return None
    try:
        return float(text) if text.replace(".", "", 1).isdecimal() else _rfc3339(text)
    except (ValueError, OverflowError):
        raise Problem(400, f"{name} must be RFC 3339 with an offset or Unix seconds, found {text!r}", where=name) from None


def _rfc3339(text: str) -> float:
    value = datetime.fromisoformat(text.replace(" ", "+"))  # a raw + in a query
    if value.tzinfo is None:
        raise ValueError(text)
    return value.timestamp()


def query(request: Request, shape: type[S]) -> S:
    """Return the query as *shape*.

    Raises:
        Problem: 400 naming the parameter.
    """
    given: dict[str, str] = {}
    fields = {field.encode_name: field for field in msgspec.structs.fields(shape)}
    try:
        pairs = parse_qsl(request.environ.get("QUERY_STRING", ""), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise Problem(400, "the query is not percent-encoded UTF-8") from None
    for name, value in pairs:
        if name not in fields:
            raise Problem(400, f"unknown parameter {name[:80]!r}; {_near(name, fields)}", where=name[:80])
        if name in given:
            raise Problem(400, f"{name} stands more than once; give it once", where=name)
        given[name] = value
    return shape(**{name: _value(name, value, fields[name].type) for name, value in given.items()})


def _value(name: str, value: str, kind: Any) -> Any:
    if "\x00" in value:
        raise Problem(400, f"{name} holds a zero character", where=name)
    try:
        return msgspec.convert(value, _without_none(kind), strict=False)
    except msgspec.ValidationError as error:
        raise Problem(400, f"{name}: {error}, found {value[:80]!r}", where=name) from None


def _without_none(kind: Any) -> Any:
    """Return the kind a given text must have: leaving out is the only way to give nothing."""
    arguments = [argument for argument in getattr(kind, "__args__", ()) if argument is not type(None)]
    return arguments[0] if len(arguments) == 1 and type(None) in getattr(kind, "__args__", ()) else kind


def _near(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    names = ", ".join(known)
    return f"did you mean {near[0]!r}?" if near else f"known here: {names or 'none'}"


def body(request: Request, shape: type[S]) -> S:
    """Return the JSON body as *shape*; an empty body is an empty object.

    Raises:
        Problem: 400, 413 or 415.
    """
    raw = request.get_data(cache=False) if (request.content_length or 0) <= MAX_BODY_BYTES else None
    if raw is None or len(raw) > MAX_BODY_BYTES:
        raise Problem(413, f"at most {MAX_BODY_BYTES} bytes are taken")
    if not raw:
        return shape()
    if request.mimetype and request.mimetype != "application/json":
        raise Problem(415, f"send application/json, found {request.mimetype[:80]!r}")
    try:
        return msgspec.json.decode(raw, type=shape)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as error:
        names = ", ".join(field.encode_name for field in msgspec.structs.fields(shape))
        raise Problem(400, f"the body does not fit: {error}; members known here: {names}") from None
