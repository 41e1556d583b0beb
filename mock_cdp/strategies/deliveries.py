"""Deliveries that a listener accepts, in the shapes that clients give them, and batches without duplicates."""

import gzip
import json
from collections.abc import Callable, Hashable
from typing import Any, Final
from urllib.parse import quote, quote_plus

import msgspec
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from mock_cdp.contract.contract import Contract
from mock_cdp.core.delivery import Delivery
from mock_cdp.strategies.events import event_maker, valid_events
from mock_cdp.strategies.places import Places

_AT: Final = 1_704_067_200.0  # 2024-01-01T00:00:00Z
_TYPES: Final = (
    "application/json",
    "application/json; charset=utf-8",
    "application/json;charset=UTF-8",
    "text/plain",
    "text/plain; charset=utf-8",
    "",
)
_CODINGS: Final = ("", "gzip", "identity")
_AGENTS: Final = ("", "python-httpx/0.28.1", "node", "Apache-HttpClient/4.5.13")
_TRIED: Final = 200  # events that are looked at for how many values the deduplication field has


class _Shape(msgspec.Struct, frozen=True):
    """How one delivery looks: places in the tables above, the simplest is 0."""

    content_type: int
    coding: int
    agent: int
    external: bool
    swapped: bool
    form_quoted: bool
    escaped: bool
    spaced: bool


def deliveries(
    contract: Contract,
    *,
    events: st.SearchStrategy[Any] | None = None,
    credentials: tuple[str, str] | None = None,
) -> st.SearchStrategy[Delivery]:
    """Return a strategy for deliveries of one event each, to `/event`, that a listener with an empty store accepts.

    They differ in what clients do differently: Content-Type (JSON, text, none), gzip, the path by id or by external id, how the
    query writes the credentials, and how the JSON is written.

    Args:
        contract: What is delivered to.
        events: What is delivered; events that the contract accepts, unless given.
        credentials: User key and secret; the contract's own, unless given.

    Raises:
        InvalidArgument: The contract listens to nobody, discards what it gets, or no event can keep its model.
    """
    if not contract.enabled:
        raise InvalidArgument(f"{contract.path} is disabled: no delivery to it is accepted")
    if contract.purposes_missing:
        missing = ", ".join(sorted(contract.purposes_missing))
        raise InvalidArgument(f"{contract.path} demands purposes that it does not grant ({missing}): its events are discarded")
    keys = credentials or (contract.credentials.user_key, contract.credentials.user_secret)
    return st.builds(
        lambda event, number: _delivery(contract, event, _shape(number), keys),
        valid_events(contract) if events is None else events,
        st.integers(0, _SHAPES - 1),
    )


_SHAPES: Final = len(_TYPES) * len(_CODINGS) * len(_AGENTS) * 2**5


def _shape(number: int) -> _Shape:
    number, content_type = divmod(number, len(_TYPES))
    number, coding = divmod(number, len(_CODINGS))
    number, agent = divmod(number, len(_AGENTS))
    external, swapped, form_quoted, escaped, spaced = (bool(number >> bit & 1) for bit in range(5))
    return _Shape(content_type, coding, agent, external, swapped, form_quoted, escaped, spaced)


def _delivery(contract: Contract, event: Any, shape: _Shape, keys: tuple[str, str]) -> Delivery:
    separators = (", ", ": ") if shape.spaced else (",", ":")
    text = json.dumps(event, ensure_ascii=shape.escaped, separators=separators)
    coding = _CODINGS[shape.coding]
    body = gzip.compress(text.encode(), compresslevel=1, mtime=0) if coding == "gzip" else text.encode()
    headers = {"host": "127.0.0.1", "content-type": _TYPES[shape.content_type], "content-encoding": coding}
    headers |= {"content-length": str(len(body)), "user-agent": _AGENTS[shape.agent]}
    path = contract.external_path if shape.external else contract.listener_path
    return Delivery(
        method="POST",
        path=f"{path}/event",
        query=_query(shape, keys),
        headers=tuple((name, value) for name, value in headers.items() if value),
        body=body,
        received_at=_AT,
        host="127.0.0.1",
    )


def _query(shape: _Shape, keys: tuple[str, str]) -> str:
    """Write the credentials: percent-encoded, or with as many characters left alone as a query allows."""
    written: Callable[[str], str] = quote_plus if shape.form_quoted else (lambda text: quote(text, safe="/:"))
    pairs = [f"{name}={written(value)}" for name, value in zip(("userKey", "secret"), keys, strict=True)]
    return "&".join(reversed(pairs) if shape.swapped else pairs)


# -- batches -----------------------------------------------------------------------------------------------------------


def batches(
    contract: Contract,
    *,
    min_size: int = 1,
    max_size: int = 10,
    events: st.SearchStrategy[Any] | None = None,
) -> st.SearchStrategy[list[Any]]:
    """Return a strategy for lists of events of which none is a duplicate of another.

    Hypothesis draws every event, so that each can shrink: batches of more than about 50 events are too much for it.

    Args:
        contract: Its deduplication field tells which events are the same.
        min_size: Events at least.
        max_size: Events at most.
        events: What the events are; events that the contract accepts, unless given.

    Raises:
        InvalidArgument: Negative or contradicting sizes, no event can keep the model, or the deduplication field has fewer
            values than *min_size*.
    """
    if min_size < 0 or max_size < min_size:
        raise InvalidArgument(f"min_size={min_size}, max_size={max_size}: both are 0 or more, the first not above the second")
    if events is None:
        _require_values(contract, min_size)
        events = valid_events(contract)
    return st.lists(events, min_size=min_size, max_size=max_size, unique_by=_key_of(contract))


def _key_of(contract: Contract) -> Callable[[Any], Hashable]:
    """Return what is different for events that are no duplicates of each other."""
    field = contract.event.metadata_config.deduplication_field
    parts = field.split(".") if field else []

    def key(event: Any) -> Hashable:
        for part in parts:
            event = event.get(part) if isinstance(event, dict) else None
        # An event without a value is never a duplicate.
        return object() if event is None or not parts else json.dumps(event, sort_keys=True)

    return key


def _require_values(contract: Contract, count: int) -> None:
    key, maker = _key_of(contract), event_maker(contract, Places(contract.model))
    found = {key(event) for event in maker.tried(max(_TRIED, 5 * count)) if contract.model.accepts(event)}
    if len(found) < count:
        field = contract.event.metadata_config.deduplication_field
        raise InvalidArgument(f"min_size={count}: only {len(found)} values of {field!r} were found; no two events may share one")
