"""Through a real listener: what is delivered gets the answer its strategy promises. And the artefacts of CPI."""

import gzip
import json

import msgspec
import pytest
from corpus import contract_of, contract_with, drawn, smallest
from hypothesis.errors import InvalidArgument

from mock_cdp.contract.entities import MetadataConfig
from mock_cdp.core.delivery import Delivery
from mock_cdp.cpi.diagnosis import diagnose
from mock_cdp.strategies import batches, cpi_events, deliveries, invalid_events, valid_events
from running import contract_of as shipped
from running import query_of

SHIPPED = ("pos-receipt", "web-order", "business-partner", "loyalty-movement")
each_contract = pytest.mark.parametrize("slug", SHIPPED)


def sent(listener, contract, body, *, many=False):
    """Return the answer to a plain JSON delivery: status and body."""
    path = f"{contract.listener_path}/event{'s' if many else ''}"
    headers = (("content-type", "application/json"),)
    reply = listener.handle(Delivery("POST", path, query_of(contract), headers, json.dumps(body).encode(), 0.0))
    return reply.status, json.loads(reply.body)


@each_contract
def test_valid_events_are_accepted(listener, catalog, slug):
    """202 for each on an empty store."""
    contract = shipped(catalog, slug)
    for event in drawn(valid_events(contract), 50):
        listener.store.reset(None)
        status, answer = sent(listener, contract, event)
        assert (status, answer["outcome"]) == (202, "accepted"), answer


@each_contract
def test_invalid_events_are_rejected_for_the_rule_they_name(listener, catalog, slug):
    """400 for each, with the rule."""
    contract = shipped(catalog, slug)
    for invalid in drawn(invalid_events(contract), 50):
        status, answer = sent(listener, contract, invalid.event)
        assert (status, answer["outcome"]) == (400, "rejected"), invalid
        assert answer["violations"][0]["schemaPointer"] == invalid.schema_pointer


@each_contract
def test_deliveries_are_accepted_whatever_their_shape(listener, catalog, slug):
    """202 for each on an empty store, and nothing to warn of."""
    for delivery in drawn(deliveries(shipped(catalog, slug)), 100):
        listener.store.reset(None)
        reply = listener.handle(delivery)
        assert reply.status == 202, (delivery, reply.body)
        assert "warnings" not in json.loads(reply.body)


def test_deliveries_have_the_shapes_of_clients(catalog):
    """Types, codings, both paths and both orders of the credentials occur, and the simplest is plain JSON."""
    contract = shipped(catalog, "pos-receipt")
    found = drawn(deliveries(contract), 200)
    assert {one.header("content-type").split(";")[0] for one in found} == {"application/json", "text/plain", ""}
    assert {one.header("content-encoding") for one in found} == {"", "gzip", "identity"}
    assert {one.path for one in found} == {f"{contract.listener_path}/event", f"{contract.external_path}/event"}
    assert {one.query.split("=")[0] for one in found} == {"userKey", "secret"}
    plain = smallest(deliveries(contract), lambda _: True)
    assert plain.headers[:2] == (("host", "127.0.0.1"), ("content-type", "application/json"))
    assert json.loads(plain.body)["receiptId"] == "0-00000000-0-0"


def test_deliveries_take_other_events_and_credentials(listener, catalog):
    """What is delivered, and by whom, can be given: a session's credentials with characters that a query must encode."""
    contract = shipped(catalog, "web-order")
    session = listener.sessions.open(now=0.0)
    keys = (session.user_key, listener.sessions.secret_of(session))
    event = {"orderCode": "A+B/ä", "placedAt": "2024-01-01T00:00:00Z", "total": {"value": 1, "currency": "EUR"}}
    events = valid_events(contract).map(lambda _: event)
    for delivery in drawn(deliveries(contract, events=events, credentials=keys), 40):
        listener.store.reset(session.id)
        assert listener.handle(delivery).status == 202
        body = gzip.decompress(delivery.body) if delivery.header("content-encoding") == "gzip" else delivery.body
        assert json.loads(body) == event
    assert listener.store.tally(session.id).received == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"enabled": False}, "is disabled"), ({"required_purpose_ids": ("news",)}, r"purposes that it does not grant \(news\)")],
    ids=["disabled", "purposes"],
)
def test_a_contract_that_accepts_nothing_gets_no_deliveries(catalog, changes, message):
    """What would never be answered with "accepted" is said at once."""
    contract = shipped(catalog, "pos-receipt")
    other = msgspec.structs.replace(contract, event=msgspec.structs.replace(contract.event, **changes))
    with pytest.raises(InvalidArgument, match=message):
        deliveries(other)


