"""Messages changed in one place, and how many events they should lead to."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_cdp.gate.failure import GateError
from mock_cdp.gate.source_value import count, permuted, records, with_value, without
from mock_cdp.gate.sources import message_of

JSON = message_of(
    b'{ "receipts": [ {"no": 1, "items": [{"sku": "a"}, {"sku": "b"}], "note": "x"}, {"no": 2, "items": [{"sku": "c"}]} ] }',
    "application/json",
    "r.json",
)
XML_TEXT = """<?xml version='1.0' encoding="ISO-8859-1"?>
<!-- kept: ä -->
<o:Orders xmlns:o="urn:o">
  <Order id = '1'  o:kind="x">
    <item n="1">a &amp; b</item>
    <item n="2"/>
    <note>hi</note>
  </Order>
  <Order id="2"><item>c</item></Order>
</o:Orders>
"""
XML = message_of(XML_TEXT.encode("latin-1"), "application/xml", "o.xml")
ONE = message_of(b"<Orders><Order><item>a</item></Order></Orders>", "text/xml")
CSV = message_of(b"a;b", "text/csv")


def changed(message) -> str:
    assert message.name == "o.xml"
    return message.body.decode("latin-1")


# -- JSON --------------------------------------------------------------------------------------------------------------


def test_a_value_is_put_where_one_is():
    found = with_value(JSON, "receipts[].note", None)
    assert found.value["receipts"] == [
        {"no": 1, "items": [{"sku": "a"}, {"sku": "b"}], "note": None},
        {"no": 2, "items": [{"sku": "c"}]},
    ]
    assert found.name == "r.json"
    assert with_value(JSON, "receipts.items.sku", "x") == with_value(JSON, "receipts[].items[].sku", "x")
    assert with_value(JSON, "receipts[].items[]", 1).value["receipts"][0]["items"] == [1, 1]
    assert with_value(JSON, "receipts[].items", 1).value["receipts"][0]["items"] == 1
    assert with_value(JSON, "", 1).value == 1


def test_what_is_not_there_leaves_the_very_same_message():
    assert with_value(JSON, "receipts[].missing", 1) is JSON
    assert without(JSON, "receipts[].missing") is JSON
    assert permuted(JSON, "receipts[].missing", "reversed") is JSON
    assert records(JSON, "missing") == []


def test_a_member_or_items_are_left_out():
    assert without(JSON, "receipts[].items[].sku").value["receipts"][0]["items"] == [{}, {}]
    assert without(JSON, "receipts[].items[]").value["receipts"][0] == {"no": 1, "items": [], "note": "x"}
    assert "items" not in without(JSON, "receipts[].items").value["receipts"][1]
    assert JSON.value["receipts"][0]["items"] == [{"sku": "a"}, {"sku": "b"}]


def test_lists_are_put_in_another_order():
    assert permuted(JSON, "receipts[].items", "reversed").value["receipts"][0]["items"] == [{"sku": "b"}, {"sku": "a"}]
    assert [one["no"] for one in permuted(JSON, "receipts[]", [1, 0]).value["receipts"]] == [2, 1]
    root = message_of(b"[1,2,3,4]", "application/json")
    assert permuted(root, "[]", [2, 9, 0, 2]).value == [3, 1, 2, 4]


def test_records_are_messages_of_their_own():
    assert [one.value for one in records(JSON, "receipts")] == [{"receipts": [one]} for one in JSON.value["receipts"]]
    assert [one.value["receipts"][0]["items"] for one in records(JSON, "receipts[].items")] == [
        [{"sku": "a"}],
        [{"sku": "b"}],
        [{"sku": "c"}],
    ]
    assert [one.value for one in records(message_of(b"[1,2]", "application/json"), "[]")] == [[1], [2]]
    single = message_of(b'{"a":{"b":1}}', "application/json")
    assert records(single, "a") == [single]


# -- XML ---------------------------------------------------------------------------------------------------------------


def test_an_element_gets_another_text_and_all_else_stays_as_it_is_written():
    assert changed(with_value(XML, "Orders.Order[].item", "<ü>")) == XML_TEXT.replace("a &amp; b", "&lt;ü&gt;").replace(
        '<item n="2"/>', '<item n="2">&lt;ü&gt;</item>'
    ).replace("<item>c", "<item>&lt;ü&gt;")
    assert changed(with_value(XML, "Orders.Order.note", None)) == XML_TEXT.replace("<note>hi</note>", "<note></note>")
    assert changed(with_value(XML, "Orders.Order.note.#text", "€")) == XML_TEXT.replace("hi", "&#8364;")
    assert changed(with_value(XML, "Orders.Order[].@id", 'a"b')) == XML_TEXT.replace("'1'", '"a&quot;b"').replace(
        '"2"><', '"a&quot;b"><'
    )


def test_elements_and_attributes_are_left_out_with_the_blanks_before_them():
    assert changed(without(XML, "Orders.Order[].note")) == XML_TEXT.replace("\n    <note>hi</note>", "")
    assert changed(without(XML, "Orders.Order[].@kind")) == XML_TEXT.replace('  o:kind="x"', "")
    assert changed(without(XML, "Orders.Order[].note.#text")) == XML_TEXT.replace("hi", "")
    assert without(XML, "Orders.Order.missing") is XML
    assert without(XML, "Other.Order") is XML


def test_elements_change_places_within_their_parents():
    expected = XML_TEXT.replace('<item n="1">a &amp; b</item>', "@").replace('<item n="2"/>', '<item n="1">a &amp; b</item>')
    assert changed(permuted(XML, "Orders.Order[].item", "reversed")) == expected.replace("@", '<item n="2"/>')
    assert [order["@id"] for order in permuted(XML, "Orders.Order", [1, 0]).value["Orders"]["Order"]] == ["2", "1"]
    assert permuted(ONE, "Orders.Order[].item", "reversed") is ONE


def test_a_record_is_the_document_without_the_others():
    first, second = records(XML, "Orders.Order")
    assert changed(first) == XML_TEXT.replace('\n  <Order id="2"><item>c</item></Order>', "")
    assert second.value == {"Orders": {"Order": {"@id": "2", "item": "c"}}}
    items = [str(one.value) for one in records(XML, "Orders.Order[].item")]
    assert [("a & b" in one, "'c'" in one) for one in items] == [(True, False), (False, False), (False, True)]
    assert records(ONE, "Orders.Order[]") == [ONE]


def test_a_byte_order_mark_and_utf_16_stay():
    both = message_of("<a><b>1</b></a>".encode("utf-16"), "application/xml")
    assert with_value(both, "a.b", "2").body == "<a><b>2</b></a>".encode("utf-16")


@settings(database=None, deadline=None, max_examples=100, derandomize=True)
@given(st.permutations(range(5)))
def test_a_permutation_and_its_inverse_give_the_same_document(order):
    message = message_of(b"<a> <b>0</b>  <b k='1'/> <!-- x --> <b>2</b><b>3</b><b>4</b>\n</a>", "application/xml")
    inverse = [order.index(place) for place in range(5)]
    assert permuted(permuted(message, "a.b", order), "a.b", inverse).body == message.body


# -- what goes wrong ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda: with_value(CSV, "a", 1), "the message is text/csv, and paths lead through JSON and XML only"),
        (lambda: records(CSV, "a"), "say what it is: media_type"),
        (lambda: without(JSON, ""), "that is the whole message"),
        (lambda: without(XML, "Orders"), "that is the whole message"),
        (lambda: with_value(JSON, "a..b", 1), "path 'a..b': a name is missing"),
        (lambda: with_value(XML, "Orders.Order", {}), "an element can be given a text or a number, not {}"),
        (lambda: with_value(XML, "Orders.Order", "\x01"), "XML cannot hold the text"),
        (lambda: records(message_of(b"<a", "text/xml"), "a"), "the message cannot be changed: not XML"),
    ],
    ids=["csv", "records-csv", "whole-json", "whole-xml", "path", "object-in-xml", "control", "broken-xml"],
)
def test_what_cannot_be_changed_is_said(change, said):
    with pytest.raises(GateError) as raised:
        change()
    assert said in str(raised.value)


# -- counting ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "expression", "number"),
    [
        (CSV, 3, 3),
        (JSON, "length(receipts)", 2),
        (JSON, "length(receipts[].items[])", 3),
        (JSON, "count(missing)", 0),
        (JSON, "sum([length(receipts), `1.0`])", 3),
        (XML, "length(Orders.Order)", 2),
        (XML, "length(Orders.Order[].item[])", 3),
        (XML, "count(Orders.Order[?\"@id\"=='2'])", 1),
        (ONE, "length(Orders.Order[])", 1),
        (ONE, "count(Orders.Order)", 1),
        (ONE, "count(Orders.Order[].item[])", 1),
        (ONE, "count(Orders.Missing[])", 0),
    ],
    ids=lambda value: value.replace(" ", "") if isinstance(value, str) else "",
)
def test_events_are_counted(message, expression, number):
    assert count(message, expression) == number


@pytest.mark.parametrize(
    ("message", "expression", "said"),
    [
        (JSON, "length(", "expect = 'length(': "),
        (JSON, "len(receipts)", "Unknown function: len(); correct it"),
        (JSON, "length(missing)", "for what may be missing or occur once there is count(…)"),
        (JSON, "receipts[0].note", 'gave "x", not a number of events; count with length(…) or count(…)'),
        (JSON, "`1.5`", "gave 1.5, not a number"),
        (JSON, "`-1`", "gave -1, not a number"),
        (JSON, "`true`", "gave true, not a number"),
        (
            CSV,
            "receipts",
            "gave null, not a number of events (the message is neither JSON nor XML: say what it is with media_type)",
        ),
        (JSON, "", "expect = ''"),
    ],
    ids=["syntax", "function", "null", "text", "fraction", "negative", "truth", "csv", "empty"],
)
def test_what_is_no_number_is_said(message, expression, said):
    with pytest.raises(GateError) as raised:
        count(message, expression)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)
