"""Events as CPI would wrongly send them."""

from collections.abc import Iterable
from typing import Any

import msgspec
from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from mock_cdp.contract.contract import Contract
from mock_cdp.cpi.artefacts import Artefact, applicable
from mock_cdp.strategies.drawing import drawn_tape, made
from mock_cdp.strategies.events import event_maker
from mock_cdp.strategies.places import Maker, Places

_PROBES = 60  # events that are looked at for a code before it counts as one that never applies
_TRIES = 20


class CpiEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A payload with one artefact of CPI.

    Attributes:
        event: The payload as it would be sent; not always an object.
        code: What a diagnosis must name, such as `T01`.
        paths: JSON Pointers that a diagnosis must name, indexes as `*`.
        refused: Whether the model refuses it; else a diagnosis warns of it.
    """

    event: Any
    code: str
    paths: tuple[str, ...]
    refused: bool


def cpi_events(contract: Contract, *, codes: Iterable[str] | None = None) -> st.SearchStrategy[CpiEvent]:
    """Return a strategy for valid events of the contract, each with one artefact of CPI.

    S06 (the same name twice) cannot be seen in a decoded event: its payload is the event unchanged.

    Args:
        contract: What the events kept before.
        codes: Only artefacts of these codes.

    Raises:
        InvalidArgument: No event keeps the model, or none can suffer an artefact of *codes*.
    """
    maker = event_maker(contract, Places(contract.model))
    wanted = sorted(_known(contract, maker, codes))
    accepts = contract.model.accepts

    def kept(value: Any) -> Any:
        return value if accepts(value) else None

    @st.composite
    def shaped(draw: Any) -> CpiEvent:
        tape = drawn_tape(draw, brief_after=maker.brief_after)
        code = wanted[tape.below(len(wanted))]  # first: what few events can suffer is then as likely as what all can
        for _ in range(_TRIES):
            event: Any = made(maker, tape, kept)
            artefacts = [artefact for artefact in applicable(contract.model, event) if artefact.code == code]
            if artefacts:
                return _suffered(event, artefacts[tape.below(len(artefacts))])
        return reject()

    return shaped()


def _suffered(event: Any, artefact: Artefact) -> CpiEvent:
    return CpiEvent(event=artefact.apply(event), code=artefact.code, paths=artefact.paths, refused=artefact.refused)


def _known(contract: Contract, maker: Maker, codes: Iterable[str] | None) -> frozenset[str]:
    """Return *codes* if all of them were found in events of the contract; all that were found, unless some are given."""
    events = [event for event in maker.tried(_PROBES) if contract.model.accepts(event)]
    found = frozenset(artefact.code for event in events for artefact in applicable(contract.model, event))
    wanted = found if codes is None else frozenset([codes] if isinstance(codes, str) else codes)
    if wanted and wanted <= found:
        return wanted
    asked = ", ".join(sorted(wanted - found)) or "no code at all"
    raise InvalidArgument(f"codes: no event of {contract.path} can suffer {asked}; it can suffer {', '.join(sorted(found))}")
