"""Bodies of configuration calls: strict JSON, read exactly."""

from typing import Any

from flask import request

from mock_cdp.configuration_refusals import ANY, IfMatch, Refused
from mock_cdp.contract.violation import Violation
from mock_cdp.core import json_faults
from mock_cdp.core.delivery import Limits
from mock_cdp.core.encoding import broken_off, decoded, too_large
from mock_cdp.core.refusal import ErrorCode, Refusal
from mock_cdp.http.reading import read_delivery


def read_json(limits: Limits) -> Any:
    """Return the JSON value of the body, whatever its Content-Type says.

    Raises:
        Refused: It is too large, or no strict JSON, or a name stands twice in it.
    """
    delivery = read_delivery(request.environ, limits)
    if delivery.oversized:
        raise Refused(too_large(limits.max_body_bytes))
    if delivery.broken_off:
        raise Refused(broken_off(len(delivery.body)))
    raw: bytes | Refusal = delivery.body
    if encoding := delivery.header("content-encoding"):
        raw = decoded(delivery.body, encoding, limits.max_body_bytes)
    read = raw if isinstance(raw, Refusal) else json_faults.read_exactly(raw, max_depth=limits.max_depth)
    if isinstance(read, Refusal):
        raise Refused(read)
    if read.repeated:
        twice = [json_faults.duplicate(path, name, many=False) for path, name in read.repeated]
        raise Refused(misfit(twice[0].pointer, f"{twice[0].message}; send each name once"))
    return read.value


def if_match() -> IfMatch:
    """Return which revisions the caller wants to change, as the header If-Match says."""
    return request.if_match.contains if "If-Match" in request.headers else ANY


def misfit(place: str, text: str) -> Refusal:
    """Return the refusal of a body that is JSON, but not what is taken here."""
    return Refusal(
        code="invalid-body", error_code=ErrorCode.INVALID_PARAMETER, message="Invalid parameter", details=text, pointer=place
    )


def schema(given: Any) -> Any:
    """Return a schema that may travel as a JSON string (as it does on events) as a value.

    Raises:
        Refused: The string holds no JSON.
    """
    if not isinstance(given, str):
        return given
    read = json_faults.read_exactly(given.encode(errors="surrogatepass"), max_depth=128)
    if isinstance(read, Refusal):
        violation = Violation(code=read.code, pointer="/schema", message=f"schema as a string must hold JSON: {read.details}")
        raise Refused(misfit("/schema", violation.message), (violation,))
    return read.value
