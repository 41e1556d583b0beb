"""What a message should lead to: how many events of which contract, and which of what arrived is its own."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from mock_cdp.contract.contract import Catalog
from mock_cdp.gate.message import Message
from mock_cdp.gate.source_value import count


class Correlation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How an event is known to belong to its message. Without it all that arrives while a message is on its way is its own."""

    source: Annotated[str, Meta(description="Path of the key in the source message, such as `receipts[].number`.")] = ""
    event: Annotated[str, Meta(description="Path of the same key in the event, such as `receiptId`.")] = ""
    header: Annotated[
        str,
        Meta(
            description="Request header in which the integration passes on the id that came with the message "
            "(`correlation_header` of the driver `http`; `SAP_MplCorrelationId` of `cpi`), or the key at *source*."
        ),
    ] = ""


Expected = int | str | dict[str, int | str]


def expected(settings: Expected, event: str, catalog: Catalog, message: Message) -> Mapping[str, int]:
    """Return how many events of which contract *message* should lead to, by contract path.

    Raises:
        GateError: An expression is wrong or gives no number.
        UnknownContract: There is no such event.
    """
    wanted = settings if isinstance(settings, dict) else {event: settings}
    return {catalog.named(name).path: count(message, number) for name, number in wanted.items()}


def values_at(value: Any, path: str) -> Iterator[Any]:
    """Yield every value at *path*, such as `receipts[].number`; nothing where it is missing."""
    yield from _values(value, [part for part in path.replace("[]", ".[]").split(".") if part])


def _values(value: Any, parts: list[str]) -> Iterator[Any]:
    if not parts:
        yield value
    elif parts[0] == "[]":
        for item in value if isinstance(value, list) else [value]:  # in XML a list of one is no list
            yield from _values(item, parts[1:])
    elif isinstance(value, dict) and parts[0] in value:
        yield from _values(value[parts[0]], parts[1:])
