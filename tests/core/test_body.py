"""A body to events: every way to be wrong has its own code, its place and its text."""

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_cdp.core.body import BodySettings, Events, read_events
from mock_cdp.core.delivery import Delivery, Limits
from mock_cdp.core.refusal import Refusal

ONE = b'{"receiptId":"R1","totalAmount":19.9}'
FORM = "application/x-www-form-urlencoded"
BOM = b"\xef\xbb\xbf"


def read(body, content_type="application/json", *, many=False, encoding="", oversized=False, **switches):
    """Read *body* as a delivery's."""
    headers = [("host", "localhost")]
    if content_type:
        headers.append(("content-type", content_type))
    if encoding:
        headers.append(("content-encoding", encoding))
    delivery = Delivery("POST", "/x", "", tuple(headers), body, 0.0, oversized=oversized)
    return read_events(delivery, many=many, settings=BodySettings(**switches))


def nested(depth, inner=b"1"):
    """Return an event whose brackets nest *depth* deep around *inner*."""
    return b'{"a":' + b"[" * (depth - 1) + inner + b"]" * (depth - 1) + b"}"


# -- bodies that are fine ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "", "text/plain", "application/octet-stream", FORM, "application/xml", "text/json;charset=UTF-8"],
)
def test_json_is_json_whatever_its_type_says(content_type):
    """Postman sends text/plain, curl -d calls everything a form."""
    assert read(b" \r\n" + ONE, content_type) == Events([json.loads(ONE)])


def test_a_batch_is_an_array_or_an_object_with_events():
    """Both are taken, in order; an element that is no object is left to the model."""
    expected = Events([{"a": 1}, 2, "x"])
    assert read(b'[{"a":1},2,"x"]', many=True) == expected
    assert read(b'{"events":[{"a":1},2,"x"]}', many=True) == expected


@pytest.mark.parametrize("body", [b"[]", b'{"events":[]}'])
def test_an_empty_batch_is_refused(body):
    """A sender of nothing wants to know."""
    refused = read(body, many=True)
    assert (refused.code, refused.http_status) == ("no-events", 400)


def test_an_object_with_events_is_one_event_to_event():
    """Only /events unwraps it."""
    assert read(b'{"events":[1]}') == Events([{"events": [1]}])


def test_a_form_is_one_event_without_the_credentials():
    """Its values stay strings."""
    body = b"userKey=AFAKEFAKE&secret=not-a-secret&receiptId=R1&total=19.90"
    assert read(body, FORM) == Events([{"receiptId": "R1", "total": "19.90"}])


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP ", "identity, gzip"])
def test_gzip_is_unpacked(encoding):
    """Also in several members, as RFC 1952 allows."""
    assert read(gzip.compress(ONE, mtime=0), encoding=encoding) == Events([json.loads(ONE)])
    assert read(gzip.compress(ONE[:9], mtime=0) + gzip.compress(ONE[9:], mtime=0), encoding=encoding) == Events([json.loads(ONE)])


def test_integers_of_64_bits_stay_integers():
    """To the last one, on both sides."""
    event = {"least": -(2**63), "most": 2**64 - 1}
    assert read(json.dumps(event).encode()) == Events([event])


def test_a_charset_other_than_utf8_is_reported():
    """JSON is read as UTF-8 all the same."""
    events = read('{"n":"Zürich"}'.encode(), "application/json; charset=ISO-8859-1")
    assert events.values == [{"n": "Zürich"}]
    (warning,) = events.warnings
    assert (warning.code, warning.found, warning.expected) == ("charset", "iso-8859-1", "utf-8")
    assert warning.message == ("Content-Type declares the charset iso-8859-1, but JSON is UTF-8 and was read so; declare utf-8")


# -- refusals ----------------------------------------------------------------------------------------------------------

XML_TEXT = (
    "the body is XML or its Content-Type says so. CDP documents that it takes XML, but not how it reads it, so "
    "this mock takes JSON only for now: in CPI put an XML to JSON Converter before the call"
)
EMPTY_TEXT = "the body is empty; in CPI a logging script may have read the stream before the call"
SEND_UTF8 = " Send UTF-8: in CPI set the converter's output encoding, remove the header CamelCharsetName"
MARK_TEXT = "the body starts with a UTF-8 byte order mark (ef bb bf); send it without"
BIG = b"123456789012345678901234567890"

