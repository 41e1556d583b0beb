"""The listener: outcomes, answers and receipts for single deliveries, as values."""

import gzip
import json
import shutil
from collections import Counter
from pathlib import Path

import msgspec
import orjson
import pytest

from mock_cdp.contract.catalog import shipped_catalog
from mock_cdp.contract.contract import Catalog
from mock_cdp.contract.folder import load
from mock_cdp.core.body import BodySettings
from mock_cdp.core.delivery import Delivery
from mock_cdp.core.receipt import Filter
from mock_cdp.listener import Listener, Rules
from running import contract_of, make_listener, query_of

NOW = 1_795_489_567.202


def delivery(contract, body, *, many=False, query=None, method="POST", path=None, headers=()):
    """Return a delivery to *contract*."""
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return Delivery(
        method,
        path or f"{contract.listener_path}/{'events' if many else 'event'}",
        query_of(contract) if query is None else query,
        (("host", "127.0.0.1:8080"), *headers),
        raw,
        NOW,
        "http",
        "127.0.0.1:8080",
    )


def receipt_json(n: int, **changes):
    """Return a pos-receipt that keeps its model, the *n*-th."""
    return {
        "receiptId": f"R101-20241130-3-{n}",
        "crmId": "0000123456",
        "purchasedAt": "2024-11-30T17:50:12+01:00",
        "storeId": "R101",
        "currency": "EUR",
        "totalAmount": 19.9,
        "items": [{"sku": "4006381333931", "quantity": 1, "amount": 19.9}],
    } | changes


@pytest.fixture
def pos(catalog: Catalog):
    """Return the pos-receipt contract."""
    return contract_of(catalog, "pos-receipt")


def answer(reply):
    """Return an answer's JSON."""
    return json.loads(reply.body)


def headers(reply):
    """Return an answer's headers by name."""
    return dict(reply.headers)


def test_an_event_that_keeps_its_model_is_accepted_and_counted(listener: Listener, pos):
    """202, errorCode 0, and one accepted event of that contract."""
    reply = listener.handle(delivery(pos, receipt_json(1)))
    assert reply.status == 202
    assert answer(reply)["errorCode"] == 0
    assert answer(reply)["callId"] == headers(reply)["x-callid"]
    assert headers(reply)["X-Contract-Verdict"] == "accepted"
    tally = listener.store.tally("default")
    assert (tally.received, tally.accepted, tally.events[pos.path].accepted) == (1, 1, 1)


def test_a_broken_event_is_refused_with_every_reason(listener: Listener, pos):
    """400 in the family envelope, with validationErrors and located violations."""
    reply = listener.handle(delivery(pos, receipt_json(1, totalAmount="19.90", currency="euro")))
    body = answer(reply)
    assert reply.status == body["statusCode"] == 400
    assert body["errorCode"] == 400009
    assert [(v["code"], v["pointer"]) for v in body["violations"]] == [
        ("pattern", "/currency"),
        ("type", "/totalAmount"),
    ]
    assert body["validationErrors"][1] == {
        "fieldName": "/totalAmount",
        "message": '/totalAmount must be number, found string "19.90"',
    }
    [cause] = body["diagnoses"]
    assert (cause["code"], cause["paths"], cause["certain"]) == ("T01", ["/totalAmount"], False)  # the currency stays broken
    assert listener.store.tally("default").codes == {"T01": 1, "pattern": 1, "type": 1}


def test_the_report_header_names_the_kept_receipt(listener: Listener, pos):
    """X-Contract-Report ends in the call id under which the receipt is found, with body and violations."""
    reply = listener.handle(delivery(pos, receipt_json(1, totalAmount="x")))
    call_id = headers(reply)["X-Contract-Report"].removeprefix("/_mock/receipts/")
    receipt = listener.store.receipt(call_id)
    assert receipt.outcomes == ["rejected"]
    assert receipt.status == 400
    assert json.loads(receipt.body)["totalAmount"] == "x"
    assert receipt.violations[0].pointer == "/totalAmount"


def test_no_secret_is_kept(listener: Listener, pos):
    """Neither query nor Authorization header nor body of a receipt holds a secret, whoever sent it."""
    secret = pos.credentials.user_secret
    listener.handle(delivery(pos, receipt_json(1), headers=(("authorization", f"Basic {secret}"),)))
    listener.handle(delivery(pos, receipt_json(2, note=secret), query=f"userKey=nobody&secret={secret}"))
    page = listener.store.receipts(Filter(), limit=10)
    assert page.total == 2
    assert secret not in repr([msgspec.to_builtins(receipt) for receipt in page.receipts])


