"""Where source messages come from: what is made, what it shrinks to, and what is said when it cannot be."""

import json
import sys
from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from mock_cdp.gate.failure import GateError
from mock_cdp.gate.message import Message
from mock_cdp.gate.source_texts import text_schema
from mock_cdp.gate.source_writing import is_writable, written
from mock_cdp.gate.sources import Source, SourceSettings, message_of, open_source, read_source_settings, xml_value

QUICK = settings(database=None, deadline=None, max_examples=300, suppress_health_check=list(HealthCheck))

ORDERS = {
    "type": "object",
    "required": ["orders"],
    "properties": {
        "orders": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["id", "lines"],
                "properties": {
                    "id": {"type": "string", "pattern": "^[A-Z]\\d{3}$"},
                    "note": {"type": "string"},
                    "lines": {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/line"}},
                },
            },
        }
    },
    "definitions": {
        "line": {
            "type": "object",
            "required": ["sku", "price"],
            "properties": {"sku": {"type": "string"}, "price": {"type": "number"}},
        }
    },
}

IDOC = b"""<?xml version="1.0" encoding="UTF-8"?>
<!-- from the till -->
<p:SHOP05 xmlns:p="urn:shop" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <IDOC BEGIN="1">
    <HEAD SEGMENT="1"><STORE>R101</STORE><DAY>20241130</DAY><CARD/></HEAD>
    <ITEM SEGMENT="1" xsi:nil="false"><p:SKU>4006381333931</p:SKU><PRICE CURRENCY="EUR">19.90</PRICE></ITEM>
    <ITEM SEGMENT="1" xsi:nil="false"><p:SKU>4006381333932</p:SKU><GIFT>yes</GIFT><PRICE CURRENCY="EUR">-3.50</PRICE></ITEM>
  </IDOC>
</p:SHOP05>
"""


@pytest.fixture(autouse=True)
def _own_search_path(monkeypatch):
    """Keep what a source adds to the search path of modules to its test."""
    monkeypatch.setattr(sys, "path", [*sys.path])


def opened(folder: Path, **members) -> Source:
    return open_source(SourceSettings(**members), folder)


def put(folder: Path, name: str, content) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return name


def smallest(source: Source, wanted=lambda _: True, *, seed: int = 0) -> Message:
    return find(
        source.strategy,
        wanted,
        random=Random(seed),
        settings=settings(QUICK, max_examples=2000, phases=[Phase.generate, Phase.shrink]),
    )


def made(source: Source, count: int = 100) -> list[Message]:
    found: list[Message] = []

    @settings(QUICK, max_examples=count, phases=[Phase.generate], derandomize=True)
    @given(source.strategy)
    def collect(message: Message) -> None:
        found.append(message)

    collect()
    return found


# -- a schema ----------------------------------------------------------------------------------------------------------


def test_a_schema_makes_json_that_shrinks_to_what_the_schema_demands(tmp_path):
    source = opened(tmp_path, schema=put(tmp_path, "orders.json", ORDERS))
    assert smallest(source).body == b'{"orders":[{"id":"A000","lines":[{"sku":"","price":0}]}]}'
    assert source.first == ()
    assert source.endless
    assert source.described == "JSON made from the schema orders.json"


@pytest.mark.parametrize("seed", range(5))
def test_what_breaks_the_integration_shrinks_to_one_record_with_the_items_and_members_it_takes(tmp_path, seed):
    source = opened(tmp_path, schema=put(tmp_path, "orders.json", ORDERS))
    found = smallest(source, lambda m: any(len(order["lines"]) > 1 and "note" in order for order in m.value["orders"]), seed=seed)
    lines = [{"sku": "", "price": 0}] * 2
    assert found.value == {"orders": [{"id": "A000", "note": "", "lines": lines}]}


@pytest.mark.parametrize(
    ("schema", "simplest"),
    [
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [0, 0]),
        ({"type": "string", "pattern": "^[A-Z]{2}$"}, "AA"),
        ({"type": ["object", "null"]}, None),
        ({"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/a"}, "definitions": {"a": {"const": "x"}}}, ["x"]),
        ({"type": "object", "required": ["a"], "properties": {"a": {"enum": [1]}, "me": {"$ref": "#"}}}, {"a": 1}),
        (
            {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "$id": "urn:a",
                "$ref": "#/$defs/b",
                "$defs": {"b": {"const": 7}},
            },
            7,
        ),
    ],
    ids=["array", "string", "null", "reference", "recursive", "draft-2020-12"],
)
def test_a_schema_may_have_any_root(tmp_path, schema, simplest):
    found = smallest(opened(tmp_path, schema=put(tmp_path, "s.json", schema)))
    assert found.value == simplest
    assert json.loads(found.body) == simplest


