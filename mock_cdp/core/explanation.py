"""Why events of a delivery were refused, in CPI's terms; nothing of it costs an accepted delivery anything."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from mock_cdp.contract.contract import Contract
from mock_cdp.contract.violation import Violation
from mock_cdp.core.receipt import Outcome, Receipt
from mock_cdp.core.refusal import Refusal
from mock_cdp.cpi.diagnosed import Diagnosed, Diagnosis

MOST_EXPLAINED: Final = 100  # refused events of one delivery; the rest would repeat the causes and hold others up


def explained(
    contract: Contract, events: Sequence[Any], outcomes: Sequence[Outcome], warnings: Sequence[Violation]
) -> list[Diagnosis]:
    """Return the causes of what was rejected, each once with all its places.

    Args:
        contract: What the events should keep.
        events: All of the delivery.
        outcomes: One per event.
        warnings: Of reading the body: they tell which member names stood twice.
    """
    rejected = [index for index, outcome in enumerate(outcomes) if outcome == "rejected"][:MOST_EXPLAINED]
    return list(_diagnosed(contract, events, rejected, warnings).diagnoses)


def explained_refusal(refusal: Refusal) -> list[Diagnosis]:
    """Return the cause behind a delivery that was refused as a whole."""
    from mock_cdp.cpi.causes_transport import of_refusal

    found = of_refusal(refusal.code, refusal.details)
    return [found] if found else []


def suspicions(contract: Contract, events: Sequence[Any], receipt: Receipt) -> list[Diagnosis]:
    """Return what is suspicious in a kept delivery although it was taken: asked for when somebody looks at the receipt."""
    from mock_cdp.cpi.causes_transport import of_delivery

    duplicates = [index for index, outcome in enumerate(receipt.outcomes) if outcome == "duplicate"]
    transport = of_delivery(receipt.headers, duplicates=duplicates, warnings=[one.code for one in receipt.warnings])
    places = range(min(len(events), MOST_EXPLAINED))
    return [*_diagnosed(contract, events, places, receipt.warnings).warnings, *transport]


def _diagnosed(contract: Contract, events: Sequence[Any], places: Sequence[int], warnings: Sequence[Violation]) -> Diagnosed:
    from mock_cdp.cpi.diagnosis import diagnose  # 40 ms to load, for the first refused event

    at = {place: number for number, place in enumerate(places)}
    repeated = [(at[one.index], one.pointer) for one in warnings if one.code == "duplicate-member" and one.index in at]
    found = diagnose(contract.model, [events[place] for place in places], repeated=repeated)

    def placed(causes: Sequence[Diagnosis]) -> tuple[Diagnosis, ...]:
        return tuple(msgspec.structs.replace(one, indexes=tuple(places[number] for number in one.indexes)) for one in causes)

    return msgspec.structs.replace(found, diagnoses=placed(found.diagnoses), warnings=placed(found.warnings))
