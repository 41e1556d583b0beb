"""Invalid events: one broken rule each, all rules that can be broken alone, and no others asked for."""

import pytest
from corpus import MODELS, contract_of, contract_with, drawn, smallest
from hypothesis.errors import InvalidArgument

from mock_cdp.strategies import invalid_events, valid_events
from running import contract_of as shipped

UNBREAKABLE = {"nothing-said"}  # has no rule
BREAKABLE = [name for name in MODELS if name not in UNBREAKABLE]


def of_one_rule(contract, invalid):
    """Return whether all violations of an event are of the rule it names."""
    violations = contract.model.violations(invalid.event)
    named = (invalid.keyword, invalid.code, invalid.schema_pointer)
    return bool(violations) and all((one.keyword, one.code, one.schema_pointer) == named for one in violations)


@pytest.mark.parametrize("name", BREAKABLE)
def test_every_event_breaks_the_rule_it_names_and_no_other(name):
    """All violations of an event are of one rule, and the event says of which."""
    contract = contract_of(name)
    assert all(of_one_rule(contract, invalid) for invalid in drawn(invalid_events(contract), 50))


@pytest.mark.fuzz
@pytest.mark.parametrize("name", BREAKABLE)
def test_very_many_events_break_the_rule_they_name(name):
    """All violations of an event are of one rule, however long it runs."""
    contract = contract_of(name)
    assert all(of_one_rule(contract, invalid) for invalid in drawn(invalid_events(contract), 1_000))


@pytest.mark.parametrize("name", BREAKABLE)
def test_a_batch_keeps_the_model_exactly_when_each_of_its_events_does(name):
    """Judged at once or one by one; wherever the broken one stands."""
    contract = contract_of(name)
    sound = drawn(valid_events(contract), 5)
    assert contract.model.accepts_all(sound)
    for place, invalid in enumerate(drawn(invalid_events(contract), 20)):
        at = place % (len(sound) + 1)
        assert not contract.model.accepts_all([*sound[:at], invalid.event, *sound[at:]]), invalid.label


def test_every_member_is_left_out(catalog):
    """`required` is broken once for each member."""
    contract = shipped(catalog, "pos-receipt")
    labels = {invalid.label for invalid in drawn(invalid_events(contract, keywords=["required"]), 200)}
    required = contract.model.schema["required"]
    assert labels == {f"the event: required {name!r} left out" for name in required} | {
        f"/items/0: required {name!r} left out" for name in ("sku", "quantity", "amount")
    }


def test_a_type_is_broken_in_every_way():
    """Both null and a boolean where a number is wanted are among the wrong types."""
    found = drawn(invalid_events(contract_of("type-integer"), keywords=["type"]), 100)
    kinds = {type(invalid.event["a"]) for invalid in found}
    assert kinds == {type(None), bool, str, float, list, dict}


def test_a_label_says_where_what_and_by_what(catalog):
    """A person understands the label without the event."""
    strategy = invalid_events(shipped(catalog, "pos-receipt"), keywords=["type"])
    invalid = smallest(
        strategy, lambda one: one.pointer == "/items/0/amount" and isinstance(one.event["items"][0]["amount"], str)
    )
    assert invalid.label == '/items/0/amount: type number broken by ""'
    assert (invalid.keyword, invalid.code, invalid.schema_pointer) == (
        "type",
        "type",
        "/properties/items/items/properties/amount/type",
    )


def test_one_of_is_broken_by_none_and_by_two():
    """`oneOf` is broken in both ways."""
    found = drawn(invalid_events(contract_of("one-of-required"), keywords=["oneOf"]), 100)
    assert {frozenset(invalid.event) for invalid in found} >= {frozenset(), frozenset({"a", "b"})}


def test_keywords_of_dependencies_are_found_by_their_own_name():
    """A missing member that another one asks for is a violation of `required` under `dependencies`: both names find it."""
    contract = contract_of("dependencies-names")
    for keyword in ("dependencies", "required"):
        places = {invalid.schema_pointer for invalid in drawn(invalid_events(contract, keywords=[keyword]), 30)}
        assert places == {"/dependencies"}


@pytest.mark.parametrize(
    ("name", "keywords", "message"),
    [
        ("lengths", ["pattern"], "has no rule of pattern; it has maxLength, minLength, required, type"),
        ("lengths", [], "has no rule of no keyword at all"),
        ("nothing-said", None, "no rule of the model of unit/app/nothing-said can be broken"),
        ("one-of-overlapping", ["type"], "no rule of type of the model of unit/app/one-of-overlapping can be broken without"),
    ],
)
def test_what_cannot_be_broken_is_said_at_once(name, keywords, message):
    """A keyword that the model does not use is an error that names those it does."""
    with pytest.raises(InvalidArgument, match=message):
        invalid_events(contract_of(name), keywords=keywords)


def test_a_contradiction_is_said_at_once():
    """What nothing keeps cannot be broken in one rule."""
    with pytest.raises(InvalidArgument, match="its rules contradict each other"):
        invalid_events(contract_with({"type": "object", "required": ["a"], "properties": {"a": False}}))


def test_the_same_seed_breaks_the_same_rules(catalog):
    """Two runs without randomness are equal."""
    contract = shipped(catalog, "business-partner")
    assert drawn(invalid_events(contract), 60) == drawn(invalid_events(contract), 60)
