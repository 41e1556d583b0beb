"""A contract: everything one event demands; and a catalog: all contracts a mock keeps, looked up by listener path."""

import difflib
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import msgspec

from mock_cdp.contract.entities import (
    ActivityIndicator,
    Application,
    BusinessUnit,
    Credentials,
    CustomerSchema,
    Entity,
    Event,
    Purpose,
    Segment,
    View,
)
from mock_cdp.contract.entities import Mapping as FieldMapping
from mock_cdp.contract.model import Model


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A payload that shows what the contract means.

    Attributes:
        name: The file's name without `.json`.
        event: The payload.
        violations: `(code, pointer)` of each rule it must break; empty for an accepted one.
    """

    name: str
    event: Any
    violations: tuple[tuple[str, str], ...] = ()


class Contract(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Everything one event demands. All ids are filled in.

    Attributes:
        path: `business unit/application/event` by folder names, such as `retail/sap-car/pos-receipt`.
        slug: The event's folder name, what people call it.
        purposes_missing: Required purposes that the event's own granted purposes do not cover.
    """

    business_unit: BusinessUnit
    application: Application
    event: Event
    model: Model
    credentials: Credentials
    mappings: tuple[FieldMapping, ...] = ()
    accepted_samples: tuple[Sample, ...] = ()
    rejected_samples: tuple[Sample, ...] = ()
    path: str

    @property
    def slug(self) -> str:
        """Return the event's folder name."""
        return self.path.rsplit("/", 1)[-1]

    @cached_property
    def application_path(self) -> str:
        """Return `business unit/application` by folder names."""
        return self.path.rsplit("/", 1)[0]

    @property
    def enabled(self) -> bool:
        """Return whether it listens: a disabled business unit or application silences its events too."""
        return self.event.enabled and self.application.enabled and self.business_unit.enabled

    @cached_property
    def listener_path(self) -> str:
        """Return the path to post to, without the closing `/event` or `/events`."""
        return f"/api/businessunits/{self.business_unit.id}/applications/{self.application.id}/dataevents/{self.event.id}"

    @cached_property
    def external_path(self) -> str:
        """Return the path by external id (SAP documents that it exists, not how it reads: assumed)."""
        return f"/api/businessunits/{self.business_unit.id}/applications/{self.application.id}/external/{self.event.external_id}"

    @cached_property
    def purposes_missing(self) -> frozenset[str]:
        """Return the required purposes that the ingestion itself does not grant."""
        return frozenset(self.event.required_purpose_ids) - frozenset(self.event.purpose_ids)


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """An entity or a contract, and where it stands.

    Attributes:
        unit: What is the same for all of a business unit: its folder within the root (`""` if that is the root).
        file: Its file within the root; a contract's folder. Its path in the API when it was made there.
        slug: The name of its file or folder, which it may be called by.
    """

    unit: str
    file: str
    slug: str
    value: Entity | Contract


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """A business unit with everything in it.

    Attributes:
        slug: Its folder's name, what paths of ours begin with.
        place: What `Placed.unit` says of all that is in it.
        applications: Each with credentials, given or derived.
        application_slugs: Folder name of each application, by its id.
    """

    business_unit: BusinessUnit
    slug: str
    place: str
    customer_schemas: tuple[CustomerSchema, ...] = ()
    purposes: tuple[Purpose, ...] = ()
    segments: tuple[Segment, ...] = ()
    activity_indicators: tuple[ActivityIndicator, ...] = ()
    views: tuple[View, ...] = ()
    applications: tuple[Application, ...] = ()
    application_slugs: Mapping[str, str] = {}
    contracts: tuple[Contract, ...] = ()

    def path_of(self, application: Application) -> str:
        """Return `business unit/application` by folder names."""
        return f"{self.slug}/{self.application_slugs[application.id]}"


class Listening(msgspec.Struct, frozen=True):
    """A URL path that listens: which contract, and whether it takes many events."""

    contract: Contract
    many: bool


class UnknownContract(LookupError):  # noqa: N818  # what it says, not a failure
    """No contract is called so, or several are; the message names the nearest one."""


class Catalog(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """All contracts a mock keeps.

    Attributes:
        units: The business units.
        revision: Changes whenever a file does: 12 hex digits over all contract files.
        placed: Everything in it with where it stands, in the order of reading.
        files: Every file it was read from, by path within the folder.
        modified: When each file was last changed, in Unix seconds.
    """

    units: tuple[Unit, ...] = ()
    revision: str = ""
    placed: tuple[Placed, ...] = ()
    files: Mapping[str, bytes] = {}
    modified: Mapping[str, float] = {}

    @cached_property
    def contracts(self) -> tuple[Contract, ...]:
        """Return every contract, in folder order."""
        return tuple(contract for unit in self.units for contract in unit.contracts)

    def named(self, name: str) -> Contract:
        """Return the contract called *name*: an event's folder name, or its path where two share a name.

        Raises:
            UnknownContract: None is, or several are.
        """
        found = [contract for contract in self.contracts if name in {contract.slug, contract.path}]
        if len(found) == 1:
            return found[0]
        names = [contract.path if found else contract.slug for contract in found or self.contracts]
        near = [] if found else difflib.get_close_matches(name, names, n=1)  # of several, none is nearer
        hint = f"did you mean {near[0]}?" if near else f"choose one of: {', '.join(names)}"
        raise UnknownContract(f"{'several events are called' if found else 'no event is called'} {name}; {hint}")

    @cached_property
    def listening(self) -> dict[str, Listening]:
        """Return what listens at which path: one look-up, however many contracts."""
        return dict(self._paths())

    def _paths(self) -> Iterator[tuple[str, Listening]]:
        for contract in self.contracts:
            for base in (contract.external_path, contract.listener_path):
                yield f"{base}/event", Listening(contract, many=False)
                yield f"{base}/events", Listening(contract, many=True)