def test_a_secret_in_the_body_is_not_kept(listener: Listener, pos):
    """A mapping that copies a header into the event must not bring the secret into the journal."""
    secret = pos.credentials.user_secret
    reply = listener.handle(delivery(pos, receipt_json(1, note=f"x {secret}")))
    assert json.loads(listener.store.receipt(headers(reply)["x-callid"]).body)["note"] == "x [redacted]"
    assert [warning["code"] for warning in answer(reply)["warnings"]] == ["secret-in-body"]
    assert secret.encode() not in reply.body


@pytest.mark.parametrize("secret", ["message", "secret", "1"])
def test_a_secret_may_be_a_word(tmp_path: Path, secret: str):
    """A contract folder's own may be one that stands in answers, too: it takes away neither their members nor their codes."""
    folder = Path(shutil.copytree(shipped_catalog(), tmp_path / "contracts"))
    keys = {"userKey": "Aabcdefghijk", "userSecret": secret}
    (folder / "retail/applications/sap-car/application.json").write_text(json.dumps({"name": "CAR", "credentials": keys}))
    catalog = load(folder)
    listener, pos = make_listener(catalog), contract_of(catalog, "pos-receipt")
    told = f"message secret 1 {secret}"
    accepted = answer(listener.handle(delivery(pos, receipt_json(2, note=told))))
    assert [warning["code"] for warning in accepted["warnings"]] == ["secret-in-body"]
    refused = answer(listener.handle(delivery(pos, receipt_json(3, totalAmount=told))))
    assert [(one["code"], one["pointer"]) for one in refused["violations"]] == [("type", "/totalAmount")]
    assert secret not in refused["violations"][0]["found"]
    listener.store.close()


@pytest.mark.parametrize("before", range(58, 92, 3))
def test_a_secret_that_is_cut_short_is_not_shown(listener: Listener, pos, before: int):
    """A long value is shortened where it is shown, which may be in the middle of the secret."""
    session = listener.sessions.open(now=1.0)
    secret = listener.sessions.secret_of(session)
    broken = receipt_json(1, totalAmount="-" * before + secret)
    reply = listener.handle(delivery(pos, broken, query=f"userKey={session.user_key}&secret={secret}"))
    (kept,) = listener.store.receipts(Filter(), limit=1).receipts
    assert secret[:6] not in reply.body.decode() + repr(kept.violations) + repr(kept.diagnoses)


@pytest.mark.parametrize(
    "body", ['{{"note":"{}"', '{{"note":"x{}" "a":1}}', '{{"note":{}}}', "{}", '{{"a":"\\q{}"}}', '{{"a":"{}\n"}}']
)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_what_is_quoted_of_a_broken_body_holds_no_part_of_the_secret(listener: Listener, pos, body: str, packed: bool):
    """Though the quotation begins or ends in the middle of it; line and column stay."""
    session = listener.sessions.open(now=1.0)
    secret = listener.sessions.secret_of(session)
    query = f"userKey={session.user_key}&secret={secret}"
    raw = body.format(secret).encode()
    headed = (("content-encoding", "gzip"),) if packed else ()
    reply = listener.handle(delivery(pos, gzip.compress(raw) if packed else raw, query=query, headers=headed))
    (kept,) = listener.store.receipts(Filter(), limit=1).receipts
    said = reply.body.decode() + repr(kept.violations)
    assert "at line 1, column" in said
    assert not [part for part in (secret[at : at + 6] for at in range(len(secret) - 5)) if part in said]


def test_a_session_dropped_by_one_worker_is_unknown_to_all(catalog: Catalog, pos, tmp_path):
    """At once, and nothing is kept for it any more."""
    one, other = (make_listener(catalog, str(tmp_path / "shared.db")) for _ in range(2))
    session = one.sessions.open(now=1.0)
    query = f"userKey={session.user_key}&secret={one.sessions.secret_of(session)}"
    assert other.handle(delivery(pos, receipt_json(1), query=query)).status == 202
    assert one.close_session(session.id)
    assert other.handle(delivery(pos, receipt_json(2), query=query)).status == 403
    assert one.store.tally(session.id).received == 0
    for listener in (one, other):
        listener.store.close()


def test_the_second_event_with_a_deduplication_value_is_a_duplicate(listener: Listener, pos):
    """First wins; the answer is 202 with the outcome duplicate."""
    listener.handle(delivery(pos, receipt_json(1)))
    reply = listener.handle(delivery(pos, receipt_json(1, totalAmount=5)))
    assert (reply.status, answer(reply)["outcome"]) == (202, "duplicate")
    tally = listener.store.tally("default")
    assert (tally.received, tally.accepted, tally.duplicate) == (2, 1, 1)


