"""Every door leads to the same judge: identical answers, receipts and tallies for the same bytes."""

import gzip
import io
import json
from collections.abc import Callable

import msgspec
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mock_cdp.app import create_app
from mock_cdp.contract.contract import Catalog
from mock_cdp.core.receipt import Filter
from mock_cdp.http.door import Door
from mock_cdp.http.reading import read_delivery
from mock_cdp.listener import Listener
from running import contract_of, make_listener, query_of

VOLATILE = {"callId", "time"}
VOLATILE_HEADERS = {"x-callid", "X-Contract-Report", "Content-Length"}


def environ_of(path: str, query: str, body: bytes, content_type: str, encoding: str = "", chunked: bool = False) -> dict:
    """Return a WSGI environ."""
    environ = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8080",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1:8080",
        "HTTP_SAP_MESSAGEPROCESSINGLOGID": "AGZ",
        "wsgi.url_scheme": "http",
        "wsgi.version": (1, 0),
        "wsgi.errors": io.StringIO(),
        "wsgi.input": io.BytesIO(body),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if content_type:
        environ["CONTENT_TYPE"] = content_type
    if encoding:
        environ["HTTP_CONTENT_ENCODING"] = encoding
    if chunked:
        environ |= {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    else:
        environ["CONTENT_LENGTH"] = str(len(body))
    return environ


def through_wsgi(app: Callable, environ: dict) -> tuple[int, dict, dict]:
    """Return status, headers and body of one WSGI call."""
    said = []
    chunks = app(environ, lambda status, headers, _=None: said.append((status, headers)))
    status, headers = said[0]
    return int(status[:3]), dict(headers), json.loads(b"".join(chunks))


def through_handle(listener: Listener, environ: dict) -> tuple[int, dict, dict]:
    """Return the same of a call without any HTTP."""
    reply = listener.handle(read_delivery(environ, listener.limits))
    return reply.status, dict(reply.headers), json.loads(reply.body)


def stable(answer: tuple[int, dict, dict]) -> tuple:
    """Return an answer without what differs from call to call."""
    status, headers, body = answer
    return (
        status,
        {name: value for name, value in headers.items() if name not in VOLATILE_HEADERS},
        {name: value for name, value in body.items() if name not in VOLATILE},
    )


def journal(listener: Listener) -> list[dict]:
    """Return all receipts without what differs from call to call."""
    page = listener.store.receipts(Filter(), limit=500)
    kept = [msgspec.structs.asdict(receipt) for receipt in page.receipts]
    return [{k: v for k, v in r.items() if k not in {"call_id", "received_at"}} for r in kept]


EVENTS = st.fixed_dictionaries(
    {
        "receiptId": st.sampled_from(["R1-20241130-3-1", "R1-20241130-3-2", "bad id"]),
        "purchasedAt": st.sampled_from(["2024-11-30T17:50:12+01:00", "20241130"]),
        "storeId": st.sampled_from(["R101", 7]),
        "currency": st.just("EUR"),
        "totalAmount": st.one_of(st.integers(-5, 5), st.just("19.90"), st.floats(allow_nan=False)),
        "items": st.just([{"sku": "1", "quantity": 1, "amount": 1}]),
    },
    optional={"crmId": st.just("0000123456"), "extra": st.text(max_size=5)},
)
BODIES = st.one_of(
    EVENTS.map(orjson.dumps),
    st.lists(EVENTS, max_size=4).map(orjson.dumps),
    st.lists(EVENTS, max_size=2).map(lambda events: orjson.dumps({"events": events})),
    st.sampled_from([b"", b"{", b"[]", b"{}", b'{"a":1,"a":2}', b"\xef\xbb\xbf{}", b"<x/>", b'{"a":"\xe4"}', b"NaN"]),
)
REQUESTS = st.fixed_dictionaries(
    {
        "many": st.booleans(),
        "body": BODIES,
        "keys": st.sampled_from(["right", "right", "right", "wrong", "none"]),
        "content_type": st.sampled_from(
            ["application/json", "text/plain", "", "application/xml", "application/json; charset=utf-8"]
        ),
        "encoding": st.sampled_from(["", "", "gzip"]),
        "chunked": st.booleans(),
    }
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(requests=st.lists(REQUESTS, min_size=1, max_size=6))
def test_all_doors_answer_and_keep_the_same(catalog: Catalog, requests: list[dict]):
    """Flask, the door ahead of it and the bare listener cannot be told apart."""
    contract = contract_of(catalog, "pos-receipt")
    listeners = [make_listener(catalog) for _ in range(3)]
    flask_app, door_app = (create_app(listener).wsgi_app for listener in listeners[:2])
    doors = [
        lambda environ: through_wsgi(flask_app, environ),
        lambda environ: through_wsgi(Door(listeners[1], door_app), environ),
        lambda environ: through_handle(listeners[2], environ),
    ]
    for request in requests:
        answers = [stable(door(_environ(contract, **request))) for door in doors]
        assert answers[0] == answers[1] == answers[2]
    assert journal(listeners[0]) == journal(listeners[1]) == journal(listeners[2])
    tallies = [msgspec.to_builtins(listener.store.tally(None)) for listener in listeners]
    assert tallies[0] == tallies[1] == tallies[2]
    for listener in listeners:
        listener.store.close()


def _environ(contract, *, many, body, keys, content_type, encoding, chunked) -> dict:
    query = {"right": query_of(contract), "wrong": "userKey=A&secret=B", "none": ""}[keys]
    sent = gzip.compress(body, mtime=0) if encoding else body
    return environ_of(f"{contract.listener_path}/{'events' if many else 'event'}", query, sent, content_type, encoding, chunked)


def test_every_shipped_sample_through_every_door(catalog: Catalog):
    """Accepted samples are accepted and rejected ones refused for exactly what they list, whichever way they come in."""
    listeners = [make_listener(catalog) for _ in range(3)]
    flask_app, door_app = (create_app(listener).wsgi_app for listener in listeners[:2])
    doors = (
        lambda environ: through_wsgi(flask_app, environ),
        lambda environ: through_wsgi(Door(listeners[1], door_app), environ),
        lambda environ: through_handle(listeners[2], environ),
    )
    for contract in catalog.contracts:
        path, query = f"{contract.listener_path}/event", query_of(contract)
        for sample in (*contract.accepted_samples, *contract.rejected_samples):
            for through in doors:
                status, _, body = through(environ_of(path, query, orjson.dumps(sample.event), "application/json"))
                found = {(violation["code"], violation["pointer"]) for violation in body.get("violations", ())}
                assert found == set(sample.violations), (contract.path, sample.name)
                assert status == (400 if sample.violations else 202)
    for listener in listeners:
        listener.store.close()


@pytest.fixture
def door(listener: Listener) -> Door:
    """Return a door that fails the test when it leaves a delivery to Flask."""

    def left(environ, start_response):
        raise AssertionError("left to Flask")

    return Door(listener, left)


def test_the_door_takes_plain_json(catalog: Catalog, door: Door):
    """The hot path never reaches Flask."""
    contract = contract_of(catalog, "pos-receipt")
    sample = orjson.dumps(contract.accepted_samples[0].event)
    environ = environ_of(f"{contract.listener_path}/event", query_of(contract), sample, "application/json")
    assert through_wsgi(door, environ)[0] == 202


@pytest.mark.parametrize(
    "change",
    [
        {"REQUEST_METHOD": "GET"},
        {"PATH_INFO": "/api/elsewhere"},
        {"CONTENT_TYPE": "application/xml"},
        {"HTTP_CONTENT_ENCODING": "gzip"},
        {"CONTENT_LENGTH": ""},
    ],
)
def test_the_door_leaves_everything_else_unread(catalog: Catalog, listener: Listener, change: dict):
    """Not taken, and the body still to be read by Flask."""
    contract = contract_of(catalog, "pos-receipt")
    environ = environ_of(f"{contract.listener_path}/event", query_of(contract), b"{}", "application/json") | change
    assert not Door(listener, lambda *_: []).takes(environ)
    assert environ["wsgi.input"].read() == b"{}"


def test_a_declared_length_beyond_the_limit_is_not_read(listener: Listener):
    """Memory is not spent on a body that will be refused."""
    environ = environ_of("/api/x", "", b"", "application/json") | {"CONTENT_LENGTH": str(11 * 1024 * 1024)}
    environ["wsgi.input"] = None
    delivery = read_delivery(environ, listener.limits)
    assert (delivery.oversized, delivery.body) == (True, b"")


@pytest.mark.parametrize("content_type", ["application/json", "text/csv"])
def test_a_body_that_broke_off_is_refused_even_if_what_came_is_an_event(catalog: Catalog, listener: Listener, content_type: str):
    """The client went away before the end that it announced: what it meant to send nobody knows."""
    contract = contract_of(catalog, "pos-receipt")
    sent = orjson.dumps(contract.accepted_samples[0].event)
    path = f"{contract.listener_path}/event"
    environ = environ_of(path, query_of(contract), sent, content_type) | {"CONTENT_LENGTH": str(len(sent) + 1)}
    answers: list[str] = []
    body = b"".join(Door(listener, create_app(listener).wsgi_app)(environ, lambda status, _headers: answers.append(status)))
    assert (answers[0][:3], orjson.loads(body)["violations"][0]["code"]) == ("400", "body-broken-off")


class _Broken(io.BytesIO):
    def read(self, _size: int | None = -1) -> bytes:
        raise OSError("Invalid chunk header")


def test_chunks_that_are_none_are_a_body_that_broke_off(listener: Listener):
    """It is no failure of the mock."""
    environ = environ_of("/api/x", "", b"", "application/json", chunked=True) | {"wsgi.input": _Broken()}
    assert read_delivery(environ, listener.limits).broken_off


def test_a_call_that_broke_off_does_nothing(listener: Listener):
    """An empty body would mean to reset everything."""
    answer = create_app(listener).test_client().post("/_mock/reset", environ_overrides={"CONTENT_LENGTH": "20"})
    assert answer.status_code == 400


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", ["/api", "/api/", "/api//x", "/api/businessunits/x/y", "/nothing", "/api/%00"])
def test_every_answer_is_a_json_object(listener: Listener, method: str, path: str):
    """Whatever is asked: JSON, no redirect, no cookie, a call id."""
    answer = create_app(listener).test_client().open(path, method=method)
    assert isinstance(answer.get_json(), dict)
    assert answer.status_code in {404, 405}
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["x-callid"]


def test_a_listener_says_what_it_takes(catalog: Catalog, listener: Listener):
    """405 with Allow: POST for any other method."""
    contract = contract_of(catalog, "pos-receipt")
    for method in ("PUT", "PROPFIND", "NONSENSE"):
        answer = create_app(listener).test_client().open(f"{contract.listener_path}/event", method=method)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
