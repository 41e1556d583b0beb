"""Samples, or a JSON Schema, to an event model."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_cdp.contract.contract import Catalog
from mock_cdp.contract.inference import infer, samples
from mock_cdp.contract.model import Model
from mock_cdp.contract.sample_texts import MAX_SAMPLE_DEPTH, InferenceError

DRAFT_07 = "http://json-schema.org/draft-07/schema#"
ODD_NAMES = ("", "$ref", "$id", "$schema", "id", "type", "properties", "anyOf", "items", "required", "events", "~/", "%25", "ü ")

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**300), 10**300),
    st.integers(-5, 5),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(
        ["2026-01-31", "2026-02-31", "2026-01-31T10:00:00Z", "a@b.de", "a@b", "https://a.de/", "urn:x", "NEW", "OPEN"]
    ),
)
names = st.sampled_from(ODD_NAMES) | st.sampled_from("ab") | st.text(max_size=4)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=12) | st.dictionaries(names, inner, max_size=5), max_leaves=30
)
events = st.dictionaries(names, values, max_size=6)


def text_of(value: object) -> bytes:
    """Write *value* as a JSON file."""
    return json.dumps(value).encode()


def inferred(*found: object):
    """Infer from one array of samples."""
    return infer([("s.json", text_of(list(found)))])


def member(*found: object) -> object:
    """Return what is made of a member `a` that holds each of *found* in turn."""
    return inferred(*({"a": one} for one in found)).schema["properties"]["a"]


def refused(*texts: tuple[str, bytes]) -> InferenceError:
    """Return the error that *texts* raise."""
    with pytest.raises(InferenceError) as caught:
        infer(texts)
    return caught.value


# -- what holds for any samples ----------------------------------------------------------------------------------------


@given(st.lists(events, min_size=1, max_size=5))
def test_every_sample_keeps_the_model_made_from_it(found: list[dict]):
    """Whatever its names, the size of its numbers, and what stands mixed in its arrays."""
    result = inferred(*found)
    model = Model(result.schema)
    assert all(model.accepts(value) for value in found)
    assert [sample.event for sample in samples([("s.json", text_of(found))])] == found
    assert (result.recognised, result.samples) == ("samples", len(found))


@given(st.lists(events, min_size=2, max_size=4))
def test_a_member_is_required_when_no_sample_lacks_it(found: list[dict]):
    """And only then."""
    schema = inferred(*found).schema
    always = set.intersection(*(set(value) for value in found))
    assert set(schema.get("required", ())) == always
    assert list(schema.get("required", ())) == [name for name in schema.get("properties", ()) if name in always]


@given(st.lists(events, min_size=2, max_size=4), st.randoms())
def test_the_order_of_samples_does_not_change_what_is_demanded(found: list[dict], random):
    """Only the order in which members are written."""
    other = found.copy()
    random.shuffle(other)
    assert sorted_lists(inferred(*found).schema) == sorted_lists(inferred(*other).schema)


@given(st.lists(events, min_size=1, max_size=3))
def test_every_guess_points_into_the_model(found: list[dict]):
    """So that an editor can go there, and the same samples give the same text."""
    result = inferred(*found)
    for guess in result.guesses:
        place = result.schema
        for part in guess.pointer.split("/")[1:]:
            place = place[part.replace("~1", "/").replace("~0", "~")]
        assert isinstance(place, dict)
    assert json.dumps(result.schema) == json.dumps(inferred(*found).schema)


def sorted_lists(value: object) -> object:
    """Return *value* with every list of names sorted."""
    match value:
        case dict():
            return {name: sorted_lists(inner) for name, inner in value.items()}
        case list():
            return sorted(value, key=repr)
        case _:
            return value


def test_the_samples_that_ship_keep_what_is_made_from_them(catalog: Catalog):
    """And no member is lost: each of them is described."""
    for contract in catalog.contracts:
        found = [sample.event for sample in contract.accepted_samples]
        schema = inferred(*found).schema
        assert all(Model(schema).accepts(event) for event in found)
        assert set(schema["properties"]) == {name for event in found for name in event}


# -- types -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param([1, 2], {"type": "integer"}, id="whole"),
        pytest.param([20, 19.9], {"type": "number"}, id="money"),
        pytest.param([1.0], {"type": "number"}, id="written-with-decimals"),
        pytest.param([2**70], {"type": "integer"}, id="beyond-64-bits"),
        pytest.param([True, 1], {"type": ["integer", "boolean"]}, id="boolean-is-no-number"),
        pytest.param(["x", None], {"type": ["string", "null"]}, id="null-seen"),
        pytest.param([None], {}, id="only-null"),
        pytest.param([[]], {"type": "array"}, id="empty-array"),
        pytest.param([[None]], {"type": "array", "items": {}}, id="array-of-null"),
        pytest.param([[1, "x"], []], {"type": "array", "items": {"type": ["string", "integer"]}}, id="mixed-array"),
        pytest.param([{}, {"b": 1}], {"type": "object", "properties": {"b": {"type": "integer"}}}, id="optional-member"),
        pytest.param(
            [{"b": 1}, [True], None, 5],
            {
                "type": ["object", "array", "integer", "null"],
                "properties": {"b": {"type": "integer"}},
                "required": ["b"],
                "items": {"type": "boolean"},
            },
            id="one-or-many",
        ),
    ],
)
def test_a_member_has_the_types_that_were_seen(found: list, expected: dict):
    """Strictly: nothing is accepted that nobody sent."""
    assert member(*found) == expected


def test_the_model_says_its_draft_first_and_leaves_unknown_members_alone():
    """As SAP's own models do."""
    assert inferred({"a": 1}).schema == {
        "$schema": DRAFT_07,
        "type": "object",
        "properties": {"a": {"type": "integer"}},
        "required": ["a"],
    }
    assert list(inferred({"a": 1}).schema) == ["$schema", "type", "properties", "required"]


