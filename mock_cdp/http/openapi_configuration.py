"""The OpenAPI description of SAP's configuration API; its bodies are the schemas published for contract files."""

from collections.abc import Iterator
from typing import Any, Final

from mock_cdp.contract.files import schema as published
from mock_cdp.contract.resources import KINDS, Kind

_ID: Final = "^[A-Za-z0-9_-]{1,64}$"
_PLACES: Final = {"": "", "businessunits": "businessunits/{bu}/", "applications": "businessunits/{bu}/applications/{app}/"}
_APPLICATION: Final = "businessunits/{bu}/applications/{app}"
_EVENT: Final = f"{_APPLICATION}/dataevents/{{event}}"
_VIEW: Final = "businessunits/{bu}/views/{view}"
_ITEM: Final = {"businessunits": "bu", "applications": "app", "dataevents": "event", "views": "view"}
_REFUSED: Final = {
    400: "It is no JSON, or not as the schema says, or refers to what is not there",
    401: "No credentials, and the caller is not on this machine",
    403: "The key is not good for this business unit, or the entity comes from a contract folder",
    404: "There is no such entity",
    409: "It was changed meanwhile, or is still used",
    412: "It is not the revision that If-Match names",
    413: "The body is too large",
    500: "The mock itself failed",
}
_QUERY: Final = [
    {
        "name": "query",
        "in": "query",
        "required": False,
        "description": "A small SQL: select, from, where, order by, limit.",
        "schema": {
            "type": "string",
            "examples": ["select * from profile where attributes.primaryEmail='ada@example.com' limit 10"],
        },
    },
    {
        "name": "cursorId",
        "in": "query",
        "required": False,
        "description": "What nextCursorId said.",
        "schema": {"type": "string", "pattern": "^Y[0-9A-Za-z_-]{1,20}$"},
    },
]
_STRINGS: Final = {"type": "array", "items": {"type": "string"}}
_READ: Final = (401, 403, 404, 500)
_WRITE: Final = (400, 401, 403, 404, 409, 412, 413, 500)
_JSON_ARRAY: Final[dict[str, Any]] = {"type": "array"}
_JSON_OBJECT: Final[dict[str, Any]] = {"type": "object"}


def paths() -> dict[str, Any]:
    """Return the path items."""
    found: dict[str, Any] = {}
    for kind in KINDS.values():
        found |= _collection(kind)
    return found | dict(_parts()) | _received() | _customers()


def schemas() -> dict[str, Any]:
    """Return the components."""
    bodies = {f"{kind.shape.__name__}Body": _body(kind) for kind in KINDS.values()}
    shown = {f"{kind.shape.__name__}Entity": _shown(kind) for kind in KINDS.values()}
    return bodies | shown | {"Envelope": _envelope(), "MatchingRuleBody": _rule()}


# -- entities ----------------------------------------------------------------------------------------------------------


