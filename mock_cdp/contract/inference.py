"""Sample payloads to an event model, as the console's wizard makes one "from a JSON file"; a JSON Schema is taken as it is.

A model made here accepts every sample it was made from. What the samples cannot prove is listed as a guess, for a person to
confirm. How SAP's own wizard guesses is not known: every rule below is ours (assumed).
"""

import json
import re
from collections.abc import Sequence
from functools import cache
from typing import Any, Final, Literal

import msgspec
from genson import SchemaBuilder  # type: ignore[import-untyped]

from mock_cdp.contract.contract import Sample
from mock_cdp.contract.model import DEFAULT_DIALECT, Model
from mock_cdp.contract.model_errors import ModelError
from mock_cdp.contract.pointers import pointer
from mock_cdp.contract.sample_texts import KINDS, Document, InferenceError, Schema, free_name, read, stem
from mock_cdp.contract.violation import shortened

_FORMATS: Final = {  # a shape nobody writes by chance; the validator then judges the rest, such as the 13th month
    "date-time": re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII),
    "date": re.compile(r"\d{4}-\d\d-\d\d", re.ASCII),
    "email": re.compile(r"[^@\s]+@[^@\s]+"),
    "uri": re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+"),  # `a:b` is a URI too, and a thousand other things
    "uuid": re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"),  # draft-07 does not know it: it only informs
}
_ENUM_SEEN: Final = 8  # values in total, below which nothing is clear
_ENUM_DISTINCT: Final = range(2, 6)  # one value is no choice, many are a list that will grow
_ENUM_EACH: Final = 2  # times each value was seen: what came once may be anything
_ENUM_LENGTH: Final = 32  # characters; longer is prose
_ID_WORDS: Final = frozenset({"ids", "key", "guid", "uuid", "number", "no", "nr", "num", "sku", "ean", "gtin", "name"})
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_MANY_DIGITS: Final = re.compile(r"\d{4}")
_SHOWN: Final = 60  # characters of a value in a sentence


class Guess(msgspec.Struct, frozen=True):
    """Something the model says that the samples do not prove.

    Attributes:
        pointer: JSON Pointer into the model, to the schema that holds the keyword.
        keyword: What was guessed, or left out.
        text: One sentence: what was seen, and what to change if it is wrong.
    """

    pointer: str
    keyword: str
    text: str


class Inferred(msgspec.Struct, frozen=True, kw_only=True):
    """A model and how it came about.

    Attributes:
        schema: It compiles as a `Model`. Of samples: draft-07, members in the order they were first seen.
        guesses: What to confirm, in the order of the model.
        recognised: What the texts hold.
        samples: How many samples; 0 for a schema.
    """

    schema: Schema
    guesses: tuple[Guess, ...]
    recognised: Literal["schema", "samples"]
    samples: int


def infer(texts: Sequence[tuple[str, bytes]]) -> Inferred:
    """Return the event model that *texts* are, or that fits all samples in them.

    A text holds one sample, an array of samples, a batch (an object whose only member is `events`, an array), or a JSON
    Schema. An object by itself is taken for a schema when its `$schema` names a draft of JSON Schema, or when its `type` is
    `"object"` and what stands beside it is a schema throughout: its properties are described by schemas (`{"type": …}`),
    or it and its properties hold no member that JSON Schema does not know. Anything else is a sample, and so is whatever
    stands in an array: that is how to say so of a sample that looks like a schema.

    Args:
        texts: `(name, JSON)` of each.

    Raises:
        InferenceError: For the first text that is of no use, or when all together hold neither samples nor one schema.
    """
    found = [one for name, raw in texts for one in read(name, raw)]
    if not found:
        raise InferenceError("samples", "", "there are none", "give a JSON file with a sample or a JSON Schema")
    given = [one for one in found if one.is_schema]
    if not given:
        return _from_samples(found)
    if len(found) > 1:
        schema, other = given[0], next(one for one in found if one is not given[0])
        what = "a second JSON Schema" if other.is_schema else "a sample"
        do = "give one schema or samples; a sample that looks like a schema is taken as one in an array"
        raise InferenceError(other.file, other.pointer, f"{what}, and {schema.file} is a JSON Schema", do)
    return _from_schema(given[0])