def test_xml_is_written_from_a_schema_and_shrinks_with_it(tmp_path):
    order = {
        "type": "object",
        "required": ["@id", "line"],
        "properties": {
            "@id": {"type": "integer"},
            "line": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["@unit", "#text"],
                    "properties": {"@unit": {"const": 'a"<\n'}, "#text": {"const": "b & <c>\r"}},
                },
            },
            "note": {"type": "string"},
        },
    }
    name = put(tmp_path, "o.json", {"type": "object", "required": ["Order"], "properties": {"Order": order}})
    source = opened(tmp_path, schema=name, format="xml", root="Orders")
    assert source.described == "XML <Orders> made from the schema o.json"
    found = smallest(source)
    line = '<line unit="a&quot;&lt;&#10;">b &amp; &lt;c&gt;&#13;</line>'
    assert found.body.decode() == f'<?xml version="1.0" encoding="UTF-8"?>\n<Orders><Order id="0">{line}</Order></Orders>'
    assert found.value == {"Orders": {"Order": {"@id": "0", "line": {"@unit": 'a"<\n', "#text": "b & <c>\r"}}}}
    assert found.media_type == "application/xml"
    two = smallest(source, lambda m: m.body.count(b"<line") == 2)
    assert two.body.count(line.encode()) == 2


def test_the_title_names_the_root_and_characters_that_xml_cannot_carry_are_never_made(tmp_path):
    schema = {"title": "Note", "type": "object", "required": ["a"], "properties": {"a": {"enum": ["\x01", "ok", "\ufffe"]}}}
    source = opened(tmp_path, schema=put(tmp_path, "n.json", schema), format="xml", media_type="text/xml")
    assert {message.body.decode().partition("\n")[2] for message in made(source)} == {"<Note><a>ok</a></Note>"}
    assert smallest(source).media_type == "text/xml"


def test_numbers_truth_and_null_have_their_own_way_in_xml():
    value = {"big": 1e22, "small": 1e-7, "yes": True, "no": None, "list": [1, [2, 3]], "none": [], "$": "x"}
    expected = b"<big>10000000000000000000000</big><small>0.0000001</small><yes>true</yes><no/>"
    lists = b"<list>1</list><list>2</list><list>3</list>"
    assert written("a", value).partition(b"\n")[2] == b"<a>" + expected + lists + b"x</a>"


# -- samples -----------------------------------------------------------------------------------------------------------


def test_samples_come_first_and_messages_like_them_follow(tmp_path):
    one = {
        "number": "R1-17",
        "customer": "0000123456",
        "day": "30.11.2024",
        "items": [{"sku": "4711", "amount": 19.9}],
        "paid": True,
    }
    two = {
        "number": "R2-18",
        "customer": "0000123457",
        "day": "01.12.2024",
        "items": [{"sku": "4712", "amount": 3, "gift": True}],
    }
    names = [put(tmp_path, "receipts/b.json", two), put(tmp_path, "receipts/a.json", one)]
    source = opened(tmp_path, samples=("receipts/*.json",))
    assert [(message.name, message.value) for message in source.first] == [("a.json", one), ("b.json", two)]
    assert source.first[0].body == (tmp_path / names[1]).read_bytes()
    assert source.described == "2 samples (a.json, b.json) and messages like them"
    assert smallest(source).value == {
        "number": "R0-00",
        "customer": "0000000000",
        "day": "01.01.2020",
        "items": [{"sku": "0", "amount": 0}],
    }
    found = smallest(source, lambda m: len(m.value["items"]) == 2 and m.value.get("paid") and m.value["customer"] != "0" * 10)
    assert found.value == {
        "number": "R0-00",
        "customer": "0000000001",
        "day": "01.01.2020",
        "items": [{"sku": "0", "amount": 0}] * 2,
        "paid": True,
    }
    varied = made(source)
    assert {len(message.value["items"]) for message in varied} >= {1, 2, 3}
    assert min(item["amount"] for message in varied for item in message.value["items"]) >= 0
    assert {"gift" in message.value["items"][0] for message in varied} == {True, False}