@each_contract
def test_batches_hold_no_duplicates(listener, catalog, slug):
    """Every event of a batch is accepted, none is a duplicate of another."""
    contract = shipped(catalog, slug)
    sizes = set()
    for events in drawn(batches(contract, max_size=5), 40):
        listener.store.reset(None)
        status, answer = sent(listener, contract, events, many=True)
        assert (status, answer["outcomes"]) == (202, ["accepted"] * len(events))
        sizes.add(len(events))
    assert {1, 5} < sizes <= {1, 2, 3, 4, 5}


def deduplicated(schema, field):
    """Return a contract of *schema* whose events are the same when *field* is."""
    contract = contract_with(schema)
    config = MetadataConfig(deduplication_field=field)
    return msgspec.structs.replace(contract, event=msgspec.structs.replace(contract.event, metadata_config=config))


NESTED = {
    "type": "object",
    "properties": {"k": {"type": "object", "properties": {"id": {"enum": [1, 2, 3]}}, "required": ["id"]}},
}


def test_batches_look_at_nested_deduplication_fields():
    """A dotted field counts; events without a value are no duplicates of each other."""
    contract = deduplicated(NESTED, "k.id")
    for events in drawn(batches(contract, min_size=2), 60):
        ids = [event["k"]["id"] for event in events if "k" in event]
        assert len(ids) == len(set(ids))
    assert smallest(batches(contract, min_size=2), lambda _: True) == [{}, {}]


def test_batches_without_a_deduplication_field_may_repeat():
    """Where nothing is a duplicate, equal events may stand side by side."""
    assert smallest(batches(contract_of("type-null"), min_size=3), lambda _: True) == [{"a": None}] * 3


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"min_size": -1}, "min_size=-1, max_size=10"),
        ({"min_size": 3, "max_size": 2}, "min_size=3, max_size=2"),
        ({"min_size": 4}, "min_size=4: only 3 values of 'k.id' were found"),
    ],
    ids=["negative", "crossed", "too few values"],
)
def test_impossible_batches_are_said_at_once(sizes, message):
    """Sizes that contradict each other, or the model, are errors when the strategy is asked for."""
    with pytest.raises(InvalidArgument, match=message):
        batches(deduplicated({**NESTED, "required": ["k"]}, "k.id"), **sizes)


@each_contract
def test_cpi_events_are_judged_and_named_as_they_say(catalog, slug):
    """The model refuses those that say so, and the diagnosis names the code; a repeated name is not seen in a value."""
    model = shipped(catalog, slug).model
    for shaped in drawn(cpi_events(shipped(catalog, slug)), 60):
        assert model.accepts(shaped.event) is not shaped.refused
        if shaped.code != "S06":
            found = diagnose(model, [shaped.event])
            named = found.diagnoses if shaped.refused else found.warnings
            assert shaped.code in {diagnosis.code for diagnosis in named}, (shaped, found)


def test_cpi_events_of_some_codes(catalog):
    """Rare ones come as often as common ones; an unknown one is an error that names the others."""
    contract = shipped(catalog, "pos-receipt")
    found = [shaped.code for shaped in drawn(cpi_events(contract, codes=["S02", "T01"]), 100)]
    assert min(found.count("S02"), found.count("T01")) > 15
    with pytest.raises(InvalidArgument, match=r"can suffer X99; it can suffer D01, .*T01"):
        cpi_events(contract, codes=["X99"])
    with pytest.raises(InvalidArgument, match="no code at all"):
        cpi_events(contract, codes=[])
