"""Events at the limits of what a contract accepts: the valid ones that integrations lose."""

from typing import Any

import msgspec
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from mock_cdp.contract.contract import Contract
from mock_cdp.contract.model import Model
from mock_cdp.contract.pointers import pointer
from mock_cdp.strategies.drawing import Variant, drawn_tape, one_of_variants
from mock_cdp.strategies.events import event_maker
from mock_cdp.strategies.limits import Limit, limits
from mock_cdp.strategies.places import Places


class Boundary(msgspec.Struct, frozen=True, kw_only=True):
    """A valid event at a limit.

    Attributes:
        event: The event, which the model accepts.
        pointer: JSON Pointer to the place of the limit.
        label: One line: where, which limit.
    """

    event: dict[str, Any]
    pointer: str
    label: str


def boundary_events(contract: Contract) -> st.SearchStrategy[Boundary]:
    """Return a strategy for valid events, each at one limit of the contract's model.

    Lengths, numbers of items and members, and numbers exactly at their limits and just inside; 0, 1 and 2 items; each optional
    member there and left out; null, each type of several and each value of a list; numbers of 15 digits and more; leading
    zeros; emoji, right-to-left and combining characters; the longest text allowed, of 5,000 characters where there is no
    limit; a member the model does not name, where it allows some. Just outside of a limit is what `invalid_events` makes.

    Raises:
        InvalidArgument: No event can keep the model.
    """
    places = Places(contract.model)
    brief_after = event_maker(contract, places).brief_after
    variants = [_variant(contract.model, places, limit) for limit in limits(places.vocabulary)]
    if not any(variant.possible for variant in variants):
        raise InvalidArgument(f"the model of {contract.path} has no limit: it names no members and limits nothing")

    @st.composite
    def boundary(draw: Any) -> Boundary:
        return one_of_variants(variants, drawn_tape(draw, brief_after=brief_after))

    return boundary()


def _variant(model: Model, places: Places, limit: Limit) -> Variant[Boundary]:
    wanted = limit.schema(places.vocabulary)
    fits = places.vocabulary.judge((wanted,))
    place = pointer(limit.path)
    label = f"{place or 'the event'}: {limit.label}"

    def judge(event: Any) -> Boundary | None:
        if not (model.accepts(event) and fits(event)):
            return None
        return Boundary(event=event, pointer=place, label=label)

    return Variant(limit, lambda: places.root({"allOf": [places.vocabulary.root, wanted]}), judge)
