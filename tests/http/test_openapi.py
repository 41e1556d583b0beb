"""The OpenAPI document of our own API is valid, complete, and true on a real socket."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from flask import Flask
from openapi_spec_validator import OpenAPIV31SpecValidator
from werkzeug.serving import WSGIRequestHandler, make_server

from mock_cdp.app import create_app
from mock_cdp.core.delivery import Delivery
from mock_cdp.core.receipt import OUTCOMES
from mock_cdp.http import control
from mock_cdp.listener import Listener
from running import contract_of, query_of, serving

ST = Path(sys.executable).parent / "st"
MAX_WAIT_S = 0.2


@pytest.fixture
def document(listener: Listener) -> dict:
    """Return the document as served."""
    return create_app(listener).test_client().get("/_mock/openapi.json").get_json()


def operations(document: dict) -> Iterator[tuple[str, str, dict]]:
    """Yield path, method and operation."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def test_it_is_valid(document: dict):
    """As OpenAPI 3.1 demands."""
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_it_describes_every_route_and_no_other(document: dict, listener: Listener):
    """Path and method, both ways; listeners and the token endpoint are described by contract, see the exports."""
    served = {
        (_unnamed(rule.rule), method)
        for rule in create_app(listener).url_map.iter_rules()
        if rule.rule.startswith(("/_mock", "/api")) and not rule.endpoint.startswith("ingest.")
        for method in rule.methods - {"HEAD"}
    }
    assert {(_unnamed(path), method.upper()) for path, method, _ in operations(document)} == served


def _unnamed(path: str) -> str:
    return re.sub(r"<[^>]*>|\{[^}]*\}", "{}", path)


def test_every_operation_has_a_name_and_says_how_it_refuses(document: dict):
    """Unique names; every refusal of ours a problem, of SAP's an envelope; 404 wherever something can be missing."""
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))
    for path, method, operation in operations(document):
        ours = path.startswith("/_mock")
        refusals = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
        assert ({"400", "503"} if ours else {"401", "403", "500"}) <= set(refusals), path
        kind = "application/problem+json" if ours else "application/json"
        assert all(kind in answer["content"] for answer in refusals.values())
        assert "requestBody" not in operation or {"413"} <= set(refusals)
        parameters = {parameter["name"] for parameter in operation.get("parameters", ())}
        assert not parameters or "404" in refusals, (path, method)


def test_bodies_take_no_unknown_members(document: dict):
    """And what is written is all there."""
    schemas = document["components"]["schemas"]
    for name in ("ResetBody", "SessionBody"):
        assert schemas[name]["additionalProperties"] is False
    assert {"session", "deliveries", "received", *OUTCOMES, "codes", "kept"} <= set(schemas["Tally"]["required"])


def test_the_longest_wait_is_as_set(listener: Listener, document: dict):
    """The document's maximum follows the blueprint's setting."""
    app = Flask("short")
    app.register_blueprint(control.blueprint(listener, max_wait_s=MAX_WAIT_S), url_prefix="/_mock")
    short = app.test_client().get("/_mock/openapi.json").get_json()
    for shown, longest in ((document, 600), (short, MAX_WAIT_S)):
        [timeout] = (p for p in shown["paths"]["/_mock/await"]["get"]["parameters"] if p["name"] == "timeout_s")
        assert timeout["schema"]["maximum"] == longest


class Unlogged(WSGIRequestHandler):
    """A thousand lines nobody reads are not written."""

    def log(self, *_) -> None:
        """Write nothing."""


@pytest.fixture
def busy_url(listener: Listener) -> Iterator[str]:
    """Serve the API on a socket, waits cut short, with a delivery before every request so that something is there."""
    contract = contract_of(listener.catalog, "pos-receipt")
    sample = orjson.dumps(contract.accepted_samples[0].event)
    app = create_app(listener, max_wait_s=MAX_WAIT_S)
    path, headers = f"{contract.listener_path}/event", (("content-type", "application/json"),)

    @app.before_request
    def deliver() -> None:
        listener.handle(Delivery("POST", path, query_of(contract), headers, sample, 1_732_989_012.5))

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Unlogged)
    with serving(server) as base:
        yield base


@pytest.mark.fuzz
def test_schemathesis_finds_nothing(busy_url: str, tmp_path: Path):
    """All checks of `st run` in all phases, over our own API on a real socket."""
    done = schemathesis(busy_url, tmp_path, "--include-path-regex", "^/_mock", examples=20)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout


@pytest.mark.fuzz
def test_schemathesis_finds_nothing_in_the_configuration(busy_url: str, tmp_path: Path):
    """All checks, over everything that is described: entities made, followed by their links, and gone again."""
    (tmp_path / "schemathesis.toml").write_bytes(Path(__file__).with_name("schemathesis.toml").read_bytes())
    done = schemathesis(busy_url, tmp_path, examples=30)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout


def schemathesis(url: str, folder: Path, *arguments: str, examples: int) -> subprocess.CompletedProcess:
    """Run `st run` with every check."""
    command = [ST, "run", f"{url}/_mock/openapi.json", "--checks", "all", "--max-examples", str(examples), "--seed", "1"]
    quiet = ["--no-color", "--generation-database", "none", *arguments]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE", "SCHEMATHESIS"))}
    whole = [*command, *quiet]
    return subprocess.run(whole, cwd=folder, env=clean, capture_output=True, text=True, timeout=900, check=False)
