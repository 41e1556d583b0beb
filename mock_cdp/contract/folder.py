"""A contract folder to entities: it mirrors CDP's own REST tree, and its files are CDP's own entities, all JSON."""

import contextlib
import gc
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import orjson

from mock_cdp.contract import ids
from mock_cdp.contract.contract import Catalog, Contract, Placed, Sample, Unit
from mock_cdp.contract.entities import (
    ActivityIndicator,
    Application,
    BusinessUnit,
    Credentials,
    CustomerSchema,
    Entity,
    Event,
    Mapping,
    MatchingRule,
    Purpose,
    Segment,
    View,
)
from mock_cdp.contract.files import UNREADABLE, Source
from mock_cdp.contract.model import Model
from mock_cdp.contract.model_errors import ModelError
from mock_cdp.contract.naming import called
from mock_cdp.contract.problem import FolderError, Problem
from mock_cdp.contract.units import UNIT_FILE, none_in, unit_folders

__all__ = ["FolderError", "Reading", "load", "read", "read_folder"]

E = TypeVar("E", bound=Entity)


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What came of reading a folder.

    Attributes:
        problems: Everything that is wrong, sorted.
    """

    catalog: Catalog
    problems: tuple[Problem, ...] = ()


def load(root: Path) -> Catalog:
    """Return the contracts in *root*.

    Raises:
        FolderError: With everything that is wrong.
    """
    catalog, problems = read_folder(root)
    if problems:
        raise FolderError(str(root), problems)
    return catalog


def read_folder(root: Path) -> tuple[Catalog, list[Problem]]:
    """Return what could be read of *root* and everything that is wrong with it.

    Args:
        root: A business unit's folder (it holds `businessunit.json`), or a folder of such folders.
    """
    reading = read(root)
    return reading.catalog, list(reading.problems)


def read(root: Path) -> Reading:
    """Do as `read_folder`, and say where everything stands."""
    source = Source(root)
    try:
        folders = unit_folders(root)
    except OSError as error:
        problem = Problem(".", "", f"{root} cannot be read ({error.strerror})", "make it readable")
        return Reading(catalog=Catalog(), problems=(problem,))
    if not folders:
        return Reading(catalog=Catalog(), problems=(Problem(".", "", *none_in(root)),))
    readers = [_Unit(source, folder) for folder in folders]
    with _without_collecting():
        units = tuple(unit for reader in readers if (unit := reader.read()) is not None)
    return Reading(
        catalog=Catalog(
            units=units,
            revision=_revision(source.contents),
            placed=tuple(placed for reader in readers for placed in reader.placed),
            files=source.contents,
            modified=source.modified,
        ),
        problems=tuple(sorted(source.problems)),
    )


@contextlib.contextmanager
def _without_collecting() -> Iterator[None]:
    """Put off looking for reference cycles: what is read stays, and looking through all of it again takes a tenth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _revision(contents: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, raw in sorted(contents.items()):
        digest.update(f"{name}\0{len(raw)}\0".encode() + raw)
    return digest.hexdigest()[:12]


class _Unit:
    """One business unit folder being read."""

    def __init__(self, source: Source, folder: Path) -> None:
        self.source = source
        self.folder = folder
        self.slug = folder.resolve().name
        self.place = "" if folder == source.root else source.name(folder)
        self.placed: list[Placed] = []
        self.purposes: list[Placed] = []

    def read(self) -> Unit | None:
        path = self.folder / UNIT_FILE
        unit = self.source.entity(path, "businessunit", BusinessUnit)
        if unit is not None:
            unit = self._place(path, self.slug, _with_id(unit, ids.business_unit_id(self.slug)))
        schemas = self._entities("customerschemas", "customerschema", CustomerSchema)
        purposes = self._entities("purposes", "purpose", Purpose)
        segments = self._entities("segments", "segment", Segment)
        indicators = self._entities("activityIndicators", "activityindicator", ActivityIndicator)
        views = self._entities("views", "view", View)
        applications, contracts = self._applications(unit)
        if unit is None:
            return None
        return Unit(
            business_unit=unit,
            slug=self.slug,
            place=self.place,
            customer_schemas=schemas,
            purposes=purposes,
            segments=segments,
            activity_indicators=indicators,
            views=views,
            applications=tuple(applications.values()),
            application_slugs={application.id: slug for slug, application in applications.items()},
            contracts=contracts,
        )

    def _place(self, path: Path, slug: str, value: Any) -> Any:
        placed = Placed(unit=self.place, file=self.source.name(path), slug=slug, value=value)
        self.placed.append(placed)
        if isinstance(value, Purpose):
            self.purposes.append(placed)
        return value

    def _entities(self, folder: str, kind: str, shape: Any) -> tuple[Any, ...]:
        found = []
        for path in self.source.inside(self.folder / folder, "*.json"):
            entity = self.source.entity(path, kind, shape)
            if entity is not None:
                entity = _with_id(entity, ids.entity_id(kind, self.slug, path.stem))
                entity = _with_rule_ids(entity, self.slug) if isinstance(entity, View) else entity
                found.append(self._place(path, path.stem, entity))
        return tuple(found)

    def _applications(self, unit: BusinessUnit | None) -> tuple[dict[str, Application], tuple[Contract, ...]]:
        applications: dict[str, Application] = {}
        contracts: list[Contract] = []
        for folder in self.source.folders(self.folder / "applications"):
            path = folder / "application.json"
            application = self.source.entity(path, "application", Application)
            if application is not None:
                application = _with_id(application, ids.entity_id("application", self.slug, folder.name))
                if application.credentials is None:
                    application = msgspec.structs.replace(application, credentials=self._derived_credentials(folder.name))
                applications[folder.name] = self._place(path, folder.name, application)
            events = [self._contract(unit, application, event) for event in self.source.folders(folder / "dataevents")]
            contracts += [contract for contract in events if contract is not None]
        return applications, tuple(contracts)

    def _contract(self, unit: BusinessUnit | None, application: Application | None, folder: Path) -> Contract | None:
        """Read all of an event's files, so that all problems are found; only a whole one becomes a contract."""
        event = self.source.entity(folder / "event.json", "event", Event)
        model = self._model(folder / "model.schema.json")
        mappings = self._mappings(folder)
        accepted = tuple(self._accepted(folder / "samples" / "accepted"))
        rejected = tuple(self._rejected(folder / "samples" / "rejected"))
        if unit is None or application is None or event is None or model is None:
            return None
        application_slug = folder.parents[1].name
        contract = Contract(
            business_unit=unit,
            application=application,
            event=self._filled_in(event, application_slug, folder.name),
            model=model,
            credentials=application.credentials or self._derived_credentials(application_slug),
            mappings=mappings,
            accepted_samples=accepted,
            rejected_samples=rejected,
            path=f"{self.slug}/{application_slug}/{folder.name}",
        )
        self._place(folder, folder.name, contract)
        return contract

    def _filled_in(self, event: Event, application_slug: str, slug: str) -> Event:
        """Return *event* with its ids, and its purposes by id however the file calls them: deliveries name ids."""
        return msgspec.structs.replace(
            _with_id(event, ids.entity_id("dataevent", self.slug, application_slug, slug)),
            external_id=event.external_id or slug,
            purpose_ids=self._purposes(event.purpose_ids),
            required_purpose_ids=self._purposes(event.required_purpose_ids),
        )

    def _purposes(self, named: Iterable[str]) -> tuple[str, ...]:
        found = ((called(self.purposes, name), name) for name in named)
        return tuple(getattr(placed.value, "id", name) if placed else name for placed, name in found)

    def _derived_credentials(self, application_slug: str) -> Credentials:
        return Credentials(
            user_key=ids.derived_user_key(self.slug, application_slug),
            user_secret=ids.derived_secret(self.slug, application_slug),
        )

    def _model(self, path: Path) -> Model | None:
        value = self.source.read(path)
        if value is UNREADABLE:
            return None
        try:
            # A string, as it travels on dataevents, holds the schema.
            return Model(orjson.loads(value) if isinstance(value, str) else value)
        except orjson.JSONDecodeError as error:
            self.source.problem(path, "", f"a model as a string must hold JSON: {error.msg}", "mend the syntax")
        except ModelError as error:
            self.source.problem(path, error.pointer, str(error), error.do)
        return None

    def _mappings(self, folder: Path) -> tuple[Mapping, ...]:
        for path in self.source.inside(folder, "mappings.json"):
            return self.source.entity(path, "mappings", tuple[Mapping, ...]) or ()
        return ()

    def _accepted(self, folder: Path) -> Iterator[Sample]:
        for path in self.source.inside(folder, "*.json"):
            event = self.source.read(path)
            if event is not UNREADABLE:
                yield Sample(name=path.stem, event=event)

    def _rejected(self, folder: Path) -> Iterator[Sample]:
        for path in self.source.inside(folder, "*.json"):
            value = self.source.entity(path, "rejected-sample", dict[str, Any])
            if value is not None:
                broken = tuple((violation["code"], violation["pointer"]) for violation in value["violations"])
                yield Sample(name=path.stem, event=value["event"], violations=broken)


def _with_id(entity: E, derived: str) -> E:
    return entity if entity.id else msgspec.structs.replace(entity, id=derived)


def _with_rule_ids(view: View, slug: str) -> View:
    """Return *view* with an id for every rule, and its priority by id even where it names rules."""
    rules: list[MatchingRule] = [
        _with_id(rule, ids.entity_id("matchingrule", slug, view.name, rule.name)) for rule in view.match_rules
    ]
    known = {rule.name: rule.id for rule in rules} | {rule.id: rule.id for rule in rules}
    priority = tuple(known.get(named, named) for named in view.match_rules_priority)
    return msgspec.structs.replace(view, match_rules=tuple(rules), match_rules_priority=priority)