SINGLE_FAULTS = [
    (b"", "empty-body", "", EMPTY_TEXT),
    (b" \r\n\t", "empty-body", "", EMPTY_TEXT),
    (BOM + ONE, "byte-order-mark", "", MARK_TEXT),
    (
        '{"a":1}'.encode("utf-16"),
        "invalid-utf8",
        "",
        "the body starts with a UTF-16 byte order mark (ff fe)." + SEND_UTF8,
    ),
    (
        '{"a":1}'.encode("utf-16-le"),
        "invalid-utf8",
        "",
        "the body starts with 7b 00 22 00, as UTF-16 or UTF-32 does." + SEND_UTF8,
    ),
    (
        '{"city":"Zürich"}'.encode("latin-1"),
        "invalid-utf8",
        "",
        "byte 10 (0xfc) is not UTF-8; bytes around it: 63 69 74 79 22 3a 22 5a fc 72 69 63 68 22 7d; "
        "the text is probably Windows-1252 or ISO-8859-1." + SEND_UTF8,
    ),
    (
        gzip.compress(ONE, mtime=0),
        "gzip-undeclared",
        "",
        "the body is gzip (1f 8b), but no header says so; add Content-Encoding: gzip",
    ),
    (
        b'{"a":[1,NaN]}',
        "non-finite-number",
        "/a/1",
        "/a/1 holds NaN, which is no JSON number; leave the member out or send a number",
    ),
    (
        b"-Infinity",
        "non-finite-number",
        "",
        "the body holds -Infinity, which is no JSON number; leave the member out or send a number",
    ),
    (
        b'{"a":1e400}',
        "number-out-of-range",
        "/a",
        "/a holds 1e400, which is too large for a number of 64 bits; send it as a string",
    ),
    (
        b'{"a":"x\\ud83d"}',
        "lone-surrogate",
        "/a",
        "/a holds half of a surrogate pair (\\ud800 to \\udfff alone); was a text cut within an emoji?",
    ),
    (
        b'{"\\udc00":1}',
        "lone-surrogate",
        "/\\udc00",
        "/\\udc00 holds half of a surrogate pair (\\ud800 to \\udfff alone); was a text cut within an emoji?",
    ),
    (
        b'{"a/b":{"~":' + BIG + b"}}",
        "integer-range",
        "/a~1b/~0",
        (
            "/a~1b/~0 holds the integer 123456789012345678901234567890 of 30 digits, which needs more than 64 bits; "
            "send it as a string"
        ),
    ),
    (
        b'{"a":18446744073709551616}',
        "integer-range",
        "/a",
        "/a holds the integer 18446744073709551616 of 20 digits, which needs more than 64 bits; send it as a string",
    ),
    (
        b'{"a":-' + b"7" * 5000 + b"}",
        "integer-range",
        "/a",
        f"/a holds the integer -{'7' * 38}… of 5000 digits, which needs more than 64 bits; send it as a string",
    ),
    (
        b'{"a":1}\n{"a":2}',
        "trailing-content",
        "",
        """the JSON value ends before line 2, column 1, near '{"a":1}\\n{"a":2}'; send one value and nothing after it""",
    ),
    (
        b'{"a":"x\ny"}',
        "control-character",
        "",
        (
            """a raw control character stands in a string at line 1, column 8, near '{"a":"x\\ny"}'; """
            "escape it (\\n, \\t, \\u0000)"
        ),
    ),
    (
        b'{"sku": 0012}',
        "json-syntax",
        "",
        (
            """Expecting ',' delimiter at line 1, column 10, near '{"sku": 0012}'; """
            "a number cannot start with a zero; send a code with leading zeros as a string"
        ),
    ),
    (
        b'{"a":1,',
        "json-syntax",
        "",
        (
            "Expecting property name enclosed in double quotes at line 1, column 8, near '{\"a\":1,'; "
            "the text ends too early; was it cut?"
        ),
    ),
    (
        b'{"a":"x',
        "json-syntax",
        "",
        'Unterminated string starting at line 1, column 6, near \'{"a":"x\'; the text ends within the string; was it cut?',
    ),
    (
        b'{"secret":"not-a-real-one" "a":1}',
        "json-syntax",
        "",
        "Expecting ',' delimiter at line 1, column 28 (not shown, a secret may be near)",
    ),
    (nested(65), "too-deep", "", "byte 68 opens more than 64 arrays and objects within each other (switch: max_depth)"),
    (
        b"[1,2]",
        "array-to-event",
        "",
        "…/event takes one event as a JSON object, found an array of 2; post arrays to …/events",
    ),
    (b'"x"', "not-an-object", "", "…/event takes one event as a JSON object, found a string"),
    (b'"\\u003a"', "not-an-object", "", "…/event takes one event as a JSON object, found a string"),
    (b"null", "not-an-object", "", "…/event takes one event as a JSON object, found null"),
    (b"true", "not-an-object", "", "…/event takes one event as a JSON object, found a boolean"),
    (b"1.5", "not-an-object", "", "…/event takes one event as a JSON object, found a number"),
]


