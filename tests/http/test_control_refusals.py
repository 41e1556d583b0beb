"""What our own API refuses, and how it says so."""

import io

import pytest
from flask.testing import FlaskClient

from mock_cdp.app import create_app
from mock_cdp.http.parameters import MAX_BODY_BYTES
from mock_cdp.listener import Listener


@pytest.fixture
def client(listener: Listener) -> FlaskClient:
    """Return a client of the whole application."""
    return create_app(listener).test_client()


def problem(answer, status: int) -> dict:
    """Return the problem in *answer*, checked for what every one has."""
    found = answer.get_json()
    assert (answer.status_code, answer.mimetype, found["status"]) == (status, "application/problem+json", status)
    assert answer.headers["Cache-Control"] == "no-store"
    assert found["title"]
    assert found["type"].startswith("urn:mock-cdp:problem:")
    return found


@pytest.mark.parametrize(
    ("query", "where", "said"),
    [
        ("sesion=x", "sesion", "did you mean 'session'?"),
        ("x=1", "x", "known here: session, event, outcome"),
        ("limit=5&limit=5", "limit", "more than once"),
        ("limit=", "limit", "a whole number from 1 to 500, found ''"),
        ("limit=501", "limit", "a whole number from 1 to 500, found '501'"),
        ("limit=ten", "limit", "found 'ten'"),
        ("after=-1", "after", "from 0 to 9007199254740992"),
        ("outcome=acepted", "outcome", "one of accepted, discarded, duplicate, rejected, found 'acepted'"),
        ("session=", "session", "text of 1 to 64 characters"),
        ("code=a%00", "code", "matching ^[A-Za-z0-9-]+$"),
        ("since=yesterday", "since", "Unix seconds, found 'yesterday'"),
        ("until=2024-11-30T17:50:12", "until", "with an offset"),
        ("until=2024-02-30T17:50:12Z", "until", "RFC 3339"),
        ("session", "session", "found ''"),
    ],
)
def test_a_parameter_is_refused_by_name(client: FlaskClient, query: str, where: str, said: str):
    """What was found, what is allowed, and where."""
    found = problem(client.get(f"/_mock/receipts?{query}"), 400)
    assert found["where"] == where
    assert said in found["detail"]


@pytest.mark.parametrize("query", ["timeout_s=601", "timeout_s=nan", "timeout_s=inf", "n=0", "timeout_s=-1"])
def test_a_wait_has_bounds(client: FlaskClient, query: str):
    """Nobody waits for ever or for nothing."""
    problem(client.get(f"/_mock/await?{query}"), 400)


@pytest.mark.parametrize("path", ["health/live", "sessions", "contracts", "openapi.json", "fidelity", "receipts/0f"])
def test_a_parameter_where_there_is_none_is_refused(client: FlaskClient, path: str):
    """A typo in a path does not go unnoticed either."""
    assert problem(client.get(f"/_mock/{path}?a=1"), 400)["where"] == "a"


def test_a_query_that_is_no_utf_8_is_refused(client: FlaskClient):
    """400, not a guess."""
    problem(client.get("/_mock/counts?session=%ff"), 400)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"labl": ""}', "did you mean 'label'?"),
        (b'{"labl": "", "x": 1}', "unknown member"),
        (b'{"zzz": ""}', "known here: label, publicKey"),
        (b'{"label": 7}', "label must be text of 0 to 200 characters"),
        (b'{"label": "\\u0000"}', "label must be"),
        (b'{"publicKey": 7}', "publicKey must be text"),
        (b"[]", "a JSON object"),
        (b"null", "a JSON object"),
        (b"{", "not JSON"),
        (b'{"label": "\xff"}', "not JSON"),
        (b'{"label": "\\ud800"}', "not JSON"),
        (b"{} {}", "not JSON"),
        (b'{"' + b"x" * 60_000 + b'": 1}', "unknown member"),
    ],
)
def test_a_body_is_refused_by_member(client: FlaskClient, body: bytes, said: str):
    """Which member, and what it must be."""
    found = problem(client.post("/_mock/sessions", data=body, content_type="application/json"), 400)
    assert said in found["detail"]
    assert len(found["detail"]) < 400


def test_a_body_of_another_type_is_refused(client: FlaskClient):
    """415 names what was found; a missing type is taken for JSON."""
    assert problem(client.post("/_mock/reset", data=b"{}", content_type="text/xml"), 415)["where"] == "Content-Type"
    assert client.post("/_mock/reset", data=b"{}").status_code == 200


def test_a_body_that_is_too_large_is_refused(client: FlaskClient):
    """By its declared length, and by its real one when it comes in chunks."""
    large = b" " * (MAX_BODY_BYTES + 1)
    problem(client.post("/_mock/sessions", data=large, content_type="application/json"), 413)
    chunked = {"wsgi.input": io.BytesIO(large), "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    problem(client.post("/_mock/sessions", environ_overrides=chunked), 413)
    assert client.post("/_mock/sessions", data=b"{}".ljust(MAX_BODY_BYTES)).status_code == 201


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", "counts", {"GET", "HEAD"}),
        ("GET", "reset", {"POST"}),
        ("PUT", "sessions", {"GET", "HEAD", "POST"}),
        ("POST", "sessions/x", {"GET", "HEAD", "DELETE"}),
        ("OPTIONS", "receipts", {"GET", "HEAD"}),
        ("TRACE", "await", {"GET", "HEAD"}),
    ],
)
def test_a_wrong_method_says_which_are_taken(client: FlaskClient, method: str, path: str, allow: set[str]):
    """405 with Allow."""
    answer = client.open(f"/_mock/{path}", method=method)
    problem(answer, 405)
    assert set(answer.headers["Allow"].split(", ")) == allow


@pytest.mark.parametrize("path", ["/_mock", "/_mock/", "/_mock/nothing", "/_mock//counts", "/_mock/contracts/retail"])
def test_an_unknown_path_is_a_problem(client: FlaskClient, path: str):
    """404, never a redirect, never a cookie."""
    answer = client.get(path)
    assert "openapi.json" in problem(answer, 404)["detail"]
    assert "Set-Cookie" not in answer.headers


def test_a_closing_slash_is_no_redirect(client: FlaskClient):
    """It is served as if it were not there."""
    assert client.get("/_mock/counts/").status_code == 200


def test_head_is_get_without_a_body(client: FlaskClient):
    """Same status and type."""
    answer = client.head("/_mock/counts")
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "application/json", b"")


def test_our_own_failure_is_a_problem_without_its_reason(listener: Listener, caplog):
    """500; the reason is in the log."""
    client = create_app(listener).test_client()
    with listener.store._engine.connect() as connection:
        connection.exec_driver_sql("DROP TABLE tally")
    assert "tally" not in problem(client.get("/_mock/counts"), 500)["detail"]
    assert "no such table: tally" in caplog.text


@pytest.mark.parametrize("path", ["receipts", "await?n=1&timeout_s=30", "quiet?for_s=0"])
def test_an_event_that_nobody_knows_is_said_at_once(client, path: str):
    """A typo must neither look like no receipts nor wait until the time is up; the last parts of a path are enough."""
    with_event = f"/_mock/{path}{'&' if '?' in path else '?'}event="
    refused = client.get(f"{with_event}pos-reciept")
    assert (refused.status_code, refused.json["detail"]) == (404, "no event is called pos-reciept; did you mean pos-receipt?")
    for name in ("pos-receipt", "sap-car/pos-receipt", "retail/sap-car/pos-receipt"):
        if "await" not in path:
            assert client.get(with_event + name).status_code == 200
