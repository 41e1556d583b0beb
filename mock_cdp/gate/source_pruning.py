"""Leaving out items and optional members of a value that was made, one by one.

A value is made from bytes in their order, so an item cannot go without moving all that follows it. A byte of its own for each
item and optional member, where zero leaves it out, lets Hypothesis take any of them away and keep the rest as it is.
"""

from typing import Any, Final

from mock_cdp.contract.paths import members, views
from mock_cdp.strategies.tape import Tape

_BYTE: Final = 256  # one draw in as many leaves something out before anything is shrunk


class _Demand:
    """What may not be left out at one place: at least what the schema demands there, at times more.

    Attributes:
        least: Items.
        required: Members.
    """

    def __init__(self, root: Any, schemas: list[Any]) -> None:
        """Find out from all of *schemas* that describe the place, within *root*."""
        self._root = root
        self._schemas = schemas
        self._inner: dict[str, _Demand] = {}
        found = [view for schema in schemas for view in views(root, schema)]
        self.least = max((int(view.get("minItems", 0)) for view in found), default=0)
        self.required = frozenset(name for view in found for name in view.get("required", ()))

    def member(self, name: str) -> "_Demand":
        """Return the demand at the member *name* of this place, or of its items."""
        if name not in self._inner:
            pairs = [pair for schema in self._schemas for pair in members(self._root, schema)]
            self._inner[name] = _Demand(self._root, [inner for known, inner in pairs if known == name])
        return self._inner[name]


class Pruning:
    """Leaves things out of values of one schema."""

    def __init__(self, schema: Any) -> None:
        """Read off *schema* what must stay."""
        self._root = _Demand(schema, [schema])

    def pruned(self, value: Any, tape: Tape) -> tuple[Any, bool]:
        """Return *value* without what *tape* says, and whether the tape told to keep anything."""
        keeping = _Keeping(tape)
        return _pruned(value, self._root, keeping), keeping.kept


class _Keeping:
    """Whether to keep one thing after the other.

    Attributes:
        kept: Whether anything was to be kept.
    """

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self.kept = False

    def next(self) -> bool:
        keep = self._tape.below(_BYTE) > 0
        self.kept = self.kept or keep
        return keep


def _pruned(value: Any, demand: _Demand, keeping: _Keeping) -> Any:
    """Return *value* without what *keeping* says.

    What is left out is gone through all the same: so leaving it out moves none of the bytes that are for others.
    """
    if isinstance(value, list):
        marks = [keeping.next() for _ in value] if len(value) > demand.least else [True] * len(value)
        items = [_pruned(item, demand, keeping) for item in value]
        lacking = max(demand.least - sum(marks), 0)
        unmarked = [at for at, mark in enumerate(marks) if not mark]
        gone = set(unmarked[lacking:])
        return [item for at, item in enumerate(items) if at not in gone]
    if isinstance(value, dict):
        left = {}
        for name, inner in value.items():
            mark = name in demand.required or keeping.next()
            pruned = _pruned(inner, demand.member(name), keeping)
            if mark:
                left[name] = pruned
        return left
    return value