def samples(texts: Sequence[tuple[str, bytes]]) -> tuple[Sample, ...]:
    """Return the samples in *texts*, as `infer` reads them, each with a name of its own for a file.

    A text's one sample has the text's name (without folder and `.json`), those of an array have a number behind it.

    Raises:
        InferenceError: A text that is of no use.
    """
    named: dict[str, Sample] = {}
    for name, raw in texts:
        for one in read(name, raw):
            if not one.is_schema:
                wanted = stem(name) + (f"-{one.number}" if one.number else "")
                own = free_name(wanted, named)
                named[own.casefold()] = Sample(name=own, event=one.value)
    return tuple(named.values())


# -- a schema ----------------------------------------------------------------------------------------------------------


def _from_schema(given: Document) -> Inferred:
    try:
        Model(given.value)
    except ModelError as error:
        do = f"{error.do}; a sample that looks like a schema is taken as a sample in an array"
        raise InferenceError(given.file, error.pointer, str(error), do) from None
    guesses = []
    if "$schema" not in given.value:
        text = f"{given.file} names no draft but looks like a JSON Schema; if it is a sample, put it in an array"
        guesses.append(Guess("", "$schema", text))
    return Inferred(schema=given.value, guesses=tuple(guesses), recognised="schema", samples=0)


# -- samples -----------------------------------------------------------------------------------------------------------


def _from_samples(found: list[Document]) -> Inferred:
    values = [one.value for one in found]
    builder = SchemaBuilder(schema_uri=None)
    for value in values:
        builder.add_object(value)
    refining = _Refining(len(values))
    looking = [one for one in found if one.value.get("type") == "object" and isinstance(one.value.get("properties"), dict)]
    for one in looking[:1]:
        refining.guess((), "type", f'{one.file} has "type": "object" and properties, but was taken for a sample')
    schema = {"$schema": DEFAULT_DIALECT, **refining.refined(builder.to_schema(), values, ())}
    try:
        Model(schema)
    except ModelError as error:  # the limit of depth keeps this from happening
        raise InferenceError(found[0].file, "", f"no model fits: {error}", "give simpler samples") from None
    return Inferred(schema=schema, guesses=tuple(refining.guesses), recognised="samples", samples=len(values))


