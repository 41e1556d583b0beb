"""Causes of a refusal: the worked example, readings in doubt, batches, warnings, and silence over what is fine."""

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from valid_events import events

from mock_cdp.contract.catalog import shipped_catalog
from mock_cdp.contract.folder import load
from mock_cdp.contract.model import Model
from mock_cdp.cpi.causes import DIAGNOSABLE, table
from mock_cdp.cpi.diagnosis import MAX_EVENTS, Diagnosed, Diagnosis, diagnose

CONTRACTS = {contract.slug: contract for contract in load(shipped_catalog()).contracts}
TEXT = {"type": "string"}
NUMBER = {"type": "number"}
DATE = {"type": "string", "format": "date"}
MOMENT = {"type": "string", "format": "date-time"}
ITEM = {
    "type": "object",
    "properties": {"sku": TEXT, "qty": NUMBER, "amount": NUMBER},
    "required": ["sku", "qty", "amount"],
}
ORDER = Model(
    {
        "type": "object",
        "properties": {
            "orderId": TEXT,
            "orderDate": DATE,
            "total": NUMBER,
            "loyaltyMember": {"type": "boolean"},
            "cancelDate": DATE,
            "coupon": {"type": "object", "properties": {"code": TEXT}},
            "customer": {"type": "object", "properties": {"crmId": TEXT}},
            "items": {"type": "array", "items": ITEM},
        },
        "required": ["orderId", "orderDate", "total"],
    }
)
COLLAPSED = {"sku": "4006381333931", "qty": "1.000", "amount": {"@currency": "EUR", "$": "19.90-"}}
FIELDS = {
    "orderId": "0000471100",
    "orderDate": "20241130",
    "total": "119,90",
    "loyaltyMember": "X",
    "cancelDate": "00000000",
    "coupon": "",
    "customer": {"crmId": "0000123456"},
}
ISO = "format(\"yyyy-MM-dd'T'HH:mm:ssXXX\", TimeZone.getTimeZone('UTC'))"
WORKED = {"T01", "S02", "T03", "T04", "D01", "D02", "S05", "S08", "T05"}


def model(**fields: object) -> Model:
    """Return a model of *fields*, none required."""
    return Model({"type": "object", "properties": fields})


def named(found: Diagnosed) -> dict[str, tuple[str, ...]]:
    """Return the places of each code that is diagnosed."""
    return {diagnosis.code: diagnosis.paths for diagnosis in found.diagnoses}


def warned(found: Diagnosed) -> dict[str, tuple[str, ...]]:
    """Return the places of each code that is warned of."""
    return {diagnosis.code: diagnosis.paths for diagnosis in found.warnings}


def only(found: Diagnosed) -> Diagnosis:
    """Return the one diagnosis."""
    (diagnosis,) = found.diagnoses
    assert not found.unexplained
    return diagnosis


def only_lines(found: Diagnosed) -> list[str]:
    """Return every line to paste."""
    return [line for diagnosis in found.diagnoses for line in diagnosis.fix]


# -- the worked example ------------------------------------------------------------------------------------------------


def test_the_worked_example_names_every_cause():
    """A mapped order, root suppressed, as CPI's converter writes it."""
    found = diagnose(ORDER, [{"Order": {**FIELDS, "items": COLLAPSED}}])
    assert set(named(found)) == WORKED | {"S01"}
    assert set(warned(found)) == {"S07"}
    assert found.unexplained == ()
    assert all(diagnosis.certain for diagnosis in found.diagnoses)
    assert named(found)["T05"] == ("/Order/items/amount/$",)


def test_the_worked_example_with_streaming_specific_names_the_rest():
    """The paths are listed: nothing is collapsed, the root level is still there."""
    found = diagnose(ORDER, [{"Order": [{**FIELDS, "items": [COLLAPSED]}]}])
    assert set(named(found)) == (WORKED | {"S01"}) - {"S02"}
    assert named(found)["T01"] == ("/Order/*/items/*/qty",)


def test_the_worked_example_with_namespaces_on_also_warns_of_the_prefix():
    """Namespace mapping on and its map empty: the root keeps its prefix."""
    found = diagnose(ORDER, [{"ns0:Orders": {"Order": {**FIELDS, "items": COLLAPSED}}}])
    assert set(named(found)) == WORKED | {"S01"}
    assert named(found)["S01"] == ("/ns0:Orders", "/ns0:Orders/Order")
    assert warned(found)["S09"] == ("/ns0:Orders",)


