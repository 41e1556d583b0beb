"""Everything that can be wrong with a contract folder, all at once, each with where, what was found and what to do."""

import difflib
from collections.abc import Iterable, Iterator
from pathlib import Path

from mock_cdp.contract.contract import Catalog, Contract, Sample, Unit
from mock_cdp.contract.entities import CustomerSchema, Entity, Purpose
from mock_cdp.contract.folder import read_folder, unit_folders
from mock_cdp.contract.paths import fields, has_field
from mock_cdp.contract.problem import Problem


def check_folder(root: Path) -> tuple[Catalog, list[Problem]]:
    """Return what could be read of *root* and every problem, in the order of files.

    Beyond reading: samples give what they say, mappings lead from a model field to a schema field, what is referred to
    exists, ids and user keys are unique.
    """
    catalog, problems = read_folder(root)
    nested = not (unit_folders(root) and unit_folders(root)[0] == root)
    for unit, slug in zip(catalog.units, _slugs(catalog, root), strict=True):
        prefix = f"{slug}/" if nested else ""
        problems += _unit_problems(unit, prefix)
    problems += _not_unique(catalog)
    return catalog, sorted(set(problems))


def _slugs(catalog: Catalog, root: Path) -> list[str]:
    names = [folder.resolve().name for folder in unit_folders(root)]
    if len(names) == len(catalog.units):
        return names
    return [unit.contracts[0].path.split("/")[0] if unit.contracts else "" for unit in catalog.units]


def _unit_problems(unit: Unit, prefix: str) -> Iterator[Problem]:
    for contract in unit.contracts:
        _, application, event = contract.path.split("/")
        folder = f"{prefix}applications/{application}/dataevents/{event}/"
        yield from _sample_problems(contract, folder)
        yield from _mapping_problems(contract, unit.customer_schemas, folder)
        yield from _metadata_problems(contract, folder)
        yield from _purpose_problems(contract, unit.purposes, folder)
    for view in unit.views:
        known = {rule.id for rule in view.match_rules}
        for place, rule_id in enumerate(view.match_rules_priority):
            if rule_id not in known:
                yield Problem(
                    f"{prefix}views/{view.name.lower()}.json",
                    f"/matchRulesPriority/{place}",
                    f"no matching rule has the id {rule_id!r}",
                    _choose(rule_id, known),
                )


def _sample_problems(contract: Contract, folder: str) -> Iterator[Problem]:
    for sample in contract.accepted_samples:
        for violation in contract.model.violations(sample.event):
            yield Problem(
                f"{folder}samples/accepted/{sample.name}.json",
                violation.pointer,
                violation.message,
                "correct the sample or the model",
            )
    for sample in contract.rejected_samples:
        yield from _rejected_problems(contract, sample, f"{folder}samples/rejected/{sample.name}.json")


def _rejected_problems(contract: Contract, sample: Sample, file: str) -> Iterator[Problem]:
    broken = {(violation.code, violation.pointer) for violation in contract.model.violations(sample.event)}
    listed = set(sample.violations)
    for code, place in sorted(listed - broken):
        yield Problem(file, f"/event{place}", f"does not break {code} at {place or 'the event'}", "correct the list or the event")
    for code, place in sorted(broken - listed):
        yield Problem(
            file,
            f"/event{place}",
            f"also breaks {code} at {place or 'the event'}",
            f'list {{"code": "{code}", "pointer": "{place}"}}',
        )


def _mapping_problems(contract: Contract, schemas: tuple[CustomerSchema, ...], folder: str) -> Iterator[Problem]:
    model = dict(contract.model.schema)
    for place, mapping in enumerate(contract.mappings):
        file = f"{folder}mappings.json"
        if not has_field(model, mapping.source_field):
            yield Problem(
                file,
                f"/{place}/sourceField",
                f"the model has no field {mapping.source_field!r}",
                _choose(mapping.source_field, fields(model)),
            )
        target = _target(mapping.target, schemas)
        if target is None:
            names = [schema.name for schema in schemas]
            yield Problem(file, f"/{place}/target", f"no customer schema {mapping.target!r}", _choose(mapping.target, names))
        elif not has_field(target.schema, mapping.target_field):
            yield Problem(
                file,
                f"/{place}/targetField",
                f"customer schema {target.name} has no field {mapping.target_field!r}",
                _choose(mapping.target_field, fields(target.schema)),
            )


def _target(named: str, schemas: Iterable[CustomerSchema]) -> CustomerSchema | None:
    return next((schema for schema in schemas if _is_called(schema, named)), None)


def _is_called(entity: Entity, named: str) -> bool:
    """Whether *named* is the entity's id, its name, or its file's name (which is its name in lower case)."""
    return named == entity.id or named.lower().replace(" ", "-") == entity.name.lower().replace(" ", "-")


def _metadata_problems(contract: Contract, folder: str) -> Iterator[Problem]:
    config = contract.event.metadata_config
    for name, path in (("deduplicationField", config.deduplication_field), ("eventTimeField", config.event_time_field)):
        if path and not has_field(dict(contract.model.schema), path):
            yield Problem(
                f"{folder}event.json",
                f"/metadataConfig/{name}",
                f"the model has no field {path!r}",
                _choose(path, fields(dict(contract.model.schema))),
            )


def _purpose_problems(contract: Contract, purposes: tuple[Purpose, ...], folder: str) -> Iterator[Problem]:
    for member, named in (
        ("purposeIds", contract.event.purpose_ids),
        ("requiredPurposeIds", contract.event.required_purpose_ids),
    ):
        for place, purpose in enumerate(named):
            if not any(_is_called(known, purpose) for known in purposes):
                yield Problem(
                    f"{folder}event.json",
                    f"/{member}/{place}",
                    f"no purpose {purpose!r}",
                    _choose(purpose, [known.name for known in purposes]),
                )


def _not_unique(catalog: Catalog) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for kind, value, where in _identities(catalog):
        if value in seen and seen[value] != where:
            yield Problem(where, "", f"{kind} {value!r} is also used by {seen[value]}", "make it unique, or leave it out")
        seen.setdefault(value, where)


def _identities(catalog: Catalog) -> Iterator[tuple[str, str, str]]:
    for unit in catalog.units:
        entities: list[tuple[str, Entity]] = [(f"business unit {unit.business_unit.name}", unit.business_unit)]
        entities += [(f"customer schema {schema.name}", schema) for schema in unit.customer_schemas]
        entities += [(f"purpose {purpose.name}", purpose) for purpose in unit.purposes]
        entities += [(f"view {view.name}", view) for view in unit.views]
        entities += [(f"application {application.name}", application) for application in unit.applications]
        entities += [(f"event {contract.path}", contract.event) for contract in unit.contracts]
        yield from (("the id", entity.id, where) for where, entity in entities)
        for application in unit.applications:
            if application.credentials:
                yield "the user key", application.credentials.user_key, f"application {application.name}"


def _choose(given: str, known: Iterable[str]) -> str:
    names = list(known)
    near = difflib.get_close_matches(given, names, n=1)
    return f"did you mean {near[0]!r}?" if near else f"choose one of: {', '.join(names) or 'none there'}"
