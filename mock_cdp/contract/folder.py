"""A contract folder to entities: it mirrors CDP's own REST tree, and its files are CDP's own entities, all JSON."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import orjson

from mock_cdp.contract import ids
from mock_cdp.contract.contract import Catalog, Contract, Sample, Unit
from mock_cdp.contract.entities import (
    Application,
    BusinessUnit,
    Credentials,
    CustomerSchema,
    Entity,
    Event,
    Mapping,
    MatchingRule,
    Purpose,
    View,
)
from mock_cdp.contract.files import Source
from mock_cdp.contract.model import Model, ModelError
from mock_cdp.contract.problem import FolderError, Problem

__all__ = ["FolderError", "load", "read_folder"]

UNIT_FILE = "businessunit.json"

E = TypeVar("E", bound=Entity)


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
    source = Source(root)
    folders = unit_folders(root)
    if not folders:
        found = "no contracts" if root.is_dir() else "no such folder"
        return Catalog(), [Problem(".", "", f"{found}: {root}", f"name a folder that holds {UNIT_FILE}")]
    units = tuple(unit for folder in folders if (unit := _Unit(source, folder).read()) is not None)
    return Catalog(units=units, revision=_revision(source.contents)), sorted(source.problems)


def unit_folders(root: Path) -> list[Path]:
    """Return the business unit folders in *root*, itself or its children."""
    if (root / UNIT_FILE).is_file():
        return [root]
    return [path.parent for path in sorted(root.glob(f"*/{UNIT_FILE}"))]


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

    def read(self) -> Unit | None:
        unit = self.source.entity(self.folder / UNIT_FILE, "businessunit", BusinessUnit)
        applications, contracts = self._applications(unit)
        if unit is None:
            return None
        unit = _with_id(unit, ids.business_unit_id(self.slug))
        return Unit(
            business_unit=unit,
            customer_schemas=self._entities("customerschemas", "customerschema", CustomerSchema),
            purposes=self._entities("purposes", "purpose", Purpose),
            views=tuple(_with_rule_ids(view, self.slug) for view in self._entities("views", "view", View)),
            applications=applications,
            contracts=contracts,
        )

    def _entities(self, folder: str, kind: str, shape: Any) -> tuple[Any, ...]:
        return tuple(
            _with_id(entity, ids.entity_id(kind, self.slug, path.stem))
            for path in sorted((self.folder / folder).glob("*.json"))
            if (entity := self.source.entity(path, kind, shape)) is not None
        )

    def _applications(self, unit: BusinessUnit | None) -> tuple[tuple[Application, ...], tuple[Contract, ...]]:
        applications: list[Application] = []
        contracts: list[Contract] = []
        for folder in _folders(self.folder / "applications"):
            read = self.source.entity(folder / "application.json", "application", Application)
            events = [(path, *self._event(path)) for path in _folders(folder / "dataevents")]
            if read is None or unit is None:
                continue
            application = _with_id(read, ids.entity_id("application", self.slug, folder.name))
            applications.append(application)
            contracts += [
                self._contract(_with_id(unit, ids.business_unit_id(self.slug)), application, path, event, model)
                for path, event, model in events
                if event is not None and model is not None
            ]
        return tuple(applications), tuple(contracts)

    def _event(self, folder: Path) -> tuple[Event | None, Model | None]:
        return self.source.entity(folder / "event.json", "event", Event), self._model(folder / "model.schema.json")

    def _model(self, path: Path) -> Model | None:
        value = self.source.read(path)
        if value is None:
            return None
        if isinstance(value, str):  # as it travels on dataevents
            try:
                value = orjson.loads(value)
            except orjson.JSONDecodeError as error:
                self.source.problem(path, "", f"a model as a string must hold JSON: {error.msg}", "mend the syntax")
                return None
        try:
            return Model(value)
        except ModelError as error:
            self.source.problem(path, error.pointer, str(error), "correct the model; nothing outside the file can be referred to")
            return None

    def _contract(self, unit: BusinessUnit, application: Application, folder: Path, event: Event, model: Model) -> Contract:
        slug, application_slug = folder.name, folder.parents[1].name
        event = _with_id(event, ids.entity_id("dataevent", self.slug, application_slug, slug))
        return Contract(
            business_unit=unit,
            application=application,
            event=msgspec.structs.replace(event, external_id=event.external_id or slug),
            model=model,
            credentials=application.credentials
            or Credentials(
                user_key=ids.derived_user_key(self.slug, application_slug),
                user_secret=ids.derived_secret(self.slug, application_slug),
            ),
            mappings=self._mappings(folder / "mappings.json"),
            accepted_samples=tuple(self._accepted(folder / "samples/accepted")),
            rejected_samples=tuple(self._rejected(folder / "samples/rejected")),
            path=f"{self.slug}/{application_slug}/{slug}",
        )

    def _mappings(self, path: Path) -> tuple[Mapping, ...]:
        if not path.exists():
            return ()
        return self.source.entity(path, "mappings", tuple[Mapping, ...]) or ()

    def _accepted(self, folder: Path) -> Iterator[Sample]:
        for path in sorted(folder.glob("*.json")):
            event = self.source.read(path)
            if event is not None:
                yield Sample(name=path.stem, event=event)

    def _rejected(self, folder: Path) -> Iterator[Sample]:
        for path in sorted(folder.glob("*.json")):
            value = self.source.entity(path, "rejected-sample", dict[str, Any])
            if value is not None:
                broken = tuple((violation["code"], violation["pointer"]) for violation in value["violations"])
                yield Sample(name=path.stem, event=value["event"], violations=broken)


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.is_dir() and not path.name.startswith("."))


def _with_id(entity: E, derived: str) -> E:
    return entity if entity.id else msgspec.structs.replace(entity, id=derived)


def _with_rule_ids(view: View, slug: str) -> View:
    rules: list[MatchingRule] = [
        _with_id(rule, ids.entity_id("matchingrule", slug, view.name, rule.name)) for rule in view.match_rules
    ]
    return msgspec.structs.replace(view, match_rules=tuple(rules))
