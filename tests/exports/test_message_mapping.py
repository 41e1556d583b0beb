"""A contract for Message Mapping: valid OpenAPI 3.0 inside the subset, true to the model, or refused with the place."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import OpenAPIV30SpecValidator

from mock_cdp.contract.contract import Catalog, Contract
from mock_cdp.contract.model import Model
from mock_cdp.contract.model_errors import ModelError
from mock_cdp.exports.message_mapping import SETTING, Exported, MappingError, document
from mock_cdp.exports.message_mapping_schema import in_model
from mock_cdp.exports.message_mapping_structure import MOST_LEVELS, structure
from running import contract_of

STRING = {"type": "string"}
FORBIDDEN = {"allOf", "anyOf", "oneOf", "not", "additionalProperties", "$ref"}
EVENTS = ("pos-receipt", "web-order", "business-partner", "loyalty-movement")


def body_of(described: dict) -> dict:
    """Return the schema of the only request body."""
    ((_, item),) = described["paths"].items()
    return item["post"]["requestBody"]["content"]["application/json"]["schema"]


def schemas_in(schema: dict) -> Iterator[dict]:
    """Yield a schema and every one in it."""
    yield schema
    for inner in (*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])):
        yield from schemas_in(inner)


def assert_in_the_subset(schema: dict) -> None:
    """What SAP documents as not supported is not there, and every node has one type."""
    for inner in schemas_in(schema):
        assert not FORBIDDEN & inner.keys()
        assert inner["type"] in {"string", "integer", "number", "boolean", "array", "object"}
        assert inner.get("properties") if inner["type"] == "object" else True
        assert not any(name.startswith("@") for name in inner.get("properties", ()))


def of(**properties: Any) -> dict:
    """Return a model with these fields."""
    return {"type": "object", "properties": properties}


def fields(schema: dict) -> dict:
    """Return what the fields of a model became."""
    assert Model(schema)
    return structure(schema)[0]["properties"]


def refused(schema: dict) -> MappingError:
    """Return why a model is refused."""
    assert Model(schema)
    with pytest.raises(MappingError) as caught:
        structure(schema)
    return caught.value


# -- the contracts that ship -------------------------------------------------------------------------------------------


def test_every_event_that_ships_is_tested(catalog: Catalog):
    """By its name, below."""
    assert {contract.slug for contract in catalog.contracts} == set(EVENTS)


@pytest.mark.parametrize("slug", EVENTS)
def test_a_contract_that_ships_is_a_valid_document(catalog: Catalog, slug: str):
    """In the subset, with one path; every accepted sample fits it, and the model is left as it was."""
    contract = contract_of(catalog, slug)
    before = copy.deepcopy(contract.model.schema)
    described = json.loads(json.dumps(document(contract).document))
    assert list(OpenAPIV30SpecValidator(described).iter_errors()) == []
    assert list(described["paths"]) == [f"{contract.listener_path}/event"]
    assert_in_the_subset(body_of(described))
    assert body_of(described)["properties"].keys() == before["properties"].keys()
    assert all(OAS30Validator(body_of(described)).is_valid(sample.event) for sample in contract.accepted_samples)
    assert contract.model.schema == before


def test_numbers_and_arrays_are_typed(catalog: Catalog):
    """They are what a mapping gets wrong without it: the samples with strings and a lone object do not fit."""
    contract = contract_of(catalog, "pos-receipt")
    schema = body_of(document(contract).document)
    assert schema["properties"]["totalAmount"] == {"type": "number"}
    assert schema["properties"]["items"]["items"]["properties"]["quantity"] == {"type": "number"}
    wrong = {sample.name: sample.event for sample in contract.rejected_samples}
    for name in ("everything-a-string", "single-item-collapsed", "amount-as-string"):
        assert not OAS30Validator(schema).is_valid(wrong[name])


def test_a_rule_on_described_fields_is_left_out_with_a_note(catalog: Catalog):
    """One of the two ids of a receipt has to be there: no field comes of it. The others have nothing to note."""
    notes = {slug: document(contract_of(catalog, slug)).notes for slug in EVENTS}
    assert [slug for slug in EVENTS if notes[slug]] == ["pos-receipt"]
    (note,) = notes["pos-receipt"]
    assert note.startswith('/anyOf: left out; it adds no field, but the mapping has to keep this rule by itself: [{"required":')


def test_the_document_says_which_setting_is_needed(catalog: Catalog):
    """Without it values from XML stay strings."""
    assert SETTING in document(contract_of(catalog, "web-order")).document["info"]["description"]


# -- what is said otherwise --------------------------------------------------------------------------------------------

DRAFT_04 = "http://json-schema.org/draft-04/schema#"
DRAFT_2020 = "https://json-schema.org/draft/2020-12/schema"

SAID = {
    "null-beside": ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
    "integer-is-a-number": ({"type": ["integer", "number"]}, {"type": "number"}),
    "const": ({"const": "EUR"}, {"type": "string", "enum": ["EUR"]}),
    "values-tell-the-type": ({"enum": [1, 2.5, None]}, {"type": "number", "nullable": True, "enum": [1, 2.5, None]}),
    "impossible-values": ({"type": "string", "enum": ["a", 1, None]}, {"type": "string", "enum": ["a"]}),
    "exclusive-bounds": (
        {"type": "number", "minimum": 1, "exclusiveMinimum": 1, "maximum": 5, "exclusiveMaximum": 9},
        {"type": "number", "minimum": 1, "exclusiveMinimum": True, "maximum": 5},
    ),
    "limits-of-other-types": ({"type": "boolean", "minLength": 1, "minimum": 2}, {"type": "boolean"}),
    "defaults-and-examples": ({"type": "string", "default": "a", "examples": ["b"]}, STRING),
    "format": ({"type": "integer", "format": "int32", "title": "T"}, {"type": "integer", "format": "int32", "title": "T"}),
    "more-fields": (of(a=STRING) | {"additionalProperties": STRING}, of(a=STRING)),
    "must-not-be-there": (of(a=STRING, b=False), of(a=STRING)),
    "list": (
        {"type": "array", "items": STRING, "minItems": 1, "uniqueItems": True},
        {"type": "array", "items": STRING, "minItems": 1, "uniqueItems": True},
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_a_field_is_said_in_the_subset(name: str):
    """And means the same."""
    schema, expected = SAID[name]
    assert fields(of(a=schema))["a"] == expected


def test_the_bounds_of_an_old_draft_are_flags_again():
    """They were in draft-04, and are in OpenAPI 3.0."""
    bound = {"type": "number", "minimum": 3, "exclusiveMinimum": True}
    assert fields({"$schema": DRAFT_04, **of(a=bound)}) == {"a": bound}


@pytest.mark.parametrize(
    "model",
    [
        of(a={"$ref": "#/definitions/s"}, b={"$ref": "#/definitions/t"})
        | {"definitions": {"s": {"$ref": "#/definitions/t"}, "t": STRING}},
        of(a=STRING, b={"$ref": "#/properties/a"}),
        of(a={"$ref": "#/the/~1odd%20~0/0"}, b={"$ref": "#s"})
        | {"the": {"/odd ~": [STRING]}, "definitions": {"x": {"$id": "#s", **STRING}}},
        {"$schema": DRAFT_2020, "$defs": {"s": {"$anchor": "s", **STRING}}, **of(a={"$ref": "#s"}, b={"$ref": "#/$defs/s"})},
    ],
    ids=["definitions", "another-field", "anywhere-and-by-name", "anchor"],
)
def test_references_are_followed(model: dict):
    """None is left."""
    assert fields(model) == {"a": STRING, "b": STRING}


def test_the_words_at_the_reference_win():
    """They describe this use."""
    model = of(a={"$ref": "#/definitions/s", "description": "here"}) | {"definitions": {"s": {**STRING, "description": "there"}}}
    assert fields(model)["a"]["description"] == "here"


NOTED = {
    "not": (of(a=STRING) | {"not": {"required": ["z"]}}, "/not"),
    "if": (of(a=STRING, b=STRING) | {"if": {"required": ["a"]}, "then": {"required": ["b"]}}, "/if"),
    "nested": (
        of(o=of(a=STRING)) | {"oneOf": [{"properties": {"o": {"required": ["a"]}}}, {"allOf": [{"required": ["o"]}]}]},
        "/oneOf",
    ),
    "dependencies": (of(a=STRING, b=STRING) | {"dependencies": {"a": ["b"]}}, "/dependencies"),
    "by-reference": (
        of(a=STRING) | {"allOf": [{"$ref": "#/definitions/r"}], "definitions": {"r": {"required": ["a"]}}},
        "/allOf",
    ),
    "itself": (of(a=STRING) | {"allOf": [{"$ref": "#/definitions/r"}], "definitions": {"r": of(a={"minLength": 1})}}, "/allOf"),
    "in-items": (of(l={"type": "array", "items": STRING}) | {"anyOf": [of(l={"items": {"minLength": 2}})]}, "/anyOf"),
    "array-values": (of(l={"type": "array", "items": STRING, "enum": [["a"]]}), "/properties/l/enum"),
    "true-beside-a-reference": (
        {"$schema": DRAFT_2020, **of(a={"type": "boolean"}, b={"$ref": "#/properties/a", "const": True})},
        "/properties/b/const",
    ),
    "always": (of(a=STRING) | {"if": True, "then": {"required": ["a"]}}, "/if"),
    "true-in-a-combination": (of(a=STRING) | {"anyOf": [True, {"required": ["a"]}]}, "/anyOf"),
    "fields-of-any-name": (of(a=STRING) | {"additionalProperties": STRING}, "/additionalProperties"),
    "contains": (of(l={"type": "array", "items": STRING, "contains": {"const": "a"}}), "/properties/l/contains"),
    "pattern-properties": (of(a=STRING) | {"patternProperties": {"^x-": STRING}}, "/patternProperties"),
    "beside-a-reference": (
        {"$schema": DRAFT_2020, **of(a=STRING, b={"$ref": "#/properties/a", "maxLength": 3})},
        "/properties/b/maxLength",
    ),
    "type-from-fields": (of(o={"properties": {"a": STRING}}), "/properties/o"),
    "array-in-array": (of(l={"type": "array", "items": {"type": "array", "items": STRING}}), "/properties/l/items"),
    "odd-name": (of(**{"a b/c": STRING}), "/properties/a b~1c"),
}


@pytest.mark.parametrize("name", NOTED)
def test_what_the_structure_does_not_hold_is_noted(name: str):
    """Once, with its place, while the fields stay."""
    schema, place = NOTED[name]
    assert Model(schema)
    found, notes = structure(schema)
    assert [note.split(": ")[0] for note in notes] == [place]
    assert found["properties"].keys() == schema["properties"].keys()
    assert_in_the_subset(found)


def test_what_is_kept_needs_no_note():
    """A type said again beside a reference, a condition for nothing; and a mapping adds no fields anyway."""
    model = of(a=STRING, b={"$ref": "#/properties/a", "type": "string"}) | {"$schema": DRAFT_2020, "if": False}
    model |= {"dependentSchemas": {}, "dependentRequired": {}, "additionalProperties": False}
    assert Model(model)
    assert structure(model)[1] == ()


# -- what is refused ---------------------------------------------------------------------------------------------------

PERSON = {"first": STRING, "last": STRING}
REFUSED = {
    "any-value": (of(a={}), "/properties/a", '"type": "string"'),
    "true": (of(a=True), "/properties/a", '"type": "string"'),
    "two-types": (of(a={"type": ["string", "number"]}), "/properties/a/type", "choose one"),
    "only-null": (of(a={"type": "null"}), "/properties/a/type", "choose one"),
    "no-fields": ({"type": "object"}, "", "properties"),
    "empty-object": (of(a={"type": "object", "properties": {}}), "/properties/a", "properties"),
    "any-name": (of(a={"type": "object", "additionalProperties": STRING}), "/properties/a", "list of name and value"),
    "only-forbidden-fields": (of(a=of(b=False)), "/properties/a", "properties"),
    "at-sign": (of(**{"@currency": STRING}), "/properties/@currency", "rename"),
    "any-items": (of(a={"type": "array"}), "/properties/a", '"items": {"type": "string"}'),
    "any-items-said": (of(a={"type": "array", "items": True}), "/properties/a/items", '"items": {"type": "string"}'),
    "tuple": (of(a={"type": "array", "items": [STRING]}), "/properties/a/items", "one schema"),
    "in-a-tuple": (
        of(a={"$ref": "#/x/items/0/properties/q"}) | {"x": {"items": [of(q={"type": "null"})]}},
        "/x/items/0/properties/q/type",
        "choose one",
    ),
    "behind-a-tuple": (
        of(a={"$ref": "#/x/additionalItems/properties/q"})
        | {"x": {"items": [STRING], "additionalItems": of(q={"type": "null"})}},
        "/x/additionalItems/properties/q/type",
        "choose one",
    ),
    "one-of-types": (of(a={"oneOf": [STRING, {"type": "number"}]}), "/properties/a/oneOf", 'choose one "type"'),
    "nullable": (of(a={"anyOf": [{"type": "null"}, STRING]}), "/properties/a/anyOf", 'write "type": ["string","null"]'),
    "all-of": (
        of(a={"allOf": [{"$ref": "#/definitions/s"}]}) | {"definitions": {"s": STRING}},
        "/properties/a/allOf",
        "one schema",
    ),
    "objects": ({"type": "object", "oneOf": [of(a=STRING), of(b=STRING)]}, "/oneOf", "side by side"),
    "cases": (of(a={"if": STRING, "then": STRING}), "/properties/a/if", "all cases"),
    "items-of-cases": (of(a={"type": "array", "anyOf": [{"items": STRING}]}), "/properties/a/anyOf", "choose one"),
    "field-in-a-branch": (of(a=STRING) | {"anyOf": [{}, of(b=STRING)]}, "/anyOf/1/properties/b", "describe it"),
    "field-in-a-case": (
        of(a=STRING) | {"if": {"required": ["a"]}, "then": {"allOf": [of(b=STRING)]}},
        "/then/allOf/0/properties/b",
        "describe it",
    ),
    "field-by-reference": (
        of(a=STRING) | {"allOf": [{"$ref": "#/definitions/r"}], "definitions": {"r": of(b=STRING)}},
        "/definitions/r/properties/b",
        "describe it",
    ),
    "field-of-items": (
        of(l={"type": "array", "items": of(a=STRING)}) | {"anyOf": [of(l={"items": [of(b=STRING)]})]},
        "/anyOf/0/properties/l/items/0/properties/b",
        "describe it",
    ),
    "field-that-depends": (
        of(a=STRING) | {"dependencies": {"a": of(b=STRING)}},
        "/dependencies/a/properties/b",
        "describe it",
    ),
    "demanded": (of(a=STRING) | {"required": ["a", "b"]}, "/required/1", "describe it"),
    "demanded-in-a-branch": (of(a=STRING) | {"anyOf": [{"required": ["b"]}]}, "/anyOf/0/required/0", "describe it"),
    "demanded-by-another": (of(a=STRING) | {"dependencies": {"items": ["b"]}}, "/dependencies/items/0", "describe it"),
    "beside-a-reference": (
        {"$schema": DRAFT_2020, **of(a=of(x=STRING), b={"$ref": "#/properties/a", "properties": {"y": STRING}})},
        "/properties/b/properties/y",
        "describe it",
    ),
    "itself": (of(a=STRING, me={"$ref": "#"}), "/properties/me/$ref", "levels"),
    "itself-between": (
        of(a={"$ref": "#/definitions/n/properties/x"})
        | {"definitions": {"n": of(x=of(y={"type": "array", "items": {"$ref": "#/definitions/n"}}))}},
        "/definitions/n/properties/x",
        "levels",
    ),
    "only-references": (of(a={"$ref": "#/properties/b"}, b={"$ref": "#/properties/a"}), "/properties/b/$ref", "levels"),
    "outside": (of(a={"$ref": "http://json-schema.org/draft-07/schema#"}), "/properties/a/$ref", "copy"),
    "recursive": (
        {"$schema": "https://json-schema.org/draft/2019-09/schema", **of(a={"$recursiveRef": "#"})},
        "/properties/a/$recursiveRef",
        "$ref",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_model_outside_the_subset_is_refused(name: str):
    """With the place, in the model as it is written, and the nearest form that can be said."""
    schema, place, nearest = REFUSED[name]
    error = refused(schema)
    assert error.pointer == place
    assert nearest in error.nearest
    assert str(error) == f"{place or 'the model'}: {error.found}; {error.nearest}"


@pytest.mark.parametrize(
    ("model", "path", "expected"),
    [
        ({"dependentSchemas": {}, "dependencies": {"a": True}}, ("dependentSchemas", "a", "properties"), ["dependentSchemas"]),
        ({"enum": ["a"]}, ("enum", 1), ["enum"]),
        ({"items": True}, ("items", "properties", "a"), ["items"]),
    ],
    ids=["ignored-twin", "list", "boolean"],
)
def test_a_place_is_named_as_far_as_the_model_has_it(model: dict, path: tuple, expected: list):
    """A pointer that leads nowhere helps nobody."""
    assert in_model(model, path) == expected


@pytest.mark.parametrize("levels", [MOST_LEVELS, 110])
def test_a_model_that_is_too_deep_is_refused(levels: int):
    """One that nests much deeper does not even compile; one a level less is fine."""
    schema = STRING
    for _ in range(levels):
        schema = of(a=schema)
    assert "levels deep" in refused(schema).found
    assert levels != MOST_LEVELS or fields(schema["properties"]["a"])


def test_a_chain_of_references_is_as_deep():
    """It nests, though the model as written does not."""
    chain = {f"d{n}": {"type": "array", "items": {"$ref": f"#/definitions/d{n + 1}"}} for n in range(400)}
    assert "levels deep" in refused(of(a={"$ref": "#/definitions/d0"}) | {"definitions": {**chain, "d400": STRING}}).found


def test_references_that_multiply_end():
    """A few lines may stand for more fields than there are atoms."""
    doubled = {f"d{n}": of(a={"$ref": f"#/definitions/d{n + 1}"}, b={"$ref": f"#/definitions/d{n + 1}"}) for n in range(25)}
    schema = of(a={"$ref": "#/definitions/d0"}) | {"definitions": {**doubled, "d25": STRING}}
    assert "20,000 schemas" in refused(schema).found


# -- any model ---------------------------------------------------------------------------------------------------------

words = st.sampled_from(["a", "b", "items", "@c", "d e"])
plain_words = st.sampled_from(["a", "b", "items"])
scalars = st.none() | st.booleans() | st.integers(-2, 3) | st.sampled_from(["", "a", "b"])
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(plain_words, inner, max_size=3), max_leaves=8
)
references = st.sampled_from(["#", "#/definitions/a", "#/definitions/b", "#/properties/a", "#/definitions/a/items"])
leaves = st.sampled_from(
    [STRING, {"type": "integer"}, {"type": ["number", "null"]}, {"enum": ["a", 1]}, {"const": 2}, {}, True, False]
)
typed = st.sampled_from([STRING, {"type": "integer", "minimum": 0}, {"type": ["number", "null"]}, {"type": ["boolean"]}])


def odd(inner: st.SearchStrategy) -> st.SearchStrategy:
    """Return schemas made of a few keywords, that fit each other or not."""
    listed = st.lists(inner, min_size=1, max_size=2)
    names = st.lists(words, max_size=2, unique=True)
    keywords = {
        "type": st.sampled_from(["string", "array", "object", ["null", "object"]]),
        "properties": st.dictionaries(words, inner, min_size=1, max_size=2),
        "required": names,
        "items": listed | inner,
        "additionalItems": inner,
        "additionalProperties": inner,
        "dependencies": st.dictionaries(words, inner | names, max_size=2),
        "dependentRequired": st.dictionaries(words, names, max_size=2),
        "dependentSchemas": st.dictionaries(words, inner, max_size=1),
        "prefixItems": listed,
        "enum": st.lists(values, min_size=1, max_size=2, unique_by=json.dumps),
        "anyOf": listed,
        "allOf": listed,
        "if": inner,
        "then": inner,
        "not": inner,
        "$ref": references,
        "exclusiveMinimum": st.integers(0, 1),
    }
    one = st.sampled_from(sorted(keywords)).flatmap(lambda keyword: st.tuples(st.just(keyword), keywords[keyword]))
    return st.lists(one, min_size=1, max_size=4).map(dict)


def tame(inner: st.SearchStrategy) -> st.SearchStrategy:
    """Return schemas as people write them, with a combination now and then."""
    rule = st.lists(
        st.builds(lambda names: {"required": names}, st.lists(plain_words, min_size=1, max_size=1)), min_size=1, max_size=2
    )
    objects = st.fixed_dictionaries(
        {"type": st.sampled_from(["object", ["object", "null"]]), "properties": st.dictionaries(plain_words, inner, min_size=2)},
        optional={"anyOf": rule, "required": st.just(["a"]), "minProperties": st.integers(0, 2)},
    )
    return objects | inner.map(lambda items: {"type": "array", "items": items}) | st.just({"$ref": "#/definitions/a"})


some = st.recursive(leaves, odd, max_leaves=6) | st.recursive(typed, tame, max_leaves=6)
drafts = st.sampled_from([{}, {"$schema": DRAFT_04}, {"$schema": DRAFT_2020}])
models = st.builds(
    lambda draft, rest, fields, a, b: {**draft, **rest, "type": "object", "properties": fields, "definitions": {"a": a, "b": b}},
    drafts,
    st.just({}) | st.recursive(leaves, odd, max_leaves=3).filter(lambda schema: isinstance(schema, dict)),
    st.dictionaries(plain_words, some, min_size=1, max_size=3),
    st.recursive(typed, tame, max_leaves=3) | some,
    some,
)


def compiles(schema: dict) -> bool:
    """Return whether it is a model at all."""
    try:
        Model(schema)
    except ModelError:
        return False
    return True


def stands(value: Any, place: str) -> bool:
    """Return whether a JSON Pointer leads somewhere in *value*."""
    for part in place.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        elif isinstance(value, dict) and name in value:
            value = value[name]
        else:
            return False
    return True


@settings(max_examples=300)
@given(models.filter(compiles), st.lists(st.dictionaries(plain_words, values, max_size=3), min_size=5, max_size=10))
def test_any_model_is_said_or_refused(catalog: Catalog, schema: dict, payloads: list):
    """Said, it is valid, in the subset, and takes what the model takes. Refused, the pointer is one into the model."""
    before = copy.deepcopy(schema)
    exported, error = tried(with_model(contract_of(catalog, "pos-receipt"), schema))
    assert schema == before
    if exported is None:
        assert stands(schema, error.pointer)
        return
    assert list(OpenAPIV30SpecValidator(exported.document).iter_errors()) == []
    assert_in_the_subset(body_of(exported.document))
    assert all(stands(schema, note.split(": ")[0].removeprefix("the model")) for note in exported.notes)
    if not any("it has no type" in note for note in exported.notes):
        accepted = [payload for payload in payloads if Model(schema).accepts(payload)]
        assert all(OAS30Validator(body_of(exported.document)).is_valid(payload) for payload in accepted)


def tried(contract: Contract) -> tuple[Exported, None] | tuple[None, MappingError]:
    """Return what a contract becomes, or why it is refused."""
    try:
        return document(contract), None
    except MappingError as error:
        return None, error


def with_model(contract: Contract, schema: dict) -> Contract:
    """Return *contract* with another model."""
    return Contract(
        business_unit=contract.business_unit,
        application=contract.application,
        event=contract.event,
        model=Model(schema),
        credentials=contract.credentials,
        path=contract.path,
    )
