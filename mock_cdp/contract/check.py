"""Everything that can be wrong with a contract folder, all at once, each with where, what was found and what to do."""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mock_cdp.contract.contract import Catalog, Contract, Placed, Sample
from mock_cdp.contract.entities import CustomerSchema, Purpose, View
from mock_cdp.contract.folder import read
from mock_cdp.contract.misspelt import file_problems, keyword_problems
from mock_cdp.contract.model import Model
from mock_cdp.contract.model_errors import ModelError
from mock_cdp.contract.naming import called, is_called
from mock_cdp.contract.paths import fields, has_field
from mock_cdp.contract.problem import Problem
from mock_cdp.contract.uniqueness import not_unique

_NAMED = 12  # so many known names are listed in an advice


def check_folder(root: Path) -> tuple[Catalog, list[Problem]]:
    """Return what could be read of *root* and every problem, in the order of files.

    Beyond reading: samples give what they say, mappings lead from a model field to a schema field, what is referred to
    exists, ids and user keys are unique, no keyword or file is misspelt.
    """
    reading = read(root)
    problems = [*reading.problems, *not_unique(reading.catalog.placed)]
    for one in reading.catalog.placed:
        problems += problems_of(one, [other for other in reading.catalog.placed if other.unit == one.unit])
        if isinstance(one.value, Contract):
            problems += keyword_problems(one.value.model.schema, f"{one.file}/model.schema.json")
    known = [*reading.catalog.files, *(problem.file for problem in reading.problems)]
    problems += file_problems(root, [unit.place for unit in reading.catalog.units], known)
    return reading.catalog, sorted(set(problems))


def problems_of(one: Placed, unit: Sequence[Placed]) -> Iterator[Problem]:
    """Yield what is wrong with *one*, which may refer to anything in its business unit."""
    match one.value:
        case Contract() as contract:
            yield from _sample_problems(contract, one.file)
            yield from _mapping_problems(contract, _of(CustomerSchema, unit), one.file)
            yield from _metadata_problems(contract, one.file)
            yield from _purpose_problems(contract, _of(Purpose, unit), one.file)
        case CustomerSchema() as schema:
            yield from _schema_problems(schema, one.file)
        case View() as view:
            yield from _view_problems(view, unit, one.file)


def _of(kind: type, unit: Iterable[Placed]) -> list[Placed]:
    return [placed for placed in unit if isinstance(placed.value, kind)]


def _sample_problems(contract: Contract, folder: str) -> Iterator[Problem]:
    for sample in contract.accepted_samples:
        file = f"{folder}/samples/accepted/{sample.name}.json"
        for violation in contract.model.violations(sample.event):
            yield Problem(file, violation.pointer, violation.message, "correct the sample or the model")
    for sample in contract.rejected_samples:
        yield from _rejected_problems(contract, sample, f"{folder}/samples/rejected/{sample.name}.json")


def _rejected_problems(contract: Contract, sample: Sample, file: str) -> Iterator[Problem]:
    broken = {(violation.code, violation.pointer) for violation in contract.model.violations(sample.event)}
    listed = set(sample.violations)
    for code, place in sorted(listed - broken):
        where = place or "the event"
        yield Problem(file, f"/event{place}", f"does not break {code} at {where}", "correct the list or the event")
    for code, place in sorted(broken - listed):
        do = f'list {{"code": "{code}", "pointer": "{place}"}}'
        yield Problem(file, f"/event{place}", f"also breaks {code} at {place or 'the event'}", do)


def _mapping_problems(contract: Contract, schemas: list[Placed], folder: str) -> Iterator[Problem]:
    file, model = f"{folder}/mappings.json", contract.model.schema
    usable: dict[str, bool] = {}  # compiling a schema costs more than all the rest
    for place, mapping in enumerate(contract.mappings):
        source, field = mapping.source_field, mapping.target_field
        if not has_field(model, source):
            yield Problem(file, f"/{place}/sourceField", f"the model has no field {source!r}", _choose(source, fields(model)))
        meant = called(schemas, mapping.target)
        target = meant.value if meant else None
        if not isinstance(target, CustomerSchema):
            do = _choose(mapping.target, _names(schemas))
            yield Problem(file, f"/{place}/target", f"no customer schema {mapping.target!r}", do)
        elif _usable(target, usable) and not has_field(target.schema, field):
            found = f"customer schema {target.name} has no field {field!r}"
            yield Problem(file, f"/{place}/targetField", found, _choose(field, fields(target.schema)))


def _usable(schema: CustomerSchema, known: dict[str, bool]) -> bool:
    if schema.id not in known:
        known[schema.id] = not any(_schema_problems(schema, ""))
    return known[schema.id]


def _metadata_problems(contract: Contract, folder: str) -> Iterator[Problem]:
    config, model = contract.event.metadata_config, contract.model.schema
    for name, path in (("deduplicationField", config.deduplication_field), ("eventTimeField", config.event_time_field)):
        if path and not has_field(model, path):
            found = f"the model has no field {path!r}"
            yield Problem(f"{folder}/event.json", f"/metadataConfig/{name}", found, _choose(path, fields(model)))


def _purpose_problems(contract: Contract, purposes: list[Placed], folder: str) -> Iterator[Problem]:
    event = contract.event
    for member, named in (("purposeIds", event.purpose_ids), ("requiredPurposeIds", event.required_purpose_ids)):
        for place, purpose in enumerate(named):
            if not any(is_called(known, purpose) for known in purposes):
                do = _choose(purpose, _names(purposes))
                yield Problem(f"{folder}/event.json", f"/{member}/{place}", f"no purpose {purpose!r}", do)


def _schema_problems(schema: CustomerSchema, file: str) -> Iterator[Problem]:
    try:
        Model(schema.schema)
    except ModelError as error:
        yield Problem(file, f"/schema{error.pointer}", str(error).replace("a model", "a schema"), error.do)


def _view_problems(view: View, unit: Sequence[Placed], file: str) -> Iterator[Problem]:
    known = [rule.id for rule in view.match_rules]
    for place, named in enumerate(view.match_rules_priority):
        if named not in known:
            do = _choose(named, [*known, *(rule.name for rule in view.match_rules)])
            yield Problem(file, f"/matchRulesPriority/{place}", f"no matching rule has the id or name {named!r}", do)
    profiles = [one.value for one in unit if isinstance(one.value, CustomerSchema) and one.value.schema_type == 0]
    for place, rule in enumerate(view.match_rules if profiles else ()):
        for at, attribute in enumerate(rule.attributes):
            if not any(has_field(profile.schema, attribute) for profile in profiles):
                do = _choose(attribute, [name for profile in profiles for name in fields(profile.schema)])
                yield Problem(file, f"/matchRules/{place}/attributes/{at}", f"the profile has no field {attribute!r}", do)


def _names(placed: Iterable[Placed]) -> list[str]:
    return [one.value.name for one in placed if not isinstance(one.value, Contract)]


def _choose(given: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(given, known, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    more = ", …" if len(known) > _NAMED else ""
    return f"choose one of: {', '.join(known[:_NAMED]) or 'none there'}{more}"
