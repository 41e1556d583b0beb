"""Coverage: each rule of a model with how many events kept and broke it; exact for small models, true for any."""

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mock_cdp.contract.contract import Catalog
from mock_cdp.contract.coverage import Coverage, Member, Report, Rule
from mock_cdp.contract.coverage_nodes import Walk
from mock_cdp.contract.coverage_rules import key_of
from mock_cdp.contract.model import MAX_VIOLATIONS, Model
from running import contract_of


def coverage(schema: dict[str, Any], *events: Any) -> Coverage:
    """Return the coverage of a model by *events*."""
    seen = Coverage(Model({"type": "object", **schema}))
    for event in events:
        seen.see(event)
    return seen


def table(schema: dict[str, Any], *events: Any) -> list[str]:
    """Return each rule but that of the root's type as `pointer place expected: kept/broken`."""
    rules = coverage(schema, *events).rules()
    assert rules[0].schema_pointer == "/type"
    return [f"{rule.schema_pointer} {rule.place or '.'} {rule.expected}: {rule.kept}/{rule.broken}" for rule in rules[1:]]


# -- exact tables ----------------------------------------------------------------------------------------------------------


def test_a_rule_is_kept_where_its_place_occurs_and_broken_where_a_violation_names_it():
    """Places that do not occur exercise nothing; an event that breaks a rule anywhere does not keep it."""
    schema = {
        "required": ["a", "b"],
        "properties": {
            "a": {"type": "string", "minLength": 2},
            "l": {"type": "array", "maxItems": 3, "items": {"type": "number", "minimum": 0}},
            "never": {"enum": [1, 2]},
        },
    }
    assert table(schema, {"a": "xy"}, {"a": "x", "b": 1}, {"a": "xy", "b": 1, "l": [1, -1]}, {"a": "xy", "b": 1, "l": []}) == [
        "/required . a: 4/0",
        "/required . b: 3/1",
        "/properties/a/type /a string: 4/0",
        "/properties/a/minLength /a 2: 3/1",
        "/properties/l/type /l array: 2/0",
        "/properties/l/maxItems /l 3: 2/0",
        "/properties/l/items/type /l/* number: 1/0",
        "/properties/l/items/minimum /l/* 0: 0/1",
        "/properties/never/enum /never [1,2]: 0/0",
    ]


def test_a_keyword_that_says_nothing_of_a_kind_of_value_is_not_exercised_by_it():
    """A number has no length, a flag is no number, and a length of 0 or more demands nothing."""
    schema = {"properties": {"a": {"minLength": 2, "minimum": 3, "minItems": 0}}}
    assert table(schema, {"a": 5}, {"a": "xy"}, {"a": True}, {"a": None}) == [
        "/properties/a/minLength /a 2: 1/0",
        "/properties/a/minimum /a 3: 1/0",
    ]


def test_what_is_referred_to_is_named_as_violations_name_it():
    """One rule, at its first place, wherever it is referred to; keywords beside a reference are hidden in draft-07."""
    schema = {
        "properties": {"a": {"$ref": "#/definitions/x~1y", "maxLength": 9}, "b": {"$ref": "#/definitions/x~1y"}},
        "definitions": {"x/y": {"type": "string"}, "unused": {"type": "number"}},
    }
    assert table(schema, {"a": "", "b": 1}, {"b": ""}) == ["/definitions/x~1y/type /a string: 1/1"]


def test_a_model_that_refers_to_itself_is_walked_to_the_end():
    """The rules stand once, and the deepest place counts."""
    schema = {"properties": {"child": {"$ref": "#"}, "n": {"type": "integer"}}}
    deep: dict[str, Any] = {"n": "x"}
    for _ in range(60):
        deep = {"child": deep}
    assert table(schema, deep, {"child": {"n": 1}}) == ["/properties/n/type /n integer: 1/1"]


def test_a_model_that_says_of_itself_only_itself_ends():
    """As the validator does; nothing is exercised twice."""
    schema = {"allOf": [{"$ref": "#"}], "anyOf": [{"$ref": "#"}, {"required": ["a"]}], "dependencies": {"a": {"$ref": "#"}}}
    assert table(schema, {"a": 1}) == ["/anyOf . one of 2 alternatives: 1/0", "/anyOf/1/required . a: 1/0"]