def test_a_rejected_event_does_not_take_its_deduplication_value(listener: Listener, pos):
    """A corrected event is accepted after its broken twin."""
    listener.handle(delivery(pos, receipt_json(1, totalAmount="x")))
    assert answer(listener.handle(delivery(pos, receipt_json(1))))["outcome"] == "accepted"


def test_a_duplicate_can_be_refused(catalog: Catalog, pos):
    """The switch answers 400 instead of 202."""
    listener = make_listener(catalog, rules=Rules(refuse_duplicates=True))
    listener.handle(delivery(pos, receipt_json(1)))
    reply = listener.handle(delivery(pos, receipt_json(1)))
    assert (reply.status, answer(reply)["outcome"]) == (400, "duplicate")
    assert "deduplication" in answer(reply)["errorDetails"]
    listener.store.close()


def test_a_batch_answers_per_event(listener: Listener, pos):
    """202 while anything was kept, with an outcome for each index."""
    batch = [receipt_json(1), receipt_json(2, totalAmount="x"), receipt_json(1)]
    reply = listener.handle(delivery(pos, batch, many=True))
    body = answer(reply)
    assert reply.status == 202
    assert body["outcomes"] == ["accepted", "rejected", "duplicate"]
    assert [(v["index"], v["pointer"]) for v in body["violations"]] == [(1, "/totalAmount")]
    assert body["validationErrors"][0]["message"] == 'event 1: /totalAmount must be number, found string "x"'
    assert headers(reply)["X-Contract-Verdict"] == "mixed"


def test_a_batch_that_breaks_very_much_costs_little(listener: Listener, pos):
    """Every event says what it breaks, at least one rule of it; and the cause is named although only few are looked into."""
    batch = [receipt_json(n, items=[{"sku": "1", "quantity": "1", "amount": "1"}] * 600) for n in range(40)]
    reply = listener.handle(delivery(pos, batch, many=True))
    (kept,) = listener.store.receipts(Filter(), limit=1).receipts
    counts = Counter(violation.index for violation in kept.violations)
    assert counts == dict.fromkeys(range(5), 1_000) | dict.fromkeys(range(5, 40), 1)
    assert [(one.code, one.indexes) for one in kept.diagnoses] == [("T01", (0, 1))]
    assert answer(reply)["errorDetails"].startswith("40 of 40 events break the model")


def test_a_secret_within_gzip_is_found(listener: Listener, pos):
    """Neither the kept body nor a violation shows it, and the body still unpacks."""
    secret = pos.application.credentials.user_secret
    packed = gzip.compress(orjson.dumps(receipt_json(1, totalAmount=secret)))
    reply = listener.handle(delivery(pos, packed, headers=(("content-encoding", "gzip"),)))
    (kept,) = listener.store.receipts(Filter(), limit=1).receipts
    assert secret.encode() not in reply.body + gzip.decompress(kept.body) + msgspec.json.encode(kept.violations)
    assert b'"totalAmount":"[redacted]"' in gzip.decompress(kept.body)


def test_a_batch_of_broken_events_only_is_refused(listener: Listener, pos):
    """400 when nothing was kept."""
    reply = listener.handle(delivery(pos, [receipt_json(1, storeId=7), receipt_json(2, storeId=7)], many=True))
    assert (reply.status, answer(reply)["outcomes"]) == (400, ["rejected", "rejected"])


def test_all_or_nothing_refuses_the_whole_batch(catalog: Catalog, pos):
    """One broken event takes the others with it, and each says why."""
    listener = make_listener(catalog, rules=Rules(all_or_nothing=True))
    reply = listener.handle(delivery(pos, [receipt_json(1), receipt_json(2, totalAmount="x")], many=True))
    body = answer(reply)
    assert (reply.status, body["outcomes"]) == (400, ["rejected", "rejected"])
    assert {v["code"] for v in body["violations"]} == {"batch-refused", "type"}
    assert body["errorDetails"].startswith("1 of 2 events break the model")
    again = listener.handle(delivery(pos, [receipt_json(1)], many=True))
    assert answer(again)["outcomes"] == ["accepted"]
    listener.store.close()


def test_answer_later_accepts_and_fails_in_the_log(catalog: Catalog, pos):
    """The sender sees a plain 202; the receipt tells the truth."""
    listener = make_listener(catalog, rules=Rules(answer_later=True))
    reply = listener.handle(delivery(pos, receipt_json(1, totalAmount="x")))
    assert (reply.status, answer(reply)["errorCode"]) == (202, 0)
    assert "violations" not in answer(reply)
    assert listener.store.receipt(headers(reply)["x-callid"]).outcomes == ["rejected"]
    listener.store.close()


