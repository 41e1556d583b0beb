"""Valid events: every model of the corpus, every shipped contract, what they look like, what cannot be kept."""

import pytest
from corpus import MODELS, UNSATISFIABLE, contract_of, contract_with, drawn, one, smallest
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from mock_cdp.contract.model import Model
from mock_cdp.strategies import valid_events
from running import contract_of as shipped

SHIPPED = ("pos-receipt", "web-order", "business-partner", "loyalty-movement")
SMALLEST_RECEIPT = {
    "receiptId": "0-00000000-0-0",
    "crmId": "0000000000",
    "purchasedAt": "2024-01-01T00:00:00Z",
    "storeId": "",
    "currency": "AAA",
    "totalAmount": 0,
}
SMALLEST_ITEM = {"sku": "", "quantity": 0, "amount": 0}


@pytest.mark.parametrize("name", MODELS)
def test_every_event_keeps_its_model(name):
    """Of no model does the strategy make an event that is refused."""
    contract = contract_of(name)
    events = drawn(valid_events(contract), 50)
    assert all(map(contract.model.accepts, events))


@pytest.mark.fuzz
@pytest.mark.parametrize("name", MODELS)
def test_very_many_events_keep_their_model(name):
    """Of no model does the strategy make an event that is refused, however long it runs."""
    contract = contract_of(name)
    assert all(map(contract.model.accepts, drawn(valid_events(contract), 1_000)))


@pytest.mark.parametrize("slug", SHIPPED)
def test_shipped_contracts_get_the_whole_variety(catalog, slug):
    """Each member the contract names is there in some events, and each optional one is missing in some."""
    contract = shipped(catalog, slug)
    events = drawn(valid_events(contract), 100)
    assert all(map(contract.model.accepts, events))
    for name in contract.model.schema["properties"]:
        assert any(name in event for event in events)
        assert name in contract.model.schema["required"] or any(name not in event for event in events)


def test_values_are_readable(catalog):
    """Amounts have two decimals at most, texts are short, and times are of this age."""
    for event in drawn(valid_events(shipped(catalog, "pos-receipt")), 200):
        assert round(event["totalAmount"], 2) == event["totalAmount"]
        assert len(event["storeId"]) <= 25
        assert event["purchasedAt"] >= "2024"


@pytest.mark.parametrize(
    ("wanted", "event"),
    [
        (lambda event: True, SMALLEST_RECEIPT),
        (lambda event: len(event.get("items", ())) == 2, SMALLEST_RECEIPT | {"items": [SMALLEST_ITEM, SMALLEST_ITEM]}),
        (lambda event: len(event.get("tenders", ())) > 1, SMALLEST_RECEIPT | {"tenders": [{}, {}]}),
        (lambda event: event["totalAmount"] >= 100, SMALLEST_RECEIPT | {"totalAmount": 100}),
        (lambda event: event["totalAmount"] < 0, SMALLEST_RECEIPT | {"totalAmount": -0.01}),
    ],
    ids=["any", "two items", "two tenders", "100 or more", "negative"],
)
def test_shrinks_to_a_readable_receipt(catalog, wanted, event):
    """What Hypothesis reports in the end holds nothing but what matters."""
    assert smallest(valid_events(shipped(catalog, "pos-receipt")), wanted) == event


def test_a_recursive_event_shrinks_to_its_root():
    """A tree shrinks to the depth that matters."""
    strategy = valid_events(contract_of("recursive-tree"))
    assert smallest(strategy, lambda event: event.get("children")) == {"name": "", "children": [{"name": ""}]}


def test_a_recursive_event_comes_to_an_end():
    """No tree is deeper or larger than a person could read."""
    for event in drawn(valid_events(contract_of("recursive-tree")), 200):
        assert len(str(event)) < 20_000


def test_the_same_seed_makes_the_same_events(catalog):
    """Two runs without randomness are equal."""
    contract = shipped(catalog, "web-order")
    assert drawn(valid_events(contract), 60) == drawn(valid_events(contract), 60)


@pytest.mark.parametrize("name", UNSATISFIABLE)
def test_a_model_that_nothing_keeps_is_said_at_once(name):
    """A contradiction is an error when the strategy is asked for, not an endless search."""
    with pytest.raises(InvalidArgument, match="no event was found that keeps the model of unit/app/odd"):
        valid_events(contract_with(UNSATISFIABLE[name]))


def test_arrays_are_as_long_as_asked_for():
    """`max_items` counts beyond what the model demands."""
    contract = contract_of("items-counted")
    assert {len(event["a"]) for event in drawn(valid_events(contract, max_items=1), 60)} == {2, 3}
    with pytest.raises(InvalidArgument, match="max_items=-1 is negative"):
        valid_events(contract, max_items=-1)


def test_two_strategies_share_no_values():
    """A test may change an event: the next one is as the model says."""
    strategy = valid_events(contract_of("const"))
    for event in drawn(strategy.map(lambda event: event["a"]["a"].clear() or event), 5):
        assert event == {"a": {"a": []}}
    assert drawn(strategy, 1) == [{"a": {"a": [1, 2]}}]


def test_composes_like_any_strategy(catalog):
    """It may be mapped, filtered, and drawn beside others."""
    strategy = valid_events(shipped(catalog, "loyalty-movement"))
    for first, points in drawn(st.tuples(strategy.filter(lambda event: event["points"]), strategy.map(len)), 20):
        assert first["points"]
        assert points >= 4


def test_a_reference_by_id_is_judged_all_the_same():
    """A reference that is not followed leaves the event to the judge: nothing refused gets through."""
    schema = one({"$ref": "https://example.com/c"}, definitions={"c": {"$id": "https://example.com/c", "type": "string"}})
    contract = contract_with(schema)
    assert all(map(Model(schema).accepts, drawn(valid_events(contract), 20)))
