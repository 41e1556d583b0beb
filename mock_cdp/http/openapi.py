"""The OpenAPI document of what is no listener; its schemas come from the structs that read and write, so it cannot drift."""

from collections.abc import Iterable
from typing import Any

import msgspec

from mock_cdp import __version__
from mock_cdp.contract.fidelity import FidelityEntry
from mock_cdp.core.receipt import Tally
from mock_cdp.http import openapi_configuration, views
from mock_cdp.http import openapi_pieces as pieces
from mock_cdp.http.coverage import ContractCoverage, CoverageQuery
from mock_cdp.http.parameters import PageQuery, ResetBody, SessionBody, SessionQuery, schemas
from mock_cdp.http.problems import TYPES, ProblemBody

_READS = (ResetBody, SessionBody)
_WRITES = (
    ProblemBody,
    Tally,
    views.Receipt,
    views.Page,
    views.Awaited,
    views.Quiet,
    views.Session,
    views.OpenedSession,
    views.Contract,
    views.FullContract,
    ContractCoverage,
    views.ContractFolder,
    views.Live,
    views.Ready,
    FidelityEntry,
)
_DESCRIPTION = """\
Below `/_mock`: counts, receipts, waiting and sessions of a running mock. Below `/api`: SAP's configuration API as the mock
imitates it; who may call it without a key is a switch, and `If-Match` with an `ETag` guards an update. A GET never changes
anything.

Below `/_mock` every refusal is a problem (RFC 9457), below `/api` it is CDP's envelope.
A method that is not described here is answered 405 with `Allow`, a path that is
not described here 404, and a failure of the mock itself 500.
"""


def document(await_query: type[Any], quiet_query: type[Any]) -> dict[str, Any]:
    """Return the document.

    Args:
        await_query: Parameters of `await`.
        quiet_query: Parameters of `quiet`.
    """
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "mock-cdp: its own API and SAP's configuration API",
            "version": __version__,
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": {f"/_mock{path}": item for path, item in _ours(await_query, quiet_query).items()}
        | openapi_configuration.paths(),
        "components": {"schemas": _components() | openapi_configuration.schemas()},
    }


def _ours(await_query: type[Any], quiet_query: type[Any]) -> dict[str, Any]:
    return {
        **_receipts(await_query, quiet_query),
        **_sessions(),
        **_contracts(),
        "/health/live": {"get": _get("live", "Whether the process answers", views.Live)},
        "/health/ready": {"get": _get("ready", "Whether events are kept and edits taken up", views.Ready)},
        "/openapi.json": {"get": _get("openapi", "This document", {"type": "object"})},
    }


def _components() -> dict[str, Any]:
    template = "#/components/schemas/{name}"
    _, read = msgspec.json.schema_components(_READS, ref_template=template)
    _, written = msgspec.json.schema_components(_WRITES, ref_template=template)
    for name in ("Tally", "Counts"):  # their defaults are for making one; every member is always written
        written[name]["required"] = list(written[name]["properties"])
    return read | written


def _receipts(await_query: type[Any], quiet_query: type[Any]) -> dict[str, Any]:
    call_id = _path_parameter("callId", "^[0-9a-f]{1,64}$", "What `x-callid` said.", "0f" * 16)
    link = {"receipt": {"operationId": "receipt", "parameters": {"callId": "$response.body#/receipts/0/callId"}}}
    reset = _post("reset", "Forget receipts, counts and deduplication keys at once", ResetBody, 200, Tally, also=(404, 409))
    return {
        "/counts": {"get": _get("counts", "How many events were accepted and refused", Tally, SessionQuery, also=(404,))},
        "/receipts": {"get": _get("receipts", "What was received, newest first", views.Page, PageQuery, also=(404,), links=link)},
        "/receipts/{callId}": {"get": _get("receipt", "One receipt", views.Receipt, path=[call_id], also=(404,))},
        "/await": {"get": _get("await", "Wait until n receipts match", views.Awaited, await_query, also=(404,))},
        "/quiet": {"get": _get("quiet", "Wait and see that nothing matching arrives", views.Quiet, quiet_query, also=(404,))},
        "/reset": {"post": reset | {"parameters": _query_parameters(SessionQuery)}},
    }


