"""What SAP's configuration API shows: entities by their path below `/api`, each one document with all its parts.

A document is what a contract folder's file holds (`matchRules` in the view, `requiredPurposeIds` in the event), so that
one published schema judges both. What travels is made from it: `schema` of an event as a string, parts on paths of
their own.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
import orjson

from mock_cdp.contract.contract import Catalog, Contract, Placed
from mock_cdp.contract.entities import (
    ActivityIndicator,
    Application,
    BusinessUnit,
    CustomerSchema,
    Entity,
    Event,
    Purpose,
    Segment,
    View,
)
from mock_cdp.contract.naming import called
from mock_cdp.contract.times import time_text

Document = dict[str, Any]


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of entity.

    Attributes:
        collection: What the URL calls all of them.
        schema: Name of the published schema of its file.
        shape: The entity.
        within: Collection of what it is in, or `""`.
        parts: Members that travel on paths of their own.
        defaults: What is shown of members nobody gave.
    """

    collection: str
    schema: str
    shape: type[Entity]
    within: str = "businessunits"
    parts: tuple[str, ...] = ()
    defaults: Document = {}


KINDS: Final = {
    kind.collection: kind
    for kind in (
        Kind(collection="businessunits", schema="businessunit", shape=BusinessUnit, within="", defaults={"enabled": True}),
        Kind(
            collection="applications",
            schema="application",
            shape=Application,
            parts=("dataQualityPriority", "credentials"),
            defaults={"enabled": True, "type": "Direct"},
        ),
        Kind(
            collection="dataevents",
            schema="event",
            shape=Event,
            within="applications",
            parts=("mappings", "requiredPurposeIds", "schedules"),
            defaults={"enabled": True, "type": "Direct", "dataType": 0, "purposeIds": []},
        ),
        Kind(collection="customerschemas", schema="customerschema", shape=CustomerSchema),
        Kind(collection="purposes", schema="purpose", shape=Purpose),
        Kind(collection="segments", schema="segment", shape=Segment),
        Kind(collection="activityIndicators", schema="activityindicator", shape=ActivityIndicator),
        Kind(collection="views", schema="view", shape=View, parts=("matchRules", "matchRulesPriority", "mergeRules")),
    )
}
_NAMES_ITS_UNIT: Final = frozenset({"applications", "views"})
_OURS: Final = ("id", "created", "updated")
EMPTY_MODEL: Final = {"type": "object"}  # of an event nobody gave a model yet: anything goes (assumed)


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """One entity at its path.

    Attributes:
        path: Below `/api`, such as `businessunits/4_…/applications/H…`.
        slug: What paths of ours call it.
        revision: Changes when it does: a number, or letters for what a folder holds.
        place: Order of making; 0 for what a folder holds.
        document: All of it, with `id`; never a secret.
        file: Its file in the contract folder, or `""` if it was made here.
    """

    path: str
    slug: str
    revision: str
    place: int = 0
    document: Document
    file: str = ""

    @property
    def kind(self) -> Kind:
        """Return what it is."""
        return KINDS[self.path.split("/")[-2]]

    @property
    def id(self) -> str:
        """Return its id."""
        return self.path.rsplit("/", 1)[-1]

    @property
    def parent(self) -> str:
        """Return the path of what it is in, or `""`."""
        return parent_of(self.path)


def parent_of(path: str) -> str:
    """Return the path of what the entity at *path* is in."""
    return "/".join(path.split("/")[:-2])


def wire(resource: Resource) -> Document:
    """Return the entity as it travels."""
    kind, document = resource.kind, resource.document
    shown: Document = {"id": resource.id}
    shown |= {name: value for name, value in (kind.defaults | document).items() if name not in kind.parts}
    if kind.collection == "dataevents":
        shown["schema"] = orjson.dumps(document.get("schema", EMPTY_MODEL)).decode()
    if kind.collection in _NAMES_ITS_UNIT:
        shown["businessUnitId"] = resource.path.split("/")[1]
    return shown


def replaced(given: Document, before: Document, kind: Kind) -> Document:
    """Return *given* as the full update of *before*: the server's own members and the parts on other paths stay."""
    kept = (*_OURS, *kind.parts)
    return {name: before[name] for name in kept if name in before} | {n: v for n, v in given.items() if n not in _OURS}


# -- what a folder holds -----------------------------------------------------------------------------------------------


