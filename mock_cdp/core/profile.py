"""What comes of accepted events: a profile, its activities, or a reason why an event reached nobody."""

from typing import Any

import msgspec

from mock_cdp.contract.contract import Contract
from mock_cdp.core.attributes import Attributes, Key, arrival
from mock_cdp.core.nesting import nested


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """An event that a listener accepted.

    Attributes:
        call_id: Of the delivery.
        index: Position in the delivery.
        received_at: Unix time in seconds.
        granted: Ids of the purposes that the delivery granted, beside those the event's settings grant.
    """

    call_id: str
    index: int
    received_at: float
    contract: Contract
    event: dict[str, Any]
    granted: frozenset[str] = frozenset()


class Unplaced(msgspec.Struct, frozen=True, kw_only=True):
    """An event that reached no profile.

    Attributes:
        event: Folder path `business unit/application/event`.
        reason: Why, in words for the sender.
    """

    call_id: str
    index: int
    event: str
    reason: str


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer did, from one event.

    Attributes:
        number: Position of the event among all that were added.
        source_id: Id of the application (that `sourceId` means it is assumed).
        schema_id: Of the activity schema.
        created_at: When the event was received, in Unix seconds.
        attributes: As the activity schema nests them.
    """

    id: str
    number: int
    source_id: str
    schema_id: str
    created_at: float
    attributes: dict[str, Any]


class Profile(msgspec.Struct, kw_only=True, eq=False):
    """A customer as one view sees it. Read it; only `Identity` writes.

    Attributes:
        number: Number of the event that made it: the lower, the older.
        created_at: When its first event was received, in Unix seconds.
        updated_at: When its last event was received.
        purposes: Ids of the purposes the customer granted.
        events: `(call_id, index)` of every event that reached it; those of a profile merged into it follow its own.
        recorded: By activity schema's id, the events that became activities, each with its number.
        held: What `attributes` is made of.
        keys: What the index leads here from, by rule number.
    """

    id: str
    number: int
    created_at: float
    updated_at: float
    purposes: set[str] = set()
    events: list[tuple[str, int]] = []
    recorded: dict[str, list[tuple[int, Accepted]]] = {}
    held: Attributes = {}
    keys: dict[int, set[Key]] = {}

    @property
    def attributes(self) -> dict[str, Any]:
        """Return the customer's attributes, nested as the profile schema nests them; lists in the order of arrival."""
        found = []
        for path, held in self.held.items():
            values = [value for _, value in sorted(held.values.values(), key=arrival)]
            found.append((path, values if held.is_list else values[0]))
        return nested(found)
