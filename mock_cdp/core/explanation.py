"""Why events of a delivery were refused, in CPI's terms; nothing of it costs an accepted delivery anything."""

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from typing import Any, Final

import msgspec

from mock_cdp.contract.contract import Contract, Unit
from mock_cdp.contract.violation import Violation
from mock_cdp.core.attributes import identifiers
from mock_cdp.core.mapping import Plan
from mock_cdp.core.nesting import path_of
from mock_cdp.core.receipt import Receipt
from mock_cdp.core.refusal import Refusal
from mock_cdp.cpi.diagnosed import Diagnosed, Diagnosis

MOST_EXPLAINED: Final = 100  # refused events of one delivery; the rest would repeat the causes and hold others up
MOST_VIOLATIONS: Final = 2_000  # of those; an event with many costs as much as many events


def explained(
    contract: Contract, events: Sequence[Any], violations: Sequence[Violation], warnings: Sequence[Violation]
) -> list[Diagnosis]:
    """Return the causes of what was rejected, each once with all its places.

    Args:
        contract: What the events should keep.
        events: All of the delivery.
        violations: Of all events, in their order.
        warnings: Of reading the body: they tell which member names stood twice.
    """
    return list(_diagnosed(contract, events, _to_explain(violations), warnings).diagnoses)


def _to_explain(violations: Sequence[Violation]) -> list[int]:
    """Return which of the rejected events are explained: the first one, and those after it while it does not cost too much."""
    told = Counter(violation.index for violation in violations)
    cheap = [index for index, cost in zip(told, accumulate(told.values()), strict=True) if cost <= MOST_VIOLATIONS]
    return (cheap or list(told)[:1])[:MOST_EXPLAINED]


def explained_refusal(refusal: Refusal) -> list[Diagnosis]:
    """Return the cause behind a delivery that was refused as a whole."""
    from mock_cdp.cpi.causes_transport import of_refusal

    found = of_refusal(refusal.code, refusal.details)
    return [found] if found else []


def suspicions(contract: Contract, unit: Unit, events: Sequence[Any], receipt: Receipt) -> list[Diagnosis]:
    """Return what is suspicious in a kept delivery although it was taken: asked for when somebody looks at the receipt."""
    from mock_cdp.cpi.causes_transport import of_delivery

    duplicates = [index for index, outcome in enumerate(receipt.outcomes) if outcome == "duplicate"]
    places = range(min(len(events), MOST_EXPLAINED))
    nobodys = [at for at in places if receipt.outcomes[at] == "accepted" and not _identifies(contract, unit, events[at])]
    warnings = [one.code for one in receipt.warnings]
    transport = of_delivery(receipt.headers, duplicates=duplicates, nobodys=nobodys, warnings=warnings)
    return [*_diagnosed(contract, events, places, receipt.warnings).warnings, *transport]


def _identifies(contract: Contract, unit: Unit, event: Any) -> bool:
    """Return whether *event* has a value for all attributes of some matching rule; True where there are no rules."""
    rules = [rule for view in unit.views for rule in view.match_rules if rule.attributes]
    brought = Plan(unit, contract).brought(event, 0)
    return not rules or any(all(identifiers(brought, path_of(name)) for name in rule.attributes) for rule in rules)


def _diagnosed(contract: Contract, events: Sequence[Any], places: Sequence[int], warnings: Sequence[Violation]) -> Diagnosed:
    from mock_cdp.cpi.diagnosis import diagnose  # 40 ms to load, for the first refused event

    at = {place: number for number, place in enumerate(places)}
    repeated = [(at[one.index], one.pointer) for one in warnings if one.code == "duplicate-member" and one.index in at]
    found = diagnose(contract.model, [events[place] for place in places], repeated=repeated)

    def placed(causes: Sequence[Diagnosis]) -> tuple[Diagnosis, ...]:
        return tuple(msgspec.structs.replace(one, indexes=tuple(places[number] for number in one.indexes)) for one in causes)

    return msgspec.structs.replace(found, diagnoses=placed(found.diagnoses), warnings=placed(found.warnings))
