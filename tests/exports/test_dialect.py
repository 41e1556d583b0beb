"""A model in OpenAPI's dialect accepts and refuses what the model does."""

import copy
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_cdp.contract.model import Model, dialect_of
from mock_cdp.exports.dialect import ASIDE, TARGET, translated

PLACE = "#/components/schemas/M"


def compiled(schema: dict) -> jsonschema_rs.Validator:
    """Return the validator of a translated model, standing where it will stand."""
    whole = {"$schema": TARGET, "$ref": PLACE, "components": {"schemas": {"M": translated(schema, PLACE)}}}
    jsonschema_rs.meta.validate(whole)
    options = jsonschema_rs.EmailOptions(require_tld=True)
    return jsonschema_rs.validator_for(whole, offline=True, validate_formats=True, email_options=options)


def of(draft: str, **members: Any) -> dict:
    """Return an object schema of a draft."""
    return {"$schema": f"http{'s' if '/20' in draft else ''}://json-schema.org/{draft}/schema", "type": "object", **members}


STRING = {"type": "string"}
CASES = {
    "ref": ({"properties": {"a": {"$ref": "#/definitions/s"}}, "definitions": {"s": STRING}}, {"a": ""}, {"a": 1}),
    "ref-to-anywhere": (
        {"properties": {"a": {"$ref": "#/our/s"}}, "our": {"s": {"$ref": "#/our/t"}, "t": STRING}},
        {"a": ""},
        {"a": 1},
    ),
    "ref-with-escapes": (
        {"properties": {"a": {"$ref": "#/definitions/a~1b%25%20~0"}}, "definitions": {"a/b% ~": STRING}},
        {"a": ""},
        {"a": 1},
    ),
    "ref-to-root": ({"properties": {"a": {"$ref": "#"}}, "required": ["b"]}, {"b": 1, "a": {"b": 1}}, {"b": 1, "a": {}}),
    "ref-hides-siblings": (
        {"properties": {"a": {"$ref": "#/definitions/s", "minLength": 2}}, "definitions": {"s": STRING}},
        {"a": ""},
        {"a": 1},
    ),
    "ref-into-list": ({"properties": {"l": {"items": [STRING]}, "a": {"$ref": "#/properties/l/items/0"}}}, {"a": ""}, {"a": 1}),
    "ref-into-rest": (
        {"properties": {"l": {"items": [True], "additionalItems": STRING}, "a": {"$ref": "#/properties/l/additionalItems"}}},
        {"a": ""},
        {"a": 1},
    ),
    "ref-into-dependency": (
        {"dependencies": {"b": {"required": ["c"]}}, "properties": {"a": {"$ref": "#/dependencies/b"}}},
        {"a": {"c": 1}},
        {"a": {}},
    ),
    "ref-by-id": (
        {"$id": "http://m.test/m", "properties": {"a": {"$ref": "m#/definitions/s"}}, "definitions": {"s": STRING}},
        {"a": ""},
        {"a": 1},
    ),
    "ref-by-name": ({"properties": {"a": {"$ref": "#s"}}, "definitions": {"x": {"$id": "#s", **STRING}}}, {"a": ""}, {"a": 1}),
    "tuple": ({"properties": {"a": {"items": [STRING], "additionalItems": False}}}, {"a": [""]}, {"a": ["", 1]}),
    "tuple-open": ({"properties": {"a": {"items": [STRING]}}}, {"a": ["", 1]}, {"a": [1]}),
    "additional-without-tuple": ({"properties": {"a": {"items": STRING, "additionalItems": False}}}, {"a": ["", ""]}, {"a": [1]}),
    "dependencies": ({"dependencies": {"a": ["b"], "c": {"required": ["d"]}}}, {"a": 1, "b": 1}, {"c": 1}),
    "dependency-names": ({"dependencies": {"a": ["b"], "c": {"required": ["d"]}}}, {"c": 1, "d": 1}, {"a": 1}),
    "unknown-to-the-draft": (
        {"unevaluatedProperties": False, "dependentRequired": {"a": ["b"]}, "minProperties": 1},
        {"a": 1},
        {},
    ),
    "not-openapis": ({"discriminator": "kind", "xml": True, "nullable": True, "minProperties": 1}, {"a": 1}, {}),
    "data-is-no-schema": (
        {"properties": {"a": {"enum": [{"$ref": "#/x", "items": []}]}}},
        {"a": {"$ref": "#/x", "items": []}},
        {"a": 1},
    ),
    "property-called-ref": (
        {"properties": {"$ref": STRING, "items": STRING, "dependencies": STRING}},
        {"$ref": "#/x"},
        {"items": []},
    ),
    "wrong-default": ({"properties": {"a": {**STRING, "default": 5}}}, {"a": ""}, {"a": 5}),
    "draft-04-exclusive": (of("draft-04", properties={"a": {"minimum": 3, "exclusiveMinimum": True}}), {"a": 4}, {"a": 3}),
    "draft-04-inclusive": (of("draft-04", properties={"a": {"minimum": 3, "exclusiveMinimum": False}}), {"a": 3}, {"a": 2}),
    "draft-04-has-no-const": (of("draft-04", properties={"a": {"const": 3}}, minProperties=1), {"a": 4}, {}),
    "draft-06-has-no-if": (of("draft-06", **{"if": True, "then": False}, minProperties=1), {"a": 4}, {}),
    "2019-ref-and-sibling": (
        of("draft/2019-09", properties={"a": {"$ref": "#/$defs/s", "minLength": 2}}, **{"$defs": {"s": STRING}}),
        {"a": "ab"},
        {"a": "a"},
    ),
    "2019-tuple": (
        of("draft/2019-09", properties={"a": {"items": [STRING], "additionalItems": False}}),
        {"a": [""]},
        {"a": ["", 1]},
    ),
    "2019-recursive": (
        of("draft/2019-09", properties={"a": {"$recursiveRef": "#"}}, required=["b"]),
        {"b": 1, "a": {"b": 1}},
        {"b": 1, "a": {}},
    ),
    "2020-anchor": (
        of("draft/2020-12", properties={"a": {"$ref": "#s"}}, **{"$defs": {"x": {"$anchor": "s", **STRING}}}),
        {"a": ""},
        {"a": 1},
    ),
    "2020-unevaluated": (
        of("draft/2020-12", allOf=[{"properties": {"a": True}}], unevaluatedProperties=False),
        {"a": 1},
        {"b": 1},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_it_means_the_same(name: str):
    """What one draft says in a way of its own."""
    schema, good, bad = CASES[name]
    schema = {"type": "object", **schema}
    model, validator = Model(schema), compiled(schema)
    assert [model.accepts(good), model.accepts(bad)] == [True, False]
    assert [validator.is_valid(good), validator.is_valid(bad)] == [True, False]


words = st.sampled_from(["a", "b", "c"])
scalars = st.none() | st.booleans() | st.integers(-2, 3) | words
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=8
)
refs = st.sampled_from(["#/definitions/a", "#/definitions/b", "#"]).map(lambda ref: {"$ref": ref})


def members(inner: st.SearchStrategy) -> st.SearchStrategy:
    """Return schemas of draft-07 with a few keywords, of every draft."""
    listed = st.lists(inner, min_size=1, max_size=2)
    required = st.lists(words, max_size=2, unique=True)
    keywords = {
        "type": st.sampled_from(["string", "integer", "array", "object", ["null", "object"]]),
        "properties": st.dictionaries(words, inner, max_size=2),
        "required": required,
        "items": listed | inner,
        "additionalItems": inner,
        "additionalProperties": inner,
        "dependencies": st.dictionaries(words, inner | required, max_size=2),
        "dependentRequired": st.dictionaries(words, required, max_size=1),
        "unevaluatedProperties": st.just(False),
        "prefixItems": listed,
        "minContains": st.integers(0, 2),
        "contains": inner,
        "const": scalars,
        "default": values,
        "not": inner,
        "anyOf": listed,
        "if": inner,
        "then": inner,
    }
    one = st.sampled_from(sorted(keywords)).flatmap(lambda keyword: st.tuples(st.just(keyword), keywords[keyword]))
    return st.lists(one, min_size=1, max_size=3).map(dict)


leaves = st.sampled_from([{"type": "string"}, {"type": "integer"}, False, True])
plain = st.recursive(leaves, members, max_leaves=6)
rules = plain.filter(lambda schema: isinstance(schema, dict))
beside = st.builds(lambda rest, ref: rest | ref, rules, refs)
# References stand below a property only, so that following one uses up some of the value.
models = st.builds(
    lambda rest, a, b, first, second: {
        **rest,
        "type": "object",
        "properties": {"a": a, "b": b},
        "definitions": {"a": first, "b": second},
    },
    rules | st.just({}),
    rules,
    beside | rules,
    rules | st.builds(lambda rest, ref: {**rest, "properties": {"a": ref}}, rules, beside),
    plain,
)


@settings(max_examples=300)
@given(models, st.lists(st.dictionaries(words, values, min_size=1, max_size=3), min_size=5, max_size=10))
def test_any_model_means_the_same(schema: dict, payloads: list):
    """However its keywords are nested; and the model itself is left as it was."""
    before = copy.deepcopy(schema)
    model, validator = Model(schema), compiled(schema)
    assert [model.accepts(payload) for payload in payloads] == [validator.is_valid(payload) for payload in payloads]
    assert schema == before


def test_nothing_is_lost():
    """What is no rule in OpenAPI's dialect is kept aside; descriptions and formats stay where they are."""
    kept = {"$schema": "http://json-schema.org/draft-07/schema#", "$id": "http://m.test/m", "discriminator": "kind"}
    stays = {"title": "T", "type": "object", "properties": {"a": {"format": "date", "description": "D", "default": "2024-11-30"}}}
    assert translated({**kept, **stays, "default": 7}, PLACE) == {ASIDE: {**kept, "default": 7}, **stays}


def test_old_keywords_become_new_ones():
    """Also those that some validators still take."""
    old = {"type": "object", "dependencies": {"a": ["b"], "c": {"required": ["d"]}}}
    new = {"type": "object", "dependentRequired": {"a": ["b"]}, "dependentSchemas": {"c": {"required": ["d"]}}}
    assert translated(old, PLACE) == new


def test_a_reference_to_a_drafts_own_schema_stays():
    """It leads out of the model; whether a default fits it cannot be told, so that is kept aside."""
    schema = {"type": "object", "properties": {"a": {"$ref": "http://json-schema.org/draft-07/schema#", "default": 5}}}
    assert Model(schema).accepts({"a": {"type": "string"}})
    expected = {"$ref": "http://json-schema.org/draft-07/schema#", ASIDE: {"default": 5}}
    assert translated(schema, PLACE)["properties"]["a"] == expected


def test_the_draft_is_named():
    """Draft-07 unless the model says otherwise."""
    assert "draft-07" in dialect_of({})
    assert dialect_of({"$schema": "https://json-schema.org/draft/2020-12/schema"}).endswith("2020-12/schema")