@pytest.mark.parametrize(("body", "code", "pointer", "details"), SINGLE_FAULTS)
def test_a_single_body_that_is_wrong_is_explained(body, code, pointer, details):
    """Code, place and the exact text; always 400 in the family's format code."""
    refusal = read(body)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.pointer, refusal.details) == (code, pointer, details)
    assert (refusal.error_code, refusal.http_status, refusal.message) == (400001, 400, "Invalid request format")


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        (b"{'a':1}", "names and strings need double quotes"),
        (b'{"a":None}', "write null, true or false"),
        (b'{"a":1 // one\n}', "JSON has no comments"),
        (b'{"a":19,90}', "a number with a decimal comma? JSON writes a point"),
        (b'{"a":{{amount}}}', "a variable that nobody filled in?"),
        (b"--x\r\nContent-Disposition: form-data", "a multipart form? Send the JSON alone as the body (Postman: raw)"),
        (b'{"a":1]', "a comma too many, a value missing, or brackets that do not match"),
        (b'{"a":@}', ""),
    ],
)
def test_a_usual_syntax_error_comes_with_a_hint(body, hint):
    """What a sender most likely did."""
    refusal = read(body)
    assert refusal.code == "json-syntax"
    assert refusal.details.endswith(f"; {hint}" if hint else "near '{\"a\":@}'")


@pytest.mark.parametrize(
    ("body", "switch", "code", "details"),
    [
        (
            b'{"a":1}',
            "both",
            "object-to-events",
            '…/events takes a JSON array or {"events":[…]}, found a single object; post one event to …/event',
        ),
        (
            b'{"events":{}}',
            "both",
            "object-to-events",
            '…/events takes a JSON array or {"events":[…]}, found an object whose "events" is an object',
        ),
        (
            b'{"events":[]}',
            "array",
            "object-to-events",
            '…/events takes a JSON array, found an object whose "events" is an array (switch: batch_body)',
        ),
        (
            b"[]",
            "object",
            "not-an-object",
            '…/events takes {"events":[…]}, found an array (switch: batch_body); each event is a JSON object',
        ),
        (
            b"7",
            "both",
            "not-an-object",
            '…/events takes a JSON array or {"events":[…]}, found a number; each event is a JSON object',
        ),
    ],
)
def test_a_batch_of_another_shape_is_explained(body, switch, code, details):
    """The text says which shape or which URL is right."""
    refusal = read(body, many=True, batch_body=switch)
    assert (refusal.code, refusal.details, refusal.http_status) == (code, details, 400)


def test_a_fault_in_a_batch_is_located_in_the_body():
    """The pointer starts with the event's position."""
    assert read(b'[{},{"id":' + BIG + b"}]", many=True).pointer == "/1/id"
    assert read(b'{"events":[{"id":NaN}]}', many=True).pointer == "/events/0/id"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"<event/>", "application/json"),
        (b" \n<event/>", ""),
        (BOM + b"<event/>", "text/plain"),
        (b"<a/>", FORM),
        (b"x", "text/xml"),
        ("<ü/>".encode("latin-1"), "application/soap+xml"),
    ],
)
@pytest.mark.parametrize("many", [False, True])
def test_xml_is_refused_for_now(body, content_type, many):
    """415: documented to be taken, unknown how."""
    refusal = read(body, content_type, many=many)
    assert (refusal.code, refusal.http_status, refusal.details) == ("xml-not-supported", 415, XML_TEXT)


def test_an_empty_body_is_called_empty_whatever_its_type():
    """Neither XML nor a form without fields."""
    assert {read(b" ", kind).code for kind in ("application/xml", FORM, "text/plain")} == {"empty-body"}


def test_a_byte_order_mark_does_not_make_a_form_of_json():
    """As curl -d @file sends a file from an editor that writes the mark."""
    assert read(BOM + ONE, FORM).code == "byte-order-mark"


def test_a_declared_charset_names_the_likely_encoding():
    """Better than our guess."""
    refusal = read('{"a":"é"}'.encode("cp1250"), "application/json; charset=Windows-1250")
    assert refusal.code == "invalid-utf8"
    assert "the text is probably windows-1250." in refusal.details