# -- formats and enumerations ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (["2026-01-31T10:00:00Z", "2026-01-31T10:00:00.5+02:00"], "date-time"),
        (["2026-01-31T10:00:00"], None),
        (["2026-01-31", None], "date"),
        (["2026-01-31", "2026-02-31"], None),
        (["20260131"], None),
        (["2026-01-31", ""], None),
        (["2026-01-31", 5], None),
        (["2026-01-31", "2026-01-31T10:00:00Z"], None),
        (["2026-01-3\N{ARABIC-INDIC DIGIT ONE}"], None),
        (["a@b.de"], "email"),
        (["a@b"], None),
        (["mail a@b.de"], None),
        (["https://a.de/x?y=1"], "uri"),
        (["a:b"], None),
        (["urn:x"], None),
        (["123e4567-e89b-12d3-a456-426614174000", "123E4567-E89B-12D3-A456-426614174000"], "uuid"),
        (["123e4567-e89b-12d3-a456-42661417400"], None),
    ],
    ids=str,
)
def test_a_format_is_guessed_when_every_value_has_it(found: list, expected: str | None):
    """As a whole, and as the model's own validator reads it."""
    assert member(*found).get("format") == expected


@pytest.mark.parametrize(
    ("name", "found", "expected"),
    [
        pytest.param("status", ["OPEN"] * 4 + ["DONE"] * 4, ["DONE", "OPEN"], id="clear"),
        pytest.param("status", ["OPEN"] * 4 + ["DONE"] * 4 + [None], ["DONE", "OPEN", None], id="with-null"),
        pytest.param("countryCode", ["DE"] * 4 + ["AT"] * 4, ["AT", "DE"], id="code"),
        pytest.param("status", ["OPEN"] * 4 + ["DONE"] * 3, None, id="seven-values"),
        pytest.param("status", ["OPEN"] * 7 + ["DONE"], None, id="seen-once"),
        pytest.param("status", ["OPEN"] * 9, None, id="no-choice"),
        pytest.param("status", list("abcdef") * 2, None, id="six-of-them"),
        pytest.param("status", ["OPEN"] * 4 + ["x" * 33] * 4, None, id="prose"),
        pytest.param("status", ["OPEN"] * 4 + [" "] * 4, None, id="blank"),
        pytest.param("status", ["OPEN"] * 4 + [1] * 4, None, id="not-only-strings"),
        pytest.param("postcode", ["80331"] * 4 + ["10115"] * 4, None, id="digits"),
        pytest.param("day", ["2026-01-31"] * 4 + ["2026-02-01"] * 4, None, id="format"),
        *(
            pytest.param(name, ["A"] * 4 + ["B"] * 4, None, id=f"id-{name}")
            for name in ("id", "crmId", "crmID", "userid", "STORE_NO", "sku", "api-key", "firstName")
        ),
    ],
)
def test_an_enumeration_is_guessed_only_when_it_is_clear(name: str, found: list, expected: list | None):
    """An id that happens to repeat is none."""
    schema = inferred(*({name: value} for value in found)).schema
    assert schema["properties"][name].get("enum") == expected


def test_values_are_counted_over_all_items_of_all_samples():
    """A unit of measure is seen once a line."""
    lines = [{"unit": unit} for unit in ("PC", "KG") * 2]
    schema = inferred({"lines": lines}, {"lines": lines}).schema
    assert schema["properties"]["lines"]["items"]["properties"]["unit"]["enum"] == ["KG", "PC"]