def test_xml_like_an_idoc_keeps_names_prefixes_attributes_order_and_declaration(tmp_path):
    source = opened(tmp_path, samples=(put(tmp_path, "idoc.xml", IDOC),))
    assert source.first[0].body == IDOC
    start = IDOC[: IDOC.index(b"\n  <IDOC")].decode()
    item = '<ITEM SEGMENT="1" xsi:nil="false"><p:SKU>0000000000000</p:SKU><PRICE CURRENCY="EUR">0.00</PRICE></ITEM>'
    head = '<HEAD SEGMENT="1"><STORE>R000</STORE><DAY>20200101</DAY><CARD/></HEAD>'
    assert smallest(source).body.decode() == f'{start}<IDOC BEGIN="1">{head}{item}</IDOC></p:SHOP05>\n'
    two = smallest(source, lambda m: m.body.count(b"<ITEM") == 2 and b"GIFT" in m.body)
    gift = item.replace("<PRICE", "<GIFT>yes</GIFT><PRICE")
    assert two.body.decode() in {
        f'{start}<IDOC BEGIN="1">{head}{first}{second}</IDOC></p:SHOP05>\n' for first, second in ((gift, item), (item, gift))
    }
    assert any("-" in message.body.decode().partition("PRICE")[2] for message in made(source))


def test_every_document_made_like_a_sample_is_read_as_what_was_made(tmp_path):
    source = opened(tmp_path, samples=(put(tmp_path, "idoc.xml", IDOC),))
    for message in made(source):
        assert message.value == xml_value(message.body)
        assert message.value["SHOP05"]["IDOC"]["@BEGIN"] == "1"


def test_an_encoding_is_kept_and_what_it_cannot_hold_becomes_a_reference(tmp_path):
    raw = '<?xml version="1.0" encoding="ISO-8859-1"?><notes><note>Schöne Grüße, Anna</note></notes>'.encode("latin-1")
    source = opened(tmp_path, samples=(put(tmp_path, "notes.xml", raw),))
    assert source.first[0].value == {"notes": {"note": "Schöne Grüße, Anna"}}
    found = smallest(source, lambda m: "ễ" in str(m.value))
    assert found.body.startswith(b'<?xml version="1.0" encoding="ISO-8859-1"?><notes><note>')
    assert b"&#7877;" in found.body


def test_an_item_alone_in_its_list_may_repeat(tmp_path):
    source = opened(tmp_path, samples=(put(tmp_path, "a.xml", b"<Order><items><item>1</item></items></Order>"),))
    assert (
        smallest(source, lambda m: m.body.count(b"<item>") == 2).body
        == b"<Order><items><item>0</item><item>0</item></items></Order>"
    )


def test_samples_of_several_kinds_are_each_made(tmp_path):
    names = (put(tmp_path, "a.json", {"a": 1}), put(tmp_path, "b.xml", b"<b>1</b>"), put(tmp_path, "c", b"<c>1</c>"))
    kinds = {(message.media_type, message.body[:2]) for message in made(opened(tmp_path, samples=names))}
    assert kinds == {("application/json", b'{"'), ("application/xml", b"<b"), ("application/xml", b"<c")}


@pytest.mark.parametrize(
    ("texts", "pattern"),
    [
        (["EUR", "USD"], "^(EUR|USD)$"),
        (["sale"], "^(sale)$"),
        (["0000123456"], "^([0-9]{10})$"),
        (["17", "3"], "^((0|[1-9][0-9]{0,1}))$"),
        (["-17"], "^(-?(0|[1-9][0-9]{0,1}))$"),
        (["19.90", "3.50"], "^((0|[1-9][0-9]{0,2})\\.[0-9]{2})$"),
        (["19,90", "-3,5"], "^(-?(0|[1-9][0-9]{0,2}),[0-9]{1,2})$"),
        (["R101", "S7"], "^((R|S)[1-9][0-9]{0,2})$"),
        (["20241130", ""], "^(202[0-9](0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])|)$"),
        (["20241130", "00000000"], "^(202[0-9](0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])|00000000)$"),
        (["19.90", "3,5"], "^([1-9][0-9]{0,1}(\\.|,)[1-9][0-9]{0,1})$"),
        (["A1", "AB"], "^(A1|AB)$"),
        (["20241399"], "^([0-9]{8})$"),
        (["00", "17"], "^([0-9]{2})$"),
    ],
    ids=lambda value: " ".join(value) or "empty" if isinstance(value, list) else "",
)
def test_texts_are_generalised(texts, pattern):
    assert text_schema(texts) == {"type": "string", "pattern": pattern}