def test_alternatives_count_where_they_fit_and_all_of_them_where_none_does():
    """What each alternative lacks is broken only when the event is refused for it."""
    schema = {"anyOf": [{"required": ["a"]}, {"required": ["b"], "properties": {"b": {"minLength": 1}}}]}
    rules = [
        "/anyOf . one of 2 alternatives",
        "/anyOf/0/required . a",
        "/anyOf/1/required . b",
        "/anyOf/1/properties/b/minLength /b 1",
    ]

    def counted(*events: Any) -> list[str]:
        lines = [line.rsplit(": ", 1) for line in table(schema, *events)]
        assert [rule for rule, _ in lines] == rules
        return [count for _, count in lines]

    assert counted({"a": 1}) == ["1/0", "1/0", "0/0", "0/0"]
    assert counted({"a": 1, "b": "x"}) == ["1/0", "1/0", "1/0", "1/0"]
    assert counted({"b": ""}) == ["0/1", "0/1", "1/0", "0/1"]
    assert counted({}) == ["0/1", "0/1", "0/1", "0/0"]


def test_one_of_is_broken_by_two_that_fit():
    """Both kept, neither of them broken."""
    schema = {"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}
    assert table(schema, {"a": 1, "b": 1}) == [
        "/oneOf . one of 2 alternatives: 0/1",
        "/oneOf/0/required . a: 1/0",
        "/oneOf/1/required . b: 1/0",
    ]


def test_alternatives_within_alternatives():
    """The inner ones count only where the outer one does."""
    schema = {"anyOf": [{"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, {"required": ["c"]}]}
    assert table(schema, {"c": 1}, {"a": 1}, {}) == [
        "/anyOf . one of 2 alternatives: 2/1",
        "/anyOf/0/anyOf . one of 2 alternatives: 1/1",
        "/anyOf/0/anyOf/0/required . a: 1/1",
        "/anyOf/0/anyOf/1/required . b: 0/1",
        "/anyOf/1/required . c: 1/1",
    ]


def test_then_counts_where_if_holds_and_else_where_it_does_not():
    """What `if` asks is no rule."""
    schema = {"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}}
    assert table(schema, {"a": 1, "b": 1}, {"a": 1}, {"c": 1}, {"c": 2}) == [
        "/then/required . b: 1/1",
        "/else/required . c: 2/0",
    ]


def test_members_by_pattern_and_the_others():
    """A pattern's rules are exercised by the names that match it, the rest's by no other."""
    schema = {
        "properties": {"q": {"type": "string"}},
        "patternProperties": {"^a": {"type": "number"}, "b$": {"minimum": 2}},
        "additionalProperties": {"type": "boolean"},
    }
    assert table(schema, {"a": 1, "ab": 1, "q": ""}, {"z": True}, {"cb": "x"}) == [
        "/properties/q/type /q string: 1/0",
        "/patternProperties/^a/type /* number: 1/0",
        "/patternProperties/b$/minimum /* 2: 0/1",
        "/additionalProperties/type /* boolean: 1/0",
    ]


def test_what_must_not_be_there_is_kept_by_its_absence():
    """A forbidden member, others beside the known, others behind the listed."""
    schema = {
        "properties": {"no": False, "l": {"items": [{"type": "string"}], "additionalItems": False}},
        "additionalProperties": False,
    }
    assert table(schema, {"l": [""]}, {"no": 1}, {"x": 1}, {"l": ["", 1]}) == [
        "/additionalProperties . no others: 3/1",
        "/properties/no /no nothing here: 3/1",
        "/properties/l/additionalItems /l no others: 1/1",
        "/properties/l/items/0/type /l/0 string: 2/0",
    ]


def test_items_by_position_and_behind():
    """Each position has its own rules; those behind share one."""
    schema = {"properties": {"l": {"items": [{"type": "string"}, {"type": "number"}], "additionalItems": {"type": "null"}}}}
    assert table(schema, {"l": [""]}, {"l": ["", 1, None, None]}, {"l": [1, 1, 1]}) == [
        "/properties/l/items/0/type /l/0 string: 2/1",
        "/properties/l/items/1/type /l/1 number: 2/0",
        "/properties/l/additionalItems/type /l/* null: 1/1",
    ]


def test_contains_and_not_are_one_rule_each():
    """What they ask for is no rule of its own."""
    schema = {"properties": {"l": {"contains": {"type": "string"}}}, "not": {"required": ["x"]}}
    assert table(schema, {"l": [1, ""]}, {"l": []}, {"x": 1}) == [
        '/not . {"required":["x"]}: 2/1',
        '/properties/l/contains /l {"type":"string"}: 1/1',
    ]


def test_dependencies_are_exercised_where_their_member_is_there():
    """Names and schemas."""
    schema = {"dependencies": {"a": ["b", "c"], "d": {"required": ["e"], "properties": {"e": {"type": "string"}}}}}
    assert table(schema, {}, {"a": 1, "b": 1}, {"d": 1, "e": "x"}) == [
        "/dependencies . b: 1/0",
        "/dependencies . c: 0/1",
        "/dependencies/d/required . e: 1/0",
        "/dependencies/d/properties/e/type /e string: 1/0",
    ]


def test_names_of_members_are_judged_at_their_object():
    """As violations say it; an object without members exercises nothing."""
    schema = {"properties": {"o": {"propertyNames": {"maxLength": 2, "anyOf": [{"pattern": "^a"}, {"const": "z"}]}}}}
    assert table(schema, {"o": {}}, {"o": {"ab": 1}}, {"o": {"abc": 1}}) == [
        "/properties/o/propertyNames/maxLength /o maxLength 2: 1/1",
        "/properties/o/propertyNames/anyOf /o anyOf one of 2 alternatives: 2/0",
        "/properties/o/propertyNames/anyOf/0/pattern /o pattern ^a: 2/0",
        "/properties/o/propertyNames/anyOf/1/const /o const z: 0/0",
    ]


def test_optional_members_are_seen_present_and_absent():
    """With several items an event may count on both sides; where the object does not occur, on neither."""
    schema = {
        "required": ["id"],
        "properties": {"id": {}, "no": False, "l": {"items": {"properties": {"a": {}, "b": {"minLength": 1}}}}},
    }
    assert coverage(schema, {"id": 1}, {"id": 1, "l": [{"a": 1}, {}]}, {"id": 1, "l": []}).members() == [
        Member(place="/l", present=2, absent=1),
        Member(place="/l/*/a", present=1, absent=1),
        Member(place="/l/*/b", present=0, absent=1),
    ]


def test_a_member_that_two_parts_describe_is_listed_once():
    """By the part that stands first."""
    schema = {"properties": {"a": {}}, "allOf": [{"properties": {"a": {"type": "string"}}}]}
    assert coverage(schema, {"a": ""}, {}).members() == [Member(place="/a", present=1, absent=1)]


def test_a_format_nobody_knows_is_no_rule():
    """The validator takes it for a remark; in draft-07 `uuid` is one."""
    schema = {"properties": {"a": {"format": "date"}, "b": {"format": "colour"}, "c": {"format": "uuid"}}}
    assert table(schema, {"a": "2024-11-30", "b": "", "c": ""}) == ["/properties/a/format /a date: 1/0"]
    newer = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    assert table(newer, {"c": "x"}) == ["/properties/a/format /a date: 0/0", "/properties/c/format /c uuid: 0/1"]


def test_the_summary_counts_rules():
    """Kept, broken, both, neither."""
    schema = {"properties": {"a": {"type": "string"}, "b": {"type": "string"}, "c": {"type": "string"}}}
    found = coverage(schema, {"a": 1}, {"a": "x", "b": 1}).summary()
    assert msgspec.to_builtins(found) == {"events": 2, "rules": 4, "kept": 2, "broken": 2, "both": 1, "neither": 1}


def test_more_violations_than_are_said_keep_nothing():
    """What was cut off may have been broken too."""
    schema = {"properties": {"l": {"items": {"type": "string"}}, "z": {"type": "string"}}}
    assert table(schema, {"l": [1] * (MAX_VIOLATIONS + 1), "z": 1}) == [
        "/properties/l/items/type /l/* string: 0/1",
        "/properties/z/type /z string: 0/0",
    ]


# -- merging ---------------------------------------------------------------------------------------------------------------


def test_what_two_processes_saw_is_added_up(catalog: Catalog):
    """Through JSON, in either order, as if one had seen it all."""
    contract = contract_of(catalog, "pos-receipt")
    events = [sample.event for sample in (*contract.accepted_samples, *contract.rejected_samples)]
    one, two, whole = (Coverage(contract.model) for _ in range(3))
    for index, event in enumerate(events):
        (one, two)[index % 2].see(event)
        whole.see(event)
    both = []
    for first, second in ((one, two), (two, one)):
        merged = Coverage(contract.model)
        merged.merge(first.report())
        merged.merge(msgspec.json.decode(msgspec.json.encode(second.report()), type=Report))
        both.append(merged.report())
    assert both == [whole.report(), whole.report()]


@pytest.mark.parametrize("other", [{}, {"properties": {"a": {"type": "string"}, "b": {}}}], ids=["rules", "members"])
def test_reports_of_another_model_are_not_merged(other: dict[str, Any]):
    """They would make nonsense of the counts."""
    own = coverage({"properties": {"a": {"type": "string"}}})
    with pytest.raises(ValueError, match="another model"):
        own.merge(coverage(other).report())


# -- any model, any event ----------------------------------------------------------------------------------------------------

D4, D2019, D2020 = (
    "http://json-schema.org/draft-04/schema#",
    "https://json-schema.org/draft/2019-09/schema",
    "https://json-schema.org/draft/2020-12/schema",
)
MODELS: dict[str, dict[str, Any]] = {
    "assertions": {
        "minProperties": 1,
        "maxProperties": 3,
        "properties": {
            "a": {"type": ["string", "null"], "minLength": 1, "maxLength": 3, "pattern": "^x", "format": "date"},
            "b": {"minimum": 0, "maximum": 9, "exclusiveMinimum": -1, "exclusiveMaximum": 8, "multipleOf": 2},
            "c": {"minItems": 1, "maxItems": 2, "uniqueItems": True, "contains": {"type": "string"}},
            "d": {"enum": ["x", 1, None], "const": "x", "contentEncoding": "base64", "contentMediaType": "application/json"},
        },
    },
    "references": {
        "$id": "http://shop.example/model",
        "properties": {"a": {"$ref": "#tree"}, "b": {"$ref": "model#/definitions/n%20m"}, "c": {"$ref": "#/properties/d/items/0"},
                       "d": {"items": [{"type": "string"}]}},
        "definitions": {
            "tree": {"$id": "#tree", "type": "object", "required": ["a"], "properties": {"b": {"$ref": "#/definitions/tree"}}},
            "n m": {"anyOf": [{"type": "string"}, {"$ref": "#/definitions/tree"}]},
        },
    },
    "resources": {
        "$id": "http://shop.example/model",
        "properties": {"a": {"$ref": "item"}, "b": {"$id": "inner", "type": "string"}},
        "definitions": {"i": {"$id": "item", "type": "object", "properties": {"a": {"$ref": "#/definitions/deep"}},
                              "definitions": {"deep": {"oneOf": [{"minimum": 3}, {"type": "null"}]}}}},
    },
    "combinations": {
        "allOf": [{"required": ["a"]}, {"properties": {"a": {"$ref": "#/definitions/choice"}}}],
        "oneOf": [{"required": ["b"]}, {"required": ["c"], "properties": {"c": {"not": {"type": "string"}}}}],
        "if": {"properties": {"a": {"const": 1}}},
        "then": {"properties": {"d": False}},
        "else": {"if": {"required": ["d"]}, "then": {"properties": {"d": {"type": "array", "items": {"$ref": "#"}}}}},
        "definitions": {"choice": {"anyOf": [{"type": "integer"}, {"type": "array", "items": {"$ref": "#/definitions/choice"}}]}},
    },
    "members": {
        "properties": {"a": {"propertyNames": {"anyOf": [{"enum": ["a", "b"]}, {"pattern": "c"}]}, "additionalProperties": False,
                             "patternProperties": {"[ab]": {"type": "number"}}}},
        "propertyNames": {"not": {"const": "d"}},
        "dependencies": {"a": ["b", "c"], "b": {"properties": {"c": {"items": False}}}, "c": {"anyOf": [{"required": ["b"]}]}},
        "additionalProperties": {"type": ["array", "object"], "items": [True, {"type": "string"}], "additionalItems": False},
    },
    "draft 4": {
        "$schema": D4,
        "id": "http://shop.example/old",
        "properties": {"a": {"maximum": 5, "exclusiveMaximum": True, "minimum": 1, "exclusiveMinimum": False, "const": 1}},
        "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
    },
    "draft 2019-09": {
        "$schema": D2019,
        "properties": {"a": {"$ref": "#/$defs/n", "minimum": 3},
                       "c": {"contains": {"type": "string"}, "minContains": 2, "maxContains": 2}},
        "dependentRequired": {"a": ["b"]},
        "dependentSchemas": {"b": {"required": ["c"]}},
        "unevaluatedProperties": {"type": "array"},
        "$defs": {"n": {"type": "number"}},
    },
    "draft 2020-12": {
        "$schema": D2020,
        "properties": {"a": {"$dynamicRef": "#n"}, "b": {"prefixItems": [{"type": "string"}], "items": {"type": "number"}},
                       "c": {"contains": {"type": "null"}, "maxContains": 1},
                       "d": {"prefixItems": [{}], "unevaluatedItems": False}},
        "$defs": {"n": {"$dynamicAnchor": "n", "type": "number"}},
    },
}  # fmt: skip

SCALARS = st.sampled_from(["x", "xy", "2024-11-30", "", 0, 1, 2, 8, 2.5, -1, True, None])
NAMES = st.sampled_from(["a", "b", "c", "d"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)
EVENTS = st.dictionaries(NAMES, VALUES, max_size=4)


@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=250, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(event=EVENTS)
def test_counts_agree_with_the_model(name: str, event: dict[str, Any]):
    """An accepted event breaks no rule; a refused one breaks those that its violations name, at places it came by."""
    seen = COVERAGES[name]
    before = {rule.key: rule for rule in seen.rules()}
    violations = seen.model.violations(event)
    seen.see(event)
    after = {rule.key: rule for rule in seen.rules()}
    assert after.keys() == before.keys(), "every violation names a rule that the model was known to have"
    broken = {key for key, rule in after.items() if rule.broken > before[key].broken}
    kept = {key for key, rule in after.items() if rule.kept > before[key].kept}
    named = {key_of(violation) for violation in violations}
    assert named <= broken
    assert bool(broken) == bool(violations)
    assert not kept & broken
    assert broken <= came_by(seen, event)
    assert kept | broken == came_by(seen, event)


COVERAGES = {name: Coverage(Model({"type": "object", **schema})) for name, schema in MODELS.items()}


def came_by(seen: Coverage, event: Any) -> set[tuple[str, str]]:
    """Return the keys of the rules whose places occur in *event*."""
    walk = Walk()
    seen._plan.root.visit(event, walk)
    tokens = {token for shape in walk.shapes for token in shape.tokens}
    return {seen._plan.rules[number].key for kind, number in tokens if kind == "rule"}


@pytest.mark.parametrize("name", MODELS)
def test_rules_are_listed_in_the_same_order_each_time(name: str):
    """And each once."""
    one, two = (Coverage(Model({"type": "object", **MODELS[name]})).rules() for _ in range(2))
    assert one == two
    assert len({rule.key for rule in one}) == len(one)


def test_events_of_ever_new_shapes_are_counted_right():
    """Whatever is remembered of shapes is forgotten again, no count is."""
    seen = coverage({"additionalProperties": {"type": "number"}}, *({f"m{n}": 1} for n in range(10_000)))
    assert seen.rules()[1] == Rule(
        schema_pointer="/additionalProperties/type", keyword="type", place="/*", expected="number", kept=10_000
    )


def test_a_rule_the_plan_lacks_is_added_rather_than_lost():
    """A violation of a keyword that stands in a part unknown to the plan still has its row."""
    seen = coverage({"properties": {"a": {"type": "string"}}})
    seen._plan.numbers.pop(("/properties/a/type", ""))
    seen.see({"a": 1})
    assert seen.rules()[-1] == Rule(schema_pointer="/properties/a/type", keyword="type", place="/a", expected="string", broken=1)


# -- shipped contracts -------------------------------------------------------------------------------------------------------


def test_the_samples_exercise_every_rule_of_the_shipped_contracts(catalog: Catalog):
    """Each accepted sample breaks nothing, and together they leave no rule of the contracts unseen."""
    for contract in catalog.contracts:
        seen = Coverage(contract.model)
        for sample in contract.accepted_samples:
            seen.see(sample.event)
        assert seen.summary().broken == 0
        for sample in contract.rejected_samples:
            seen.see(sample.event)
        assert seen.summary().neither == 0, contract.path
        assert seen.summary().broken >= 4
