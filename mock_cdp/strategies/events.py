"""Events that a contract accepts."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from mock_cdp.contract.contract import Contract
from mock_cdp.contract.model import Model
from mock_cdp.strategies.drawing import drawn_tape, made
from mock_cdp.strategies.places import Maker, Places

_PROBES = 200  # tries before a model counts as one that no event keeps


def valid_events(contract: Contract, *, max_items: int = 3) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for events that the contract's model accepts.

    Texts are short, amounts have two decimals, dates are recent. Members that the model does not know are left out unless it
    asks for more members than it names. Shrinks to an event with as little in it as the model allows.

    Args:
        contract: What the events keep.
        max_items: How many items an array may have beyond those it must have.

    Raises:
        InvalidArgument: No event can keep the model, or *max_items* is negative.
    """
    maker = event_maker(contract, Places(contract.model, max_items=_not_negative(max_items)))
    accepts = contract.model.accepts

    def kept(value: Any) -> Any:
        return value if accepts(value) else None

    @st.composite
    def events(draw: Any) -> dict[str, Any]:
        event: dict[str, Any] = made(maker, drawn_tape(draw, brief_after=maker.brief_after), kept)
        return event

    return events()


def event_maker(contract: Contract, places: Places) -> Maker:
    """Return what makes the events of *contract*.

    Raises:
        InvalidArgument: No event can keep the model.
    """
    maker = places.root(places.vocabulary.root)
    if not satisfiable(contract.model, maker):
        raise InvalidArgument(
            f"no event was found that keeps the model of {contract.path}: its rules contradict each other, or are too narrow"
        )
    return maker


def satisfiable(model: Model, maker: Maker) -> bool:
    """Return whether *maker* comes upon an event that *model* accepts."""
    return any(model.accepts(value) for count in (1, _PROBES) for value in maker.tried(count))


def _not_negative(max_items: int) -> int:
    if max_items < 0:
        raise InvalidArgument(f"max_items={max_items} is negative; an array has no items or more")
    return max_items
