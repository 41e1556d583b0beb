"""The OpenAPI document of the listener is valid, complete, and true on a real socket."""

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from odd_catalogs import catalogs
from openapi_spec_validator import OpenAPIV31SpecValidator

from mock_cdp.contract.contract import Catalog, Contract
from mock_cdp.exports.dialect import TARGET
from mock_cdp.exports.openapi import document
from running import Running, contract_of

ST = Path(sys.executable).parent / "st"
SERVER = "http://127.0.0.1:8080/"

# Integers beyond 64 bits are refused, whatever the model says, and no schema can tell them from a float such as 1e30.
SMALL_INTEGERS = """\
import schemathesis

@schemathesis.hook
def filter_body(context, body):
    return small(body)

def small(value):
    if isinstance(value, dict | list):
        return all(map(small, value.values() if isinstance(value, dict) else value))
    return not isinstance(value, int) or -(2**63) <= value < 2**64
"""


def operations(described: dict) -> list[dict]:
    """Return every operation."""
    return [operation for item in described["paths"].values() for operation in item.values()]


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(catalogs())
def test_it_is_valid_for_any_catalog(catalog: Catalog):
    """As OpenAPI 3.1 demands, whatever things are called; each operation has a name of its own; each path is there."""
    described = json.loads(json.dumps(document(catalog, server=SERVER)))
    assert list(OpenAPIV31SpecValidator(described).iter_errors()) == []
    names = [operation["operationId"] for operation in operations(described)]
    assert len(names) == len(set(names)) == 2 * len(catalog.contracts)
    assert not any(set("{}") & set(path) for path in described["paths"])
    tags = [tag["name"] for tag in described["tags"]]
    assert len(tags) == len({contract.path.rsplit("/", 1)[0] for contract in catalog.contracts})


def test_it_is_valid_for_the_contracts_that_ship(catalog: Catalog):
    """With readable names; every event twice, by its id only."""
    described = document(catalog, server=SERVER)
    assert list(OpenAPIV31SpecValidator(described).iter_errors()) == []
    contract = contract_of(catalog, "pos-receipt")
    kinds = {kind: described["paths"][f"{contract.listener_path}/{kind}"]["post"] for kind in ("event", "events")}
    assert [kind["operationId"] for kind in kinds.values()] == ["postSapCarPosReceipt", "batchSapCarPosReceipt"]
    assert kinds["event"]["tags"] == ["SAP CAR"]
    assert len(described["paths"]) == 2 * len(catalog.contracts)
    assert described["servers"] == [{"url": "http://127.0.0.1:8080"}]


def test_it_holds_no_credentials(catalog: Catalog):
    """A document is passed around."""
    text = json.dumps(document(catalog, server=SERVER))
    for contract in catalog.contracts:
        assert contract.credentials.user_key not in text
        assert contract.credentials.user_secret not in text


def test_models_and_samples_are_as_in_the_contracts(catalog: Catalog):
    """Accepted samples are examples and keep the described body; rejected ones do not."""
    described = document(catalog, server=SERVER)
    for contract in catalog.contracts:
        media = described["paths"][f"{contract.listener_path}/event"]["post"]["requestBody"]["content"]["application/json"]
        whole = {"$schema": TARGET, **media["schema"], "components": described["components"]}
        validator = jsonschema_rs.validator_for(whole, offline=True, validate_formats=True)
        shown = {name: example["value"] for name, example in media["examples"].items()}
        assert shown == {sample.name: sample.event for sample in contract.accepted_samples}
        assert all(validator.is_valid(event) for event in shown.values())
        assert not any(validator.is_valid(sample.event) for sample in contract.rejected_samples)


def test_a_batch_is_between_1_and_1000_events_one_of_which_counts(catalog: Catalog):
    """More than that is refused; less than a good event, too."""
    described = document(catalog, server=SERVER)
    contract = contract_of(catalog, "pos-receipt")
    media = described["paths"][f"{contract.listener_path}/events"]["post"]["requestBody"]["content"]["application/json"]
    validator = jsonschema_rs.validator_for(
        {"$schema": TARGET, **media["schema"], "components": described["components"]}, offline=True
    )
    good, bad = contract.accepted_samples[0].event, contract.rejected_samples[0].event
    assert [validator.is_valid(batch) for batch in ([good], [bad, good], [good] * 1000)] == [True] * 3
    assert [validator.is_valid(batch) for batch in ([], [bad], [good] * 1001)] == [False] * 3


@pytest.mark.fuzz
@pytest.mark.parametrize("slug", ["pos-receipt", "web-order", "business-partner", "loyalty-movement"])
def test_schemathesis_finds_nothing(mock: Running, catalog: Catalog, tmp_path: Path, slug: str):
    """All checks of `st run`, with key and secret and with a bearer token."""
    contract = contract_of(catalog, slug)
    described = document(catalog, server=mock.url)
    pair = {"userKey": {"api_key": contract.credentials.user_key}, "secret": {"api_key": contract.credentials.user_secret}}
    run_schemathesis(described, contract, pair, tmp_path)
    bearer = {"bearer": {"bearer": token(mock, contract)}}
    run_schemathesis({**described, "security": [{"bearer": []}]}, contract, bearer, tmp_path)


def token(mock: Running, contract: Contract) -> str:
    """Return a bearer token."""
    keys = contract.credentials
    form = {"client_id": keys.user_key, "client_secret": keys.user_secret, "grant_type": "client_credentials"}
    return httpx.post(f"{mock.url}/oauth2/token", data=form).json()["access_token"]


def run_schemathesis(described: dict, contract: Contract, auth: dict[str, dict[str, str]], folder: Path, *more: str):
    """Run `st run` over the operations of one application, in all phases, and see that it passes."""
    (folder / "openapi.json").write_text(json.dumps(described))
    (folder / "small_integers.py").write_text(SMALL_INTEGERS)
    lines = ['hooks = "small_integers.py"']
    for scheme, values in auth.items():
        lines += [f"[auth.openapi.{scheme}]", *(f"{name} = {json.dumps(value)}" for name, value in values.items())]
    (folder / "schemathesis.toml").write_text("\n".join(lines))
    [server] = described["servers"]
    command = [ST, "run", "openapi.json", "--url", server["url"], "--checks", "all", "--max-examples", "10", "--seed", "1", *more]
    quiet = ["--include-tag", contract.application.name, "--no-color", "--generation-database", "none"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE", "SCHEMATHESIS"))}
    done = subprocess.run([*command, *quiet], cwd=folder, env=clean, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 selected" in done.stdout
