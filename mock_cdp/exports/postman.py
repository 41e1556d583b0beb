"""The samples of every contract as a Postman collection (v2.1): each a request with the answer it must get.

Secrets are variables, empty in the collection; `environment` holds them. A second run passes as the first does: an event that
was there before is a duplicate, and that is answered 202.
"""

import json
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote

from mock_cdp.contract.contract import Catalog, Contract, Sample, Unit
from mock_cdp.exports.names import distinct
from mock_cdp.exports.openapi import MOST_EVENTS

SHOWN_VIOLATIONS: Final = 50  # of an answer; the receipt holds all

_SCHEMA: Final = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_DESCRIPTION: Final = """\
Every sample of these contracts, posted to its listener. Accepted ones are answered 202, rejected ones with what they break.

The secrets are empty variables here: import the environment that `mock-cdp export postman --environment FILE` writes, or fill \
them in. Postman sends `+ / =` in a query as they are, so a script encodes the credentials before every request.
"""

Json = dict[str, Any]


def collection(catalog: Catalog, *, server: str) -> Json:
    """Return the collection: a folder for every business unit, in it one for every application, in it one for every event.

    Args:
        catalog: Whose samples.
        server: Base URL of the mock; the variable `baseUrl`.
    """
    keys = _keys(catalog)
    variables = [_variable("baseUrl", server.rstrip("/"))]
    for application, contract in _applications(catalog).items():
        variables += [
            _variable(f"userKey_{keys[application]}", contract.credentials.user_key),
            _variable(f"secret_{keys[application]}", ""),
        ]
    return {
        "info": {
            "_postman_id": _id("collection", catalog),
            "name": _name(catalog),
            "description": _DESCRIPTION,
            "schema": _SCHEMA,
        },
        "auth": {"type": "noauth"},
        "item": [_unit(unit, keys) for unit in catalog.units if unit.contracts],
        "variable": variables,
    }


def environment(catalog: Catalog, *, with_secrets: bool) -> Json:
    """Return the environment that goes with the collection: the keys that the folder declares, or that derive from its names.

    Args:
        catalog: Whose keys.
        with_secrets: Whether the secrets are filled in.
    """
    keys = _keys(catalog)
    values = []
    for application, contract in _applications(catalog).items():
        credentials = contract.credentials
        values += [
            {"key": f"userKey_{keys[application]}", "value": credentials.user_key, "type": "default", "enabled": True},
            {
                "key": f"secret_{keys[application]}",
                "value": credentials.user_secret if with_secrets else "",
                "type": "secret",
                "enabled": True,
            },
        ]
    return {
        "id": _id("environment", catalog),
        "name": _name(catalog),
        "values": values,
        "_postman_variable_scope": "environment",
    }


# -- names -------------------------------------------------------------------------------------------------------------


def _name(catalog: Catalog) -> str:
    units = [unit.business_unit.name for unit in catalog.units if unit.contracts]
    return f"SAP CDP listener (mock-cdp): {', '.join(units)}"


def _id(kind: str, catalog: Catalog) -> str:
    """Return an id that stays, so that a second import replaces the first."""
    units = "\n".join(unit.business_unit.id for unit in catalog.units)
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"mock-cdp {kind}\n{units}"))


def _applications(catalog: Catalog) -> dict[str, Contract]:
    """Return one contract of every application that has any, by the application's path."""
    return {contract.application_path: contract for contract in reversed(catalog.contracts)}


def _keys(catalog: Catalog) -> dict[str, str]:
    """Return what each application is called in the name of a variable: its folder, or its path when two units have one."""
    paths = list(dict.fromkeys(contract.application_path for contract in catalog.contracts))
    shared = Counter(path.split("/", 1)[1] for path in paths)
    wanted = [folder if shared[folder := path.split("/", 1)[1]] == 1 else path for path in paths]
    plain = ["".join("-" if character in "{}" else character for character in name) for name in wanted]
    return dict(zip(paths, distinct(plain), strict=True))


def _variable(key: str, value: str) -> Json:
    return {"key": key, "value": value, "type": "string"}


# -- folders -----------------------------------------------------------------------------------------------------------


def _unit(unit: Unit, keys: Mapping[str, str]) -> Json:
    applications: dict[str, list[Contract]] = {}
    for contract in unit.contracts:
        applications.setdefault(contract.application_path, []).append(contract)
    items = [_application(contracts, keys[path]) for path, contracts in applications.items()]
    return _folder(unit.business_unit.name, unit.business_unit.description, items)


def _application(contracts: list[Contract], key: str) -> Json:
    application = contracts[0].application
    encode = _script("prerequest", [_encoded("userKey", key), _encoded("secret", key)])
    return _folder(application.name, application.description, map(_event, contracts)) | {"event": [encode]}


