"""The Postman collection: every sample is a request, no secret is in it, odd names do no harm. Newman runs it elsewhere."""

import json
import re
from collections.abc import Iterator

from hypothesis import HealthCheck, given, settings
from odd_catalogs import catalogs

from mock_cdp.contract.contract import Catalog
from mock_cdp.exports.postman import collection, environment

SERVER = "http://127.0.0.1:8080/"
VARIABLES = {"{{baseUrl}}", "{{userKey}}", "{{secret}}"}


def requests(item: dict) -> Iterator[dict]:
    """Yield every request below a folder."""
    for inner in item["item"]:
        yield from requests(inner) if "item" in inner else (inner,)


def script(item: dict) -> str:
    """Return an item's script."""
    [event] = item["event"]
    return "\n".join(event["script"]["exec"])


def test_every_sample_is_a_request(catalog: Catalog):
    """And every event has one batch."""
    made = list(requests(collection(catalog, server=SERVER)))
    single = [one for one in made if one["request"]["url"]["path"][-1] == "event"]
    samples = [sample for contract in catalog.contracts for sample in (*contract.accepted_samples, *contract.rejected_samples)]
    assert [json.loads(one["request"]["body"]["raw"]) for one in single] == [sample.event for sample in samples]
    assert len(made) - len(single) == len(catalog.contracts)


def test_folders_are_unit_application_event(catalog: Catalog):
    """By the names the console shows."""
    [unit] = collection(catalog, server=SERVER)["item"]
    assert unit["name"] == catalog.units[0].business_unit.name
    assert [(app["name"], app["item"][0]["name"]) for app in unit["item"]] == [
        (contract.application.name, contract.event.name) for contract in catalog.contracts
    ]


def test_secrets_are_in_the_environment_only_and_only_when_asked(catalog: Catalog):
    """The collection has an empty variable for each; `baseUrl` is the server."""
    made = collection(catalog, server=SERVER)
    variables = {variable["key"]: variable["value"] for variable in made["variable"]}
    assert variables["baseUrl"] == "http://127.0.0.1:8080"
    assert (variables["userKey_sap-car"], variables["secret_sap-car"]) == ("AFAKEsapcar1", "")
    bare, full = (environment(catalog, with_secrets=asked) for asked in (False, True))
    kinds = {value["key"]: (value["type"], value["value"]) for value in full["values"]}
    assert kinds["secret_sap-commerce"] == ("secret", "FAKE+secret/ForTheWebShop+00000=")
    assert set(kinds) == set(variables) - {"baseUrl"}
    for contract in catalog.contracts:
        assert contract.credentials.user_secret not in json.dumps([made, bare])


def test_a_rejected_sample_names_what_it_breaks(catalog: Catalog):
    """Code and place."""
    [one] = [one for one in requests(collection(catalog, server=SERVER)) if one["name"] == "amount-as-string: rejected"]
    assert 'const wanted = ["type at /totalAmount"];' in script(one)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(catalogs())
def test_odd_names_do_no_harm(catalog: Catalog):
    """No text of a contract becomes a variable; each application has variables of its own; the same catalog, the same files."""
    made = collection(catalog, server=SERVER)
    assert made == collection(catalog, server=SERVER)
    keys = [variable["key"] for variable in made["variable"]]
    applications = {contract.path.rsplit("/", 1)[0] for contract in catalog.contracts}
    assert len(keys) == len(set(keys)) == 1 + 2 * len(applications)
    assert [value["key"] for value in environment(catalog, with_secrets=True)["values"]] == keys[1:]
    sent = [sample.event for contract in catalog.contracts for sample in (*contract.accepted_samples, *contract.rejected_samples)]
    made_requests = list(requests(made))
    for one in made_requests:
        request = one["request"]
        assert "{{" not in request["body"]["raw"]
        assert set(re.findall(r"\{\{.*?\}\}", request["url"]["raw"])) == VARIABLES
        assert not any(part.startswith(":") for part in request["url"]["path"])
    single = [one for one in made_requests if one["request"]["url"]["path"][-1] == "event"]
    assert [json.loads(one["request"]["body"]["raw"]) for one in single] == sent
