"""The OpenAPI document of our own API, its schemas made from the structs that read and write, so that it cannot drift."""

from collections.abc import Iterable
from typing import Any

import msgspec

from mock_cdp import __version__
from mock_cdp.contract.fidelity import FidelityEntry
from mock_cdp.contract.violation import Violation
from mock_cdp.core.receipt import OUTCOMES, Counts, Tally
from mock_cdp.http.parameters import PageQuery, ResetBody, SessionBody, SessionQuery

_STRING = {"type": "string"}
_INTEGER = {"type": "integer"}
_BOOLEAN = {"type": "boolean"}
_PROBLEM_TYPES = {
    400: "A parameter or the body is not understood.",
    404: "There is no such thing.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    503: "The store cannot be used.",
}


def document(await_query: type[Any], quiet_query: type[Any]) -> dict[str, Any]:
    """Return the document.

    Args:
        await_query: Parameters of `await`.
        quiet_query: Parameters of `quiet`.
    """
    shapes = (Violation, Counts, Tally, FidelityEntry, ResetBody, SessionBody)
    _, components = msgspec.json.schema_components(shapes, ref_template="#/components/schemas/{name}")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "mock-cdp control API",
            "version": __version__,
            "description": "Counts, receipts, waiting and sessions of a running mock. A GET never changes anything.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/_mock"}],
        "paths": _paths(await_query, quiet_query),
        "components": {"schemas": components | _own_schemas()},
    }


