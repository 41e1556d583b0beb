"""Whether a document may be put in force: the published schemas, the model, what it refers to and what refers to it."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from mock_cdp.contract.assembly import contract_of, entity_of, placed_resource
from mock_cdp.contract.check import problems_of
from mock_cdp.contract.contract import Catalog, Placed, Unit
from mock_cdp.contract.entities import CustomerSchema, Purpose
from mock_cdp.contract.files import misspelt, schema, validator
from mock_cdp.contract.model_errors import ModelError
from mock_cdp.contract.naming import called
from mock_cdp.contract.pointers import pointer
from mock_cdp.contract.problem import Problem
from mock_cdp.contract.resources import Document, Resource
from mock_cdp.contract.violation import Violation, shortened

_REFERRED_TO: Final = frozenset({"customerschemas", "purposes"})


def violations(resource: Resource, unit: Unit | None, catalog: Catalog) -> list[Violation]:
    """Return everything that a contract folder may not hold of *resource*, as `contracts check` would say it.

    Args:
        resource: As it would be.
        unit: The business unit it is in; None for one itself.
        catalog: What is in force.
    """
    found = list(_schema_violations(resource.kind.schema, resource.document))
    found += _schema_violations("mappings", resource.document.get("mappings", []), at="/mappings")
    return found or list(_violations(resource, unit, catalog))


def _violations(resource: Resource, unit: Unit | None, catalog: Catalog) -> Iterator[Violation]:
    try:
        if unit is None:
            entity_of(resource.path, resource.document)
            return
        if resource.kind.collection == "dataevents":
            value: Any = _contract(resource, unit)
            yield from _external_id_taken(resource, value.event.external_id, catalog)
        else:
            value = entity_of(resource.path, resource.document)
    except ModelError as error:
        yield Violation(code="model", pointer=f"/schema{error.pointer}", message=f"{error}; {error.do}")
        return
    except msgspec.ValidationError as error:  # the published schema and the entity would have to disagree
        yield Violation(code="entity", pointer="", message=str(error))
        return
    here = placed_resource(unit, resource, value)
    yield from dependents(resource, unit, catalog, here)
    for problem in problems_of(here, _of_unit(unit, catalog)):
        if problem.file.endswith("/mappings.json") or problem.file.startswith(resource.path):
            yield _as_violation(problem)


def _contract(resource: Resource, unit: Unit) -> Any:
    """Return the contract that *resource* would be, with the samples its folder holds."""
    owner = resource.parent.rsplit("/", 1)[-1]
    application = next(application for application in unit.applications if application.id == owner)
    contract = contract_of(unit, application, unit.application_slugs[owner], resource)
    now = next((one for one in unit.contracts if resource.file and one.event.id == resource.id), None)
    if now is None:
        return contract
    return msgspec.structs.replace(contract, accepted_samples=now.accepted_samples, rejected_samples=now.rejected_samples)


def _of_unit(unit: Unit, catalog: Catalog) -> list[Placed]:
    return [placed for placed in catalog.placed if placed.unit == unit.place]


def dependents(resource: Resource, unit: Unit | None, catalog: Catalog, after: Placed | None) -> Iterator[Violation]:
    """Yield what a change of a customer schema or a purpose (None: its end) would break elsewhere."""
    if unit is None or resource.kind.collection not in _REFERRED_TO:
        return
    now = _of_unit(unit, catalog)
    others = [placed for placed in now if getattr(placed.value, "id", None) != resource.id]
    if len(others) == len(now):  # it is only being made
        return
    then = others if after is None else [*others, after]
    for placed in others:
        before = {(p.file, p.pointer) for p in problems_of(placed, now)}  # advice names what there is, and so changes
        for problem in problems_of(placed, then):
            if (problem.file, problem.pointer) not in before:
                text = f"{problem.file}{'#' + problem.pointer if problem.pointer else ''} refers to it: {problem.found}"
                yield Violation(code="in-use", pointer="", message=text)


def _external_id_taken(resource: Resource, external_id: str, catalog: Catalog) -> Iterator[Violation]:
    application = resource.parent.rsplit("/", 1)[-1]
    for contract in catalog.contracts:
        event = contract.event
        if contract.application.id == application and event.external_id == external_id and event.id != resource.id:
            text = f"the external id {external_id!r} is also used by {event.name}; make it unique, or leave it out"
            yield Violation(code="external-id-taken", pointer="/externalId", message=text)


def by_id(document: Document, unit: Unit, catalog: Catalog) -> Document:
    """Return an event's document with purposes and customer schemas by id however they are called: deliveries name ids."""
    known = _of_unit(unit, catalog)

    def id_of(named: Any, kind: type) -> Any:
        found = called((p for p in known if isinstance(p.value, kind)), named) if isinstance(named, str) else None
        return getattr(found.value, "id", named) if found else named

    for name in ("purposeIds", "requiredPurposeIds"):
        if isinstance(document.get(name), list):
            document = document | {name: [id_of(named, Purpose) for named in document[name]]}
    if isinstance(document.get("mappings"), list):
        mappings = [
            m | {"target": id_of(m.get("target"), CustomerSchema)} if isinstance(m, dict) else m for m in document["mappings"]
        ]
        document = document | {"mappings": mappings}
    return document


def _schema_violations(kind: str, document: Any, at: str = "") -> Iterator[Violation]:
    for place, name, meant in misspelt(document, schema(kind)):
        yield Violation(
            code="misspelt", pointer=f"{at}{place}", message=f"{at}{place}: unknown member {name!r}; did you mean {meant!r}?"
        )
    for error in sorted(validator(kind).iter_errors(document), key=lambda e: pointer(e.instance_path)):
        place = at + pointer(error.instance_path)
        text = shortened(error.message, 200)
        yield Violation(
            code=error.kind.name.lower(), pointer=place, message=f"{place or 'the body'}: {text}", keyword=error.kind.name
        )


def _as_violation(problem: Problem) -> Violation:
    place = f"/mappings{problem.pointer}" if problem.file.endswith("/mappings.json") else problem.pointer
    return Violation(code="reference", pointer=place, message=f"{problem.found}; {problem.do}")
