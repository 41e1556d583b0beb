"""Answers of SAP's API that are no deliveries': bare JSON, and refusals in CDP's envelope."""

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
    return _answer(value, new_call_id(), status, headers or {})


def done() -> Response:
    """Answer what leaves nothing to show: the family's envelope without an error, because clients parse every answer."""
    call_id = new_call_id()
    body = replies.envelope(call_id, time.time(), error_code=0, message="", details="", status=200)
    return _answer(body, call_id, 200, {})


def refused(refusal: Refusal, violations: tuple[Violation, ...] = ()) -> Response:
    """Answer a refusal, with every broken rule."""
    call_id = new_call_id()
    body = replies.refusal_envelope(call_id, time.time(), refusal) | {"code": refusal.code}
    if violations:
        body["validationErrors"] = [{"fieldName": v.pointer, "message": v.message} for v in violations]
        body["violations"] = msgspec.to_builtins(violations)
    headers = {"X-Mock-Basis": refusal.basis} | dict(replies.challenge(refusal))
    return _answer(body, call_id, refusal.http_status, headers)


def _answer(value: Any, call_id: str, status: int, headers: Mapping[str, str]) -> Response:
    response = Response(orjson.dumps(value), status, mimetype="application/json")
    response.headers["x-callid"] = call_id
    response.headers["Cache-Control"] = "no-store"
    response.headers.extend(headers)
    return response
