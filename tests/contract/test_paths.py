"""Dotted paths through a schema."""

import pytest

from mock_cdp.contract.paths import fields, has_field

SCHEMA = {
    "properties": {
        "plain": {"type": "string"},
        "anything": True,
        "nothing": False,
        "lines": {"items": {"properties": {"sku": {}}}},
        "pair": {"items": [{"properties": {"first": {}}}, {"properties": {"second": {}}}]},
        "tuple": {"prefixItems": [{"properties": {"third": {}}}]},
        "address": {"$ref": "#/definitions/the~1address%20here"},
        "branch": {"$ref": "#/allOf/1"},
        "node": {"$ref": "#/definitions/node"},
    },
    "allOf": [{"properties": {"all": {}}}, {"anyOf": [{"properties": {"any": {}}}]}],
    "if": {"properties": {"kind": {}}},
    "then": {"properties": {"then": {}}},
    "definitions": {
        "the/address here": {"properties": {"city": {}}},
        "node": {"properties": {"next": {"$ref": "#/definitions/node"}, "value": {}}},
    },
}


@pytest.mark.parametrize(
    "path",
    [
        *("plain", "anything", "lines", "lines.sku", "pair.first", "pair.second", "tuple.third", "address.city"),
        *("branch.any", "all", "any", "kind", "then", "node.next.next.next.value"),
    ],
)
def test_a_described_field_is_found(path: str):
    """Through items, references and branches."""
    assert has_field(SCHEMA, path)


@pytest.mark.parametrize("path", ["", "none", "plain.x", "nothing", "lines.0.sku", "address.sku", "node.nil", "."])
def test_any_other_field_is_not(path: str):
    """Nor one that must not be there."""
    assert not has_field(SCHEMA, path)


@pytest.mark.parametrize(
    "schema",
    [None, True, [], {"properties": 5}, {"allOf": 7, "items": 3}, {"$ref": 5}, {"$ref": "#/a/b"}, {"$ref": "#"}, {"allOf": [1]}],
)
def test_what_is_no_schema_has_no_fields(schema: object):
    """And breaks nothing: a customer schema is read before it is checked."""
    assert fields(schema) == []
    assert not has_field(schema, "a.b")


def test_a_schema_that_refers_to_itself_in_every_branch_ends():
    """Each place is visited once, however many ways lead to it."""
    schema = {"properties": {"a": {}}, "anyOf": [{"$ref": "#"}] * 30 + [{"allOf": [{"$ref": "#"}] * 30}]}
    assert has_field(schema, "a")
    assert not has_field(schema, "b")


def test_suggestions_hold_nested_fields_after_those_at_the_top():
    """A misspelt nested field finds its neighbour."""
    assert fields({"properties": {"a": {"properties": {"b": {}}}, "c": {}}}) == ["a", "c", "a.b"]
