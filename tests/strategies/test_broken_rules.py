"""Which rules are broken: all that blind mutants of valid events break alone, and none much more often than another."""

import copy
from itertools import islice
from random import Random

import pytest
from corpus import MODELS, contract_of, drawn

from mock_cdp.strategies import invalid_events
from mock_cdp.strategies.events import event_maker
from mock_cdp.strategies.places import Places
from running import contract_of as shipped

JUNK = (
    None,
    True,
    False,
    0,
    1,
    -7,
    1.5,
    0.001,
    7,
    49.5,
    10**12,
    "",
    "x",
    "Q" * 12,
    "0123456789",
    "x" * 600,
    [],
    [1, 1],
    {},
    {"zzz": 1},
)


def mutants(event, random):
    """Yield *event* with a value replaced, left out, doubled or added, at every place."""
    holders = [(event, name) for name in event]
    while holders:
        holder, name = holders.pop()
        value = holder[name]
        if isinstance(value, (dict, list)):
            holders += [(value, inner) for inner in (value if isinstance(value, dict) else range(len(value)))]
        for junk in JUNK:
            holder[name] = copy.deepcopy(junk)
            yield event
        holder[name] = value
        if isinstance(value, list):
            for changed in ([*value, *value[:1]], value[:-1], [*value, random.choice(JUNK)]):
                holder[name] = changed
                yield event
            holder[name] = value
        if isinstance(holder, dict):
            del holder[name]
            yield event
            holder[name] = value
    yield from ({**event, name: junk} for name in ("zzz", "a", "b", "c", "x_", "AA") for junk in JUNK)


def broken_alone(contract):
    """Return the rules (place in the model) that some mutant of some valid event breaks alone, found without the strategy."""
    random, found = Random(0), set()
    for event in event_maker(contract, Places(contract.model)).tried(8):
        for mutant in islice(mutants(copy.deepcopy(event), random), 1_000):
            if not contract.model.accepts(mutant):
                places = {one.schema_pointer for one in contract.model.violations(mutant)}
                found |= places if len(places) == 1 else set()
    return found


@pytest.mark.parametrize("name", [name for name in MODELS if name != "nothing-said"])
def test_what_can_be_broken_alone_is_broken(name):
    """Whatever rule a heap of blind mutants breaks alone, the strategy breaks within ten events per rule, and forty."""
    contract = contract_of(name)
    breakable = broken_alone(contract)
    reached = {invalid.schema_pointer for invalid in drawn(invalid_events(contract), 40 + 10 * len(breakable))}
    assert breakable <= reached


@pytest.mark.parametrize("slug", ["pos-receipt", "web-order", "business-partner", "loyalty-movement"])
def test_shipped_contracts_break_everywhere(catalog, slug):
    """Each rule of a shipped contract is broken, and no rule much more often than another."""
    contract = shipped(catalog, slug)
    found = drawn(invalid_events(contract), 500)
    assert broken_alone(contract) <= {invalid.schema_pointer for invalid in found}
    rules = [(one.schema_pointer, one.label.split("required ")[1:]) for one in found]
    most = max(rules.count(rule) for rule in rules)
    assert most < len(found) / 8