def folder_resources(catalog: Catalog) -> dict[str, Resource]:
    """Return everything *catalog* read from files, by path, in the order of reading."""
    units = {unit.place: f"businessunits/{unit.business_unit.id}" for unit in catalog.units}
    schemas = [placed for placed in catalog.placed if isinstance(placed.value, CustomerSchema)]
    found = {}
    for placed in catalog.placed:
        if placed.unit in units:
            resource = _resource(catalog, placed, units[placed.unit], [s for s in schemas if s.unit == placed.unit])
            found[resource.path] = resource
    return found


def _resource(catalog: Catalog, placed: Placed, unit: str, schemas: list[Placed]) -> Resource:
    match placed.value:
        case Contract() as contract:
            path = f"{unit}/applications/{contract.application.id}/dataevents/{contract.event.id}"
            return _as_read(catalog, placed, path, _event_document(catalog, placed.file, contract, schemas))
        case BusinessUnit():
            return _as_read(catalog, placed, unit, {})
        case entity:
            collection = next(kind.collection for kind in KINDS.values() if type(entity) is kind.shape)
            read = orjson.loads(catalog.files[placed.file])
            extra = _rules(entity, read.get("matchRules", [])) if isinstance(entity, View) else {}
            return _as_read(catalog, placed, f"{unit}/{collection}/{entity.id}", extra)


def _rules(view: View, given: list[Document]) -> Document:
    """Return the rules of a view with their ids, and the order by ids, however the file names them."""
    ids = [rule.id for rule in view.match_rules]
    rules: Document = {"matchRules": [rule | {"id": id_} for rule, id_ in zip(given, ids, strict=True)]}
    return rules | ({"matchRulesPriority": list(view.match_rules_priority)} if view.match_rules_priority else {})


def _as_read(catalog: Catalog, placed: Placed, path: str, extra: Document) -> Resource:
    """Return what stands in the file, its secret left out, with what was derived."""
    is_event = isinstance(placed.value, Contract)
    file = f"{placed.file}/event.json" if is_event else placed.file
    modified = time_text(catalog.modified[file])
    document = {
        "id": path.rsplit("/", 1)[-1],
        "created": modified,
        "updated": modified,
        **{name: value for name, value in orjson.loads(catalog.files[file]).items() if name != "credentials"},
        **extra,
    }
    return Resource(path=path, slug=placed.slug, revision=f"f{catalog.revision}", document=document, file=placed.file)


def _event_document(catalog: Catalog, folder: str, contract: Contract, schemas: list[Placed]) -> Document:
    event = contract.event
    document: Document = {"schema": dict(contract.model.schema)}
    if event.purpose_ids:
        document["purposeIds"] = list(event.purpose_ids)
    if event.required_purpose_ids:
        document["requiredPurposeIds"] = list(event.required_purpose_ids)
    if f"{folder}/mappings.json" in catalog.files:
        mappings = orjson.loads(catalog.files[f"{folder}/mappings.json"])
        document["mappings"] = [mapping | {"target": _id_of(mapping["target"], schemas)} for mapping in mappings]
    return document


def _id_of(named: str, known: list[Placed]) -> str:
    """Return the id of what is called *named*: files may use names, what travels holds ids."""
    found = called(known, named)
    return getattr(found.value, "id", named) if found else named


# -- a document's files ------------------------------------------------------------------------------------------------

_FOLDER_FILE: Final = {"businessunits": "businessunit.json", "applications": "application.json", "dataevents": "event.json"}
_NOT_IN_A_FILE: Final = ("created", "updated")


def files_of(resource: Resource) -> Iterator[tuple[str, bytes]]:
    """Yield the files that hold *resource*, by name within its own folder (an entity without one: `SLUG.json`).

    Without times, which would only be noise under version control, and without credentials.
    """
    kind, document = resource.kind, resource.document
    settings = {name: value for name, value in document.items() if name not in _NOT_IN_A_FILE}
    if kind.collection == "dataevents":
        yield "model.schema.json", file_text(settings.pop("schema", EMPTY_MODEL))
        if mappings := settings.pop("mappings", None):
            yield "mappings.json", file_text(mappings)
    yield _FOLDER_FILE.get(kind.collection, f"{resource.slug}.json"), file_text(settings)


def file_text(value: Any) -> bytes:
    """Return *value* as a contract file holds it."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def folder_of(resource: Resource, resources: Mapping[str, Resource]) -> str:
    """Return the folder of *resource* within a contract folder: it mirrors the API's paths, by slugs."""
    names = []
    path = resource.path
    while path:
        here = resources[path]
        collection = path.split("/")[-2]
        own = [here.slug] if collection in _FOLDER_FILE else []
        names.append("/".join(own if collection == "businessunits" else [collection, *own]))
        path = here.parent
    return "/".join(reversed(names))