# -- wording -----------------------------------------------------------------------------------------------------------


def test_every_message_is_short_and_says_what_to_change():
    """What was seen, what CPI did, what to change: uncut with a long path and value."""
    deep = Model({"type": "object", "properties": {"a" * 60: {"type": "array", "items": NUMBER}}})
    found = only(diagnose(deep, [{"a" * 60: ["1" * 60, "2"]}]))
    assert len(found.message) <= 300
    assert found.message.endswith(DIAGNOSABLE["T01"].change)


@pytest.mark.parametrize("code", sorted(DIAGNOSABLE))
def test_no_text_of_the_catalogue_is_too_long_for_an_answer(code: str):
    """What stands before it, a value and a place, takes up to 125 characters."""
    info = DIAGNOSABLE[code]
    assert len(f"{code} {info.title}: . {info.did} {info.change}") <= 300 - 75


def test_the_table_has_a_row_for_every_code():
    """With symptom, cause and fix."""
    rows = table()
    assert [row["code"] for row in rows] == list(DIAGNOSABLE)
    assert all(row[column] for row in rows for column in ("title", "symptom", "cause", "fix"))


def test_a_diagnosis_travels_in_camel_case():
    """Like a violation."""
    sent = json.loads(msgspec.json.encode(diagnose(model(total=NUMBER), [{"total": "1,5"}])))
    assert set(sent["diagnoses"][0]) >= {"code", "title", "message", "paths", "count", "certain", "fix"}


@pytest.mark.parametrize(
    ("fields", "event", "line"),
    [
        ({"total": NUMBER}, {"total": "1.5"}, "json.dataTypeConvertor.decimal=total"),
        ({"qty": {"type": "integer"}}, {"qty": "2"}, "json.dataTypeConvertor.integer=qty"),
        ({"items": {"type": "array", "items": ITEM}}, {"Order": {"items": {"sku": "1", "qty": 1, "amount": 1}}}, "/Order/items"),
        ({"on": {"type": "boolean"}}, {"on": "X"}, "json.on = json.on in ['X', 'x', '1', 'J', 'Y']"),
        ({"a": NUMBER}, {"a": "1.234,56"}, "json.a = json.a.replace('.', '').replace(',', '.')"),
        ({"a": NUMBER}, {"a": "1,234.56"}, "json.a = json.a.replace(',', '')"),
        ({"at": MOMENT}, {"at": 1732989012}, f"json.at = new Date((json.at as long) * 1000).{ISO}"),
        ({"at": MOMENT}, {"at": "1732989012000"}, f"json.at = new Date((json.at as long)).{ISO}"),
        ({"day": DATE}, {"day": "20241130"}, "TransformDate(iform=yyyyMMdd, oform=yyyy-MM-dd)"),
    ],
    ids=["decimal", "integer", "array-rows", "flag", "comma", "grouping", "seconds", "milliseconds", "date"],
)
def test_the_fix_can_be_pasted(fields: dict, event: dict, line: str):
    """Lines for CPI's own steps, made from the model's names."""
    schema = {"type": "object", "properties": fields, "required": list(fields)}
    assert line in only_lines(diagnose(Model(schema), [event]))


def test_a_line_for_a_field_in_an_array_reaches_every_item():
    """In Groovy, where an array's member cannot be assigned at once."""
    found = diagnose(ORDER, [{**FIELDS, "orderDate": "2024-11-30", "items": [{"sku": "1", "qty": 1, "amount": "1,5"}]}])
    (line,) = [line for one in found.diagnoses if one.code == "T04" for line in one.fix if "items" in line and "each" in line]
    assert line.startswith("json.items.each { i1 -> i1.amount = i1.amount.replace(")


def test_a_line_for_an_array_of_values_collects_them():
    """The items have no name to assign to."""
    found = diagnose(model(sums={"type": "array", "items": NUMBER}), [{"sums": ["1,5", "2"]}])
    assert "json.sums = json.sums.collect { it.replace('.', '').replace(',', '.') }" in only_lines(found)


