"""The contracts of a folder, and what was made through the API, as one catalog."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from mock_cdp.contract.contract import Catalog, Contract, Placed, Unit
from mock_cdp.contract.entities import Application, Credentials, Entity, Event
from mock_cdp.contract.entities import Mapping as FieldMapping
from mock_cdp.contract.model import Model
from mock_cdp.contract.resources import EMPTY_MODEL, KINDS, Document, Resource

# Fields of a unit that hold the entities of a collection.
_FIELDS = {
    "customerschemas": "customer_schemas",
    "purposes": "purposes",
    "segments": "segments",
    "activityIndicators": "activity_indicators",
    "views": "views",
}


class Assembly:
    """Builds catalogs, and remembers what it built: an event that did not change is not compiled again."""

    def __init__(self, credentials_of: Callable[[str], Credentials]) -> None:
        """Ask *credentials_of* for the credentials of an application by its id."""
        self._credentials_of = credentials_of
        self._made: dict[str, tuple[Any, Any]] = {}

    def catalog(self, folder: Catalog, made: Mapping[str, Resource], revision: int) -> Catalog:
        """Return *folder* with everything in *made*, resources by path.

        Args:
            folder: As read.
            made: What was made through the API, *revision* of it.
            revision: Changes whenever *made* does.
        """
        if not made:
            return folder
        children: dict[str, list[Resource]] = defaultdict(list)
        for resource in sorted(made.values(), key=lambda r: (r.place, r.path)):
            children[resource.parent].append(resource)
        units = [*folder.units, *(self._unit(resource) for resource in children[""])]
        filled = [self._filled(unit, children) for unit in units]
        self._made = {path: known for path, known in self._made.items() if path.rstrip("#") in made}
        return Catalog(
            units=tuple(unit for unit, _ in filled),
            revision=hashlib.sha256(f"{folder.revision}\0{revision}".encode()).hexdigest()[:12],
            placed=(*folder.placed, *(placed for _, more in filled for placed in more)),
            files=folder.files,
            modified=folder.modified,
        )

    def _unit(self, resource: Resource) -> Unit:
        return Unit(business_unit=self._entity(resource), slug=resource.slug, place=resource.path)

    def _filled(self, unit: Unit, children: Mapping[str, list[Resource]]) -> tuple[Unit, list[Placed]]:
        """Return *unit* with what was made in it, and where that stands."""
        path = f"businessunits/{unit.business_unit.id}"
        placed: list[Placed] = []
        if unit.place == path:
            placed.append(Placed(unit=path, file=path, slug=unit.slug, value=unit.business_unit))
        more: dict[str, list[Entity]] = defaultdict(list)
        applications, slugs = list(unit.applications), dict(unit.application_slugs)
        for resource in children.get(path, ()):
            entity = self._entity(resource)
            placed.append(placed_resource(unit, resource, entity))
            if isinstance(entity, Application):
                applications.append(entity)
                slugs[entity.id] = resource.slug
            else:
                more[_FIELDS[resource.kind.collection]].append(entity)
        contracts = list(unit.contracts)
        for application in applications:
            for resource in children.get(f"{path}/applications/{application.id}", ()):
                contract = self._contract(unit, application, slugs[application.id], resource)
                placed.append(placed_resource(unit, resource, contract))
                contracts.append(contract)
        if not placed:
            return unit, placed
        changes: dict[str, Any] = {name: (*getattr(unit, name), *entities) for name, entities in more.items()}
        filled = msgspec.structs.replace(
            unit, applications=tuple(applications), application_slugs=slugs, contracts=tuple(contracts), **changes
        )
        return filled, placed

    def _entity(self, resource: Resource) -> Any:
        return self._once(resource.path, (resource.revision,), lambda: self._converted(resource))

    def _converted(self, resource: Resource) -> Entity:
        entity: Entity = entity_of(resource.path, resource.document)
        if isinstance(entity, Application):
            return msgspec.structs.replace(entity, credentials=self._credentials_of(entity.id))
        return entity

    def _contract(self, unit: Unit, application: Application, slug: str, resource: Resource) -> Contract:
        contract: Contract = self._once(
            f"{resource.path}#",
            (resource.revision, unit.business_unit, application),
            lambda: contract_of(unit, application, slug, resource),
        )
        return contract

    def _once(self, path: str, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        """Return what was made of *key* for *path* before, or make it."""
        known = self._made.get(path)
        if known is None or known[0] != key:
            known = self._made[path] = (key, make())
        return known[1]


def entity_of(path: str, document: Document) -> Any:
    """Return the entity at *path* without its parts that are files of their own.

    Raises:
        msgspec.ValidationError: The document breaks the published schema.
    """
    shape = KINDS[path.split("/")[-2]].shape
    entity: Any = msgspec.convert(document, shape)
    return msgspec.structs.replace(entity, id=path.rsplit("/", 1)[-1])


def contract_of(unit: Unit, application: Application, slug: str, resource: Resource) -> Contract:
    """Return the contract of an event made through the API.

    Raises:
        ModelError: Its model cannot be used.
    """
    event: Event = entity_of(resource.path, resource.document)
    credentials = application.credentials
    if credentials is None:  # every application of a catalog has some
        raise AssertionError(application.id)
    return Contract(
        business_unit=unit.business_unit,
        application=application,
        event=msgspec.structs.replace(event, external_id=event.external_id or resource.slug),
        model=Model(resource.document.get("schema", EMPTY_MODEL)),
        credentials=credentials,
        mappings=msgspec.convert(resource.document.get("mappings", ()), tuple[FieldMapping, ...]),
        path=f"{unit.slug}/{slug}/{resource.slug}",
    )


def placed_resource(unit: Unit, resource: Resource, value: Entity | Contract) -> Placed:
    """Return where *value* stands, which *resource* is made into."""
    return Placed(unit=unit.place, file=resource.path, slug=resource.slug, value=value)


def applications_of(units: Iterable[Unit]) -> Iterable[tuple[str, Credentials]]:
    """Yield each application's path by folder names, and its credentials."""
    for unit in units:
        for application in unit.applications:
            if application.credentials is not None:
                yield unit.path_of(application), application.credentials
