"""A model: which rules a value breaks, where, in what order; and which schemas are no model."""

import contextlib
import json
import select
import socket
from collections.abc import Iterator

import pytest

from mock_cdp.contract.model import DIALECTS, MAX_VIOLATIONS, Model
from mock_cdp.contract.model_errors import ModelError


def broken(schema: dict, value: object) -> list[tuple[str, str]]:
    """Return (code, pointer) of every broken rule."""
    return [(v.code, v.pointer) for v in Model({"type": "object", **schema}).violations(value)]


def test_every_broken_rule_is_reported_in_the_order_of_the_event():
    """All of them, sorted by place, not the first."""
    schema = {
        "required": ["b"],
        "additionalProperties": False,
        "properties": {
            "b": {"type": "string"},
            "a": {"type": "number", "maximum": 5},
            "l": {"type": "array", "minItems": 1, "items": {"type": "integer"}},
            "no": False,
        },
    }
    value = {"a": 7, "l": ["x", 1.5], "no": 1, "z": 0}
    assert broken(schema, value) == [
        ("additional-properties", ""),
        ("required", ""),
        ("maximum", "/a"),
        ("type", "/l/0"),
        ("type", "/l/1"),
        ("false-schema", "/no"),
    ]


def test_a_violation_says_what_was_expected_and_found():
    """Pointers escaped as RFC 6901 says, the found value shortened."""
    violation = Model({"type": "object", "properties": {"a/b~c": {"type": "number"}}}).violations({"a/b~c": "9" * 500}, index=3)[
        0
    ]
    assert (violation.code, violation.keyword, violation.index) == ("type", "type", 3)
    assert violation.pointer == "/a~1b~0c"
    assert violation.schema_pointer == "/properties/a~1b~0c/type"
    assert violation.expected == "number"
    assert len(violation.found) == 120
    assert violation.message.startswith("/a~1b~0c must be number, found string")


def test_alternatives_say_why_none_fits():
    """Each alternative's first reason, not the whole event again."""
    schema = {"anyOf": [{"required": ["crmId"]}, {"required": ["card"]}]}
    violation = Model({"type": "object", **schema}).violations({"x": 1})[0]
    assert violation.code == "any-of"
    assert violation.message == "the event fits none of 2 alternatives: the event lacks 'crmId'; or the event lacks 'card'"


@pytest.mark.parametrize(
    ("name", "bad", "good"),
    [
        ("date-time", "20241130175012", "2024-11-30T17:50:12+01:00"),
        ("date-time", "2024-11-30T17:50:12", "2024-11-30T17:50:12Z"),
        ("date", "00000000", "2024-11-30"),
        ("email", "ada", "ada@example.com"),
        ("email", "ada@localhost", "ada@shop.example.com"),
        ("uri", "no uri", "https://example.com/"),
    ],
)
def test_formats_are_asserted(name: str, bad: str, good: str):
    """A format is a rule, not a remark."""
    schema = {"properties": {"x": {"type": "string", "format": name}}}
    assert broken(schema, {"x": bad}) == [("format", "/x")]
    assert broken(schema, {"x": good}) == []


@pytest.mark.parametrize(
    ("dialect", "schema", "value", "code"),
    [
        (
            "http://json-schema.org/draft-04/schema#",
            {"properties": {"a": {"maximum": 1, "exclusiveMaximum": True}}},
            {"a": 1},
            "exclusive-maximum",
        ),
        ("http://json-schema.org/draft-06/schema#", {"properties": {"a": {"const": 1}}}, {"a": 2}, "const"),
        (
            "http://json-schema.org/draft-07/schema#",
            {"if": {"required": ["a"]}, "then": {"required": ["b"]}},
            {"a": 2},
            "required",
        ),
        ("https://json-schema.org/draft/2019-09/schema", {"dependentRequired": {"a": ["b"]}}, {"a": 2}, "required"),
        (
            "https://json-schema.org/draft/2020-12/schema",
            {"properties": {"a": {"prefixItems": [{"type": "string"}]}}},
            {"a": [1]},
            "type",
        ),
    ],
)
def test_the_dialect_named_is_honoured(dialect: str, schema: dict, value: dict, code: str):
    """A keyword works in the draft that has it."""
    assert [found for found, _ in broken({"$schema": dialect, **schema}, value)] == [code]


def test_without_a_dialect_it_is_draft_07():
    """`if` is known, `dependentRequired` is not."""
    assert broken({"if": {}, "then": {"required": ["b"]}}, {}) == [("required", "")]
    assert broken({"dependentRequired": {"a": ["b"]}}, {"a": 1}) == []


def test_a_model_may_refer_to_itself():
    """Recursion within the file works, at any depth of the value."""
    schema = {"properties": {"child": {"$ref": "#"}, "n": {"type": "integer"}}}
    assert broken(schema, {"child": {"child": {"n": "x"}}}) == [("type", "/child/child/n")]


