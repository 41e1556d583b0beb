"""The listener of every contract as an OpenAPI 3.1 document: what to send, how to sign it, what is answered.

It holds no credentials. Models stand under components/schemas in OpenAPI's own dialect (see `dialect`); there is no
`jsonSchemaDialect`, since hardly a tool heeds it: each model names the draft it was written in as `x-model-dialect`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote

import msgspec

from mock_cdp import __version__
from mock_cdp.contract.contract import Catalog, Contract, Sample
from mock_cdp.contract.model import dialect_of
from mock_cdp.contract.violation import Violation
from mock_cdp.exports.dialect import translated
from mock_cdp.exports.names import distinct, pascal

MOST_EVENTS: Final = 1_000  # of a batch; the mock's own limit (its setting max_events), SAP's is unknown

_SCHEMAS: Final = "#/components/schemas/"
_DESCRIPTION: Final = """\
The listener URLs of these contracts as `mock-cdp` keeps them. SAP documents the URLs and what they take; the status 202 and \
`x-callid` are observed in client code; the other answers are this mock's, after SAP's API family. `X-Mock-Basis` says so with \
every answer.

Send `userKey` and `secret` in the query, strictly percent-encoded (`+ / =` as `%2B %2F %3D`), or a bearer token.

Models were translated into the JSON Schema dialect of OpenAPI 3.1 without a change of meaning; `x-model-dialect` names the \
draft each was written in, `x-untranslated` holds what is no rule there. The mock also asserts every `format`, which no schema \
can say, and wants a top-level domain in an `email`; and it refuses an integer that needs more than 64 bits, wherever it stands.
"""
_REFUSALS: Final = {
    400: "The body cannot be read or breaks the model; `violations` say where.",
    401: "No credentials, half of them, or a token that does not hold.",
    403: "Unknown user key, wrong secret, a key of another application, or a disabled event.",
    404: "Nothing listens here any more.",
    405: "A listener takes POST.",
    413: "The body is larger than the mock takes (its setting max_body_bytes).",
    415: "XML, or a Content-Encoding other than gzip.",
    500: "The mock itself failed; nothing was kept.",
}
_HEADERS: Final[Mapping[str, tuple[str, dict[str, Any]]]] = {
    "x-callid": ("Names this call; the receipt is kept under it.", {"type": "string", "pattern": "^[0-9a-f]{32}$"}),
    "X-Mock-Basis": ("On what this answer rests.", {"type": "string", "enum": ["documented", "observed", "assumed"]}),
    "X-Contract-Verdict": (
        "The outcome of all events in one word.",
        {"type": "string", "enum": ["accepted", "rejected", "duplicate", "discarded", "mixed"]},
    ),
    "X-Contract-Report": ("Where the mock tells all about this delivery.", {"type": "string", "pattern": "^/_mock/receipts/"}),
    "X-Contract-Revision": ("Of the contracts it was judged by.", {"type": "string"}),
}
_ALWAYS: Final = ("x-callid", "X-Mock-Basis")  # a request that is no delivery has no report


def document(catalog: Catalog, *, server: str) -> dict[str, Any]:
    """Return the document.

    Args:
        catalog: What is described: each event twice, `…/event` and `…/events`. Those that do not listen are said to be disabled.
        server: Base URL of the mock.
    """
    tags = _tags(catalog.contracts)
    names = _names(catalog.contracts)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "SAP CDP listener (mock-cdp)",
            "version": __version__,
            "description": _DESCRIPTION,
            "x-contract-revision": catalog.revision,
        },
        "servers": [{"url": server.rstrip("/")}],
        "security": [{"userKey": [], "secret": []}, {"bearer": []}],
        "tags": [{"name": tag, "description": application} for application, tag in tags.items()],
        "paths": {
            f"{_path(contract)}/{kind}": {"post": operation(contract, tags[contract.application_path], name)}
            for contract, name in zip(catalog.contracts, names, strict=True)
            for kind, operation in (("event", _event), ("events", _events))
        },
        "components": {
            "schemas": _answer_schemas() | {name: _model(c, name) for c, name in zip(catalog.contracts, names, strict=True)},
            "responses": {_refusal_name(status): _refusal(status, text) for status, text in _REFUSALS.items()},
            "headers": {name: _header(name) for name in _HEADERS},
            "securitySchemes": _security_schemes(),
        },
    }


# -- names -------------------------------------------------------------------------------------------------------------


def _tags(contracts: Iterable[Contract]) -> dict[str, str]:
    """Return a tag for every application: its name, or its path when another has the same name."""
    named = {contract.application_path: contract.application.name for contract in contracts}
    shared = Counter(named.values())
    wanted = [name if shared[name] == 1 else f"{name} ({path})" for path, name in named.items()]
    return dict(zip(named, distinct(wanted), strict=True))


def _names(contracts: Iterable[Contract]) -> list[str]:
    """Return a name for every event by application and event (`SapCarPosReceipt`): its model's, too, and so no answer's."""
    wanted = [pascal(contract.path.split("/", 1)[1]) or "Event" for contract in contracts]
    return distinct(wanted, taken=_answer_schemas())


def _path(contract: Contract) -> str:
    return quote(contract.listener_path, safe="/-_.~")  # a brace in an id is no path parameter


# -- operations --------------------------------------------------------------------------------------------------------


def _event(contract: Contract, tag: str, name: str) -> dict[str, Any]:
    examples = {sample.name: {"value": sample.event} for sample in contract.accepted_samples}
    summary = f"Send one event: {contract.event.name}"
    operation = _operation(contract, f"post{name}", tag, summary, schema={"$ref": _SCHEMAS + name}, examples=examples)
    return operation | {"responses": _responses("One event was taken.", "EventTaken")}


def _events(contract: Contract, tag: str, name: str) -> dict[str, Any]:
    samples: list[Sample] = list(contract.accepted_samples[:MOST_EVENTS])
    examples = {"accepted-samples": {"value": [sample.event for sample in samples]}} if samples else {}
    summary = f"Send several events: {contract.event.name}"
    operation = _operation(contract, f"batch{name}", tag, summary, schema=_batch(name), examples=examples)
    return operation | {"responses": _responses("Something in the batch was taken; `outcomes` say what.", "EventsTaken")}


def _batch(name: str) -> dict[str, Any]:
    """Describe what is taken, which is more than what should be sent: one event that keeps the model is enough for a 202."""
    broken = {"description": "Anything else is rejected by itself, beside the events that keep the model."}
    return {
        "type": "array",
        "minItems": 1,
        "maxItems": MOST_EVENTS,
        "items": {"anyOf": [{"$ref": _SCHEMAS + name}, broken]},
        "contains": {"$ref": _SCHEMAS + name},
    }


def _operation(
    contract: Contract, name: str, tag: str, summary: str, *, schema: dict[str, Any], examples: dict[str, Any]
) -> dict[str, Any]:
    media = {"schema": schema} | ({"examples": examples} if examples else {})
    return {
        "operationId": name,
        "tags": [tag],
        "summary": summary,
        "description": _description(contract),
        **({"parameters": [_purpose_ids(contract)]} if contract.purposes_missing else {}),
        "requestBody": {"required": True, "content": {"application/json": media}},
        "x-contract": contract.path,
    }


def _description(contract: Contract) -> str:
    said = [contract.event.description] if contract.event.description else []
    if not contract.enabled:
        said.append("Disabled: every delivery is answered 403.")
    if field := contract.event.metadata_config.deduplication_field:
        said.append(f"Only the first event with a value of `{field}` is ingested; later ones are answered 202 as duplicates.")
    return "\n\n".join(said)


def _purpose_ids(contract: Contract) -> dict[str, Any]:
    missing = ", ".join(f"`{purpose}`" for purpose in sorted(contract.purposes_missing))
    return {
        "name": "purposeIds",
        "in": "query",
        "required": False,
        "description": f"Purposes the customer grants, separated by commas. Without {missing} an event is discarded, unread.",
        "schema": {"type": "string"},
    }


def _responses(description: str, schema: str) -> dict[str, Any]:
    taken = {"description": description, "headers": _header_refs(_HEADERS), "content": _json(schema)}
    refused = {str(status): {"$ref": f"#/components/responses/{_refusal_name(status)}"} for status in _REFUSALS}
    return {"202": taken} | refused


# -- components --------------------------------------------------------------------------------------------------------


def _model(contract: Contract, name: str) -> dict[str, Any]:
    schema = contract.model.schema
    return translated(schema, _SCHEMAS + name) | {"x-model-dialect": dialect_of(schema)}


def _answer_schemas() -> dict[str, Any]:
    _, found = msgspec.json.schema_components((Violation,), ref_template=_SCHEMAS + "{name}")
    always = {
        "callId": {"type": "string"},
        "errorCode": {
            "type": "integer",
            "description": "0 when all is well, else six digits; the first three are the status.",
        },
        "statusCode": {"type": "integer"},
        "statusReason": {"type": "string"},
        "time": {"type": "string", "format": "date-time"},
    }
    fine = {**always, "errorCode": {"const": 0}, "statusCode": {"const": 202}}
    failed = {"errorMessage": {"type": "string"}, "errorDetails": {"type": "string"}}
    outcome = {"type": "string", "enum": ["accepted", "rejected", "duplicate", "discarded"]}
    one, many = {"outcome": outcome}, {"outcomes": {"type": "array", "minItems": 1, "items": outcome}}
    reasons = _reasons()
    return {
        **found,
        "EventTaken": _object(fine | one, reasons),
        "EventsTaken": _object(fine | many, reasons),
        "Refused": _object(always | failed, one | many | reasons),
    }


def _reasons() -> dict[str, Any]:
    """Describe what says why; an answer holds the first fifty, the receipt all."""
    violations = {"type": "array", "minItems": 1, "items": {"$ref": f"{_SCHEMAS}Violation"}}
    more = {"type": "integer", "minimum": 1, "description": "How many more the receipt holds."}
    field = _object({"fieldName": {"type": "string"}, "message": {"type": "string"}}, {})
    return {
        "validationErrors": {"type": "array", "minItems": 1, "items": field},
        "violations": violations,
        "violationsNotShown": more,
        "warnings": violations,
        "warningsNotShown": more,
    }


def _object(required: Mapping[str, Any], optional: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {**required, **optional}, "required": list(required)}


def _refusal_name(status: int) -> str:
    return f"Refused{status}"


def _refusal(status: int, description: str) -> dict[str, Any]:
    headers = _header_refs(_HEADERS if status in {400, 401, 403, 413, 415} else _ALWAYS)
    allow = {"Allow": {"required": True, "description": "What is taken.", "schema": {"const": "POST"}}}
    return {"description": description, "headers": headers | (allow if status == 405 else {}), "content": _json("Refused")}  # noqa: PLR2004


def _header(name: str) -> dict[str, Any]:
    description, schema = _HEADERS[name]
    return {"required": True, "description": description, "schema": schema}


def _header_refs(names: Iterable[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _json(schema: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _SCHEMAS + schema}}}


def _security_schemes() -> dict[str, Any]:
    key = {"type": "apiKey", "in": "query"}
    token = "From POST /oauth2/token, or a JWT (RS256) signed with the application's private key."
    return {
        "userKey": {**key, "name": "userKey", "description": "The application's user key, percent-encoded."},
        "secret": {**key, "name": "secret", "description": "The application's secret, percent-encoded."},
        "bearer": {"type": "http", "scheme": "bearer", "description": token},
    }
