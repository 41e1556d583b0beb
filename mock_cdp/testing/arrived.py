"""What arrived at a mock, event by event, and how to say what was wrong with it."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from mock_cdp.contract.violation import Violation, shortened
from mock_cdp.contract.wording import json_text
from mock_cdp.core.body import Events, read_again
from mock_cdp.core.receipt import Outcome, Receipt
from mock_cdp.cpi.diagnosed import Diagnosis

SHOWN = 5  # events that a failure describes; the rest would repeat the causes
SHOWN_CHARACTERS = 600  # of an event
SHOWN_RULES = 6  # violations of one event
SHOWN_PATHS = 4


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """One event that arrived, or one delivery in which no event could be read.

    Attributes:
        event: As sent, decoded; None when the body could not be read.
        contract: Path of its contract, such as `retail/sap-car/pos-receipt`; empty when it reached none.
        outcome: accepted, rejected, duplicate or discarded.
        violations: The rules it broke.
        diagnoses: Why, in CPI's terms.
        receipt: The delivery it came in.
    """

    event: Any
    contract: str
    outcome: Outcome
    violations: list[Violation]
    diagnoses: list[Diagnosis]
    receipt: Receipt


def arrived_in(receipt: Receipt) -> Iterator[Arrived]:
    """Return what came in one delivery, in its order."""
    read = read_again(receipt)
    values = read.values if isinstance(read, Events) and len(read.values) == len(receipt.outcomes) else None
    for index, outcome in enumerate(receipt.outcomes):
        yield Arrived(
            event=values[index] if values else None,
            contract=receipt.event,
            outcome=outcome,
            violations=[one for one in receipt.violations if one.index == index],
            diagnoses=[one for one in receipt.diagnoses if index in one.indexes or not one.indexes],
            receipt=receipt,
        )


def described(events: Iterable[Arrived]) -> str:
    """Say of each event what it was, which rules it broke, why, and what to change; at most `SHOWN` of them."""
    told = list(events)
    parts = [_one(number, event) for number, event in enumerate(told[:SHOWN], 1)]
    if len(told) > SHOWN:
        parts.append(f"… and {len(told) - SHOWN} more")
    return "\n\n".join(parts)


def _one(number: int, arrived: Arrived) -> str:
    where = arrived.contract or arrived.receipt.path
    lines = [f"{number}. {arrived.outcome} by {where} (HTTP {arrived.receipt.status})", f"   sent: {_sent(arrived)}"]
    rules = arrived.violations
    lines += [f"   ✗ {one.message}" for one in rules[:SHOWN_RULES]]
    if len(rules) > SHOWN_RULES:
        lines.append(f"   ✗ … and {len(rules) - SHOWN_RULES} more broken rules")
    for cause in arrived.diagnoses:
        lines += _cause(cause)
    return "\n".join(lines)


def _sent(arrived: Arrived) -> str:
    if arrived.event is None:
        return shortened(arrived.receipt.body.decode(errors="replace") or "(an empty body)", SHOWN_CHARACTERS)
    return shortened(json_text(arrived.event), SHOWN_CHARACTERS)


def _cause(cause: Diagnosis) -> list[str]:
    paths = ", ".join(cause.paths[:SHOWN_PATHS])
    more = f" and {len(cause.paths) - SHOWN_PATHS} more" if len(cause.paths) > SHOWN_PATHS else ""
    lines = [
        f"   cause {cause.code} {cause.title}: {paths or 'the event'}{more}",
        f"     {cause.did}",
        f"     fix: {cause.change}",
    ]
    return [*lines, *(f"       {line}" for line in cause.fix)]