@pytest.mark.parametrize(
    "text",
    ["2024-11-30T17:50:12+01:00", "2024-11-30T17:50:12Z", "30.11.2024", "11/30/2024", "20241130175012", "2024-11-30 17:50"],
)
def test_a_date_is_made_in_the_format_of_the_sample(tmp_path, text):
    source = opened(tmp_path, samples=(put(tmp_path, "a.json", text),))
    digits = str.maketrans("0123456789", "9" * 10)
    found = {message.value for message in made(source, 30)}
    assert {one.translate(digits) for one in found} == {text.translate(digits)}
    assert len(found) > 5


@pytest.mark.parametrize(
    "texts",
    [
        ["Anna Müller"],
        ["Anna", "R1", "?"],
        ["Room 5", "Room 6"],
        ["A1b", "C2d", "E3f", "G4h", "I5j", "K6l", "M7n"],
        ["Textmarker gelb", "Hauptstr. 5"],
        ["Anna", "R101", "x y"],
    ],
    ids=" ".join,
)
def test_free_text_may_be_any_text(texts):
    assert text_schema(texts) == {"type": "string", "minLength": 1}
    assert text_schema([*texts, ""]) == {"type": "string"}


# -- a strategy of the user's, recorded messages -----------------------------------------------------------------------


def test_a_strategy_of_the_users_gives_bytes_text_or_json(tmp_path):
    program = (
        "from hypothesis import strategies as st\nfrom datetime import date\n"
        "def raw(): return st.just(b'\\x00')\n"
        "def text(): return st.just('a;b')\n"
        "def values(): return st.lists(st.integers(0, 9), min_size=1)\n"
        "def days(): return st.just({'day': date(2024, 1, 1)})\n"
        "def sets(): return st.just({object()})\n"
    )
    put(tmp_path, "their_sources.py", program.encode())
    assert smallest(opened(tmp_path, strategy="their_sources:raw")) == Message(body=b"\x00", media_type="text/plain")
    csv = opened(tmp_path, strategy="their_sources:text", media_type="text/csv")
    assert smallest(csv) == Message(body=b"a;b", media_type="text/csv")
    numbers = opened(tmp_path, strategy="their_sources:values")
    assert smallest(numbers, lambda m: sum(m.value) > 3) == Message(body=b"[4]", media_type="application/json", value=[4])
    assert smallest(opened(tmp_path, strategy="their_sources:days")).body == b'{"day":"2024-01-01"}'
    with pytest.raises(GateError, match=r"made a set that is no JSON: .*; make bytes, text or JSON values"):
        smallest(opened(tmp_path, strategy="their_sources:sets"))


def test_recorded_messages_are_tried_by_name_and_then_nothing_is_made(tmp_path):
    for name, body in (("b.json", b'{"a": 1}'), ("a.xml", b"<a/>"), ("c.csv", b"a;b"), ("d.json", b"{"), ("README", b"x")):
        put(tmp_path, f"recorded/{name}", body)
    source = opened(tmp_path, messages="recorded")
    assert source.first == (
        Message(body=b"<a/>", media_type="application/xml", value={"a": ""}, name="a.xml"),
        Message(body=b'{"a": 1}', media_type="application/json", value={"a": 1}, name="b.json"),
        Message(body=b"a;b", media_type="text/csv", name="c.csv"),
        Message(body=b"{", media_type="application/json", name="d.json"),
    )
    assert not source.endless
    assert source.strategy.is_empty
    assert source.described == "4 recorded messages of recorded, each tried once; no others are made"


