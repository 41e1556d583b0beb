"""Values that keep a JSON Schema, whatever its root: arrays and texts, too, where an event's model must be an object."""

from collections.abc import Callable
from typing import Any, Final

from hypothesis import reject
from hypothesis import strategies as st

from mock_cdp.contract.model import Model
from mock_cdp.contract.model_errors import ModelError
from mock_cdp.gate.failure import GateError
from mock_cdp.gate.source_pruning import Pruning
from mock_cdp.strategies.drawing import drawn_tape, made
from mock_cdp.strategies.events import satisfiable
from mock_cdp.strategies.places import Maker, Places

_INSIDE: Final = "/properties/message"


class _Wrapped:
    """A message as the only member of an object, for parts that want an object."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


def values(schema: Any, where: str, fits: Callable[[Any], bool] = lambda _: True) -> st.SearchStrategy[Any]:
    """Return a strategy for values that keep *schema*; shrinks to the smallest that the schema allows.

    Args:
        schema: Decoded.
        where: The schema's file, for errors.
        fits: What else a value must keep.

    Raises:
        GateError: The schema is not valid, or no value keeps it.
    """
    model, maker = _compiled(schema, where)

    def judged(wrapped: dict[str, Any]) -> _Wrapped | None:
        return _Wrapped(wrapped["message"]) if model.accepts(wrapped) and fits(wrapped["message"]) else None

    pruning = Pruning(model.schema)

    @st.composite
    def strategy(draw: Any) -> Any:
        whole = made(maker, drawn_tape(draw), judged).value
        wrapped, kept = pruning.pruned({"message": whole}, drawn_tape(draw))
        if judged(wrapped) is not None:
            return wrapped["message"]
        return reject() if kept else whole  # the simplest bytes lead to a value in any case

    return strategy()


def _compiled(schema: Any, where: str) -> tuple[Model, Maker]:
    if not isinstance(schema, (dict, bool)):
        raise GateError(f"{where}: no JSON Schema: found {type(schema).__name__}; a schema is an object, see json-schema.org")
    if isinstance(schema, bool):
        schema = {} if schema else {"not": {}}
    inner = _moved({name: value for name, value in schema.items() if name not in {"$schema", "$id", "id"}})
    whole = {"type": "object", "required": ["message"], "properties": {"message": inner}}
    if "$schema" in schema:
        whole["$schema"] = schema["$schema"]
    try:
        model = Model(whole)
    except ModelError as error:
        place = error.pointer.removeprefix(_INSIDE)
        said = f"{error}; {error.do}".replace(f"#{_INSIDE}", "#")
        raise GateError(f"{where}{'#' + place if place else ''}: {said}") from None
    places = Places(model)
    maker = places.root(places.vocabulary.root)
    if not satisfiable(model, maker):
        raise GateError(
            f"{where}: no message was found that keeps this schema: its rules seem to contradict each other"
        ) from None
    return model, maker


def _moved(schema: Any) -> Any:
    """Return *schema* with its references leading to where it stands now."""
    if isinstance(schema, list):
        return [_moved(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    moved = {name: _moved(inner) for name, inner in schema.items()}
    reference = schema.get("$ref")
    if isinstance(reference, str) and (reference == "#" or reference.startswith("#/")):
        moved["$ref"] = f"#{_INSIDE}{reference[1:]}"
    return moved
