"""The quick reader, held against Python's own and against a scanner anyone would write."""

import json
import math

from hypothesis import assume, example, given
from hypothesis import strategies as st

from mock_cdp.core.body import BodySettings, Events, read_events
from mock_cdp.core.delivery import Delivery
from mock_cdp.core.json_reading import doubtful, parse

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from([":", "[{", "\\u003a", '"', "\U0001f600"])
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner))
layouts = st.sampled_from([{}, {"separators": (",", ":")}, {"indent": 1}, {"ensure_ascii": False}])

names = st.sampled_from(["a", "b", ":", "é", "\U0001f600", '"', "a/b", ""])
blanks = st.sampled_from(["", " ", "\n", "\t "])


def spelled(text):
    """Return strategies for spelling *text* as a JSON string: plain, or every character escaped."""
    units = text.encode("utf-16-be")
    escaped = "".join(f"\\u{units[i]:02X}{units[i + 1]:02x}" for i in range(0, len(units), 2))
    return st.sampled_from([json.dumps(text), json.dumps(text, ensure_ascii=False), f'"{escaped}"'])


def objects(inner):
    """Return strategies for JSON text of objects in which a name may stand twice."""
    member = st.tuples(names.flatmap(spelled), blanks, inner).map(lambda m: f"{m[0]}{m[1]}:{m[1]}{m[2]}")
    return st.lists(member, max_size=4).map(lambda members: "{" + " , ".join(members) + "}")


def arrays(inner):
    """Return strategies for JSON text of arrays."""
    return st.lists(inner, max_size=3).map(lambda items: "[" + ",".join(items) + "]")


leaves = st.sampled_from(["1", "-0.5", "null", '":"', '"\\u003a"', '"\\u003A:"', '"{\\"a\\":1,\\"a\\":1}"'])
texts = st.recursive(leaves, lambda inner: objects(inner) | arrays(inner), max_leaves=12)


def read(body, *, many):
    """Read *body* with the default switches."""
    delivery = Delivery("POST", "/x", "", (("content-type", "application/json"),), body, 0.0)
    return read_events(delivery, many=many, settings=BodySettings())


def repeated(text):
    """Return `(path, name)` of every repeated name, by the plainest recursion."""

    def pairs(found):
        return ("object", found)

    def scan(value, path):
        match value:
            case ("object", members):
                seen = set()
                for name, inner in members:
                    if name in seen:
                        places.add((path, name))
                    seen.add(name)
                    scan(inner, (*path, name))
            case list():
                for index, inner in enumerate(value):
                    scan(inner, (*path, index))

    places = set()
    scan(json.loads(text, object_pairs_hook=pairs), ())
    return places


def strictly(body):
    """Return whether Python's reader, made strict, takes *body*."""

    def refuse(name):
        raise ValueError(name)

    def real(text):
        return float(text) if math.isfinite(float(text)) else refuse(text)

    def integer(text):
        return int(text) if len(text) < 21 and -(2**63) <= int(text) < 2**64 else refuse(text)

    try:
        value = json.loads(body.decode(), parse_constant=refuse, parse_float=real, parse_int=integer)
        json.dumps(value, ensure_ascii=False).encode()  # refuses lone surrogates
    except ValueError:
        return False
    return True


@given(values, layouts)
def test_all_valid_json_reads_as_python_reads_it(value, layout):
    """By the quick reader, and by the whole way."""
    body = json.dumps([value], **layout).encode()
    assert json.dumps(parse(body)) == json.dumps(json.loads(body))  # text: 1, 1.0 and True differ
    found = read(body, many=True)
    assert isinstance(found, Events)
    assert json.dumps(found.values) == json.dumps(json.loads(body))
    assert found.warnings == []


@given(values)
def test_what_a_compact_writer_sends_is_never_doubted(value):
    """The everyday delivery stays on the quick way; only text that spells an escaped colon may leave it."""
    body = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    assert not doubtful(body, parse(body), 64) or b"\\u003" in body


@given(arrays(texts))
def test_repeated_names_are_found_exactly_where_a_naive_scanner_finds_them(text):
    """None missed, none invented, with the event's position and the place within it; the last value counts."""
    assume(json.loads(text))  # an empty batch is refused
    found = read(text.encode(), many=True)
    assert found.values == json.loads(text)
    expected = {(path[0], "".join("/" + escape(part) for part in (*path[1:], name))) for path, name in repeated(text)}
    assert {(warning.index, warning.pointer) for warning in found.warnings} == expected
    assert len(found.warnings) == len(expected)


def escape(part):
    """Escape one part of a JSON Pointer."""
    return str(part).replace("~", "~0").replace("/", "~1")


json_like = st.text(st.sampled_from('[]{}",:0123456789.eE+-\\ud8c nulltrefasNIfiy\n\t\x00'), max_size=16).map(str.encode)
snippets = st.lists(
    st.sampled_from(
        [
            b"[",
            b"]",
            b"{",
            b"}",
            b",",
            b":",
            b'"a"',
            b'"',
            b"1",
            b"-0",
            b"1e5",
            b"1E999",
            b"0",
            b".5",
            b"NaN",
            b"null",
            b"18446744073709551616",
            b'"\\ud800"',
            b'"\\ud83d\\ude00"',
            b'"\\u003a"',
            b"\xff",
            b"\xc3\xa9",
            b" ",
            b"\x0b",
            b'"\xed\xa0\x80"',
            b"\xef\xbb\xbf",
            b"\x1f\x8b",
            b"\x00",
            b"1" * 30 + b".0",
            b"-9223372036854775809",
        ]
    ),
    max_size=9,
).map(b"".join)


@given(st.binary(max_size=30) | json_like | snippets)
@example(b'"\\udc00\\ud800"')
@example(b'{"a":1e999,"a":1}')
@example(b'{"a":"\\ud800","a":1}')
def test_a_body_is_refused_exactly_when_python_made_strict_refuses_it(noise):
    """Wrapped into a batch, so that only the reading decides; values lost to a repeated name aside."""
    body = b"[0," + noise + b"]"
    found = read(body, many=True)
    if isinstance(found, Events):
        assert strictly(body)
        assert json.dumps(found.values) == json.dumps(json.loads(body))
    elif strictly(body):
        assert repeated(body.decode()), found