# -- what goes wrong ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "members", "said"),
    [
        ({}, {}, "needs exactly one of schema, samples, strategy, messages; none of them is given"),
        ({}, {"schema": "a", "messages": "b"}, "schema and messages are given"),
        ({}, {"samples": ["a"], "format": "xml"}, 'format = "xml" goes with schema; samples says itself'),
        ({}, {"schema": "a", "root": "b"}, 'root = "b" goes with format = "xml"'),
        ({}, {"shema": "a"}, "[gate.source]: unknown member shema; did you mean schema?"),
        ({}, {"zzzzzz": "a"}, "unknown member zzzzzz; known are schema, samples"),
        ({}, {"media-type": "a"}, "did you mean media_type?"),
        ({}, {"samples": "a.json"}, "Expected `array`, got `str`"),
        ({}, {"schema": "a.json"}, "a.json: there is no such file; correct the name"),
        ({"a.json": b"{"}, {"schema": "a.json"}, "a.json: not JSON: "),
        ({"a.json": b"\xff"}, {"schema": "a.json"}, "a.json: not UTF-8: byte 0xff at 0"),
        ({"b/a.json": b""}, {"schema": "b"}, "cannot be read (Is a directory)"),
        ({"a.json": b"[" * 100_000}, {"schema": "a.json"}, "a.json: nested too deeply; flatten it"),
        ({"a.json": b"[" * 90 + b"]" * 90}, {"samples": ["a.json"]}, "a.json: no structure can be found: nested deeper than"),
        ({}, {"samples": ["/nowhere/*.json"]}, "a pattern starts in the folder of the configuration; write it without /"),
        ({"a.xml": b"<a>" + b" " * 2**24}, {"samples": ["a.xml"]}, "a.xml: more than 16777216 bytes of XML"),
        ({"a.json": b"[]"}, {"schema": "a.json"}, "a.json: no JSON Schema: found list"),
        (
            {"a.json": b'{"items": {"type": "strin"}}'},
            {"schema": "a.json"},
            "a.json#/items/type: not a valid JSON Schema: must be one of",
        ),
        (
            {"a.json": b'{"items": {"$ref": "#/none"}}'},
            {"schema": "a.json"},
            'a.json#/items/$ref: does not compile: "#/none" leads',
        ),
        ({"a.json": b'{"type": "string", "const": 1}'}, {"schema": "a.json"}, "its rules seem to contradict each other"),
        ({"a.json": b"false"}, {"schema": "a.json"}, "its rules seem to contradict each other"),
        ({"a.json": b"{}"}, {"schema": "a.json", "format": "xml"}, "the title of a.json is '', no name of an element"),
        ({"a.json": b"{}"}, {"schema": "a.json", "format": "xml", "root": "a b"}, "root = 'a b', no name of an element"),
        ({"a.json": b'{"type": "array"}'}, {"schema": "a.json", "format": "xml", "root": "a"}, "has one root element"),
        (
            {"a.json": b'{"properties": {"a b": {}}}'},
            {"schema": "a.json", "format": "xml", "root": "a"},
            "member 'a b' is no name",
        ),
        ({}, {"samples": ["a.xml"]}, "a.xml: there is no such file"),
        ({"b/a.txt": b""}, {"samples": ["b/*.json"]}, "samples: b/*.json matches no file in "),
        ({"b/a.json": b""}, {"samples": ["b"]}, 'b is a folder; name the files in it, such as "b/*.json"'),
        ({"a.json": b"{'a': 1}"}, {"samples": ["a.json"]}, "a.json: not JSON: Expecting property name"),
        ({"a.xml": b"<a>\n<b></a>"}, {"samples": ["a.xml"]}, "a.xml: not XML: mismatched tag (line 2, column 6)"),
        ({"a.xml": b"<!DOCTYPE a []><a/>"}, {"samples": ["a.xml"]}, "a.xml: it has a document type"),
        ({"a.xml": b"<?xml version='1.0' encoding='none'?><a/>"}, {"samples": ["a.xml"]}, "the encoding none is not known"),
        ({"a.xml": b"<a>\xff</a>"}, {"samples": ["a.xml"]}, "the bytes are not utf-8"),
        ({"a.xml": b"<a>" * 101}, {"samples": ["a.xml"]}, "elements more than 100 deep"),
        ({"a.csv": b"a;b"}, {"samples": ["a.csv"]}, "a.csv: neither JSON nor XML"),
        ({}, {"strategy": "a"}, 'strategy = "a": a is no function; write module:function'),
        ({}, {"strategy": "no_such_module:a"}, "no_such_module cannot be imported (ModuleNotFoundError: No module named"),
        ({"broken_one.py": b"1/0"}, {"strategy": "broken_one:a"}, "broken_one cannot be imported (ZeroDivisionError: division"),
        ({"hollow_one.py": b""}, {"strategy": "hollow_one:a"}, "hollow_one has no function a"),
        ({"number_one.py": b"def a(): return 1"}, {"strategy": "number_one:a"}, "it returned int, not a Hypothesis strategy"),
        ({"raising_one.py": b"def a(): return 1/0"}, {"strategy": "raising_one:a"}, "the function failed: ZeroDivisionError"),
        ({}, {"messages": "none"}, "there is no such folder; correct the name"),
        ({"m/a.pdf": b""}, {"messages": "m"}, "holds no message; put files there that end in .json, .xml, .csv, .txt"),
    ],
    ids=lambda value: "-".join(map(str, value)).replace("/", "_") or "nothing" if isinstance(value, dict) else "",
)
def test_what_cannot_be_used_is_said_in_one_line(tmp_path, files, members, said):
    for name, content in files.items():
        put(tmp_path, name, content)
    with pytest.raises(GateError) as raised:
        open_source(read_source_settings(members), tmp_path)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_settings_are_checked_however_they_were_made(tmp_path):
    with pytest.raises(GateError, match="exactly one"):
        open_source(msgspec.convert({}, SourceSettings), tmp_path)


