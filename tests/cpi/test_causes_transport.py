"""What is refused before there is a value to look into is explained too, and so is how a taken delivery came."""

import gzip

import orjson
import pytest
from flask.testing import FlaskClient

from mock_cdp.app import create_app
from mock_cdp.contract.catalog import shipped_catalog
from mock_cdp.contract.folder import load
from mock_cdp.cpi.causes_transport import TRANSPORT
from mock_cdp.listener import Listener
from running import contract_of, query_of

POS = contract_of(load(shipped_catalog()), "pos-receipt")
EVENT = POS.accepted_samples[0].event


@pytest.fixture
def client(listener: Listener) -> FlaskClient:
    """Return a client of the whole application."""
    return create_app(listener).test_client()


def sent(client: FlaskClient, body: bytes, *, end: str = "event", headers: dict | None = None):
    """Post *body* as it is."""
    known = {"Content-Type": "application/json"} | (headers or {})
    return client.post(f"{POS.listener_path}/{end}?{query_of(POS)}", data=body, headers=known)


@pytest.mark.parametrize(
    ("code", "body", "end"),
    [
        ("S12", b"[{}]", "event"),
        ("S12", b"{}", "events"),
        ("S15", b"<Receipt/>", "event"),
        ("E01", b"\xef\xbb\xbf{}", "event"),
        ("E02", b'{"name":"B\xe4r"}', "event"),
        ("E05", b'{"name":"a"b"}', "event"),
        ("E05", b'{"name":"a",}', "event"),
        ("E05", b'{"name":"a\nb"}', "event"),
        ("E06", b"", "event"),
        ("E08", gzip.compress(b"{}"), "event"),
    ],
    ids=["array", "object", "xml", "bom", "latin-1", "quote", "comma", "line-break", "empty", "gzip"],
)
def test_a_refused_body_names_its_cause(client: FlaskClient, code: str, body: bytes, end: str):
    """In the answer, in the receipt, in the counts; within 300 characters."""
    answer = sent(client, body, end=end)
    assert answer.status_code in {400, 415}
    [cause] = answer.get_json()["diagnoses"]
    assert (cause["code"], cause["title"]) == (code, TRANSPORT[code].title)
    assert len(cause["message"]) <= 300
    assert cause["message"].startswith(f"{code} {TRANSPORT[code].title}: ")
    assert TRANSPORT[code].change in cause["message"]
    receipt = client.get(answer.headers["X-Contract-Report"]).get_json()
    assert [one["code"] for one in receipt["diagnoses"]] == [code]
    assert client.get("/_mock/counts").get_json()["codes"][code] == 1


def test_what_no_cause_explains_has_none(client: FlaskClient):
    """A wrong secret is no artefact of CPI."""
    answer = client.post(f"{POS.listener_path}/event?userKey=AFAKEsapcar1&secret=wrong", json=EVENT)
    assert "diagnoses" not in answer.get_json()


def test_how_a_taken_delivery_came_is_suspicious(client: FlaskClient):
    """No Content-Type, headers that leaked, sent twice; nothing of it for a clean one."""
    clean = sent(client, orjson.dumps(EVENT))
    assert client.get(clean.headers["X-Contract-Report"]).get_json()["suspicions"] == []
    headers = {"Content-Type": "", "SAP_MessageProcessingLogID": "x", "SapDataStoreId": "y"}
    odd = sent(client, orjson.dumps(EVENT), headers=headers)
    assert odd.get_json()["outcome"] == "duplicate"
    found = client.get(odd.headers["X-Contract-Report"]).get_json()["suspicions"]
    assert {one["code"] for one in found} == {"E07", "E09", "E11"}


def test_a_damaged_text_is_suspicious_though_accepted(client: FlaskClient):
    """A value that the model takes and yet looks damaged is said where the receipt is read."""
    answer = sent(client, orjson.dumps(EVENT | {"storeId": "Ã¼ber"}))
    assert answer.status_code == 202
    found = client.get(answer.headers["X-Contract-Report"]).get_json()["suspicions"]
    assert "E03" in {one["code"] for one in found}


def test_an_event_of_nobody_is_suspicious(client: FlaskClient):
    """Nothing in it maps to an identifier of a matching rule."""
    unit = f"/api/businessunits/{client.post('/api/businessunits', json={'name': 'U'}).get_json()['id']}"

    def made(path: str, body: object) -> str:
        return client.post(f"{unit}/{path}", json=body).get_json()["id"]

    model = {"type": "object", "properties": {"mail": {"type": "string"}}}
    profile = made("customerschemas", {"name": "Profile", "schemaType": 0, "schema": model})
    view = made("views", {"name": "M", "type": "Marketing"})
    made(f"views/{view}/matchRules", {"name": "mail", "attributes": ["mail"]})
    application = made("applications", {"name": "A"})
    path = (
        f"applications/{application}/dataevents/{made(f'applications/{application}/dataevents', {'name': 'E', 'schema': model})}"
    )
    client.post(f"{unit}/{path}/mappings", json=[{"sourceField": "mail", "targetField": "mail", "target": profile}])
    keys = client.get(f"{unit}/applications/{application}/credentials").get_json()
    query = {"userKey": keys["userKey"], "secret": keys["userSecret"]}
    codes = []
    for event in ({"mail": "a@example.com"}, {"mail": "  "}):
        answer = client.post(f"{unit}/{path}/event", query_string=query, json=event)
        codes.append([one["code"] for one in client.get(answer.headers["X-Contract-Report"]).get_json()["suspicions"]])
    assert ("I01" in codes[0], "I01" in codes[1]) == (False, True)