def test_an_event_is_also_reached_by_external_id(listener: Listener, pos):
    """The path by external id listens too."""
    reply = listener.handle(delivery(pos, receipt_json(1), path=f"{pos.external_path}/event"))
    assert reply.status == 202


def test_an_unknown_event_names_the_nearest(listener: Listener, pos):
    """404 in the envelope, kept as a rejected delivery of no event."""
    path = f"{pos.listener_path[:-1]}_/event"
    reply = listener.handle(delivery(pos, receipt_json(1), path=path))
    assert (reply.status, answer(reply)["errorCode"]) == (404, 404000)
    assert pos.listener_path in answer(reply)["errorDetails"]
    assert listener.store.tally("default").codes == {"unknown-listener": 1}


def test_only_post_is_taken(listener: Listener, pos):
    """405 with Allow, and nothing is kept."""
    reply = listener.handle(delivery(pos, b"", method="GET"))
    assert (reply.status, headers(reply)["Allow"], answer(reply)["errorCode"]) == (405, "POST", 405001)
    assert listener.store.tally(None).deliveries == 0


def test_missing_credentials_say_how_to_send_them(listener: Listener, pos):
    """401 and a way to authenticate."""
    reply = listener.handle(delivery(pos, receipt_json(1), query=""))
    assert reply.status == 401
    assert "userKey" in answer(reply)["errorDetails"]
    assert "WWW-Authenticate" in headers(reply)


def _changed(catalog: Catalog, contract, **event_changes) -> Catalog:
    event = msgspec.structs.replace(contract.event, **event_changes)
    unit = catalog.units[0]
    contracts = tuple(msgspec.structs.replace(c, event=event) if c.path == contract.path else c for c in unit.contracts)
    return Catalog(units=(msgspec.structs.replace(unit, contracts=contracts),), revision="changed")


def test_a_disabled_event_refuses(catalog: Catalog, listener: Listener, pos):
    """403 and the outcome discarded."""
    listener.use(_changed(catalog, pos, enabled=False))
    reply = listener.handle(delivery(pos, receipt_json(1)))
    assert (reply.status, answer(reply)["violations"][0]["code"]) == (403, "event-disabled")
    assert listener.store.tally("default").discarded == 1


def test_an_event_without_its_required_purposes_is_discarded(catalog: Catalog, listener: Listener, pos):
    """202 and discarded; with the purpose in the query it is accepted."""
    listener.use(_changed(catalog, pos, required_purpose_ids=("Hnewsletter",), purpose_ids=()))
    reply = listener.handle(delivery(pos, receipt_json(1)))
    assert (reply.status, answer(reply)["outcome"]) == (202, "discarded")
    granted = f"{query_of(pos)}&purposeIds=Hnewsletter"
    assert answer(listener.handle(delivery(pos, receipt_json(1), query=granted)))["outcome"] == "accepted"


def test_a_duplicate_member_is_reported_on_an_accepted_event(listener: Listener, pos):
    """202 with a warning that names the place."""
    raw = orjson.dumps(receipt_json(1)).replace(b'"storeId":"R101"', b'"storeId":"R100","storeId":"R101"')
    body = answer(listener.handle(delivery(pos, raw)))
    assert (body["outcome"], body["warnings"][0]["code"]) == ("accepted", "duplicate-member")


def test_a_form_holds_credentials_and_event(catalog: Catalog, listener: Listener):
    """A form is accepted when its strings keep the model, and its secret is not kept."""
    contract = contract_of(catalog, "business-partner")
    body = f"{query_of(contract)}&masterDataId=0000004711&lastName=Example".encode()
    form = (("content-type", "application/x-www-form-urlencoded"),)
    reply = listener.handle(delivery(contract, body, query="", headers=form))
    assert (reply.status, answer(reply)["outcome"]) == (202, "accepted")
    kept = listener.store.receipt(headers(reply)["x-callid"])
    assert kept.auth == "form"
    assert contract.credentials.user_secret.encode() not in kept.body
    assert b"lastName=Example" in kept.body


def test_an_empty_batch_is_one_rejected_event(listener: Listener, pos):
    """400, counted, and the sums still add up."""
    assert listener.handle(delivery(pos, [], many=True)).status == 400
    tally = listener.store.tally("default")
    assert (tally.received, tally.rejected, tally.codes) == (1, 1, {"no-events": 1})