def test_a_form_to_events_is_refused():
    """A form holds one event."""
    refusal = read(b"a=1", FORM, many=True)
    assert (refusal.code, refusal.details) == (
        "form-to-events",
        "a form holds one event; post it to …/event, or an array of events as JSON",
    )


def test_a_text_around_a_fault_is_short():
    """Never more than 80 characters of the payload, however they are escaped."""
    refusal = read(b'{"a":"' + b"x" * 500 + b"\n" + b"\x01" * 500)
    assert len(refusal.details.partition("near ")[2].partition("; ")[0]) <= 80


# -- limits ------------------------------------------------------------------------------------------------------------


def test_a_body_of_the_limit_is_read_and_one_byte_more_is_not():
    """413, also when the door has cut it already."""
    limits = Limits(max_body_bytes=len(ONE))
    assert isinstance(read(ONE, limits=limits), Events)
    for refusal in (read(ONE + b" ", limits=limits), read(ONE[:5], limits=limits, oversized=True)):
        assert (refusal.code, refusal.error_code, refusal.http_status) == ("body-too-large", 413001, 413)
        assert refusal.message == "Request entity too large"
        assert refusal.details == "the body is larger than 37 bytes (switch: max_body_bytes); send fewer events at once"


def test_the_limit_of_events_is_exact():
    """In both shapes."""
    limits = Limits(max_events=2)
    assert isinstance(read(b"[{},{}]", many=True, limits=limits), Events)
    for body in (b"[{},{},{}]", b'{"events":[{},{},{}]}'):
        refusal = read(body, many=True, limits=limits)
        assert (refusal.code, refusal.http_status) == ("too-many-events", 400)
        assert refusal.details == ("the batch holds 3 events, at most 2 are taken (switch: max_events); send several deliveries")


@pytest.mark.parametrize("depth", [1, 2, 63, 64, 65, 200, 253, 254, 255, 300, 900, 5_000, 1_000_000])
def test_the_limit_of_depth_is_exact(depth):
    """64 levels are read, 65 are not; an empty array or object is no level; nothing overflows."""
    expected = "Events" if depth <= 64 else "too-deep"
    for inner in (b"1", b"[]", b" { } ", b'"]"', b'"[\\"["', b"{\n}"):
        body = nested(depth, inner)
        found = read(body)
        assert (found.code if isinstance(found, Refusal) else "Events") == expected, body[:90]


@pytest.mark.parametrize("inner", [b"1", b"[]", b" { } ", b'"]"', b'"[\\"["'])
@pytest.mark.parametrize("limit", [1, 2, 64, 200, 253, 254, 255, 300])
def test_the_limit_is_as_exact_for_a_long_body(limit, inner):
    """Which is not counted bracket by bracket; whatever the limit."""
    long, limits = b'"b":"' + b"{" * 5_000 + b'",', Limits(max_depth=limit)
    for depth, expected in ((limit, "Events"), (limit + 1, "too-deep")):
        body = nested(depth, inner)
        found = read(body[:1] + long + body[1:], limits=limits)
        assert (found.code if isinstance(found, Refusal) else "Events") == expected


@pytest.mark.parametrize("inner", [b"1", b"[ ]"])
def test_the_array_of_a_batch_counts_as_a_level(inner):
    """Also in a batch long enough not to be counted bracket by bracket."""
    for filler in (b"", b"{}," * 100, b'{"a":[]},' * 900):
        assert isinstance(read(b"[" + filler + nested(63, inner) + b"]", many=True), Events)
        assert read(b"[" + filler + nested(64, inner) + b"]", many=True).code == "too-deep"


def test_brackets_in_strings_are_no_levels():
    """However many."""
    event = {"a": "[{" * 500 + '"' + "\\" + "[" * 100}
    assert read(json.dumps(event).encode()) == Events([event])
    assert read(b'{"b":1,"b":1,' + json.dumps(event).encode()[1:]).values == [{"b": 1} | event]


def test_a_limit_beyond_what_python_reads_is_still_answered():
    """A refusal, no traceback."""
    assert read(nested(100_000), limits=Limits(max_depth=1_000_000)).code == "too-deep"
    assert isinstance(read(nested(300), limits=Limits(max_depth=400)), Events)


# -- duplicate member names --------------------------------------------------------------------------------------------


def places(found):
    """Return `(index, pointer)` of the warnings."""
    assert {warning.code for warning in found.warnings} <= {"duplicate-member"}
    return [(warning.index, warning.pointer) for warning in found.warnings]