def _sessions() -> dict[str, Any]:
    session_id = _path_parameter("sessionId", "^[A-Za-z0-9_-]{1,64}$", "What POST sessions answered as `id`.", "S" + "0" * 21)
    path = {"sessionId": "$response.body#/id"}
    links = {
        **{name: {"operationId": name, "parameters": path} for name in ("session", "dropSession")},
        **{name: {"operationId": name, "parameters": {"session": path["sessionId"]}} for name in ("counts", "reset")},
    }
    made = "Make a session with fresh credentials"
    return {
        "/sessions": {
            "get": _get("sessions", "All sessions", _array(views.Session)),
            "post": _post("openSession", made, SessionBody, 201, views.OpenedSession, links=links),
        },
        "/sessions/{sessionId}": {
            "get": _get("session", "One session", views.Session, path=[session_id], also=(404,)),
            "delete": {
                "operationId": "dropSession",
                "summary": "Forget a session and everything in it",
                "parameters": [session_id],
                "responses": {"204": {"description": "It is gone."}} | _problems((400, 404, 503)),
            },
        },
    }


def _contracts() -> dict[str, Any]:
    folder = "^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$"
    examples = {"unit": "retail", "application": "sap-car", "event": "pos-receipt"}
    names = [_path_parameter(name, folder, "A folder's name.", example) for name, example in examples.items()]
    one = "/contracts/{unit}/{application}/{event}"
    return {
        "/contracts": {"get": _get("contracts", "The contracts in force", _array(views.Contract))},
        one: {"get": _get("contract", "One contract in full", views.FullContract, path=names, also=(404,))},
        "/coverage": {"get": _coverage()},
        "/models/infer": {"post": _infer()},
        "/export": {"get": _get("export", "Everything in force as a contract folder", views.ContractFolder, also=(409,))},
        "/fidelity": {"get": _get("fidelity", "What is imitated and how we know it", _array(FidelityEntry))},
    }


def _infer() -> dict[str, Any]:
    sample = {"type": "object", "examples": [{"orderId": "R-1001", "total": 19.9}]}
    body = {"anyOf": [sample, {"type": "array", "items": sample, "minItems": 1}]}
    guess = {"type": "object", "properties": {name: {"type": "string"} for name in ("pointer", "keyword", "text")}}
    answer = {
        "type": "object",
        "properties": {
            "schema": {"type": "object"},
            "guesses": {"type": "array", "items": guess},
            "recognised": {"enum": ["schema", "samples"]},
            "samples": {"type": "integer", "minimum": 0},
        },
        "required": ["schema", "guesses", "recognised", "samples"],
    }
    return {
        "operationId": "inferModel",
        "summary": "Make an event model from samples, or recognise a JSON Schema; says what was guessed",
        "requestBody": {"required": True, "content": pieces.content(body)},
        "responses": {"200": pieces.answer("The model", answer)} | _problems((400, 413, 503)),
    }


def _ref(shape: type[Any]) -> dict[str, Any]:
    return pieces.ref(shape.__name__)


def _array(shape: type[Any]) -> dict[str, Any]:
    return {"type": "array", "items": _ref(shape)}


def _schema(schema: type[Any] | dict[str, Any]) -> dict[str, Any]:
    return schema if isinstance(schema, dict) else _ref(schema)


def _problems(statuses: Iterable[int]) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": _ref(ProblemBody)}}
    return {str(status): {"description": TYPES[status][1], "content": content} for status in sorted(set(statuses))}


def _coverage() -> dict[str, Any]:
    summary = "By how many events each rule of a model was kept and broken"
    operation = _get("coverage", summary, ContractCoverage, CoverageQuery, also=(404,))
    for parameter in operation["parameters"]:
        parameter["required"] = parameter["name"] == "event"
    return operation


def _get(
    name: str,
    summary: str,
    schema: type[Any] | dict[str, Any],
    query: type[Any] | None = None,
    *,
    path: Iterable[dict[str, Any]] = (),
    also: tuple[int, ...] = (),
    links: dict[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [*path, *(_query_parameters(query) if query else ())],
        "responses": {"200": pieces.answer(summary, _schema(schema), links)} | _problems((400, 503, *also)),
    }


def _post(
    name: str,
    summary: str,
    body: type[Any],
    status: int,
    schema: type[Any],
    *,
    also: tuple[int, ...] = (),
    links: dict[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": summary,
        "requestBody": {"required": False, "content": pieces.content(_ref(body))},
        "responses": {str(status): pieces.answer(summary, _ref(schema), links)} | _problems((400, 413, 415, 503, *also)),
    }


def _path_parameter(name: str, pattern: str, description: str, example: str) -> dict[str, Any]:
    schema = {"type": "string", "pattern": pattern, "examples": [example]}
    return {"name": name, "in": "path", "required": True, "description": description, "schema": schema}


def _query_parameters(shape: type[Any]) -> list[dict[str, Any]]:
    return [{"name": name, "in": "query", "required": False, "schema": schema} for name, schema in schemas(shape).items()]
