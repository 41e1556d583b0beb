"""Counts, receipts, waiting and reset below `/_mock`."""

import base64
import threading

import orjson
import pytest
from flask.testing import FlaskClient

from mock_cdp.app import create_app
from mock_cdp.contract.catalog import shipped_catalog
from mock_cdp.contract.folder import load
from mock_cdp.listener import Listener
from running import contract_of, query_of

POS = contract_of(load(shipped_catalog()), "pos-receipt")


@pytest.fixture
def client(listener: Listener) -> FlaskClient:
    """Return a client of the whole application."""
    return create_app(listener).test_client()


def post(client: FlaskClient, number: int = 1, query: str = query_of(POS), **changes) -> str:
    """Post the *number*-th pos-receipt and return its call id."""
    event = POS.accepted_samples[0].event | {"receiptId": f"R1-20241130-3-{number}"} | changes
    return client.post(f"{POS.listener_path}/event?{query}", json=event).headers["x-callid"]


def get(client: FlaskClient, path: str, **query) -> dict:
    """Return the answer to a GET below `/_mock` that succeeds."""
    answer = client.get(f"/_mock/{path}", query_string=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.get_json()


def test_counts_add_up_by_event_application_and_code(client: FlaskClient):
    """Each outcome is counted where it belongs."""
    for changes in ({}, {}, {"storeId": 7}):
        post(client, **changes)
    counts = get(client, "counts")
    assert [counts[kind] for kind in ("received", "accepted", "rejected", "duplicate", "discarded")] == [3, 1, 1, 1, 0]
    assert counts["events"][POS.path]["accepted"] == counts["applications"]["retail/sap-car"]["accepted"] == 1
    assert (counts["codes"], counts["deliveries"], counts["kept"], counts["evicted"]) == ({"T09": 1, "type": 1}, 3, 3, 0)


def test_a_receipt_shows_what_came_and_why_it_was_refused(client: FlaskClient):
    """One receipt, whole, without the secret."""
    call_id = post(client, storeId=7)
    receipt = get(client, f"receipts/{call_id}")
    assert (receipt["callId"], receipt["event"], receipt["status"]) == (call_id, POS.path, 400)
    assert (receipt["outcomes"], receipt["violations"][0]["pointer"]) == (["rejected"], "/storeId")
    assert orjson.loads(receipt["body"])["storeId"] == 7
    assert "[redacted]" in receipt["query"]
    assert POS.credentials.user_secret not in str(receipt)


def test_a_body_that_is_no_text_comes_as_base64(client: FlaskClient):
    """Nothing of what was sent is lost."""
    sent = b'{"receiptId": "\xe4"}'
    client.post(f"{POS.listener_path}/event?{query_of(POS)}", data=sent, content_type="application/json")
    [receipt] = get(client, "receipts")["receipts"]
    assert base64.b64decode(receipt["bodyBase64"]) == sent
    assert "body" not in receipt


def test_a_receipt_that_is_not_kept_says_why_that_may_be(client: FlaskClient):
    """404, and the number of evicted ones."""
    answer = client.get(f"/_mock/receipts/{'0f' * 16}")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert "evicted" in answer.get_json()["detail"]


def test_pages_follow_each_other_newest_first(client: FlaskClient):
    """`nextBefore` leads to the next page, and to none at the end."""
    calls = [post(client, number) for number in range(1, 6)]
    found, before = [], {}
    while True:
        page = get(client, "receipts", limit=2, **before)
        found += [receipt["callId"] for receipt in page["receipts"]]
        assert (page["total"], page["complete"]) == (5, True)
        if page["nextBefore"] is None:
            break
        before = {"before": page["nextBefore"]}
    assert found == calls[::-1]


def test_every_filter_leaves_out_what_does_not_match(client: FlaskClient):
    """By event, outcome, code, time, seq and session."""
    first, second = post(client, 1), post(client, 2, storeId=7)
    by_call = {receipt["callId"]: receipt for receipt in get(client, "receipts")["receipts"]}
    late = by_call[second]["receivedAt"]
    for query, expected in (
        ({"event": "pos-receipt"}, {first, second}),
        ({"event": POS.path, "outcome": "accepted"}, {first}),
        ({"event": "web-order"}, set()),
        ({"code": "type"}, {second}),
        ({"after": by_call[first]["seq"]}, {second}),
        ({"session": "default"}, {first, second}),
        ({"since": "2024-11-30T17:50:12+01:00", "until": "9999999999"}, {first, second}),
        ({"since": "9999999999.5"}, set()),
        ({"until": "2016-12-31T23:59:60z"}, set()),
    ):
        found = {receipt["callId"] for receipt in get(client, "receipts", **query)["receipts"]}
        assert found == expected, query
    assert second in {r["callId"] for r in get(client, "receipts", since=late)["receipts"]}


def test_a_plus_that_was_not_encoded_is_still_an_offset(client: FlaskClient):
    """`?since=…+01:00` typed by hand means what it says."""
    post(client)
    answer = client.get("/_mock/receipts?since=2024-11-30T17:50:12+01:00")
    assert answer.get_json()["total"] == 1


def test_await_answers_when_enough_has_come(client: FlaskClient, listener: Listener):
    """It wakes for the delivery that completes it."""
    post(client, 1)
    answers = []
    waiting = create_app(listener).test_client()
    thread = threading.Thread(target=lambda: answers.append(get(waiting, "await", n=2, timeout_s=20)))
    thread.start()
    post(client, 2)
    thread.join(20)
    [answer] = answers
    assert (answer["satisfied"], answer["matched"], answer["complete"], len(answer["receipts"])) == (True, 2, True, 2)


def test_await_gives_up_when_the_time_is_up(client: FlaskClient):
    """Not satisfied, with what did come."""
    post(client, 1)
    answer = get(client, "await", n=2, timeout_s=0.05)
    assert (answer["satisfied"], answer["matched"], len(answer["receipts"])) == (False, 1, 1)


def test_await_counts_only_what_matches(client: FlaskClient):
    """An accepted event does not satisfy a wait for rejected ones."""
    post(client, 1)
    assert not get(client, "await", outcome="rejected", timeout_s=0)["satisfied"]
    assert get(client, "await", outcome="accepted", timeout_s=0)["satisfied"]


def test_quiet_looks_only_ahead(client: FlaskClient):
    """What came before does not disturb, nor does what does not match."""
    post(client, 1)
    assert get(client, "quiet", for_s=0.05) == {"quiet": True, "receipts": []}


def test_quiet_answers_at_once_when_disturbed(client: FlaskClient, listener: Listener):
    """It names the delivery that broke the silence."""
    answers, done = [], threading.Event()
    waiting = create_app(listener).test_client()

    def wait() -> None:
        answers.append(get(waiting, "quiet", for_s=20, event="pos-receipt"))
        done.set()

    thread = threading.Thread(target=wait)
    thread.start()
    number = 0
    while not done.wait(0.02):  # the first one may come before the silence begins
        post(client, number := number + 1)
    thread.join()
    assert not answers[0]["quiet"]
    assert answers[0]["receipts"][-1]["event"] == POS.path


def test_reset_forgets_everything_and_answers_the_counts(client: FlaskClient):
    """Receipts, tally and deduplication go together."""
    post(client, 1)
    answer = client.post("/_mock/reset")
    assert (answer.status_code, answer.get_json()["received"]) == (200, 0)
    assert get(client, "receipts")["total"] == 0
    post(client, 1)
    assert get(client, "counts")["accepted"] == 1


def test_reset_takes_its_session_from_query_or_body(client: FlaskClient):
    """Either place will do; two different ones are a contradiction."""
    post(client, 1)
    other = client.post("/_mock/sessions").get_json()["id"]
    assert client.post(f"/_mock/reset?session={other}").get_json()["session"] == other
    assert client.post("/_mock/reset", json={"session": other}).status_code == 200
    answer = client.post("/_mock/reset?session=default", json={"session": other})
    assert (answer.status_code, answer.get_json()["where"]) == (409, "session")
    assert get(client, "counts")["accepted"] == 1


def test_a_typo_in_a_session_does_not_look_like_an_empty_one(client: FlaskClient):
    """404 wherever a session is named."""
    for path in ("counts", "receipts", "await?timeout_s=0&session=nobody", "quiet?for_s=0&session=nobody"):
        answer = client.get(f"/_mock/{path}" if "?" in path else f"/_mock/{path}?session=nobody")
        assert (answer.status_code, answer.get_json()["where"]) == (404, "session")
    assert client.post("/_mock/reset?session=nobody").status_code == 404


def test_a_get_changes_nothing(client: FlaskClient):
    """All of them, and the counts are as before."""
    call_id = post(client, 1)
    before = get(client, "counts")
    for path in ("receipts", f"receipts/{call_id}", "await?timeout_s=0", "quiet?for_s=0", "sessions", "contracts"):
        assert client.get(f"/_mock/{path}").status_code == 200
    assert get(client, "counts") == before