def _encoded(name: str, key: str) -> str:
    return f"pm.variables.set({_js(name)}, encodeURIComponent(pm.variables.get({_js(f'{name}_{key}')})));"


def _event(contract: Contract) -> Json:
    items = [_accepted(contract, sample) for sample in contract.accepted_samples]
    items += [_rejected(contract, sample) for sample in contract.rejected_samples]
    if contract.accepted_samples:
        items.append(_batch(contract, contract.accepted_samples[:MOST_EVENTS]))
    return _folder(contract.event.name, contract.event.description, items)


def _folder(name: str, description: str, items: Iterable[Json]) -> Json:
    return {"name": name, "description": description, "item": list(items)}


# -- requests ----------------------------------------------------------------------------------------------------------


def _accepted(contract: Contract, sample: Sample) -> Json:
    lines = [
        *_status(202),
        'pm.test("it was taken", () => pm.expect(["accepted", "duplicate"]).to.include(pm.response.json().outcome));',
    ]
    return _request(contract, f"{sample.name}: accepted", "event", sample.event, lines)


def _rejected(contract: Contract, sample: Sample) -> Json:
    return _request(contract, f"{sample.name}: rejected", "event", sample.event, [*_status(400), *_violations(_broken(sample))])


def _batch(contract: Contract, samples: tuple[Sample, ...]) -> Json:
    lines = [
        *_status(202),
        "const outcomes = pm.response.json().outcomes;",
        f'pm.test("every event has an outcome", () => pm.expect(outcomes).to.have.lengthOf({len(samples)}));',
        'pm.test("every event was taken", () => pm.expect(["accepted", "duplicate"]).to.include.members(outcomes));',
    ]
    return _request(contract, "all accepted samples in one batch", "events", [sample.event for sample in samples], lines)


def _request(contract: Contract, name: str, kind: str, body: Any, lines: list[str]) -> Json:
    if not contract.enabled:
        name, lines = f"{name}, were it not disabled", [*_status(403), *_violations((("event-disabled", ""),))]
    return {
        "name": name,
        "event": [_script("test", lines)],
        "request": {
            "method": "POST",
            "header": [{"key": "Content-Type", "value": "application/json"}],
            "url": _url(contract, kind),
            "body": {"mode": "raw", "raw": _body(body), "options": {"raw": {"language": "json"}}},
        },
    }


def _url(contract: Contract, kind: str) -> Json:
    path = [quote(part, safe="") for part in f"{contract.listener_path}/{kind}".split("/")[1:]]  # `:name` would be a variable
    query = {"userKey": "{{userKey}}", "secret": "{{secret}}"}
    if contract.purposes_missing:  # nothing would be read of an event without them
        query["purposeIds"] = quote(",".join(sorted(contract.purposes_missing)), safe=",")
    raw = "{{baseUrl}}/" + "/".join(path) + "?" + "&".join(f"{name}={value}" for name, value in query.items())
    pairs = [{"key": name, "value": value} for name, value in query.items()]
    return {"raw": raw, "host": ["{{baseUrl}}"], "path": path, "query": pairs}


def _body(value: Any) -> str:
    """Write *value* as JSON in which Postman finds no variable: in JSON two braces stand side by side only in a string."""
    return json.dumps(value, indent=2, ensure_ascii=False).replace("{{", "{\\u007b")


# -- tests -------------------------------------------------------------------------------------------------------------


def _broken(sample: Sample) -> tuple[tuple[str, str], ...]:
    """Return the violations in the answer to a sample; …/event takes an object, so any other value never meets the model."""
    if isinstance(sample.event, dict):
        return sample.violations
    return (("array-to-event" if isinstance(sample.event, list) else "not-an-object", ""),)


def _status(status: int) -> list[str]:
    return [f'pm.test("the status is {status}", () => pm.response.to.have.status({status}));']


def _violations(expected: tuple[tuple[str, str], ...]) -> list[str]:
    """Test that an answer names what is broken, in any order; of very many it shows the first."""
    wanted = sorted(f"{code} at {pointer}" for code, pointer in expected)
    lines = [
        f"const wanted = {_js(wanted)};",
        "const shown = (pm.response.json().violations || []).map((one) => `${one.code} at ${one.pointer}`);",
    ]
    if len(wanted) > SHOWN_VIOLATIONS:
        return [*lines, 'pm.test("it breaks what it should", () => pm.expect(wanted).to.include.members(shown));']
    return [*lines, 'pm.test("it breaks what it should", () => pm.expect(shown).to.have.members(wanted));']


def _script(listen: str, lines: list[str]) -> Json:
    return {"listen": listen, "script": {"type": "text/javascript", "exec": lines}}


def _js(value: Any) -> str:
    """Write *value* as JavaScript: JSON in ASCII is."""
    return json.dumps(value)