# -- readings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "text", "code", "certain"),
    [
        ("number", "119.90", "T01", True),
        ("number", "1.234", "T01", False),
        ("number", "1,234", "T04", False),
        ("number", "119,90", "T04", True),
        ("number", "1.234,56", "T04", True),
        ("number", "1,234.56", "T04", True),
        ("number", "1.234.567", "T04", True),
        ("number", "19.90-", "T05", True),
        ("number", " 19.90", "T05", True),
        ("number", "1E3", "T01", True),
        ("integer", "12", "T01", True),
        ("integer", "12.000", "T06", False),
        ("integer", "1234.00", "T06", True),
        ("boolean", "True", "T02", True),
        ("boolean", "x", "T03", True),
        ("boolean", "", "T03", False),
        ("boolean", 1, "T03", True),
        ("string", 4711, "T09", True),
        ("string", True, "T09", True),
        ("string", 1234567890123456.7, "T09", True),
        ("string", 2147483647, "T07", True),
        ("string", 1.2345678901234567e20, "T07", True),
    ],
)
def test_a_value_is_read(kind: str, text: object, code: str, certain: bool):
    """With doubt where it has a second reading."""
    found = only(diagnose(model(field={"type": kind}), [{"field": text}]))
    assert (found.code, found.certain, bool(found.doubt)) == (code, certain, not certain)


@pytest.mark.parametrize(
    ("text", "code", "certain"),
    [
        ("20241130", "D01", True),
        (20241130, "D01", True),
        ("0000-00-00", "D02", True),
        ("20241130175012", "D03", True),
        ("175012", "D04", True),
        ("PT17H50M12S", "D04", True),
        ("/Date(1467981296000+0000)/", "D05", True),
        ("2024-11-30T17:50:12", "D06", True),
        ("2024-11-30", "D06", True),
        ("2024-11-30T17:50:12+0100", "D06", True),
        ("2024-11-30T17:50:12.000+01", "D06", True),
        ("2024-11-30 17:50Z", "D06", True),
        ("2024-11-30T17:50:12 +01:00", "D06", True),
        ("30.11.2024", "D07", True),
        ("11/30/2024", "D07", True),
        ("03/04/2024", "D07", False),
        ("2024/11/30", "D07", True),
        (1732989012, "D08", True),
        ("1732989012000", "D08", True),
        ("Sat Nov 30 17:50:12 UTC 2024", "D09", True),
        ("24:00:00", "D10", True),
        ("2024-11-30T24:00:00", "D10", True),
    ],
)
def test_a_date_is_read(text: object, code: str, certain: bool):
    """In each of the ways that sources write one."""
    found = only(diagnose(model(field=MOMENT), [{"field": text}]))
    assert (found.code, found.certain) == (code, certain)


@pytest.mark.parametrize("form", ["date", "time"])
@pytest.mark.parametrize("text", ["2024-11-30T17:50:12Z", "2024-11-30T17:50:12+01:00", "2024-11-30T17:50:12"])
def test_a_moment_in_the_place_of_a_date_lacks_no_zone(form: str, text: str):
    """With one it would be refused as well."""
    found = diagnose(model(field={"type": "string", "format": form}), [{"field": text}])
    assert found.diagnoses == ()


@pytest.mark.parametrize("text", ["12,34,5", "--1", "-1-", "1.2.3", "abc", "PT", "/Date(x)/", "32.13.2024"])
def test_what_is_no_artefact_stays_unexplained(text: str):
    """Neither as a number nor as a date."""
    found = diagnose(model(number=NUMBER, moment=MOMENT), [{"number": text, "moment": text}])
    assert found.diagnoses == ()
    assert [violation.pointer for violation in found.unexplained] == ["/moment", "/number"]


@pytest.mark.parametrize("text", ["20241399", "175099", "20240230120000", "Sat Foo 30 17:50:12 UTC 2024"])
def test_a_date_that_does_not_exist_stays_unexplained(text: str):
    """However much it looks like ABAP's."""
    assert [violation.pointer for violation in diagnose(model(moment=MOMENT), [{"moment": text}]).unexplained] == ["/moment"]


def test_a_sender_that_writes_points_elsewhere_takes_the_doubt_away():
    """`1.000` is one when another field of the delivery says `19.90`."""
    found = only(diagnose(model(qty=NUMBER, amount=NUMBER), [{"qty": "1.000", "amount": "19.90"}]))
    assert (found.code, found.certain, found.count) == ("T01", True, 2)


