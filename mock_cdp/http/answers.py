"""Answers below `/api` that are no deliveries': bare JSON, and refusals in CDP's envelope."""

import time
from collections.abc import Mapping
from typing import Any

import msgspec
import orjson
from flask import Response

from mock_cdp.contract.violation import Violation
from mock_cdp.core import replies
from mock_cdp.core.refusal import Refusal
from mock_cdp.listener import new_call_id


def bare(value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer *value* as it is: every configuration call answers bare entities and arrays (observed)."""
    response = Response(orjson.dumps(value), status, mimetype="application/json")
    response.headers["x-callid"] = new_call_id()
    response.headers["Cache-Control"] = "no-store"
    response.headers.extend(headers or {})
    return response


def done() -> Response:
    """Answer what leaves nothing to show: the family's envelope without an error, because clients parse every answer."""
    body = replies.envelope(new_call_id(), time.time(), error_code=0, message="", details="", status=200)
    return bare(body)


def refused(refusal: Refusal, violations: tuple[Violation, ...] = ()) -> Response:
    """Answer a refusal, with every broken rule."""
    status = refusal.http_status
    call_id = new_call_id()
    body = replies.envelope(
        call_id, time.time(), error_code=refusal.error_code, message=refusal.message, details=refusal.details, status=status
    )
    body["code"] = refusal.code
    if violations:
        body["validationErrors"] = [{"fieldName": v.pointer, "message": v.message} for v in violations]
        body["violations"] = msgspec.to_builtins(violations)
    headers = {"X-Mock-Basis": refusal.basis, "x-callid": call_id}
    if status == 401:  # noqa: PLR2004
        headers["WWW-Authenticate"] = 'Bearer realm="mock-cdp"'
    response = Response(orjson.dumps(body), status, mimetype="application/json")
    response.headers.extend(headers)
    return response
