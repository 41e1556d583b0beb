"""The limits of a model: at which place of an event, and what the value there keeps to be at the limit."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from mock_cdp.contract.violation import shortened
from mock_cdp.contract.wording import json_text
from mock_cdp.strategies.branches import nothing_allowed
from mock_cdp.strategies.names import fresh_name, name_matching
from mock_cdp.strategies.texts import edges, fitted
from mock_cdp.strategies.vocabulary import Schema, Vocabulary, absent, kinds_of, present

LONGEST: Final = 5_000  # characters of the longest text where there is no limit
Path = tuple[str | int, ...]
Found = tuple[str, Any]

_MOST_ITEMS: Final = 200
_MOST: Final = 3_000  # limits of one model
_DEEPEST: Final = 8
_LISTED: Final = 50  # values of one list
_SHOWN: Final = 40
_TEXTS: Final = {
    "leading zeros": "000123",
    "a number that is a text": "1.10",
    "emoji": "\U0001f6d2 \U0001f44d\U0001f3fd \U0001f1e9\U0001f1ea \U0001f468\u200d\U0001f469\u200d\U0001f467",
    "right-to-left": "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "combining characters": "Mu\u0308ller e\u0301 n\u0303",
    "characters with a meaning in XML and JSON": '<a b="1">&amp;\'\\{}[]',
    "a line break and a tab": "a\r\n\tb",
    "an empty text": "",
    "a text that reads like nothing": "null",
}
_NUMBERS: Final = {
    "15 digits": 123_456_789_012_345,
    "17 digits, more than a double holds": 12_345_678_901_234_567,
    "15 digits, two of them decimals": 1_234_567_890_123.45,
    "zero": 0,
    "a negative number": -1,
    "a negative cent": -0.01,
    "many decimals": 0.123_456_789_012_345,
    "a very small number, with an exponent": 1e-7,
    "the largest 32-bit integer": 2**31 - 1,
    "one more than 32 bits hold": 2**31,
}


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """A limit.

    Attributes:
        path: Where in an event: member names, and indexes of items.
        label: Which limit.
        wanted: What the value there keeps.
    """

    path: Path
    label: str
    wanted: Any

    def schema(self, vocabulary: Vocabulary) -> Any:
        """Return what an event keeps that is at this limit."""
        schema = self.wanted
        for step in reversed(self.path):
            if isinstance(step, str):
                schema = present(step, schema)
            else:
                schema = vocabulary.with_tuple({"type": "array", "minItems": step + 1}, [*([{}] * step), schema], {})
        return schema


def limits(vocabulary: Vocabulary) -> list[Limit]:
    """Return the limits of a model, whether or not an event can be at them: branches may contradict each other."""
    found: dict[tuple[Path, str], Limit] = {}
    for path, schema in _views(vocabulary, vocabulary.root, (), ()):
        for label, wanted in _of_schema(vocabulary, schema):
            found.setdefault((path, label), Limit(path=path, label=label, wanted=wanted))
        if len(found) > _MOST:
            break
    return list(found.values())


def _views(vocabulary: Vocabulary, schema: Any, path: Path, above: tuple[int, ...]) -> Iterator[tuple[Path, Schema]]:
    """Yield every schema that may apply somewhere in an event, and where; one that refers to itself is entered once."""
    if not isinstance(schema, dict) or id(schema) in above or len(path) > _DEEPEST:
        return
    around, schema = (*above, id(schema)), vocabulary.read(schema)
    yield path, schema
    for step, inner in _inside(vocabulary, schema):
        yield from _views(vocabulary, inner, (*path, *step), around)


def _inside(vocabulary: Vocabulary, schema: Schema) -> Iterator[tuple[Path, Any]]:
    yield from (((), target.schema) for target in vocabulary.targets(schema))
    yield from (((), inner) for keyword in ("allOf", "anyOf", "oneOf") for inner in schema.get(keyword, ()))
    yield from (((), schema[keyword]) for keyword in ("if", "then", "else") if keyword in schema)
    yield from (((name,), inner) for name, inner in schema.get("properties", {}).items())
    for pattern, inner in schema.get("patternProperties", {}).items():
        if name := name_matching(pattern):
            yield (name,), inner
    if isinstance(schema.get("additionalProperties"), dict):
        yield (fresh_name(schema),), schema["additionalProperties"]
    first, rest = vocabulary.tuple_of(schema)
    yield from (((place,), inner) for place, inner in enumerate([*first, rest]))
    for needed in (*schema.get("dependencies", {}).values(), *schema.get("dependentSchemas", {}).values()):
        yield (), needed


# -- what a schema limits ----------------------------------------------------------------------------------------------


def _of_schema(vocabulary: Vocabulary, schema: Schema) -> Iterator[Found]:
    kinds = kinds_of(schema["type"]) if "type" in schema else frozenset()
    if "enum" not in schema and "const" not in schema:
        if "string" in kinds or schema.keys() & {"minLength", "maxLength"}:
            yield from _of_texts(schema)
        if "integer" in kinds or schema.keys() & {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}:
            yield from _of_numbers(vocabulary, schema)
    yield from ((f"the value {_shown(value)} of the list", {"const": value}) for value in schema.get("enum", ())[:_LISTED])
    if "boolean" in kinds:
        yield from ((_shown(value), {"const": value}) for value in (False, True))
    if "array" in kinds or schema.keys() & {"minItems", "maxItems"}:
        yield from _of_items(schema)
    yield from _of_members(schema)
    yield from _of_alternatives(schema, kinds)


def _of_texts(schema: Schema) -> Iterator[Found]:
    least, most = int(schema.get("minLength", 0)), int(schema.get("maxLength", LONGEST))
    if "minLength" in schema:
        yield f"the fewest characters, {least}", _length(least)
        yield f"one character more than the fewest, {least + 1}", _length(least + 1)
    if "maxLength" in schema and LONGEST >= most > 0:
        yield f"the most characters, {most}", _length(most)
        yield f"one character less than the most, {most - 1}", _length(most - 1)
    elif "maxLength" not in schema and not schema.keys() & {"pattern", "format"}:
        yield f"{LONGEST} characters, as there is no limit", _length(LONGEST)
    for text in edges(schema.get("format", "")):
        yield f"{schema['format']} {_shown(text)}", {"const": text}
    if "format" not in schema:
        yield from ((label, {"const": fitted(text, least, most)}) for label, text in _TEXTS.items())


def _length(length: int) -> Schema:
    return {"type": "string", "minLength": length, "maxLength": length}


def _of_numbers(vocabulary: Vocabulary, schema: Schema) -> Iterator[Found]:
    step = schema.get("multipleOf", 1)
    for limit, up in [*((one, 1) for one in vocabulary.lower(schema)), *((one, -1) for one in vocabulary.upper(schema))]:
        number = limit.value.numerator if limit.value.denominator == 1 else float(limit.value)
        which = "smallest" if up > 0 else "largest"
        if limit.open:
            yield f"next to the limit {number}, which is out", {"const": _moved(number, up * step)}
            yield f"a hundredth off the limit {number}, which is out", {"const": _moved(number, up * 0.01)}
        else:
            yield f"the {which} number, {number}", {"const": number}
            yield f"next to the {which} number, {number}", {"const": _moved(number, up * step)}
    if "multipleOf" in schema:
        yield f"the step itself, {step}", {"const": step}
    yield from ((label, {"const": number}) for label, number in _NUMBERS.items())


def _moved(number: float, by: float) -> float:
    moved = round(number + by, 12)
    return int(moved) if moved == int(moved) else moved


def _of_items(schema: Schema) -> Iterator[Found]:
    counts = {0: "no item", 1: "one item", 2: "two items"}
    if "minItems" in schema:
        least = int(schema["minItems"])
        counts |= {least: f"the fewest items, {least}", least + 1: f"one item more than the fewest, {least + 1}"}
    if "maxItems" in schema and 0 < (most := int(schema["maxItems"])) <= _MOST_ITEMS:
        counts |= {most - 1: f"one item less than the most, {most - 1}", most: f"the most items, {most}"}
    for count, label in counts.items():
        if count <= _MOST_ITEMS:
            yield label, {"type": "array", "minItems": count, "maxItems": count}


def _of_members(schema: Schema) -> Iterator[Found]:
    required = schema.get("required", ())
    for name, inner in schema.get("properties", {}).items():
        if name not in required and not nothing_allowed(inner):
            yield f"the optional member {name!r} is there", present(name)
            yield f"the optional member {name!r} is left out", absent(name)
    if "properties" in schema and not nothing_allowed(schema.get("additionalProperties")):
        name = fresh_name(schema)
        yield f"{name!r}, a member the model does not name", present(name, {"type": "string"})
    for keyword, which in (("minProperties", "fewest"), ("maxProperties", "most")):
        if keyword in schema and (count := int(schema[keyword])) <= _MOST_ITEMS:
            yield f"the {which} members, {count}", {"type": "object", "minProperties": count, "maxProperties": count}


def _of_alternatives(schema: Schema, kinds: frozenset[str]) -> Iterator[Found]:
    if "null" in kinds:
        yield "null", {"type": "null"}
    if isinstance(schema.get("type"), list):
        yield from ((f"the type {kind} of several", {"type": kind}) for kind in schema["type"] if kind != "null")
    for keyword in ("anyOf", "oneOf"):
        yield from ((f"alternative {place} of {keyword}", inner) for place, inner in enumerate(schema.get(keyword, ()), 1))


def _shown(value: Any) -> str:
    return shortened(json_text(value), _SHOWN)