class _Refining:
    """One walk through what genson made of the samples, with the values that stood at each place."""

    def __init__(self, samples: int) -> None:
        self.samples = samples
        self.guesses: list[Guess] = []

    def guess(self, place: tuple[str, ...], keyword: str, text: str) -> None:
        self.guesses.append(Guess(pointer(place), keyword, text))

    def refined(self, node: Schema, values: list[Any], place: tuple[str, ...]) -> Schema:
        """Return the schema at *place*: genson's alternatives as one, which each keyword minds only for its own type."""
        alternatives = node.get("anyOf", [node])
        kinds = _kinds(alternatives)
        schema: Schema = {}
        if kinds and kinds != ["null"]:
            schema["type"] = kinds[0] if len(kinds) == 1 else kinds
        self._kinds_guessed(kinds, values, place)
        schema |= self._text(kinds, values, place)
        objects = [value for value in values if isinstance(value, dict)]
        arrays = [value for value in values if isinstance(value, list)]
        for alternative in alternatives:
            if alternative.get("required"):
                self._required_guessed(alternative["required"], objects, place)
            schema |= self._members(alternative, objects, arrays, place)
        if arrays and not any(arrays):
            self.guess(place, "items", "only empty arrays were seen, so their items are not described")
        return schema

    def _members(self, alternative: Schema, objects: list[Schema], arrays: list[Any], place: tuple[str, ...]) -> Schema:
        """Return the keywords that hold schemas in turn, with `required` in the order of the members."""
        schema: Schema = {}
        if "properties" in alternative:
            schema["properties"] = {
                name: self.refined(inner, [value[name] for value in objects if name in value], (*place, "properties", name))
                for name, inner in alternative["properties"].items()
            }
        if "required" in alternative:
            needed = set(alternative["required"])
            schema["required"] = [name for name in schema["properties"] if name in needed]
        if "items" in alternative:
            inside = [item for array in arrays for item in array]
            schema["items"] = self.refined(alternative["items"], inside, (*place, "items"))
        return schema

    def _kinds_guessed(self, kinds: list[str], values: list[Any], place: tuple[str, ...]) -> None:
        seen = _counted(len(values), "value")
        if kinds == ["null"]:
            self.guess(place, "type", f"only null was seen ({seen}), so anything is accepted; write the type")
        elif len([kind for kind in kinds if kind != "null"]) > 1:
            self.guess(place, "type", f"{' and '.join(kinds)} were seen ({seen}); a sender may have mixed them up")
        elif "integer" in kinds:
            self.guess(place, "type", f"only whole numbers were seen ({seen}); write number if there may be decimals")

    def _required_guessed(self, required: list[str], objects: list[Schema], place: tuple[str, ...]) -> None:
        names = shortened(", ".join(json.dumps(name, ensure_ascii=False) for name in sorted(required)), 200)
        rests = "rests on one sample" if self.samples == 1 else f"rests on {self.samples} samples"
        inside = f", {_counted(len(objects), 'object')} there" if place else ""
        self.guess(place, "required", f"never absent: {names}; this {rests}{inside}")

    def _text(self, kinds: list[str], values: list[Any], place: tuple[str, ...]) -> Schema:
        """Return the format or the enum of a place where nothing but strings (or null) was seen."""
        if "string" not in kinds or not set(kinds) <= {"string", "null"}:
            return {}
        texts = [value for value in values if value is not None]
        seen = _counted(len(texts), "value")
        for name, shape in _FORMATS.items():
            if all(shape.fullmatch(text) and _accepts(name, text) for text in texts):
                self.guess(place, "format", f"every value looks like {name} ({seen}), such as {_shown(texts[0])}")
                return {"format": name}
        choice = _choice(_name(place), texts)
        if not choice:
            return {}
        self.guess(place, "enum", f"only {', '.join(map(_shown, choice))} were seen ({seen}); remove it if there are others")
        return {"enum": [*choice, *([None] if "null" in kinds else [])]}


def _kinds(alternatives: list[Schema]) -> list[str]:
    found: set[str] = set()
    for alternative in alternatives:
        kinds = alternative.get("type", [])
        found |= {kinds} if isinstance(kinds, str) else set(kinds)
    return [kind for kind in KINDS if kind in found]


@cache
def _format_model(name: str) -> Model:
    return Model({"type": "object", "properties": {"value": {"type": "string", "format": name}}})


def _accepts(name: str, text: str) -> bool:
    """Return whether the model's own validator takes *text* for the format: it then takes the sample too."""
    return _format_model(name).accepts({"value": text})


def _name(place: tuple[str, ...]) -> str:
    """Return the name of the member at *place*, or of the member whose items stand there."""
    names = list(place)
    while names and names[-1] == "items" and names[-2:-1] != ["properties"]:
        names.pop()
    return names[-1] if names else ""


def _choice(name: str, texts: list[str]) -> list[str]:
    """Return the values of a clear enumeration, sorted, or nothing."""
    distinct = sorted(set(texts))
    if len(texts) < _ENUM_SEEN or len(distinct) not in _ENUM_DISTINCT or _is_an_id(name):
        return []
    if any(not text.strip() or len(text) > _ENUM_LENGTH or _MANY_DIGITS.search(text) for text in distinct):
        return []
    return distinct if all(texts.count(text) >= _ENUM_EACH for text in distinct) else []


def _is_an_id(name: str) -> bool:
    """Return whether a member's name says that its values tell things apart: `crmId`, `userid`, `STORE_NO`, `firstName`."""
    last = "".join(_WORD.findall(name)[-1:]).lower()
    return last.endswith("id") or last in _ID_WORDS


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _shown(text: str) -> str:
    return json.dumps(shortened(text, _SHOWN), ensure_ascii=False)