def test_a_name_that_stands_twice_is_reported_and_the_last_value_counts():
    """Place, name and what became of it."""
    found = read(b'{"x":{"total":1,"total":"two"}}')
    assert found.values == [{"x": {"total": "two"}}]
    (warning,) = found.warnings
    assert (warning.code, warning.pointer, warning.index, warning.found) == ("duplicate-member", "/x/total", 0, "total")
    assert warning.message == "/x/total stands more than once in its object; the last value counts"


@pytest.mark.parametrize(
    ("body", "many", "expected"),
    [
        (b'{"a":1,"a":1,"a":1}', False, [(0, "/a")]),
        (b'{"a":1,"\\u0061":1}', False, [(0, "/a")]),
        (b'{"":1,"":1}', False, [(0, "/")]),
        (b'{"a:b":1,"a:b":2}', False, [(0, "/a:b")]),
        (b'{"a":1,"a":2,"b":"\\u003a"}', False, [(0, "/a")]),
        (b'{"a":1,"a":2,"b":"\\u003A"}', False, [(0, "/a")]),
        (b'{"a":{"x":1,"x":2},"a":3}', False, [(0, "/a"), (0, "/a/x")]),
        (b'{"l":[{},{"q/~":1,"q/~":2}]}', False, [(0, "/l/1/q~1~0")]),
        (b'[{"a":1},{"a":1,"a":2},{"b":{"c":1,"c":2}}]', True, [(1, "/a"), (2, "/b/c")]),
        (b'{"events":[{},{"a":1,"a":2}]}', True, [(1, "/a")]),
        (b'{"events":[],"events":[{}]}', True, [(0, "/events")]),
        (b'{"a":"\\u003a","b":"\\\\u003a"}', False, []),
        (b'{"a":{"x":1},"b":{"x":1}}', False, []),
    ],
)
def test_every_place_of_a_repeated_name_is_found(body, many, expected):
    """Once a place, with the event's position, whatever escapes are used."""
    assert places(read(body, many=many)) == expected


def test_a_repeated_name_can_refuse():
    """The switch; the pointer leads into the body, the text names the event."""
    refusal = read(b'[{},{"a":1,"a":2,"b":1,"b":2}]', many=True, duplicate_members="refuse")
    assert (refusal.code, refusal.pointer, refusal.http_status) == ("duplicate-member", "/1/a", 400)
    assert refusal.details == (
        "event 1: /a stands more than once in its object; the last value counts (2 such names in all); "
        "send each name once (switch: duplicate_members)"
    )
    single = read(b'{"a":1,"a":2}', duplicate_members="refuse")
    assert single.details == (
        "/a stands more than once in its object; the last value counts; send each name once (switch: duplicate_members)"
    )


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"a":' + BIG + b',"a":1}', "integer-range"),
        (b'{"a":"\\ud800","a":1}', "lone-surrogate"),
        (b'{"a":{"\\ud800":2},"a":1}', "lone-surrogate"),
        (b'{"a":1e999,"a":1}', "number-out-of-range"),
        (b'{"a":' + nested(64) + b',"a":1}', "too-deep"),
        (b'{"a":1,"a":2}x', "trailing-content"),
        (b'[{"a":1,"a":2}]', "array-to-event"),
    ],
)
def test_a_body_with_a_repeated_name_must_be_right_in_all_else(body, code):
    """Also in the values that are lost: what a body holds is judged, not only what is left of it."""
    assert read(body).code == code


def test_many_repeated_names_stay_bounded():
    """At most 1,000 warnings, each with a pointer of bearable length."""
    names = b",".join(b'"n%d":1,"n%d":2' % (n, n) for n in range(1_500))
    found = read(b'{"' + b"x" * 100_000 + b'":{' + names + b"}}")
    assert len(found.warnings) == 1_000
    assert max(len(warning.pointer) for warning in found.warnings) == 1_000
    assert max(len(warning.message) for warning in found.warnings) < 200


# -- whatever the bytes are --------------------------------------------------------------------------------------------


@given(
    st.binary(max_size=60),
    st.sampled_from(["", "application/json", FORM, "text/xml", "text/plain; charset=latin1"]),
    st.sampled_from(["", "gzip", "br"]),
    st.booleans(),
)
def test_no_bytes_raise(body, content_type, encoding, many):
    """Events or a refusal that can be sent as JSON."""
    found = read(body, content_type, encoding=encoding, many=many)
    if isinstance(found, Refusal):
        assert found.code
        assert found.details
        (found.details + found.pointer).encode()
