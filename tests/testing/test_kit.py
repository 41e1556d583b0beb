"""The kit as a test uses it: the same things hold on a real socket and without any."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from mock_cdp.contract.contract import UnknownContract
from mock_cdp.settings import SettingsError
from mock_cdp.testing import Cdp, MockCDP, contract, router
from mock_cdp.testing.cdp import Unmet

POS = contract("pos-receipt")
RECEIPT = POS.accepted_samples[0].event


@pytest.fixture(scope="module")
def server() -> Iterator[MockCDP]:
    made = MockCDP().start()
    yield made
    made.stop()


@pytest.fixture(params=["socket", "router"])
def either(request, server: MockCDP) -> Iterator[Cdp]:
    """Give a session on a socket, then one without."""
    with server.session() if request.param == "socket" else router() as cdp:
        yield cdp


def post(cdp: Cdp, event=RECEIPT, **options) -> httpx.Response:
    target = cdp.listener("pos-receipt")
    return httpx.post(target.url, params=target.params, json=event, **options)


def numbered(number: int) -> dict:
    return {**RECEIPT, "receiptId": f"R101-20241130-3-{number}"}


# -- what arrived ------------------------------------------------------------------------------------------------------


def test_an_event_is_accepted_and_shown(either: Cdp):
    assert post(either).status_code == 202
    (arrived,) = either.accepted()
    assert arrived.event == RECEIPT
    assert (arrived.contract, arrived.outcome) == ("retail/sap-car/pos-receipt", "accepted")
    assert either.rejected() == []
    assert (either.tally().accepted, either.tally().deliveries) == (1, 1)
    either.assert_all_accepted()


def test_a_batch_is_shown_event_by_event(either: Cdp):
    target = either.listener("pos-receipt")
    wrong = {**numbered(2), "totalAmount": "1.50"}
    httpx.post(target.events_url, params=target.params, json=[numbered(1), wrong, numbered(1)])
    assert [one.outcome for one in either.arrived()] == ["accepted", "rejected", "duplicate"]
    (rejected,) = either.rejected("pos-receipt")
    assert rejected.event == wrong
    assert [one.code for one in rejected.violations] == ["type"]
    assert [one.code for one in rejected.diagnoses] == ["T01"]


def test_a_failure_says_what_was_broken_where_why_and_how_to_mend_it(either: Cdp):
    post(either, {**RECEIPT, "totalAmount": "19.90", "items": RECEIPT["items"][0]})
    with pytest.raises(Unmet) as failed:
        either.assert_all_accepted()
    text = str(failed.value)
    assert "1 of 1 events were not accepted" in text
    assert '/totalAmount must be number, found string "19.90"' in text
    assert "cause T01 number sent as string: /totalAmount" in text
    assert "cause S02 array collapsed: /items" in text
    assert "fix: Set Streaming" in text


def test_nothing_sent_is_no_success(either: Cdp):
    with pytest.raises(
        Unmet, match=r"expected at least 1 accepted event, found 0\. Nothing arrived\. Does the integration post to"
    ):
        either.assert_all_accepted()


def test_fewer_than_wanted_is_no_success(either: Cdp):
    post(either)
    with pytest.raises(Unmet, match=r"expected at least 2 accepted events, found 1\. Nothing else arrived"):
        either.assert_all_accepted(at_least=2)


def test_a_wrong_secret_is_explained_where_nothing_arrived(either: Cdp):
    target = either.listener("pos-receipt")
    httpx.post(target.url, params={**target.params, "secret": "FAKE"}, json=RECEIPT)
    with pytest.raises(
        Unmet, match=r"(?s)Nothing arrived\. But this mock was sent what belongs to no session.*Invalid secret"
    ) as failed:
        either.assert_all_accepted()
    assert either.secret not in str(failed.value)


def test_a_body_that_is_no_json_counts_as_one_rejected_event(either: Cdp):
    target = either.listener("pos-receipt")
    httpx.post(target.url, params=target.params, content=b"<receipt/>")
    (rejected,) = either.rejected()
    assert rejected.event is None
    with pytest.raises(Unmet, match="<receipt/>"):
        either.assert_all_accepted()


def test_sessions_do_not_see_each_other(server: MockCDP):
    with server.session() as one, server.session() as other:
        post(one)
        assert post(other).json()["outcome"] == "accepted"
        assert (one.tally().received, other.tally().received) == (1, 1)


def test_reset_forgets_what_arrived_and_the_trouble(either: Cdp):
    post(either)
    trouble = either.fault(status=500)
    either.reset()
    assert post(either).json()["outcome"] == "accepted"
    assert (either.tally().received, trouble.used) == (1, 0)


def test_an_unknown_event_names_the_nearest(either: Cdp):
    with pytest.raises(UnknownContract, match="no event is called pos-recipt; did you mean pos-receipt"):
        either.listener("pos-recipt")
    with pytest.raises(UnknownContract, match="did you mean pos-receipt"):
        either.accepted("pos-recipt")


# -- waiting -----------------------------------------------------------------------------------------------------------


def test_waiting_ends_when_enough_arrived(either: Cdp):
    sender = threading.Thread(target=lambda: [post(either, numbered(number)) for number in range(3)])
    sender.start()
    found = either.await_events(3, event="pos-receipt", timeout_s=20)
    sender.join()
    assert [one.event["receiptId"][-1] for one in found] == ["0", "1", "2"]


def test_waiting_looks_at_the_events(either: Cdp):
    post(either)
    post(either, numbered(7))
    (found,) = either.await_events(where=lambda event: event["receiptId"].endswith("-7"))
    assert found.event == numbered(7)


def test_waiting_in_vain_says_what_came_instead(either: Cdp):
    post(either, {**RECEIPT, "currency": "euro"})
    with pytest.raises(
        Unmet,
        match=r"(?s)waited 0\.05 s for 1 accepted event of pos-receipt; 0 came\. What arrived besides:.*/currency must match",
    ):
        either.await_events(1, event="pos-receipt", timeout_s=0.05)


def test_an_outcome_that_is_none_is_refused_at_once(either: Cdp):
    with pytest.raises(ValueError, match="outcome is one of accepted, rejected, duplicate, discarded; found 'acepted'"):
        either.await_events(outcome="acepted")


def test_quiet_is_quiet(either: Cdp):
    post(either)
    started = time.monotonic()
    either.assert_quiet(0.1)
    assert time.monotonic() - started >= 0.1


def test_noise_is_noticed_at_once(either: Cdp):
    sender = threading.Timer(0.02, post, [either])
    sender.start()
    started = time.monotonic()
    with pytest.raises(
        Unmet, match=r"(?s)something arrived while 30 s should have been quiet.*accepted by retail/sap-car/pos-receipt"
    ):
        either.assert_quiet(30)
    assert time.monotonic() - started < 20
    sender.join()


# -- trouble -----------------------------------------------------------------------------------------------------------


def test_statuses_come_in_order_and_nothing_is_kept(either: Cdp):
    trouble = either.fault(statuses=[503, 429], retry_after=2)
    answers = [post(either) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 429, 202]
    assert [answer.headers.get("retry-after") for answer in answers] == ["2", "2", None]
    assert answers[1].json()["errorCode"] == 403048
    assert (trouble.used, trouble.left) == (2, 0)
    assert either.tally().received == 1


def test_retry_after_can_be_a_date(either: Cdp):
    either.fault(status=503, retry_after=datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert post(either).headers["retry-after"] == "Wed, 02 Jan 2030 03:04:05 GMT"


def test_a_dropped_answer_is_kept_so_a_retry_is_a_duplicate(either: Cdp):
    either.fault(drop=True)
    with pytest.raises(httpx.RemoteProtocolError):
        post(either)
    assert len(either.accepted()) == 1
    assert post(either).json()["outcome"] == "duplicate"


@pytest.mark.parametrize("trouble", ["close", "garbage"])
def test_a_closed_or_garbled_connection_keeps_nothing(either: Cdp, trouble: str):
    either.fault(**{trouble: True}, times=2)
    for _ in range(2):
        with pytest.raises(httpx.RemoteProtocolError):
            post(either)
    assert either.tally().received == 0
    assert post(either).status_code == 202


def test_a_slow_answer_runs_into_the_clients_patience_and_is_kept(either: Cdp):
    either.fault(delay_s=0.3)
    with pytest.raises(httpx.ReadTimeout):
        post(either, timeout=0.05)
    assert len(either.await_events()) == 1


def test_a_slow_answer_comes_late(either: Cdp):
    either.fault(delay_s=0.1)
    started = time.monotonic()
    assert post(either).status_code == 202
    assert time.monotonic() - started >= 0.1


def test_trouble_for_one_event_leaves_the_others_alone(either: Cdp):
    trouble = either.fault(status=500, event="web-order")
    assert post(either).status_code == 202
    assert trouble.left == 1


def test_trouble_of_one_session_is_not_anothers(server: MockCDP):
    with server.session() as one, server.session() as other:
        one.fault(status=500, times=3)
        assert (post(other).status_code, post(one).status_code) == (202, 500)


def test_trouble_does_not_hide_a_wrong_secret(either: Cdp):
    either.fault(status=503)
    target = either.listener("pos-receipt")
    assert httpx.post(target.url, params={**target.params, "secret": "FAKE"}, json=RECEIPT).status_code == 403


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "name the trouble"),
        ({"status": 202}, "status 202 is no error"),
        ({"status": 500, "statuses": [503]}, "status or statuses, not both"),
        ({"status": 500, "drop": True}, "one end"),
        ({"drop": True, "close": True}, "one end"),
        ({"retry_after": 1, "delay_s": 1.0}, "retry_after goes with a status"),
        ({"status": 500, "times": 0}, "times must be 1 or more"),
        ({"delay_s": float("inf")}, "delay_s 0 to 3600"),
        ({"status": 429, "retry_after": -5}, "retry_after is seconds from 0"),
        ({"status": 500, "event": "weborder"}, "did you mean web-order"),
    ],
    ids=["nothing", "no-error", "both", "two-ends", "two-fates", "retry-after", "never", "for-ever", "negative", "unknown-event"],
)
def test_trouble_that_makes_no_sense_is_refused(either: Cdp, options: dict, said: str):
    with pytest.raises((ValueError, UnknownContract), match=said):
        either.fault(**options)


# -- the server --------------------------------------------------------------------------------------------------------


def test_a_mock_runs_while_its_block_does():
    with MockCDP() as cdp:
        assert post(cdp).status_code == 202
        url = cdp.url
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


def test_a_client_that_goes_away_within_a_chunk_harms_nobody():
    """Werkzeug's own reader would take this process with it."""
    with MockCDP(max_body_bytes=1_000) as cdp:
        target = cdp.listener("pos-receipt")
        path = httpx.URL(target.url, params=target.params).raw_path
        with socket.create_connection(("127.0.0.1", httpx.URL(target.url).port or 0)) as client:
            client.sendall(b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFF\r\n{")
        assert cdp.await_events(1, outcome="rejected")
        assert cdp.tally().codes == {"body-broken-off": 1}


@pytest.mark.parametrize(
    "head",
    [
        b"GET /a b?secret=FAKEsecret HTTP/1.1",
        b"GET /" + b"x" * 70_000 + b"?secret=FAKEsecret HTTP/1.1",
        b"GET /?secret=FAKEsecret HTTP/1.1\r\n" + b"\r\n".join(b"h%d: 1" % n for n in range(150)),
    ],
    ids=["a blank", "too long", "too many headers"],
)
def test_what_is_no_request_is_refused_as_json_without_repeating_it(server: MockCDP, head: bytes):
    """The first line may hold a secret."""
    with socket.create_connection(("127.0.0.1", httpx.URL(server.url).port or 0)) as client:
        client.sendall(head + b"\r\n\r\n")
        said = b"".join(iter(lambda: client.recv(65_536), b"")).decode()
    head_said, _, body = said.partition("\r\n\r\n")
    assert json.loads(body)["errorDetails"].startswith("the request cannot be read: ")
    assert "application/json" in head_said
    assert "FAKEsecret" not in said


def test_a_slash_too_many_is_one_here_too(server: MockCDP):
    """A path works here exactly where it works on `mock-cdp serve`."""
    with server.session() as cdp:
        target = cdp.listener("pos-receipt")
        wrong = target.url.replace("/api/", "//api/")
        refused = httpx.post(wrong, params=target.params, json=RECEIPT)
    assert refused.status_code == 404
    assert f"did you mean {httpx.URL(target.url).path}" in refused.json()["errorDetails"]


def test_starting_and_stopping_twice():
    mock = MockCDP()
    with pytest.raises(RuntimeError, match="not running"), mock.session():
        pass
    for _ in range(2):
        mock.start()
        with mock.session() as cdp:
            assert post(cdp).status_code == 202
        mock.stop()
        mock.stop()


def test_switches_are_settings():
    with MockCDP(answer="later", duplicate_answer="refuse") as cdp:
        assert post(cdp, {**RECEIPT, "totalAmount": "1"}).status_code == 202
        assert len(cdp.rejected()) == 1


@pytest.mark.parametrize("make", [MockCDP, router])
def test_unknown_switches_are_refused(make):
    with pytest.raises(SettingsError, match="unknown setting anwser; did you mean answer"):
        make(anwser="later")
    with pytest.raises(SettingsError, match="no setting store"):
        make(store="here.db")


def test_tls_is_trusted_by_what_environ_names():
    import ssl

    with MockCDP(tls=True) as cdp:
        context = ssl.create_default_context(cafile=cdp.environ()["SSL_CERT_FILE"])
        assert cdp.url.startswith("https://")
        assert post(cdp, verify=context).status_code == 202
        cdp.fault(drop=True)
        with pytest.raises(httpx.TransportError):
            post(cdp, numbered(2), verify=context)
        assert len(cdp.accepted()) == 2


def test_a_client_that_does_not_shake_hands_holds_nobody_up():
    import socket
    import ssl

    mock = MockCDP(tls=True).start()
    with socket.create_connection(("127.0.0.1", int(mock.url.rsplit(":", 1)[1]))):
        with mock.session() as cdp:
            context = ssl.create_default_context(cafile=cdp.environ()["SSL_CERT_FILE"])
            assert post(cdp, verify=context, timeout=10).status_code == 202
        mock.stop()


def test_a_running_mock_is_not_started_again():
    mock = MockCDP().start()
    with pytest.raises(RuntimeError, match=r"running at http://127\.0\.0\.1:\d+: stop\(\) it first"):
        mock.start()
    mock.stop()


def test_a_secret_in_an_event_is_in_no_text_about_it(either: Cdp):
    """Neither in what is answered nor in what is kept and shown."""
    answer = post(either, {**RECEIPT, "currency": either.secret})
    assert "/currency must match" in answer.text
    assert either.secret not in answer.text
    assert either.secret not in either.describe()
    assert either.secret not in str(either.receipts())


def test_a_form_without_the_secret_is_not_said_to_hold_it(either: Cdp):
    target = either.listener("pos-receipt")
    httpx.post(target.url, params=target.params, data={"a": "1"})
    assert either.receipts()[0].warnings == []


def test_environ_names_all_a_client_needs(either: Cdp):
    environ = either.environ("pos-receipt")
    target = either.listener("pos-receipt")
    assert environ == {
        "CDP_URL": either.url,
        "CDP_USER_KEY": target.user_key,
        "CDP_SECRET": target.secret,
        "CDP_LISTENER_URL": target.url,
        "CDP_EVENTS_URL": target.events_url,
    }
    assert "CDP_LISTENER_URL" not in either.environ()


def test_many_threads_share_a_mock(server: MockCDP):
    def run(results: list) -> None:
        with server.session() as cdp:
            for number in range(10):
                post(cdp, numbered(number))
            results.append(cdp.tally().accepted)

    results: list[int] = []
    threads = [threading.Thread(target=run, args=[results]) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [10] * 6