def test_undoing_keeps_on_where_a_cause_hides_another():
    """A collapsed array in a wrapper, with a number as text inside."""
    found = diagnose(
        ORDER, [{"orderId": "1", "orderDate": "2024-11-30", "total": 1, "items": {"item": {**COLLAPSED, "amount": "2"}}}]
    )
    assert set(named(found)) == {"S04", "S02", "T01"}
    assert named(found)["T01"] == ("/items/item/qty", "/items/item/amount")


def test_a_rule_that_no_cause_breaks_is_listed_apart():
    """In terms of the event as sent, and then no cause is certain."""
    closed = Model(
        {
            "type": "object",
            "properties": {"qty": {"type": "integer", "minimum": 1}, "status": {"enum": ["A"]}},
            "required": ["qty"],
        }
    )
    found = diagnose(closed, [{"Order": {"qty": "0", "status": "B"}}])
    assert set(named(found)) == {"S01", "T01"}
    assert [violation.pointer for violation in found.unexplained] == ["/Order/qty", "/Order/status"]
    assert found.unexplained[0].message.startswith("/Order/qty breaks minimum")
    assert not any(diagnosis.certain for diagnosis in found.diagnoses)


def test_a_required_field_that_was_empty_is_not_missing_too():
    """The empty text is the cause."""
    found = diagnose(ORDER, [{"orderId": "1", "orderDate": "", "total": 1}])
    assert named(found) == {"S05": ("/orderDate",)}
    assert not only(found).certain


def test_a_field_that_is_absent_is_named_beside_a_sibling():
    """Absent in a second item of an array."""
    item = {"sku": "1", "qty": 1, "amount": 1}
    found = only(
        diagnose(ORDER, [{"orderId": "1", "orderDate": "2024-11-30", "total": 1, "items": [item, {"sku": "2", "qty": 1}]}])
    )
    assert (found.code, found.paths, found.certain) == ("N01", ("/items/*/amount",), False)
    assert "sku" in found.doubt


def test_streaming_all_is_named_as_the_setting():
    """Every single value in an array of its own."""
    found = only(diagnose(ORDER, [{"orderId": ["1"], "orderDate": ["2024-11-30"], "total": [1]}]))
    assert (found.code, found.count) == ("S03", 3)
    assert "Streaming All" in found.title


def test_text_of_another_converter_is_said_to_be():
    """`#text` is not CPI's."""
    assert "not what CPI" in only(diagnose(model(name=TEXT), [{"name": {"#text": "a"}}])).doubt


def test_a_closed_model_refuses_attributes_and_prefixes():
    """Where a member more is refused, its name is the cause."""
    closed = Model({"type": "object", "properties": {"name": TEXT}, "additionalProperties": False})
    assert named(diagnose(closed, [{"@id": "1", "n0:name": "a"}])) == {"S07": ("/@id",), "S09": ("/n0:name",)}
    assert named(diagnose(closed, [{"Name": "a", "__metadata": {}}])) == {"S14": ("/Name",), "S04": ("/__metadata",)}
    assert diagnose(closed, [{"else": 1}]).unexplained[0].code == "additional-properties"


def test_references_and_branches_of_a_model_are_followed():
    """A field described behind `$ref`, in `allOf`, or in one of several alternatives."""
    line = {"type": "object", "properties": {"amount": NUMBER}, "required": ["amount"]}
    referring = Model(
        {
            "type": "object",
            "definitions": {"lines": {"type": "array", "items": {"$ref": "#/definitions/line"}}, "line": line},
            "properties": {"lines": {"$ref": "#/definitions/lines"}},
            "allOf": [{"properties": {"day": DATE}}],
            "anyOf": [{"properties": {"flag": {"type": "boolean"}}, "required": ["flag"]}, {"required": ["none"]}],
        }
    )
    found = diagnose(referring, [{"lines": {"amount": "1.50"}, "day": "20241130", "flag": "X"}])
    assert set(named(found)) == {"S02", "T01", "D01", "T03"}


def test_a_model_that_refers_to_itself_ends():
    """However deep the event is."""
    tree = Model(
        {
            "type": "object",
            "properties": {"next": {"$ref": "#"}, "amount": NUMBER, "all": {"type": "array", "items": {"$ref": "#"}}},
        }
    )
    event: dict = {"amount": "1"}
    for _ in range(200):
        event = {"next": event, "all": {"item": {"amount": "2"}}}
    assert isinstance(diagnose(tree, [event]), Diagnosed)