# -- guesses -----------------------------------------------------------------------------------------------------------


def test_what_one_sample_cannot_prove_is_listed():
    """Each with its place in the model, in the order of the model."""
    sample = {"total": 20, "at": "2026-01-31", "note": None, "tags": [], "lines": [{"sku": "a", "x": "1"}, {"sku": "b", "x": 1}]}
    result = infer([("receipt.json", text_of(sample))])
    assert [(guess.pointer, guess.keyword) for guess in result.guesses] == [
        ("", "required"),
        ("/properties/total", "type"),
        ("/properties/at", "format"),
        ("/properties/note", "type"),
        ("/properties/tags", "items"),
        ("/properties/lines/items", "required"),
        ("/properties/lines/items/properties/x", "type"),
    ]
    assert "rests on one sample" in result.guesses[0].text
    assert result.guesses[5].text == 'never absent: "sku", "x"; this rests on one sample, 2 objects there'
    assert result.guesses[6].text == "string and integer were seen (2 values); a sender may have mixed them up"


def test_required_says_on_how_many_samples_it_rests():
    """Three are better than one."""
    assert "rests on 3 samples" in inferred({"a": "x"}, {"a": "y"}, {"a": "z"}).guesses[0].text


# -- what a text holds -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([("a.json", b'{"x": 1}')], [("a", {"x": 1})]),
        ([("d/a.json", b'[{"x": 1}, {}]')], [("a-1", {"x": 1}), ("a-2", {})]),
        ([("a.json", b'{"events": [{"x": 1}]}')], [("a-1", {"x": 1})]),
        ([("a.json", b'{"events": [1], "x": 1}')], [("a", {"events": [1], "x": 1})]),
        ([("a.json", b'\xef\xbb\xbf{"x": 1}')], [("a", {"x": 1})]),
        ([("d/a.json", b"{}"), ("e/A.JSON", b"{}")], [("a", {}), ("a-2", {})]),
        ([("d/a-1.json", b"{}"), ("a.json", b"[{}]")], [("a-1", {}), ("a-1-2", {})]),
        ([("my order (ü).json", b"{}")], [("my-order-u", {})]),
        ([(".json", b"{}")], [("unnamed", {})]),
        ([("d\\..json", b"{}")], [("unnamed", {})]),
    ],
    ids=lambda value: value[0][0] if isinstance(value[0][1], bytes) else "",
)
def test_a_text_holds_one_sample_or_many(texts: list, expected: list):
    """Each sample has a name that can be a file's, and no other sample's in any case."""
    assert [(sample.name, sample.event) for sample in samples(texts)] == expected
    assert infer(texts).samples == len(expected)


@pytest.mark.parametrize(
    "schema",
    [
        {"$schema": DRAFT_07, "type": "object"},
        {"type": "object", "properties": {"a": {"type": "string"}}, "x-owner": "us"},
        {
            "type": "object",
            "properties": {"a": {"type": ["string", "null"]}, "b": {"$ref": "#/definitions/c"}},
            "definitions": {"c": {}},
        },
        {"type": "object", "properties": {"a": True, "b": {}, "c": {"title": "C"}}, "title": "T"},
        {"type": "object", "properties": {}},
        {"type": "object", "required": ["a"]},
        {"type": "object", "allOf": [{"required": ["a"]}]},
    ],
    ids=str,
)
def test_a_json_schema_is_taken_as_it_is(schema: dict):
    """And not for a sample with a member `properties`."""
    result = infer([("m.json", text_of(schema))])
    assert (result.schema, result.recognised, result.samples) == (schema, "schema", 0)
    assert samples([("m.json", text_of(schema))]) == ()
    assert [guess.keyword for guess in result.guesses] == ([] if "$schema" in schema else ["$schema"])


@pytest.mark.parametrize(
    "sample",
    [
        {"type": "object"},
        {"type": "object", "properties": {"color": "red"}},
        {"type": "object", "properties": {"color": {"value": "red"}}},
        {"type": "object", "properties": {"color": {"type": "red"}}, "price": 5},
        {"type": "object", "properties": {"color": {"title": "Red"}}, "price": 5},
        {"type": "object", "properties": ["red"]},
        {"type": "object", "required": True},
        {"type": "object", "price": 5},
        {"type": "order", "properties": {"a": {"type": "string"}}},
        {"$schema": "https://shop.example/order.json", "id": 1},
        {"$schema": 7, "properties": {}},
    ],
    ids=str,
)
def test_an_event_that_only_reminds_of_a_schema_is_a_sample(sample: dict):
    """A wrong guess here would be a model that demands nothing."""
    result = infer([("e.json", text_of(sample))])
    assert (result.recognised, Model(result.schema).accepts(sample)) == ("samples", True)
    doubtful = sample.get("type") == "object" and isinstance(sample.get("properties"), dict)
    assert ("" in [guess.pointer for guess in result.guesses if guess.keyword == "type"]) is doubtful


