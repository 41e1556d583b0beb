"""Sessions, contracts, health and the ledger below `/_mock`."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from flask.testing import FlaskClient

from mock_cdp import __version__
from mock_cdp.app import create_app
from mock_cdp.contract.catalog import shipped_catalog
from mock_cdp.contract.contract import Catalog
from mock_cdp.contract.folder import load
from mock_cdp.core.session_keys import session_secret
from mock_cdp.http.public_keys import check_public_key
from mock_cdp.http.views import listener_urls
from mock_cdp.listener import Listener
from running import MASTER_KEY, contract_of

POS = contract_of(load(shipped_catalog()), "pos-receipt")


@pytest.fixture
def client(listener: Listener) -> FlaskClient:
    """Return a client of the whole application."""
    return create_app(listener).test_client()


def public_pem(bits: int, form=serialization.PublicFormat.SubjectPublicKeyInfo) -> str:
    """Return a public key whose modulus is a made-up odd number; nobody holds its private key."""
    key = rsa.RSAPublicNumbers(65537, 2 ** (bits - 1) + 2**99 + 1).public_key()
    return key.public_bytes(serialization.Encoding.PEM, form).decode()


def test_a_session_has_credentials_and_urls_that_work(client: FlaskClient, listener: Listener):
    """What POST sessions answers is all a sender needs."""
    answer = client.post("/_mock/sessions", json={"label": "build 17"}, base_url="http://mock.example:8080")
    made = answer.get_json()
    assert answer.status_code == 201
    assert made["listeners"]["pos-receipt"] == f"http://mock.example:8080{POS.listener_path}/event"
    assert (made["label"], made["hasPublicKey"]) == ("build 17", False)
    query = {"userKey": made["userKey"], "secret": made["secret"]}
    sent = client.post(f"{POS.listener_path}/event", query_string=query, json=POS.accepted_samples[0].event)
    assert sent.status_code == 202
    counts = [client.get(f"/_mock/counts?session={name}").get_json()["accepted"] for name in (made["id"], "default")]
    assert counts == [1, 0]


def test_a_secret_is_shown_once(client: FlaskClient):
    """Neither the list nor the single session holds it."""
    made = client.post("/_mock/sessions").get_json()
    assert made["secret"] == session_secret(made["userKey"], MASTER_KEY)
    [listed], single = client.get("/_mock/sessions").get_json(), client.get(f"/_mock/sessions/{made['id']}").get_json()
    assert listed == single == {name: made[name] for name in single}
    assert "secret" not in single


def test_a_dropped_session_is_gone_with_its_credentials(client: FlaskClient):
    """204 once, then 404; its keys are refused from then on."""
    made = client.post("/_mock/sessions").get_json()
    answers = [client.delete(f"/_mock/sessions/{made['id']}") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [204, 404]
    assert answers[0].data == b""
    query = {"userKey": made["userKey"], "secret": made["secret"]}
    assert client.post(f"{POS.listener_path}/event", query_string=query, json={}).status_code == 403
    assert client.get("/_mock/sessions").get_json() == []


def test_a_session_is_found_by_its_id_only(client: FlaskClient):
    """A user key is no id, and the default session cannot be dropped."""
    made = client.post("/_mock/sessions").get_json()
    assert client.get(f"/_mock/sessions/{made['userKey']}").status_code == 404
    assert client.delete("/_mock/sessions/default").status_code == 404


@pytest.mark.parametrize("bits", [2048, 3072, 4096])
@pytest.mark.parametrize("change", [str, str.rstrip, lambda pem: pem.replace("\n", "\r\n")])
def test_a_public_key_is_taken(client: FlaskClient, bits: int, change):
    """Every size we promise, with either line ending, with or without the last one."""
    answer = client.post("/_mock/sessions", json={"publicKey": change(public_pem(bits))})
    assert (answer.status_code, answer.get_json()["hasPublicKey"]) == (201, True)


@pytest.mark.parametrize(
    "pem",
    [
        "no key",
        public_pem(1024),
        public_pem(2048, serialization.PublicFormat.PKCS1),
        public_pem(2048).replace("IDAQAB", "IDAQAC"),
        public_pem(2048) + "x",
        " " + public_pem(2048),
    ],
)
def test_a_public_key_we_do_not_promise_is_refused(client: FlaskClient, pem: str):
    """400 says which keys are taken and how to write one."""
    answer = client.post("/_mock/sessions", json={"publicKey": pem})
    assert (answer.status_code, answer.get_json()["where"]) == (400, "publicKey")
    assert "openssl pkey -pubout" in answer.get_json()["detail"]
    assert client.get("/_mock/sessions").get_json() == []


def test_a_private_key_is_sent_back_without_being_repeated(client: FlaskClient):
    """The likely mistake has its own sentence."""
    pem = "-----BEGIN PRIVATE KEY-----\nnot-a-real-key\n-----END PRIVATE KEY-----\n"
    answer = client.post("/_mock/sessions", json={"publicKey": pem})
    assert "private key" in answer.get_json()["detail"]
    assert "not-a-real-key" not in answer.text


def test_no_public_key_is_fine():
    """Most sessions have none."""
    check_public_key("")


def test_contracts_are_listed_and_shown_without_secrets(client: FlaskClient, catalog: Catalog):
    """In short for all, in full for one."""
    listed = client.get("/_mock/contracts").get_json()
    assert [entry["path"] for entry in listed] == [contract.path for contract in catalog.contracts]
    shown = client.get(f"/_mock/contracts/{POS.path}").get_json()
    [short] = (entry for entry in listed if entry["path"] == POS.path)
    assert short == {name: shown[name] for name in short}
    assert shown["model"] == POS.model.schema
    assert shown["acceptedSamples"][shown["samples"]["accepted"][0]] == POS.accepted_samples[0].event
    assert shown["mappings"][0]["sourceField"] == POS.mappings[0].source_field
    for contract in catalog.contracts:
        assert contract.credentials.user_secret not in client.get(f"/_mock/contracts/{contract.path}").text


def test_an_unknown_contract_says_where_they_are_listed(client: FlaskClient):
    """404 with the way to the list."""
    answer = client.get("/_mock/contracts/retail/sap-car/nothing")
    assert (answer.status_code, "/_mock/contracts" in answer.get_json()["detail"]) == (404, True)


def test_events_that_share_a_name_are_told_apart_by_their_path(catalog: Catalog):
    """The full folder path is the key then."""
    twice = Catalog(units=catalog.units * 2)
    assert set(listener_urls(twice, "http://mock")) == {contract.path for contract in catalog.contracts}


def test_health_tells_live_ready_and_degraded(client: FlaskClient, listener: Listener):
    """A broken edit keeps it ready and says what is wrong."""
    assert client.get("/_mock/health/live").get_json() == {"status": "live", "version": __version__}
    ready = client.get("/_mock/health/ready").get_json()
    assert (ready["status"], ready["contracts"]["trouble"]) == ("ready", [])
    assert ready["contracts"]["count"] == len(listener.catalog.contracts)
    listener.trouble = ("retail/businessunit.json: not JSON",)
    answer = client.get("/_mock/health/ready")
    assert (answer.status_code, answer.get_json()["status"]) == (200, "degraded")
    assert answer.get_json()["contracts"]["trouble"] == list(listener.trouble)


def test_a_store_that_cannot_be_written_is_not_ready(tmp_path, catalog: Catalog):
    """503 with the reason, while the process is still live."""
    from running import make_listener

    listener = make_listener(catalog, f"sqlite:///{tmp_path / 'mock.db'}")
    client = create_app(listener).test_client()
    with listener.store._engine.connect() as connection:
        connection.exec_driver_sql("DROP TABLE meta")
    answer = client.get("/_mock/health/ready")
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert answer.get_json()["type"] == "urn:mock-cdp:problem:not-ready"
    assert client.get("/_mock/health/live").status_code == 200
    listener.store.close()


def test_the_ledger_is_shown(client: FlaskClient):
    """Every entry with its basis."""
    entries = client.get("/_mock/fidelity").get_json()
    assert {entry["basis"] for entry in entries} == {"documented", "observed", "assumed"}