def test_a_reference_to_a_part_that_is_not_kept_is_judged_by_its_type():
    """A model may refer to any place of itself."""
    odd = Model({"type": "object", "properties": {"a": {"$ref": "#/allOf/0/then"}}, "allOf": [{"then": NUMBER}]})
    assert named(diagnose(odd, [{"a": "1.50"}])) == {"T01": ("/a",)}
    for fine in (None, True, 1, 1.5, [], {}):
        assert isinstance(diagnose(odd, [{"a": fine}]), Diagnosed)


def test_members_that_a_pattern_describes_are_known():
    """Their names tell nothing."""
    maps = Model({"type": "object", "properties": {"name": TEXT}, "patternProperties": {"^@": TEXT}})
    assert diagnose(maps, [{"@id": "1", "Name": "a"}]) == Diagnosed()


def test_an_idoc_is_named_whatever_surrounds_it():
    """Nothing of it can be undone: a mapping is missing."""
    for event in ({"EDI_DC40": {}}, {"IDOC": {"EDI_DC40": {}}}, {"Orders": {"EDI_DC40": {}}}, {"_-POSDW_-E1BPTRANSACTION": []}):
        assert only(diagnose(ORDER, [event])).code == "S10"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ({"type": "string", "maxLength": 3}, "a&amp;", "E04"),
        ({"type": "string", "maxLength": 2}, "K\u00c3\u00b6", "E03"),
        ({"type": "string", "enum": ["A"]}, " A", "N04"),
        ({"type": "string", "enum": ["A"]}, "null", "N03"),
        ({"type": "array", "items": TEXT, "minItems": 1}, [""], "N02"),
        ({"type": "array", "items": TEXT, "minItems": 1}, "only", "S02"),
        ({"type": "array", "items": NUMBER}, {"results": ["1"]}, "S04"),
        ({"type": "boolean"}, " true", "N04"),
        (NUMBER, {"a": 1, "$": "1.50"}, "S16"),
        ({"type": "string", "format": "time"}, "175012", "D04"),
        (MOMENT, "/Date(999999999999999)/", None),
        (MOMENT, "9999-12-31T24:00:00Z", None),
    ],
)
def test_a_single_field_names_its_cause(field: dict, value: object, code: str | None):
    """Also where the model wants a text that keeps a rule; what lies beyond any calendar has none."""
    if field.get("type") == "array" and field["items"] is TEXT and value == [""]:
        field = {**field, "items": {"type": "string", "minLength": 1}}
    found = diagnose(model(field=field), [{"field": value}])
    assert code in named(found) if code else not found.diagnoses


def test_a_rule_over_alternatives_is_broken_by_what_was_taken_out():
    """The receipt's customer number was null: that is the cause, not that a receipt needs one of two numbers."""
    contract = CONTRACTS["pos-receipt"]
    event = {**contract.accepted_samples[0].event, "crmId": None}
    event.pop("loyaltyCardNo", None)
    assert only(diagnose(contract.model, [event])).code == "N02"
    event.pop("crmId")
    assert [violation.code for violation in diagnose(contract.model, [event]).unexplained] == ["any-of"]


def test_a_large_event_is_explained_as_far_as_it_repeats_itself():
    """The budget ends, and what is left breaks the same rules at the same places."""
    found = only(diagnose(model(rows={"type": "array", "items": NUMBER}), [{"rows": ["1.50"] * 30_000}]))
    assert found.paths == ("/rows/*",)
    assert found.count < 30_000


def test_of_many_refused_events_the_first_are_explained():
    """One cause, counted as far as was looked."""
    found = only(diagnose(model(total=NUMBER), [{"total": "1.50"}] * (MAX_EVENTS + 5)))
    assert (found.count, len(found.indexes)) == (MAX_EVENTS, 100)


# -- batches -----------------------------------------------------------------------------------------------------------


def test_a_batch_names_each_cause_once():
    """With every event it was found in and how often."""
    batch = [{"total": "1.50"}, {"total": 1}, {"total": "2.50"}]
    found = only(diagnose(model(total=NUMBER), batch))
    assert (found.count, found.indexes, found.paths) == (2, (0, 2), ("/total",))


def test_a_cause_is_certain_only_if_it_is_in_every_event():
    """One event with something unexplained makes it a guess."""
    two = model(total=NUMBER, status={"enum": ["A"]})
    found = diagnose(two, [{"total": "1.50"}, {"total": "2.50", "status": "B"}])
    assert [(one.code, one.certain) for one in found.diagnoses] == [("T01", False)]
    assert [violation.index for violation in found.unexplained] == [1]