def test_in_an_array_everything_is_a_sample():
    """The way to say so of an event that is a schema in all but purpose."""
    sample = {"$schema": DRAFT_07, "type": "object", "properties": {"a": {"type": "string"}}}
    assert inferred(sample).recognised == "samples"


def test_every_model_that_ships_is_recognised(catalog: Catalog):
    """With its draft named, and without."""
    for contract in catalog.contracts:
        bare = {name: value for name, value in contract.model.schema.items() if name != "$schema"}
        for schema in (dict(contract.model.schema), bare):
            assert infer([("m.json", text_of(schema))]).schema == schema


# -- what cannot be used -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "place", "found"),
    [
        (b"", "", "empty"),
        (b" \n", "", "empty"),
        (b"[]", "", "without samples"),
        (b'{"events": []}', "/events", "without samples"),
        (b'{\n "a": 1,\n}', "", "(line 2, column 8)"),
        (b'{"a": NaN}', "", "not JSON"),
        (b'{"a": 1e400}', "", "not JSON"),
        (b'{"a": "\\ud800"}', "", "not JSON"),
        (b'{"a":\n"\xff"}', "", "byte 0xff in line 2"),
        (b'"{}"', "", "no object"),
        (b"[{}, 5]", "/1", "5 is no object"),
        (b'{"event": {}, "violations": [{"code": "type", "pointer": ""}]}', "", "a rejected sample"),
        (b'{"events": [null]}', "/events/0", "null is no object"),
        (b'{"x": {"a": 1, "a": 2}}', "", "'a' stands twice"),
        (b"[" * 100_000, "", "not JSON"),
        (b'{"a":' * 200 + b"1" + b"}" * 200, "", "nested deeper than"),
        (b'[{"a":' + b"[" * MAX_SAMPLE_DEPTH + b"5" + b"]" * MAX_SAMPLE_DEPTH + b"}]", "/0", "nested deeper than"),
        (b'{"$schema": "http://json-schema.org/draft-07/schema#"}', "/type", "must have"),
        (b'{"$schema": "http://json-schema.org/draft-99/schema", "type": "object"}', "/$schema", "no draft that is known"),
        (b'{"type": "object", "properties": {"a": {"type": "strnig"}}}', "/properties/a/type", "not a valid JSON Schema"),
        (b'{"type": "object", "properties": {"a": {"type": "string", "pattern": "("}}}', "/properties/a/pattern", "JSON Schema"),
    ],
    ids=lambda value: value[:40].decode(errors="replace") if isinstance(value, bytes) else "",
)
def test_a_text_of_no_use_says_where_and_why(raw: bytes, place: str, found: str):
    """On one line, with what to do."""
    error = refused(("x.json", raw))
    assert (error.name, error.pointer) == ("x.json", place)
    assert found in error.found
    assert error.do
    assert str(error) == f"x.json{'#' + place if place else ''}: {error.found}; {error.do}"
    assert "\n" not in str(error)


def test_the_deepest_sample_gives_a_model_that_compiles():
    """As deep as a contract file can hold it."""
    sample: object = None
    for _ in range(MAX_SAMPLE_DEPTH):
        sample = {"a": sample}
    assert Model(infer([("deep.json", text_of(sample))]).schema).accepts(sample)


def test_schema_and_samples_do_not_mix():
    """Whichever comes first, the error names both."""
    schema = ("m.json", text_of({"$schema": DRAFT_07, "type": "object"}))
    for texts in ([schema, ("a.json", b"[{}]")], [("a.json", b"[{}]"), schema]):
        error = refused(*texts)
        assert (error.name, error.pointer, error.found) == ("a.json", "/0", "a sample, and m.json is a JSON Schema")
    assert refused(schema, ("n.json", schema[1])).found == "a second JSON Schema, and m.json is a JSON Schema"


def test_nothing_at_all_is_an_error():
    """No text, no model."""
    assert refused().found == "there are none"


def test_a_name_that_stands_twice_among_many_is_found_quickly():
    """What anybody may post must not cost the square of its size."""
    members = ",".join(f'"m{number}":1' for number in range(60_000))
    began = time.process_time()
    error = refused(("x.json", f'{{{members},"m59999":2}}'.encode()))
    assert "'m59999' stands twice" in str(error)
    assert time.process_time() - began < 5  # seconds; comparing each with each takes half a minute
