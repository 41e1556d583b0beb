"""What is given to infer a model from: samples or a JSON Schema, told apart, each with where it stands."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, NoReturn

import msgspec

from mock_cdp.contract.files import is_rejected_sample
from mock_cdp.contract.json_texts import MAX_DEPTH, JsonTextError, is_deeper, read_json
from mock_cdp.contract.slugs import free_slug
from mock_cdp.contract.violation import shortened
from mock_cdp.contract.wording import json_text

Schema = dict[str, Any]

KINDS: Final = ("object", "array", "string", "integer", "number", "boolean", "null")  # the order in a list of types
_SHOWN: Final = 60  # characters of a value in a sentence
MAX_SAMPLE_DEPTH: Final = (MAX_DEPTH - 4) // 2  # a level of a sample is up to two of its model, which is a contract file

_DRAFT: Final = re.compile(r"https?://json-schema\.org/")
_STRUCTURE: Final[dict[str, type | tuple[type, ...]]] = {
    "properties": dict,
    "patternProperties": dict,
    "additionalProperties": (dict, bool),
    "required": list,
    "allOf": list,
    "anyOf": list,
    "oneOf": list,
    "$ref": str,
}
_DESCRIBING: Final = frozenset({"type", "enum", "const", "format", "items", *_STRUCTURE})
_OTHERS: Final = (
    "$schema $id id $comment $defs definitions title description default examples nullable readOnly writeOnly deprecated "
    "pattern minLength maxLength minimum maximum exclusiveMinimum exclusiveMaximum multipleOf contentEncoding "
    "contentMediaType minItems maxItems uniqueItems contains additionalItems prefixItems minProperties maxProperties "
    "propertyNames dependencies dependentRequired dependentSchemas unevaluatedProperties unevaluatedItems if then else not"
)
_KEYWORDS: Final = _DESCRIBING | frozenset(_OTHERS.split())


class InferenceError(ValueError):
    """Something no model can be made from.

    Attributes:
        name: Of the text.
        pointer: JSON Pointer into it; `""` is all of it.
        found: What is wrong.
        do: What to do about it.
    """

    def __init__(self, name: str, pointer: str, found: str, do: str) -> None:
        """Keep the parts beside the message, which is one line."""
        super().__init__(f"{name}{'#' + pointer if pointer else ''}: {found}; {do}")
        self.name = name
        self.pointer = pointer
        self.found = found
        self.do = do


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A sample or a schema, and where it stands.

    Attributes:
        number: From 1 within an array; 0 for a text's only value.
    """

    file: str
    pointer: str = ""
    number: int = 0
    value: Schema
    is_schema: bool = False


def read(name: str, raw: bytes) -> Iterator[Document]:
    """Yield what the text called *name* holds."""
    value = _parsed(name, raw.removeprefix(b"\xef\xbb\xbf"))  # editors on Windows write the mark; it says nothing
    match value:
        case {"events": list(events), **others} if not others:
            yield from _each(name, "/events", events)
        case list():
            yield from _each(name, "", value)
        case dict() if is_rejected_sample(value):
            do = "give accepted ones, or the event in it (#/event) in a file of its own"
            raise InferenceError(name, "", "a rejected sample, and a model would accept what it was made from", do)
        case dict():
            is_schema = _looks_like_a_schema(value)
            if not is_schema:
                _require_shallow(name, "", value)
            yield Document(file=name, value=value, is_schema=is_schema)
        case _:
            _refuse_kind(name, "", value)


def _each(name: str, place: str, values: list[Any]) -> Iterator[Document]:
    if not values:
        raise InferenceError(name, place, "an array without samples", "put at least one event in it")
    for index, value in enumerate(values):
        at = f"{place}/{index}"
        if not isinstance(value, dict):
            _refuse_kind(name, at, value)
        _require_shallow(name, at, value)
        yield Document(file=name, pointer=at, number=index + 1, value=value)


def _refuse_kind(name: str, place: str, value: Any) -> NoReturn:
    found = f"{shortened(json_text(value), _SHOWN)} is no object"
    raise InferenceError(name, place, found, "give an event, an array of events or a JSON Schema")


def _require_shallow(name: str, place: str, value: Any) -> None:
    """Refuse containers in more levels than a model can describe."""
    if is_deeper(value, MAX_SAMPLE_DEPTH):
        raise InferenceError(name, place, f"nested deeper than {MAX_SAMPLE_DEPTH} levels", "flatten it")


def _parsed(name: str, raw: bytes) -> Any:
    """Return the JSON value in *raw*, integers of any size intact."""
    if not raw.strip():
        raise InferenceError(name, "", "empty", "put a sample or a JSON Schema in it")
    try:
        value, twice = read_json(raw)
    except JsonTextError as error:
        raise InferenceError(name, "", error.found, error.do) from None
    if twice:
        found = f"the member {shortened(twice[0], _SHOWN)!r} stands twice in one object"
        raise InferenceError(name, "", found, "remove one; only the last would count")
    return value


def _looks_like_a_schema(value: Schema) -> bool:
    """Return whether an object is a JSON Schema rather than an event; `infer` says when."""
    named = value.get("$schema")
    if isinstance(named, str) and _DRAFT.match(named):
        return True
    structure = {keyword: value[keyword] for keyword in _STRUCTURE if keyword in value}
    if value.get("type") != "object" or not structure:
        return False
    if not all(isinstance(part, _STRUCTURE[keyword]) for keyword, part in structure.items()):
        return False
    described = list(structure.get("properties", {}).values())
    if described and all(_describes(inner) for inner in described):
        return True
    return value.keys() <= _KEYWORDS and all(
        isinstance(inner, bool) or (isinstance(inner, dict) and inner.keys() <= _KEYWORDS) for inner in described
    )


def _describes(value: Any) -> bool:
    """Return whether *value* is surely the schema of a member: it says more than a title, and its type is one."""
    if not isinstance(value, dict) or not value.keys() & _DESCRIBING:
        return False
    kinds = value.get("type", "object")
    return kinds in KINDS if isinstance(kinds, str) else isinstance(kinds, list) and all(kind in KINDS for kind in kinds)


def stem(name: str) -> str:
    """Return a file's name without its folder and `.json`."""
    return re.sub(r"\.json$", "", re.split(r"[/\\]", name)[-1], flags=re.IGNORECASE)


def free_name(wanted: str, taken: Iterable[str]) -> str:
    """Return *wanted* as it is if it can be the name of a file anywhere and is not *taken* in any case, else a slug."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", wanted) and wanted.casefold() not in taken:
        return wanted
    return free_slug(wanted, set(taken))
