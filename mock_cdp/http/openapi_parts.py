"""The OpenAPI description of what travels on paths of its own: parts of entities, what was processed, customers."""

from collections.abc import Iterator
from typing import Any, Final

from mock_cdp.contract.files import schema as published
from mock_cdp.http.openapi_pieces import JSON_ARRAY, JSON_OBJECT, READ, WRITE, answer, operation, ref
from mock_cdp.http.places import APPLICATION, CREDENTIALS, EVENT, UNIT, VIEW, described

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


def paths() -> dict[str, Any]:
    """Return the path items."""
    return dict(_parts()) | _received() | _customers()


def _parts() -> Iterator[tuple[str, Any]]:
    application, event, view = (published(name)["properties"] for name in ("application", "event", "view"))
    priority = _one("dataQualityPriority", application["dataQualityPriority"])
    yield _whole(f"{APPLICATION}/priority", "Priority", priority)
    yield _whole(f"{EVENT}/purposes", "RequiredPurposes", _one("requiredPurposes", event["requiredPurposeIds"]))
    yield _whole(f"{EVENT}/schedules", "Schedules", JSON_ARRAY)
    yield _whole(f"{VIEW}/matchRulesPriority", "MatchRulesPriority", _one("rules", view["matchRulesPriority"]))
    yield _whole(f"{VIEW}/mergeRules", "MergeRules", view["mergeRules"])
    keys = {"type": "object", "properties": {"userKey": {"type": "string"}, "userSecret": {"type": "string"}}}
    yield _only_get(CREDENTIALS, "credentials", "User key and secret", keys)
    status = {
        "type": "object",
        "properties": {
            "status": {"enum": ["NOT_RUN_YET", "SUCCESS", "ERROR"]},
            "processedRecords": {"type": "integer", "minimum": 0},
            "startTime": {"type": "string"},
            "recordLogs": JSON_OBJECT,
        },
        "required": ["status", "processedRecords", "recordLogs"],
    }
    yield _only_get(f"{EVENT}/status", "eventStatus", "How many events were processed", status)
    history = {
        "type": "object",
        "properties": {"totalJobs": {"type": "integer"}, "jobs": _STRINGS},
        "required": ["totalJobs", "jobs"],
    }
    yield _only_get(f"{EVENT}/history", "eventHistory", "Deliveries, newest first", history)
    yield _mappings()
    yield from _rules()


def _mappings() -> tuple[str, Any]:
    mappings = {"type": "array", "items": published("mappings")["items"]}
    path = described(f"{EVENT}/mappings")
    target = {"name": "targetId", "in": "query", "required": False, "schema": {"type": "string"}}
    listed = operation("listMappings", "Mappings, of one customer schema or of all", 200, mappings, READ, path)
    listed["parameters"] = [*listed["parameters"], target]
    replace = "Replace all mappings"
    return path, {
        "get": listed,
        "post": operation("replaceMappings", replace, 200, mappings, WRITE, path, body=mappings),
        "put": operation("putMappings", replace, 200, mappings, WRITE, path, body=mappings),
    }


def _rules() -> Iterator[tuple[str, Any]]:
    path, rule = described(f"{VIEW}/matchRules"), ref("MatchingRuleBody")
    rules = {"type": "array", "items": rule}
    link = {"bu": "$request.path.bu", "view": "$request.path.view", "rule": "$response.body#/id"}
    links = {name: {"operationId": name, "parameters": link} for name in ("readRule", "updateRule", "deleteRule")}
    post = operation(
        "addRules", "Add one rule, or replace all", 201, rule, WRITE, path, body={"anyOf": [rule, rules]}, links=links
    )
    post["responses"]["200"] = answer("All rules", rules)
    yield (
        path,
        {
            "get": operation("listRules", "Matching rules", 200, rules, READ, path),
            "post": post,
            "put": operation("replaceRules", "Replace all rules", 200, rules, WRITE, path, body=rules),
        },
    )
    path = f"{path}/{{rule}}"
    yield (
        path,
        {
            "get": operation("readRule", "One rule", 200, rule, READ, path),
            "put": operation("updateRule", "Replace a rule", 200, rule, WRITE, path, body=rule),
            "delete": operation("deleteRule", "Remove a rule", 200, ref("Envelope"), WRITE, path),
        },
    )


def _whole(path: str, name: str, schema: dict[str, Any]) -> tuple[str, Any]:
    path = described(path)
    shown = schema if schema is JSON_ARRAY else {"type": "object"}
    return path, {
        "get": operation(f"read{name}", f"{name}", 200, shown, READ, path),
        "put": operation(f"put{name}", f"Replace {name}", 200, shown, WRITE, path, body=schema),
        "post": operation(f"post{name}", f"Replace {name}", 200, shown, WRITE, path, body=schema),
    }


def _only_get(path: str, name: str, summary: str, schema: dict[str, Any]) -> tuple[str, Any]:
    return described(path), {"get": operation(name, summary, 200, schema, READ, described(path))}


def _one(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {name: schema}, "required": [name]}


def _received() -> dict[str, Any]:
    path = described(f"{UNIT}/metrics/receivedEvents")
    result = {"type": "object", "properties": {"columns": _STRINGS, "results": JSON_ARRAY}, "required": ["columns", "results"]}
    received = operation("receivedEvents", "How many events were received", 200, result, (400, *READ), path)
    tag = "(application|event):[A-Za-z0-9_-]*"
    choices = {
        "filterTags": {"type": "string", "pattern": f"^{tag}(,{tag})*$"},
        "aggregateBy": {"enum": ["status"]},
        "timeGranularity": {"enum": ["day", "month", "year", "alltime"]},
    }
    received["parameters"] += [{"name": n, "in": "query", "required": False, "schema": s} for n, s in choices.items()]
    return {path: {"get": received}}


def _customers() -> dict[str, Any]:
    number, base = {"type": "integer", "minimum": 0}, described(f"{VIEW}/customers")
    counts = {"count": number, "totalCount": number, "nextCursorId": {"type": "string"}}
    profile = {"type": "object", "properties": {"attributes": JSON_OBJECT}}
    lists = {"unmapped": JSON_OBJECT, "discarded": JSON_OBJECT}
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
        get = operation(name, summary, 200, schema, (400, *READ), path)
        if name != "customer":
            get["parameters"] += _QUERY
        items[path] = {"get": get}
    first = {"bu": "$request.path.bu", "view": "$request.path.view", "customer": "$response.body#/profiles/0/_id"}
    links = {name: {"operationId": name, "parameters": first} for name in ("customer", "activities")}
    items[base]["get"]["responses"]["200"]["links"] = links
    return items