def test_a_wrong_data_centre_is_told_apart_when_asked(catalog: Catalog, pos):
    """301001 for another data centre's host, by switch, never as a redirect."""
    unit = catalog.units[0]
    here = msgspec.structs.replace(unit.business_unit, data_centre="eu5")
    contracts = tuple(msgspec.structs.replace(c, business_unit=here) for c in unit.contracts)
    changed = Catalog(units=(msgspec.structs.replace(unit, business_unit=here, contracts=contracts),))
    listener = make_listener(changed, rules=Rules(check_data_centre=True))
    asked = delivery(pos, receipt_json(1))
    for host, status in (("cdp.us5-prod.gigya.com", 400), ("cdp.eu5-prod.gigya.com", 202), ("localhost:8080", 202)):
        reply = listener.handle(msgspec.structs.replace(asked, host=host))
        assert reply.status == status, host
    listener.store.close()


def test_a_session_has_its_own_counts_and_deduplication(listener: Listener, pos):
    """Deliveries with a session's credentials stay in it; nothing leaks either way."""
    session = listener.sessions.open(now=NOW)
    query = f"userKey={session.user_key}&secret={listener.sessions.secret_of(session)}"
    listener.handle(delivery(pos, receipt_json(1)))
    reply = listener.handle(delivery(pos, receipt_json(1), query=query))
    assert answer(reply)["outcome"] == "accepted"
    assert listener.store.tally(session.id).accepted == 1
    assert listener.store.tally("default").accepted == 1
    listener.store.reset(session.id)
    assert listener.store.tally(session.id).received == 0
    assert listener.store.tally("default").accepted == 1


def test_a_failure_of_our_own_is_answered_in_the_envelope(listener: Listener, pos, caplog):
    """500 with a call id, and the reason only in the log."""
    listener.store.close()
    reply = listener.handle(delivery(pos, receipt_json(1)))
    assert (reply.status, answer(reply)["errorCode"]) == (500, 500001)
    assert "failed on a delivery" in caplog.text


def test_a_refusal_is_no_validation_error(listener: Listener, pos):
    """A wrong secret is a violation with a code, but nothing about the model."""
    body = answer(listener.handle(delivery(pos, receipt_json(1), query="userKey=AFAKEsapcar1&secret=x")))
    assert "validationErrors" not in body
    assert [violation["code"] for violation in body["violations"]] == ["wrong-secret"]


def test_a_long_list_of_reasons_is_cut_in_the_answer_only(listener: Listener, pos):
    """CPI copies the answer into its log; the receipt holds everything."""
    reply = listener.handle(delivery(pos, receipt_json(1, items=[{"sku": 1, "quantity": "1", "amount": "1"}] * 30)))
    body = answer(reply)
    assert (len(body["violations"]), body["violationsNotShown"]) == (50, 40)
    assert len(listener.store.receipt(headers(reply)["x-callid"]).violations) == 90


def test_too_many_events_are_refused(catalog: Catalog, pos):
    """The limit is one delivery's, and says so."""
    from mock_cdp.core.delivery import Limits

    listener = make_listener(catalog, rules=Rules(body=BodySettings(limits=Limits(max_events=2))))
    reply = listener.handle(delivery(pos, [receipt_json(n) for n in range(3)], many=True))
    assert answer(reply)["violations"][0]["code"] == "too-many-events"
    listener.store.close()


def test_every_shipped_sample_is_judged_as_it_says(catalog: Catalog, listener: Listener):
    """Accepted samples are accepted; rejected ones break exactly the rules they list."""
    for contract in catalog.contracts:
        for sample in contract.accepted_samples:
            reply = listener.handle(delivery(contract, sample.event))
            assert answer(reply)["outcome"] == "accepted", (contract.path, sample.name)
        for sample in contract.rejected_samples:
            reply = listener.handle(delivery(contract, sample.event))
            found = sorted((v["code"], v["pointer"]) for v in answer(reply)["violations"])
            assert (reply.status, found) == (400, sorted(sample.violations)), (contract.path, sample.name)


def test_the_first_event_of_a_batch_is_named_too(catalog: Catalog, pos):
    """Its position is 0, which is left out elsewhere; one of the others says that it was refused with it."""
    listener = make_listener(catalog, rules=Rules(all_or_nothing=True))
    body = answer(listener.handle(delivery(pos, [receipt_json(1, currency="euro"), receipt_json(2)], many=True)))
    assert [(one["index"], one["code"]) for one in body["violations"]] == [(0, "pattern"), (1, "batch-refused")]
    assert "break the model of retail/sap-car/pos-receipt: event 0: /currency must match" in body["errorDetails"]
    listener.store.close()