def test_each_member_of_the_settings_is_described():
    kinds = msgspec.json.schema(SourceSettings)["$defs"]["SourceSettings"]["properties"]
    assert all(kind.get("description") for kind in kinds.values())


# -- XML as JSON data --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("xml", "value"),
    [
        ("<a/>", {"a": ""}),
        ("<a> b </a>", {"a": " b "}),
        ('<p:a xmlns:p="u" p:k="1"><p:b>2</p:b></p:a>', {"a": {"@k": "1", "b": "2"}}),
        ('<a k="1">b</a>', {"a": {"@k": "1", "#text": "b"}}),
        ("<a>\n <b>1</b>\n <b>2</b>\n</a>", {"a": {"b": ["1", "2"]}}),
        ("<a><c><b>1</b><b>2</b></c><c><b>3</b></c></a>", {"a": {"c": [{"b": ["1", "2"]}, {"b": ["3"]}]}}),
        ("<a>x<b/>y</a>", {"a": {"#text": "xy", "b": ""}}),
        ("<a><![CDATA[<&>]]><!-- no --><?no no?></a>", {"a": "<&>"}),
    ],
    ids=["empty", "text", "prefixes", "attribute", "list", "list-of-one", "mixed", "cdata"],
)
def test_xml_as_json_data(xml, value):
    assert xml_value(xml.encode()) == value
    assert message_of(xml.encode("utf-16"), "application/xml; charset=utf-16").value == value


def test_what_is_no_xml_has_no_value():
    assert message_of(b"<a", "text/xml").value is None
    assert message_of(b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "text/xml").value is None
    with pytest.raises(GateError, match="document type"):
        xml_value(b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>")


def test_json_keeps_large_numbers_and_may_have_a_byte_order_mark():
    assert message_of(b'\xef\xbb\xbf{"a":123456789012345678901234567890}', "application/vnd.x+json").value == {
        "a": 123456789012345678901234567890
    }
    assert message_of(b'{"a":1}', "text/plain").value is None


_TEXT = st.text(max_size=5).filter(is_writable)
_NAMES = st.sampled_from(["a", "b", "Ü", "x-1"])
_ELEMENT = st.recursive(
    _TEXT,
    lambda inner: st.one_of(
        st.dictionaries(_NAMES, st.one_of(inner, st.lists(inner, min_size=2, max_size=3)), min_size=1, max_size=3),
        st.fixed_dictionaries({"@k": _TEXT, "#text": _TEXT.filter(bool)}),
    ),
    max_leaves=8,
)


@settings(QUICK, derandomize=True)
@given(_ELEMENT)
def test_whatever_is_written_as_xml_is_read_as_it_was(value):
    """Lists beside single elements of the same name are the one thing XML cannot tell apart: they are compared as lists."""
    assert _listless(xml_value(written("root", value))["root"]) == _listless(value)


def _listless(value):
    if isinstance(value, dict):
        return {name: _listless(inner if isinstance(inner, list) else [inner]) for name, inner in value.items()}
    return [_listless(item) for item in value] if isinstance(value, list) else value
