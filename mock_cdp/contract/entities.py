"""CDP's entities as they travel: frozen structs whose field names are SAP's, as seen in client code.

Unknown members are allowed everywhere: a tenant export carries more than we use.
"""

from typing import Any, Literal

import msgspec

DataType = Literal[0, 1, 2, 3]  # first-party CRM data, visitor data, offline data, third-party data


class Entity(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What every entity has.

    Attributes:
        id: CDP's id; left out in a folder, then derived from the folder's names.
        name: What the console shows.
    """

    id: str = ""
    name: str
    description: str = ""


class Credentials(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What an application signs its deliveries with. Development keys only: a folder is committed.

    Attributes:
        user_key: 12 characters of the base64 alphabet starting with `A`.
        user_secret: 32 characters of the base64 alphabet.
        public_key: PEM; verifies the JWT a client signs itself with the application's private key.
    """

    user_key: str
    user_secret: str
    public_key: str = ""

    def __repr__(self) -> str:
        """Hide the secret: reprs end in logs."""
        return f"Credentials(user_key={self.user_key!r}, user_secret='…')"


class Mapping(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One model field's way into a customer schema.

    Attributes:
        source_field: Dotted path into the event; arrays without an index (`items.sku`).
        target_field: Dotted path into the customer schema.
        target: Id, name or folder name of the customer schema.
    """

    source_field: str
    target_field: str
    target: str
    array_selector: str | None = None


class MetadataConfig(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What CDP reads from an event beside its mapping.

    Attributes:
        event_time_field: Dotted path to the event's time.
        event_time_format: `UNIX` or `ISO`.
        deduplication_field: Dotted path; only the first event with a value is ingested.
    """

    event_time_field: str = ""
    event_time_format: Literal["", "UNIX", "ISO"] = ""
    deduplication_field: str = ""


class Event(Entity, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """An event (REST: dataevent) without its model.

    Attributes:
        external_id: Addresses the event without its id; the folder's name unless given.
        purpose_ids: Purposes that the ingestion grants.
        required_purpose_ids: Purposes without which an event is discarded.
        schedules: Kept and shown; nothing runs by them.
    """

    external_id: str = ""
    enabled: bool = True
    type: Literal["Direct", "WebClient", "Scheduled", "Listener"] = "Direct"
    data_type: DataType = 0
    purpose_ids: tuple[str, ...] = ()
    required_purpose_ids: tuple[str, ...] = ()
    metadata_config: MetadataConfig = msgspec.field(default_factory=MetadataConfig)
    schedules: tuple[Any, ...] = ()


class Application(Entity, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A server application (console: source)."""

    enabled: bool = True
    type: Literal["Direct"] = "Direct"
    data_quality_priority: Literal["low", "medium", "high"] = "medium"
    logo_url: str = ""
    credentials: Credentials | None = None


class BusinessUnit(Entity, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A business unit.

    Attributes:
        data_centre: `eu5` or `us5` when the unit lives in a known data centre, else empty.
    """

    enabled: bool = True
    data_centre: Literal["", "eu5", "us5"] = ""


class CustomerSchema(Entity, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A customer schema: 0 Profile, 1 Activity, 2 Privacy, 3 Segment, 4 ActivityIndicator, 5 Group, 6 Relationship."""

    schema_type: Literal[0, 1, 2, 3, 4, 5, 6]
    schema: dict[str, Any]
    protected_fields: tuple[str, ...] = ()


class Purpose(Entity, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A processing purpose a customer grants."""


class Segment(Entity, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A segment of the customers. Kept and echoed; what SAP computes with it is not imitated."""


class ActivityIndicator(Entity, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A number computed from a customer's activities. Kept and echoed; it is not computed here."""


class MatchingRule(Entity, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Which profile attributes, all equal, make two profiles one customer."""

    attributes: tuple[str, ...]
    ucp_resolution_policy: Literal["keepAll", "merge"] = "merge"


class View(Entity, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A view of the customers, with its matching rules in the order they are tried.

    Attributes:
        merge_rules: `{"properties": {attribute: {writePolicy, maxValues, writeConflictRule}}}`.
    """

    type: Literal["Marketing", "Contextual"]
    match_rules: tuple[MatchingRule, ...] = ()
    match_rules_priority: tuple[str, ...] = ()
    merge_rules: dict[str, Any] = {}
