"""Models made from samples over HTTP, and the listeners' OpenAPI as a running mock serves it."""

import pytest
from flask.testing import FlaskClient
from openapi_spec_validator import OpenAPIV31SpecValidator

from mock_cdp.app import create_app
from mock_cdp.contract.model import Model
from mock_cdp.listener import Listener


@pytest.fixture
def client(listener: Listener) -> FlaskClient:
    """Return a client of the whole application."""
    return create_app(listener).test_client()


def test_samples_make_a_model_and_say_what_was_guessed(client: FlaskClient):
    """One object or an array of them; each fits the model."""
    samples = [{"orderId": "1", "total": 19.9}, {"orderId": "2", "total": 20, "note": None}]
    found = client.post("/_mock/models/infer", json=samples).get_json()
    assert (found["recognised"], found["samples"]) == ("samples", 2)
    assert found["schema"]["required"] == ["orderId", "total"]
    assert all(Model(found["schema"]).accepts(sample) for sample in samples)
    assert {"pointer", "keyword", "text"} == set(found["guesses"][0])


def test_a_schema_is_recognised(client: FlaskClient):
    """And answered as it came."""
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {"a": {"type": "string"}}}
    found = client.post("/_mock/models/infer", json=schema).get_json()
    assert (found["recognised"], found["schema"]) == ("schema", schema)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"[1]", b'"text"'])
def test_what_no_model_can_be_made_from_is_refused(client: FlaskClient, raw: bytes):
    """400 with where and what to do."""
    answer = client.post("/_mock/models/infer", data=raw)
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert ";" in answer.get_json()["detail"]


def test_the_listeners_document_follows_the_configuration(client: FlaskClient):
    """Valid, with this server's address; what was just made is in it."""
    unit = client.post("/api/businessunits", json={"name": "U"}).get_json()["id"]
    application = client.post(f"/api/businessunits/{unit}/applications", json={"name": "A"}).get_json()["id"]
    path = f"/api/businessunits/{unit}/applications/{application}/dataevents"
    event = client.post(path, json={"name": "E"}).get_json()["id"]
    document = client.get("/openapi.json", base_url="http://mock.example:8080").get_json()
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []
    assert document["servers"] == [{"url": "http://mock.example:8080"}]
    assert f"{path}/{event}/event" in document["paths"]
