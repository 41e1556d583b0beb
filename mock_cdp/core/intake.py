"""The judge: events in, outcomes and violations out. Pure; the store later turns a repeated `accepted` into `duplicate`."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from mock_cdp.contract.contract import Contract
from mock_cdp.contract.violation import Violation
from mock_cdp.core.receipt import Outcome

MOST_VIOLATIONS: Final = 5_000  # of a delivery, before only the first of each event is said; more would hold others up
BATCH_REFUSED: Final = "batch-refused"  # of an event that kept its model: another of its batch did not


class Judgement(msgspec.Struct, kw_only=True):
    """What the model says of a delivery's events.

    Attributes:
        outcomes: One per event, in order.
        violations: Of all events, each with its index.
        keys: Deduplication key of each accepted event, else None; empty when the event has no deduplication field.
    """

    outcomes: list[Outcome]
    violations: list[Violation] = []
    keys: list[str | None] = []


def judge(contract: Contract, events: Sequence[Any], *, granted: Iterable[str] = (), all_or_nothing: bool = False) -> Judgement:
    """Judge *events* by *contract*.

    Args:
        contract: What the event demands.
        events: Decoded JSON values.
        granted: Purpose ids or names that came with the delivery.
        all_or_nothing: Whether one broken event refuses all (whether SAP does so is unknown).
    """
    if contract.purposes_missing and not contract.purposes_missing <= set(granted):
        # Documented: without a required purpose the event is discarded when merging.
        return Judgement(outcomes=["discarded"] * len(events))
    if contract.model.accepts_all(events):
        everything: list[Outcome] = ["accepted"] * len(events)
        return Judgement(outcomes=everything, keys=_keys(contract, events, everything))
    outcomes: list[Outcome] = ["accepted" if contract.model.accepts(event) else "rejected" for event in events]
    violations = _violations(contract, events, outcomes)
    if all_or_nothing and len(events) > 1:
        violations += _refused_with_the_batch(outcomes)
        outcomes = ["rejected"] * len(events)
    return Judgement(outcomes=outcomes, violations=violations, keys=_keys(contract, events, outcomes))


def _violations(contract: Contract, events: Sequence[Any], outcomes: Sequence[Outcome]) -> list[Violation]:
    """Return what the rejected events break; one rule of each at least, however many others break."""
    found: list[Violation] = []
    for index, (event, outcome) in enumerate(zip(events, outcomes, strict=True)):
        if outcome == "rejected":
            violations = contract.model.violations if len(found) < MOST_VIOLATIONS else contract.model.first_violation
            found += violations(event, index=index)
    return found


def _refused_with_the_batch(outcomes: Sequence[Outcome]) -> list[Violation]:
    first = outcomes.index("rejected")
    message = f"kept its model, but event {first} of the batch did not, and batches are all or nothing here"
    return [
        Violation(code=BATCH_REFUSED, pointer="", message=message, index=index)
        for index, outcome in enumerate(outcomes)
        if outcome == "accepted"
    ]


def _keys(contract: Contract, events: Sequence[Any], outcomes: Sequence[Outcome]) -> list[str | None]:
    field = contract.event.metadata_config.deduplication_field
    if not field:
        return []
    if "." not in field:  # the everyday case, at a tenth of the cost
        values = [event.get(field) if type(event) is dict else None for event in events]
    else:
        parts = field.split(".")
        values = [_at(event, parts) for event in events]
    if "rejected" not in outcomes and set(map(type, values)) == {str}:  # the everyday case again
        return values
    return [
        (value if type(value) is str else _key(value)) if outcome == "accepted" else None
        for value, outcome in zip(values, outcomes, strict=True)
    ]


def _key(value: Any) -> str | None:
    """Write a deduplication value that is no string as text, apart from any string that reads alike."""
    return None if value is None else "\x00" + msgspec.json.encode(value).decode()


def _at(value: Any, parts: Sequence[str]) -> Any:
    for part in parts:
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    return value