@pytest.mark.parametrize("named", ["", "http://e.com/event.json", "event.json", "/models/event.json", "urn:x:event", "urn:e#"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_references_of_a_model_mean_the_same_for_a_batch(dialect: str, named: str):
    """Whether the model has an address of its own, and of what kind, and refers to itself by it."""
    for start in dict.fromkeys(("", named.removesuffix("#"))):
        inner = {"properties": {"child": {"$ref": f"{start}#/definitions/inner"}, "n": {"type": "integer"}}}
        schema: dict = {
            "$schema": f"{'https' if '/draft/' in dialect else 'http'}://{dialect}",
            "type": "object",
            "properties": {"inner": {"$ref": f"{start}#/definitions/inner"}, "again": {"$ref": f"{start}#"}},
            "definitions": {"inner": inner},
        }
        if named:
            schema["id" if "draft-04" in dialect else "$id"] = named
        model = Model(schema)
        good, bad = ({"again": {"inner": {"child": {"n": n}}}} for n in (1, "x"))
        assert model.accepts(good)
        assert not model.accepts(bad)
        assert model.accepts_all([good, good])
        assert not model.accepts_all([good, bad])


@pytest.mark.parametrize(
    "schema",
    [
        {
            "$id": "http://example.com/order",
            "definitions": {"n": {"$id": "n", "type": "number"}},
            "properties": {"n": {"$ref": "n"}},
        },
        {"properties": {"n": {"$ref": "http://json-schema.org/draft-07/schema#/definitions/nonNegativeInteger"}}},
    ],
    ids=["a part with an id of its own", "the draft's own schema"],
)
def test_a_model_that_cannot_be_asked_of_many_at_once_judges_a_batch_all_the_same(schema):
    """What it refers to is found from the model alone, but not from an array of events."""
    model = Model({"type": "object"} | schema)
    assert model.accepts_all([{"n": 1}, {"n": 2}])
    assert not model.accepts_all([{"n": 1}, {"n": "x"}])


def test_a_list_that_is_no_event_is_none_in_a_batch():
    """An array within the batch is one value, not more events."""
    assert not Model({"type": "object"}).accepts_all([{}, []])


def test_integers_of_any_size_are_integers():
    """They are not turned into floats on the way."""
    assert broken({"properties": {"n": {"type": "integer", "maximum": 10}}}, {"n": 10**40}) == [("maximum", "/n")]


def test_a_value_that_breaks_everything_stays_bounded():
    """Ten thousand wrong items do not make ten thousand violations."""
    schema = {"properties": {"l": {"items": {"type": "string"}}}}
    assert len(broken(schema, {"l": [1] * 10_000})) == MAX_VIOLATIONS


@pytest.mark.parametrize(
    ("schema", "place", "said"),
    [
        ([], "", "JSON Schema object"),
        ({"type": "string"}, "/type", "object"),
        ({"type": ["object", "null"]}, "/type", "object"),
        ({}, "/type", "object"),
        ({"type": "object", "properties": {"a": {"type": "nonsense"}}}, "/properties/a/type", "not a valid JSON Schema"),
        ({"type": "object", "properties": {"a": {"pattern": "("}}}, "/properties/a/pattern", "not a valid JSON Schema"),
        (
            {"type": "object", "properties": {"a": {"$ref": "http://127.0.0.1:9/x.json"}}},
            "/properties/a/$ref",
            "does not compile",
        ),
        ({"type": "object", "properties": {"a": {"$ref": "file:///etc/hostname"}}}, "/properties/a/$ref", "does not compile"),
        ({"type": "object", "properties": {"a": {"$ref": "#/definitions/none"}}}, "/properties/a/$ref", "does not compile"),
    ],
)
def test_what_is_no_model_is_refused_with_its_place(schema: object, place: str, said: str):
    """Nothing is fetched from network or disk."""
    with pytest.raises(ModelError, match=said) as refused:
        Model(schema)
    assert refused.value.pointer == place


TYPES = '"array", "boolean", "integer", "null", "number", "object", "string"'


@pytest.mark.parametrize(
    ("described", "place", "said", "do"),
    [
        ({"type": "numbr"}, "/type", f'must be one of {TYPES}, found string "numbr"', 'did you mean "number"?'),
        ({"type": ["string", "numbr"]}, "/type/1", f"must be one of {TYPES}, found", 'did you mean "number"?'),
        ({"type": 5}, "/type", f"must be one of {TYPES}, found number 5", "choose one of them"),
        ({"items": {"required": "id"}}, "/items/required", 'must be array, found string "id"', 'have: "required": ["id"]'),
        ({"items": [{"required": True}]}, "/items/0/required", "must be array, found boolean true", "list the names"),
        ({"items": {"properties": {"a": "string"}}}, "/items/properties/a", "must be boolean or object", '{"type": "string"}'),
        ({"items": 5}, "/items", "must be boolean or object or array, found number 5", "correct it"),
        ({"minLength": "5"}, "/minLength", 'must be integer, found string "5"', "correct it"),
        ({"pattern": "["}, "/pattern", 'must be a regular expression (as in ECMA 262), found string "["', "correct it"),
        ({"required": ["a", "a"]}, "/required", "non-unique", "correct it"),
        ({"type": ["string", "string"]}, "/type", "non-unique", "correct it"),
    ],
)
def test_what_is_no_schema_is_told_by_its_deepest_cause(described: dict, place: str, said: str, do: str):
    """Not by a list of alternatives that all failed, nor by a whole part of the model."""
    with pytest.raises(ModelError) as refused:
        Model({"type": "object", "properties": {"x": described}})
    error = refused.value
    assert error.pointer == f"/properties/x{place}"
    assert str(error).startswith("not a valid JSON Schema: ")
    assert said in str(error)
    assert do in error.do
    assert "referred" not in error.do


def test_a_kind_is_named_once():
    """However many branches of the draft's own schema want it."""
    described = {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "dependencies": {"a": 5}}
    with pytest.raises(ModelError, match="must be boolean or object or array, found number 5"):
        Model(described)


@pytest.mark.parametrize(
    ("reference", "said", "do"),
    [
        ("http://127.0.0.1:9/x.json#/a", "leads out of the schema", "nothing outside it can be referred to"),
        ("item.json", "leads out of the schema", "nothing outside it can be referred to"),
        ("#/definitions/itm", "leads nowhere", 'did you mean "#/definitions/item"?'),
        ("#/other", "leads nowhere", "put a schema there"),
        ("#here", "leads nowhere", "put a schema there"),
    ],
)
@pytest.mark.parametrize("named", [{}, {"$id": "http://example.com/order"}], ids=["", "$id"])
def test_a_reference_that_leads_nowhere_is_found(reference: str, said: str, do: str, named: dict):
    """Though the compiler says no place; one in data is none, and those that work are passed over."""
    works = {"$ref": "#/definitions/item"}
    described = {"properties": {"a": {"const": {"$ref": reference}}, "b": works, "c/d": {"allOf": [works, {"$ref": reference}]}}}
    with pytest.raises(ModelError) as refused:
        Model({"type": "object", "definitions": {"item": {}}, **named, **described})
    assert refused.value.pointer == "/properties/c~1d/allOf/1/$ref"
    assert str(refused.value) == f'does not compile: "{reference}" {said}'
    assert do in refused.value.do


def test_a_reference_that_cannot_be_placed_is_told_all_the_same():
    """The compiler names an address that stands nowhere in the model: made of an id and a path upwards."""
    with pytest.raises(ModelError, match=r"does not compile: .*http://example\.com/b") as refused:
        Model({"type": "object", "$id": "http://example.com/a/c", "properties": {"a": {"$ref": "../b"}}})
    assert (refused.value.pointer, refused.value.do) == ("", "correct the references")


class _Listening:
    """A port on loopback that remembers whether anybody came."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"

    def was_called(self) -> bool:
        """Return whether a connection waits."""
        return bool(select.select([self.socket], [], [], 0)[0])


@pytest.fixture
def elsewhere() -> Iterator[_Listening]:
    """Return a port that a model might be tempted to fetch from."""
    listening = _Listening()
    yield listening
    listening.socket.close()


@pytest.mark.parametrize(
    "schema",
    [
        {"$schema": "{url}/meta"},
        {"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"$ref": "{url}/a"}}},
        {"$id": "{url}/base", "properties": {"a": {"$ref": "other"}}},
        {"$schema": "http://json-schema.org/draft-04/schema#", "id": "{url}/base", "properties": {"a": {"$ref": "other"}}},
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "properties": {"a": {"$dynamicRef": "{url}/a"}}},
        {"properties": {"a": {"$id": "{url}/in", "$schema": "{url}/meta"}}},
    ],
)
def test_nothing_is_fetched_whatever_a_model_names(elsewhere: _Listening, schema: dict):
    """Not the draft it claims to be written in either."""
    with contextlib.suppress(ModelError):
        Model(json.loads(json.dumps({"type": "object", **schema}).replace("{url}", elsewhere.url)))
    assert not elsewhere.was_called()


@pytest.mark.parametrize(
    "named",
    [
        "http://127.0.0.1:9/m",
        "file:///etc/hostname",
        "http://json-schema.org/draft-03/schema#",
        "json-schema.org/draft-07/schema",
        "",
        5,
        None,
        ["x"],
    ],
)
def test_a_draft_nobody_knows_is_refused_by_name(named: object):
    """With those that are known."""
    with pytest.raises(ModelError, match=r"names no draft that is known: .*draft-07") as refused:
        Model({"$schema": named, "type": "object"})
    assert refused.value.pointer == "/$schema"


@pytest.mark.parametrize(
    "named",
    [
        "http://json-schema.org/draft-07/schema",
        "https://json-schema.org/draft-07/schema#",
        "http://json-schema.org/draft-06/schema",
    ],
)
def test_a_draft_is_known_with_or_without_its_hash(named: str):
    """And by https: people write all of these."""
    assert Model({"$schema": named, "type": "object"}).accepts({})