# -- warnings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "event", "code", "path"),
    [
        ({"points": {"type": "integer"}}, {"points": 2147483647}, "T07", "/points"),
        ({"sum": NUMBER}, {"sum": 0.1 + 0.2}, "T07", "/sum"),
        ({"id": {"type": "string", "examples": ["0000123456"]}}, {"id": "123456"}, "T08", "/id"),
        ({"orderId": TEXT}, {"OrderID": "1"}, "S14", "/OrderID"),
        ({"orderId": TEXT}, {"order_id": "1"}, "S14", "/order_id"),
        ({"quantity": NUMBER}, {"quantitty": 1}, "S14", "/quantitty"),
        ({"orderId": TEXT}, {"orderId": "1", "@SEGMENT": "1"}, "S07", "/@SEGMENT"),
        ({"orderId": TEXT}, {"ns0:orderId": "1"}, "S09", "/ns0:orderId"),
        ({"orderId": TEXT}, {"orderId": "1", "$": "x"}, "S16", "/$"),
        ({"orderId": TEXT}, {"orderId": "1", "EDI_DC40": {}}, "S10", "/EDI_DC40"),
        ({"name": TEXT}, {"name": "undefined"}, "N03", "/name"),
        ({"name": TEXT}, {"name": "a &amp; b"}, "E04", "/name"),
        ({"name": TEXT}, {"name": "K\u00c3\u00b6ln"}, "E03", "/name"),
        ({"day": DATE}, {"day": "0001-01-01"}, "D02", "/day"),
        ({"day": DATE}, {"day": "9999-12-31"}, "D10", "/day"),
        ({"a": MOMENT, "b": MOMENT}, {"a": "2024-11-30T17:50:12+01:00", "b": "2024-11-30T17:50:12Z"}, "D12", "/b"),
    ],
)
def test_an_accepted_event_is_warned_of(fields: dict, event: dict, code: str, path: str):
    """Nothing is refused, but it is not what the sender meant."""
    found = diagnose(model(**fields), [event])
    assert (found.diagnoses, warned(found)) == ((), {code: (path,)})


def test_a_name_that_stood_twice_is_warned_of():
    """As the body's reading reports it."""
    found = diagnose(model(total=NUMBER), [{"total": 1}], repeated=[(0, "/total")])
    assert warned(found) == {"S06": ("/total",)}


def test_a_batch_without_afternoons_but_with_nights_is_warned_of():
    """`hh` for `HH`; a batch with an afternoon is not, nor a small one."""
    nights = [{"at": f"2024-11-{day:02}T{1 + day % 12:02}:50:12Z"} for day in range(1, 25)]
    assert warned(diagnose(model(at=MOMENT), nights)) == {"D11": ("/at",)}
    assert diagnose(model(at=MOMENT), [*nights, {"at": "2024-11-30T17:00:00Z"}]) == Diagnosed()
    assert diagnose(model(at=MOMENT), nights[:10]) == Diagnosed()


def test_names_that_are_merely_alike_are_not_warned_of():
    """A number in a name tells two names apart, and a name that is there is not misspelt."""
    assert diagnose(model(line1=TEXT, total=NUMBER), [{"line2": "a", "total": 1, "totals": 2}]) == Diagnosed()


@pytest.mark.parametrize("slug", sorted(CONTRACTS))
def test_nothing_is_said_of_valid_events(slug: str):
    """Neither a diagnosis nor a warning: alone, and with others."""
    contract = CONTRACTS[slug]

    @settings(max_examples=150, deadline=None)
    @given(st.lists(events(contract.model), min_size=20, max_size=20))
    def run(batch: list) -> None:
        assert diagnose(contract.model, batch) == Diagnosed()

    run()


# -- anything ----------------------------------------------------------------------------------------------------------

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*ORDER.schema["properties"], "item", "$", "@a", "x"]), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(anything)
def test_any_value_gets_an_answer(value: object):
    """Never a crash; and what is refused is explained or listed."""
    found = diagnose(ORDER, [value])
    assert bool(found.diagnoses or found.unexplained) is not ORDER.accepts(value)
    assert all(len(one.message) <= 300 for one in (*found.diagnoses, *found.warnings))