def _collection(kind: Kind) -> dict[str, Any]:
    name, collection = kind.shape.__name__, f"/api/{_PLACES[kind.within]}{kind.collection}"
    own = _ITEM.get(kind.collection, "id")
    item = f"{collection}/{{{own}}}"
    entity, body = _ref(f"{name}Entity"), _ref(f"{name}Body")
    inherited = {parameter: f"$request.path.{parameter}" for parameter in _names(collection)}
    made = {
        operation: {"operationId": operation, "parameters": inherited | {own: "$response.body#/id"}}
        for operation in (f"read{name}", f"update{name}", f"delete{name}")
    }
    listed = {"type": "array", "items": entity}
    operations: dict[str, Any] = {
        "get": _operation(f"list{name}", f"Every {name}", 200, listed, _READ, collection),
        "post": _operation(f"create{name}", f"Make: {name}", 201, entity, _WRITE, collection, body=body, links=made),
    }
    if kind.collection == "purposes":
        named = {"allOf": [body], "required": ["id"], "properties": {"id": {"type": "string", "minLength": 1}}}
        operations["put"] = _operation(
            "updateNamedPurpose", "Replace the purpose that the body names", 200, entity, _WRITE, collection, body=named
        )
    return {
        collection: operations,
        item: {
            "get": _operation(f"read{name}", f"One {name}", 200, entity, _READ, item),
            "put": _operation(f"update{name}", f"Replace: {name}", 200, entity, _WRITE, item, body=body),
            "delete": _operation(f"delete{name}", f"Remove: {name}, with all in it", 200, _ref("Envelope"), _WRITE, item),
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
        properties["schema"] = text if kind.collection == "dataevents" else _JSON_OBJECT
        required.append("schema")
    return {"type": "object", "properties": properties, "required": required}


def _rule() -> dict[str, Any]:
    rule: dict[str, Any] = published("view")["properties"]["matchRules"]["items"]
    return rule | {"properties": {name: value for name, value in rule["properties"].items() if name != "id"}}


# -- parts -------------------------------------------------------------------------------------------------------------


def _parts() -> Iterator[tuple[str, Any]]:
    application, event, view = (published(name)["properties"] for name in ("application", "event", "view"))
    priority = _one("dataQualityPriority", application["dataQualityPriority"])
    yield _whole(f"{_APPLICATION}/priority", "Priority", priority)
    yield _whole(f"{_EVENT}/purposes", "RequiredPurposes", _one("requiredPurposes", event["requiredPurposeIds"]))
    yield _whole(f"{_EVENT}/schedules", "Schedules", _JSON_ARRAY)
    yield _whole(f"{_VIEW}/matchRulesPriority", "MatchRulesPriority", _one("rules", view["matchRulesPriority"]))
    yield _whole(f"{_VIEW}/mergeRules", "MergeRules", view["mergeRules"])
    keys = {"type": "object", "properties": {"userKey": {"type": "string"}, "userSecret": {"type": "string"}}}
    yield _only_get(f"{_APPLICATION}/credentials", "credentials", "User key and secret", keys)
    status = {
        "type": "object",
        "properties": {
            "status": {"enum": ["NOT_RUN_YET", "SUCCESS", "ERROR"]},
            "processedRecords": {"type": "integer", "minimum": 0},
            "startTime": {"type": "string"},
            "recordLogs": _JSON_OBJECT,
        },
        "required": ["status", "processedRecords", "recordLogs"],
    }
    yield _only_get(f"{_EVENT}/status", "eventStatus", "How many events were processed", status)
    history = {
        "type": "object",
        "properties": {"totalJobs": {"type": "integer"}, "jobs": _STRINGS},
        "required": ["totalJobs", "jobs"],
    }
    yield _only_get(f"{_EVENT}/history", "eventHistory", "Deliveries, newest first", history)
    yield from _mappings_and_rules()


def _mappings_and_rules() -> Iterator[tuple[str, Any]]:
    mappings = {"type": "array", "items": published("mappings")["items"]}
    path = f"/api/{_EVENT}/mappings"
    target = {"name": "targetId", "in": "query", "required": False, "schema": {"type": "string"}}
    listed = _operation("listMappings", "Mappings, of one customer schema or of all", 200, mappings, _READ, path)
    listed["parameters"] = [*listed["parameters"], target]
    replace = "Replace all mappings"
    yield (
        path,
        {
            "get": listed,
            "post": _operation("replaceMappings", replace, 200, mappings, _WRITE, path, body=mappings),
            "put": _operation("putMappings", replace, 200, mappings, _WRITE, path, body=mappings),
        },
    )
    path, rule = f"/api/{_VIEW}/matchRules", _ref("MatchingRuleBody")
    rules = {"type": "array", "items": rule}
    link = {"bu": "$request.path.bu", "view": "$request.path.view", "rule": "$response.body#/id"}
    links = {name: {"operationId": name, "parameters": link} for name in ("readRule", "updateRule", "deleteRule")}
    post = _operation(
        "addRules", "Add one rule, or replace all", 201, rule, _WRITE, path, body={"anyOf": [rule, rules]}, links=links
    )
    post["responses"]["200"] = _answer("All rules", rules)
    yield (
        path,
        {
            "get": _operation("listRules", "Matching rules", 200, rules, _READ, path),
            "post": post,
            "put": _operation("replaceRules", "Replace all rules", 200, rules, _WRITE, path, body=rules),
        },
    )
    path = f"{path}/{{rule}}"
    yield (
        path,
        {
            "get": _operation("readRule", "One rule", 200, rule, _READ, path),
            "put": _operation("updateRule", "Replace a rule", 200, rule, _WRITE, path, body=rule),
            "delete": _operation("deleteRule", "Remove a rule", 200, _ref("Envelope"), _WRITE, path),
        },
    )


def _whole(path: str, name: str, schema: dict[str, Any]) -> tuple[str, Any]:
    path = f"/api/{path}"
    shown = schema if schema is _JSON_ARRAY else {"type": "object"}
    return path, {
        "get": _operation(f"read{name}", f"{name}", 200, shown, _READ, path),
        "put": _operation(f"put{name}", f"Replace {name}", 200, shown, _WRITE, path, body=schema),
        "post": _operation(f"post{name}", f"Replace {name}", 200, shown, _WRITE, path, body=schema),
    }


def _only_get(path: str, name: str, summary: str, schema: dict[str, Any]) -> tuple[str, Any]:
    return f"/api/{path}", {"get": _operation(name, summary, 200, schema, _READ, f"/api/{path}")}


def _one(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {name: schema}, "required": [name]}


def _received() -> dict[str, Any]:
    path = "/api/businessunits/{bu}/metrics/receivedEvents"
    result = {"type": "object", "properties": {"columns": _STRINGS, "results": _JSON_ARRAY}, "required": ["columns", "results"]}
    operation = _operation("receivedEvents", "How many events were received", 200, result, (400, *_READ), path)
    tag = "(application|event):[A-Za-z0-9_-]*"
    choices = {
        "filterTags": {"type": "string", "pattern": f"^{tag}(,{tag})*$"},
        "aggregateBy": {"enum": ["status"]},
        "timeGranularity": {"enum": ["day", "month", "year", "alltime"]},
    }
    operation["parameters"] += [{"name": n, "in": "query", "required": False, "schema": s} for n, s in choices.items()]
    return {path: {"get": operation}}


def _customers() -> dict[str, Any]:
    number, base = {"type": "integer", "minimum": 0}, f"/api/{_VIEW}/customers"
    counts = {"count": number, "totalCount": number, "nextCursorId": {"type": "string"}}
    profile = {"type": "object", "properties": {"attributes": _JSON_OBJECT}}
    lists = {"unmapped": _JSON_OBJECT, "discarded": _JSON_OBJECT}
    profiles = {"profiles": {"type": "array", "items": profile}} | counts | lists
    activities = {"activities": {"type": "array", "items": profile}} | counts
    found: dict[str, tuple[str, str, dict[str, Any]]] = {
        base: ("customers", "The customers that the query selects", profiles),
        f"{base}/{{customer}}": ("customer", "One customer", {"_id": {"type": "string"}}),
        f"{base}/{{customer}}/activities": ("activities", "What a customer did", activities),
    }
    items: dict[str, Any] = {}
    for path, (name, summary, properties) in found.items():
        schema = {"type": "object", "properties": properties, "required": sorted(set(properties) - {"nextCursorId"})}
        operation = _operation(name, summary, 200, schema, (400, *_READ), path)
        if name != "customer":
            operation["parameters"] += _QUERY
        items[path] = {"get": operation}
    first = {"bu": "$request.path.bu", "view": "$request.path.view", "customer": "$response.body#/profiles/0/_id"}
    links = {name: {"operationId": name, "parameters": first} for name in ("customer", "activities")}
    items[base]["get"]["responses"]["200"]["links"] = links
    return items


# -- pieces ------------------------------------------------------------------------------------------------------------


def _operation(  # noqa: PLR0917  # what every operation has
    name: str,
    summary: str,
    status: int,
    schema: dict[str, Any],
    refused: tuple[int, ...],
    path: str,
    *,
    body: dict[str, Any] | None = None,
    links: dict[str, Any] | None = None,
) -> dict[str, Any]:
    answer = _answer(summary, schema) | ({"links": links} if links else {})
    found: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "tags": ["configuration"],
        "parameters": [_path_parameter(parameter) for parameter in _names(path)],
        "responses": {str(status): answer} | {str(code): _answer(_REFUSED[code], _ref("Envelope")) for code in refused},
    }
    if body is not None:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return found


def _answer(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _names(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


def _path_parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": _ID}}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _envelope() -> dict[str, Any]:
    text, number = {"type": "string"}, {"type": "integer"}
    properties = {"callId": text, "errorCode": number, "errorMessage": text, "errorDetails": text, "code": text}
    more = {"statusCode": number, "statusReason": text, "time": text, "validationErrors": _JSON_ARRAY, "violations": _JSON_ARRAY}
    required = ["callId", "errorCode", "statusCode", "statusReason", "time"]
    return {"type": "object", "properties": properties | more, "required": required}