def _paths(await_query: type[Any], quiet_query: type[Any]) -> dict[str, Any]:
    call_id = _path_parameter("callId", {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[0-9a-f]+$"})
    session_id = _path_parameter("sessionId", {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9_-]+$"})
    names = [_path_parameter(n, {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[a-z0-9-]+$"}) for n in ("unit", "application", "event")]
    return {
        "/counts": {"get": _get("counts", "How many events were accepted and refused", "Tally", SessionQuery, also=(404,))},
        "/receipts": {"get": _get("receipts", "What was received, newest first", "Page", PageQuery, also=(404,), links=_RECEIPT_LINKS)},
        "/receipts/{callId}": {"get": _get("receipt", "One receipt", "Receipt", parameters=[call_id], also=(404,))},
        "/await": {"get": _get("await", "Wait until n receipts match", "Awaited", await_query, also=(404,))},
        "/quiet": {"get": _get("quiet", "Wait and see that nothing matching arrives", "Quiet", quiet_query, also=(404,))},
        "/reset": {"post": _post("reset", "Forget receipts, counts and deduplication keys at once", "ResetBody", 200, "Tally", also=(404,))},
        "/sessions": {
            "get": _get("sessions", "All sessions", {"type": "array", "items": _ref("Session")}),
            "post": _post("openSession", "Make a session with fresh credentials", "SessionBody", 201, "OpenedSession", links=_SESSION_LINKS),
        },
        "/sessions/{sessionId}": {
            "get": _get("session", "One session", "Session", parameters=[session_id], also=(404,)),
            "delete": {
                "operationId": "dropSession",
                "summary": "Forget a session and everything in it",
                "parameters": [session_id],
                "responses": {"204": {"description": "Gone."}} | _problems((400, 404, 503)),
            },
        },
        "/contracts": {"get": _get("contracts", "The contracts in force", {"type": "array", "items": _ref("Contract")})},
        "/contracts/{unit}/{application}/{event}": {"get": _get("contract", "One contract in full", "FullContract", parameters=names, also=(404,))},
        "/health/live": {"get": _get("live", "Whether the process answers", "Live")},
        "/health/ready": {"get": _get("ready", "Whether events would be kept, and whether an edit was not taken up", "Ready")},
        "/fidelity": {"get": _get("fidelity", "What is imitated and how we know it", {"type": "array", "items": _ref("FidelityEntry")})},
        "/openapi.json": {"get": _get("openapi", "This document", {"type": "object"})},
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _content(schema: str | dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": _ref(schema) if isinstance(schema, str) else schema}}


def _problems(statuses: Iterable[int]) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": _ref("Problem")}}
    return {str(status): {"description": _PROBLEM_TYPES[status], "content": content} for status in sorted(set(statuses))}


def _get(
    name: str,
    summary: str,
    schema: str | dict[str, Any],
    query: type[Any] | None = None,
    *,
    parameters: list[dict[str, Any]] | None = None,
    also: tuple[int, ...] = (),
    links: dict[str, Any] | None = None,
) -> dict[str, Any]:
    answer = {"description": summary, "content": _content(schema)} | ({"links": links} if links else {})
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [*(parameters or []), *(_query_parameters(query) if query else [])],
        "responses": {"200": answer} | _problems((400, 503, *also)),
    }


def _post(
    name: str,
    summary: str,
    body: str,
    status: int,
    schema: str,
    *,
    also: tuple[int, ...] = (),
    links: dict[str, Any] | None = None,
) -> dict[str, Any]:
    answer = {"description": summary, "content": _content(schema)} | ({"links": links} if links else {})
    return {
        "operationId": name,
        "summary": summary,
        "requestBody": {"required": False, "content": _content(body)},
        "responses": {str(status): answer} | _problems((400, 413, 415, 503, *also)),
    }


def _path_parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters(shape: type[Any]) -> list[dict[str, Any]]:
    schemas, _ = msgspec.json.schema_components([shape])
    _, components = msgspec.json.schema_components([shape], ref_template="{name}")
    properties = components[shape.__name__]["properties"]
    return [
        {"name": name, "in": "query", "required": False, "schema": _given(schema)} for name, schema in properties.items()
    ]


def _given(schema: dict[str, Any]) -> dict[str, Any]:
    """Return what a given parameter may be: `null` only says that it may be left out."""
    schema = {name: value for name, value in schema.items() if not (name == "default" and value is None)}
    if "anyOf" in schema:
        alternatives = [option for option in schema.pop("anyOf") if option.get("type") != "null"]
        return schema | alternatives[0]
    if "enum" in schema:
        return schema | {"enum": [value for value in schema["enum"] if value is not None]}
    return schema


_SESSION_LINKS = {
    name: {"operationId": name, "parameters": {"sessionId": "$response.body#/id"}} for name in ("session", "dropSession")
} | {"counts": {"operationId": "counts", "parameters": {"session": "$response.body#/id"}}}
_RECEIPT_LINKS = {"receipt": {"operationId": "receipt", "parameters": {"callId": "$response.body#/receipts/0/callId"}}}


def _object(properties: dict[str, Any], required: Iterable[str] | None = None) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties if required is None else required)}


def _own_schemas() -> dict[str, Any]:
    violations = {"type": "array", "items": _ref("Violation")}
    receipts = {"type": "array", "items": _ref("Receipt")}
    session = {"id": _STRING, "userKey": _STRING, "label": _STRING, "createdAt": _STRING, "hasPublicKey": _BOOLEAN}
    contract = {
        **dict.fromkeys(("path", "businessUnit", "application", "event", "revision"), _STRING),
        "enabled": _BOOLEAN,
        "listener": _object(dict.fromkeys(("event", "events", "byExternalId"), _STRING)),
        "samples": _object(dict.fromkeys(("accepted", "rejected"), {"type": "array", "items": _STRING})),
    }
    receipt = {
        **dict.fromkeys(
            ("callId", "session", "application", "event", "receivedAt", "method", "path", "host", "query", "revision", "auth"),
            _STRING,
        ),
        **dict.fromkeys(("seq", "status", "errorCode"), _INTEGER),
        "headers": {"type": "object", "additionalProperties": _STRING},
        "outcomes": {"type": "array", "items": {"enum": list(OUTCOMES)}},
        "violations": violations,
        "warnings": violations,
    }
    return {
        "Problem": _object(
            {"type": _STRING, "title": _STRING, "status": _INTEGER, "detail": _STRING, "where": _STRING},
            ("type", "title", "status", "detail"),
        ),
        "Receipt": _object(receipt | {"body": _STRING, "bodyBase64": _STRING}, receipt),
        "Page": _object(
            {
                "receipts": receipts,
                "total": _INTEGER,
                "nextBefore": {"type": ["integer", "null"]},
                "complete": {"type": "boolean", "description": "False when evicted receipts might have matched."},
                "evicted": _INTEGER,
            }
        ),
        "Awaited": _object({"satisfied": _BOOLEAN, "matched": _INTEGER, "complete": _BOOLEAN, "receipts": receipts}),
        "Quiet": _object({"quiet": _BOOLEAN, "receipts": receipts}),
        "Session": _object(session),
        "OpenedSession": _object(session | {"secret": _STRING, "listeners": {"type": "object", "additionalProperties": _STRING}}),
        "Contract": _object(contract),
        "FullContract": _object(
            contract
            | {"userKey": _STRING, "mappings": {"type": "array"}}
            | dict.fromkeys(("settings", "model", "acceptedSamples", "rejectedSamples"), {"type": "object"})
        ),
        "Live": _object({"status": {"const": "live"}, "version": _STRING}),
        "Ready": _object(
            {
                "status": {"enum": ["ready", "degraded"]},
                "contracts": _object({"revision": _STRING, "count": _INTEGER, "trouble": {"type": "array", "items": _STRING}}),
            }
        ),
    }
