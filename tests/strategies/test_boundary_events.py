"""Boundary events: valid all of them, at each limit that a model sets."""

import pytest
from corpus import MODELS, contract_of, drawn, smallest
from hypothesis.errors import InvalidArgument

from mock_cdp.strategies import boundary_events
from running import contract_of as shipped

LIMITED = [name for name in MODELS if name != "nothing-said"]


def at(event, pointer):
    """Return what stands at *pointer*, a JSON Pointer without escapes."""
    for part in pointer.split("/")[1:]:
        event = event[int(part) if isinstance(event, list) else part]
    return event


def by_label(contract, count):
    """Return an event for each label."""
    return {boundary.label: boundary.event for boundary in drawn(boundary_events(contract), count)}


@pytest.mark.parametrize("name", LIMITED)
def test_every_event_is_valid(name):
    """What stands at a limit is accepted: outside is somebody else's piece."""
    contract = contract_of(name)
    assert all(contract.model.accepts(boundary.event) for boundary in drawn(boundary_events(contract), 50))


@pytest.mark.fuzz
@pytest.mark.parametrize("name", LIMITED)
def test_very_many_events_are_valid(name):
    """What stands at a limit is accepted, however long it runs."""
    contract = contract_of(name)
    assert all(contract.model.accepts(boundary.event) for boundary in drawn(boundary_events(contract), 1_000))


def test_texts_reach_their_limits():
    """The fewest and the most characters, one inside of each, and the texts that integrations lose."""
    found = by_label(contract_of("lengths"), 300)
    assert {label: len(event["a"]) for label, event in found.items() if "characters, " in label or "character " in label} == {
        "/a: the fewest characters, 2": 2,
        "/a: one character more than the fewest, 3": 3,
        "/a: the most characters, 4": 4,
        "/a: one character less than the most, 3": 3,
    }
    assert found["/a: leading zeros"]["a"] == "0123"


def test_texts_without_a_limit_are_long_and_odd(catalog):
    """5,000 characters, leading zeros, emoji, right-to-left, combining characters."""
    found = by_label(shipped(catalog, "web-order"), 1_000)
    place = "/orderCode"
    assert len(found[f"{place}: 5000 characters, as there is no limit"]["orderCode"]) == 5_000
    assert found[f"{place}: leading zeros"]["orderCode"] == "000123"
    assert "\U0001f6d2" in found[f"{place}: emoji"]["orderCode"]
    assert "\u05e9" in found[f"{place}: right-to-left"]["orderCode"]
    assert "\u0308" in found[f"{place}: combining characters"]["orderCode"]


def test_numbers_reach_their_limits():
    """Closed limits themselves and their neighbours; what is next to an open one."""
    assert {boundary.event["a"] for boundary in drawn(boundary_events(contract_of("limits")), 200)} >= {-2.5, -1.5, 7.25, 6.25, 0}
    assert {boundary.event["a"] for boundary in drawn(boundary_events(contract_of("limits-exclusive")), 100)} >= {0.01, 0.99}
    assert {boundary.event["a"] for boundary in drawn(boundary_events(contract_of("limits-integer")), 100)} == {3, 4, 5}


def test_numbers_without_a_limit_are_long():
    """Fifteen digits and more, decimals that a text rounds, an exponent."""
    found = {boundary.event["a"] for boundary in drawn(boundary_events(contract_of("type-number")), 300)}
    assert found >= {123_456_789_012_345, 12_345_678_901_234_567, 1_234_567_890_123.45, 0.123_456_789_012_345, 1e-7}


def test_arrays_have_no_one_and_two_items_and_their_limits():
    """Numbers of items at the limits and those every integration meets."""
    assert {len(boundary.event["a"]) for boundary in drawn(boundary_events(contract_of("type-array")), 100)} >= {0, 1, 2}
    assert {len(boundary.event["a"]) for boundary in drawn(boundary_events(contract_of("items-counted")), 200)} == {2, 3, 4}


def test_optional_members_are_there_and_left_out(catalog):
    """Each optional member has an event with it and one without."""
    contract = shipped(catalog, "pos-receipt")
    found = by_label(contract, 1_500)
    for name in set(contract.model.schema["properties"]) - set(contract.model.schema["required"]):
        assert name in found[f"the event: the optional member {name!r} is there"]
        assert name not in found[f"the event: the optional member {name!r} is left out"]
    assert "unit" in found["/items/0: the optional member 'unit' is there"]["items"][0]


def test_null_and_each_type_of_several():
    """A place of several types has an event for each."""
    assert None in {boundary.event["a"] for boundary in drawn(boundary_events(contract_of("type-list")), 100)}
    labels = set(by_label(contract_of("type-list-of-many"), 200))
    assert labels >= {f"/a: the type {kind} of several" for kind in ("integer", "boolean", "array")}


def test_every_alternative_and_listed_value():
    """Each branch of a combination, each value of a list, also within a branch."""
    labels = set(by_label(contract_of("one-of-const"), 300))
    assert labels >= {f"the event: alternative {place} of oneOf" for place in (1, 2, 3)}
    assert labels >= {'/kind: the value "voucher" of the list', '/kind: the value "gift" of the list'}


def test_the_limit_stands_where_the_pointer_says(catalog):
    """The pointer leads to the value at the limit."""
    strategy = boundary_events(shipped(catalog, "pos-receipt"))
    boundary = smallest(strategy, lambda one: "/items/0/sku: emoji" in one.label)
    assert at(boundary.event, boundary.pointer).startswith("\U0001f6d2")
    assert list(boundary.event["items"][0]) == ["sku", "quantity", "amount"]


def test_a_model_without_limits_has_no_boundary():
    """A model that says nothing has no limit to be at."""
    with pytest.raises(InvalidArgument, match="has no limit"):
        boundary_events(contract_of("nothing-said"))


def test_the_same_seed_finds_the_same_limits(catalog):
    """Two runs without randomness are equal."""
    contract = shipped(catalog, "loyalty-movement")
    assert drawn(boundary_events(contract), 60) == drawn(boundary_events(contract), 60)
