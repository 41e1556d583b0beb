"""The OpenAPI description of SAP's configuration API; its bodies are the schemas published for contract files."""

from typing import Any, Final

from mock_cdp.contract.files import schema as published
from mock_cdp.contract.resources import KINDS, Kind
from mock_cdp.http import openapi_parts, places
from mock_cdp.http.openapi_pieces import JSON_ARRAY, JSON_OBJECT, READ, WRITE, names, operation, ref

_ITEM: Final = {"businessunits": "bu", "applications": "app", "dataevents": "event", "views": "view"}


def paths() -> dict[str, Any]:
    """Return the path items."""
    found: dict[str, Any] = {}
    for kind in KINDS.values():
        found |= _collection(kind)
    return found | openapi_parts.paths()


def schemas() -> dict[str, Any]:
    """Return the components."""
    bodies = {f"{kind.shape.__name__}Body": _body(kind) for kind in KINDS.values()}
    shown = {f"{kind.shape.__name__}Entity": _shown(kind) for kind in KINDS.values()}
    return bodies | shown | {"Envelope": _envelope(), "MatchingRuleBody": _rule()}


def _collection(kind: Kind) -> dict[str, Any]:
    name, collection = kind.shape.__name__, places.described(places.collection(kind))
    own = _ITEM.get(kind.collection, "id")
    item = f"{collection}/{{{own}}}"
    entity, body = ref(f"{name}Entity"), ref(f"{name}Body")
    inherited = {parameter: f"$request.path.{parameter}" for parameter in names(collection)}
    made = {
        link: {"operationId": link, "parameters": inherited | {own: "$response.body#/id"}}
        for link in (f"read{name}", f"update{name}", f"delete{name}")
    }
    listed = {"type": "array", "items": entity}
    operations: dict[str, Any] = {
        "get": operation(f"list{name}", f"Every {name}", 200, listed, READ, collection),
        "post": operation(f"create{name}", f"Make: {name}", 201, entity, WRITE, collection, body=body, links=made),
    }
    if kind.collection == "purposes":
        named = {"allOf": [body], "required": ["id"], "properties": {"id": {"type": "string", "minLength": 1}}}
        operations["put"] = operation(
            "updateNamedPurpose", "Replace the purpose that the body names", 200, entity, WRITE, collection, body=named
        )
    return {
        collection: operations,
        item: {
            "get": operation(f"read{name}", f"One {name}", 200, entity, READ, item),
            "put": operation(f"update{name}", f"Replace: {name}", 200, entity, WRITE, item, body=body),
            "delete": operation(f"delete{name}", f"Remove: {name}, with all in it", 200, ref("Envelope"), WRITE, item),
        },
    }


def _body(kind: Kind) -> dict[str, Any]:
    """Return what may be sent: the published schema of the file, without what only the server makes."""
    schema = {name: value for name, value in published(kind.schema).items() if name not in {"$schema", "description"}}
    # Ids and times in a body are the server's business: whatever stands there is passed over.
    properties = {name: value for name, value in schema["properties"].items() if name not in {"id", "credentials"}}
    if kind.collection == "applications":
        properties["credentials"] = False
    if kind.collection in {"dataevents", "customerschemas"}:
        properties["schema"] = _model()
    if kind.collection == "dataevents":
        properties["mappings"] = {"type": "array", "items": published("mappings")["items"]}
    return schema | {"properties": properties}


def _model() -> dict[str, Any]:
    return {
        "description": "A JSON Schema with the root type object, as an object or as a string that holds it.",
        "type": ["object", "string"],
        "examples": [{"type": "object", "properties": {"orderId": {"type": "string"}}}],
    }


def _shown(kind: Kind) -> dict[str, Any]:
    text = {"type": "string"}
    required = ["id", "name", "created", "updated"]
    properties: dict[str, Any] = {"id": text, "name": text, "created": text, "updated": text}
    if kind.collection in {"applications", "views"}:
        properties["businessUnitId"] = text
        required.append("businessUnitId")
    if kind.collection in {"dataevents", "customerschemas"}:
        properties["schema"] = text if kind.collection == "dataevents" else JSON_OBJECT
        required.append("schema")
    return {"type": "object", "properties": properties, "required": required}


def _rule() -> dict[str, Any]:
    rule: dict[str, Any] = published("view")["properties"]["matchRules"]["items"]
    return rule | {"properties": {name: value for name, value in rule["properties"].items() if name != "id"}}


def _envelope() -> dict[str, Any]:
    text, number = {"type": "string"}, {"type": "integer"}
    properties = {"callId": text, "errorCode": number, "errorMessage": text, "errorDetails": text, "code": text}
    more = {"statusCode": number, "statusReason": text, "time": text, "validationErrors": JSON_ARRAY, "violations": JSON_ARRAY}
    required = ["callId", "errorCode", "statusCode", "statusReason", "time"]
    return {"type": "object", "properties": properties | more, "required": required}
