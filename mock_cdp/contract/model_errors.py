"""Why a schema is no model: the deepest cause in words, where it is, and what to do."""

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

import jsonschema_rs

from mock_cdp.contract.pointers import pointer
from mock_cdp.contract.violation import shortened
from mock_cdp.contract.wording import json_text, kind_of

_KIND: Final = jsonschema_rs.ValidationErrorKind
_SHOWN: Final = 60  # characters of a value: its place is named beside it
_KINDS: Final = ("object", "array", "string", "integer", "number", "boolean", "null")
_FORMATS: Final = {"regex": "regular expression (as in ECMA 262)"}
_REFERRING: Final = ("$ref", "$dynamicRef", "$recursiveRef")
_DATA: Final = ("enum", "const", "default", "example", "examples")  # what looks like a reference in them is none


class ModelError(ValueError):
    """A model that cannot be used.

    Attributes:
        pointer: JSON Pointer into the model where the trouble is.
        do: What to do about it.
    """

    def __init__(self, message: str, pointer: str = "", do: str = "correct it") -> None:
        """Keep *pointer* and *do* beside the message."""
        super().__init__(message)
        self.pointer = pointer
        self.do = do


def no_schema(error: jsonschema_rs.ValidationError) -> ModelError:
    """Return what is wrong with a schema that its draft does not allow."""
    causes = _causes(error)
    return ModelError(f"not a valid JSON Schema: {_said(causes)}", pointer(causes[0].instance_path), _advice(causes))


def _causes(error: jsonschema_rs.ValidationError) -> list[jsonschema_rs.ValidationError]:
    """Return the deepest reasons, which are at one place: of alternatives, the one meant is the one that came furthest."""
    if not isinstance(error.kind, _KIND.AnyOf):  # no draft's own schema has another
        return [error]
    reasons = [cause for errors in error.kind.context for inner in errors for cause in _causes(inner)]
    deepest = max(reasons, key=lambda reason: len(reason.instance_path))
    found = [reason for reason in reasons if reason.instance_path == deepest.instance_path]
    of_right_kind = [reason for reason in found if not isinstance(reason.kind, (_KIND.Enum, _KIND.Type))]
    return of_right_kind or found


def _said(causes: list[jsonschema_rs.ValidationError]) -> str:
    value = causes[0].instance
    found = f"found {kind_of(value)} {shortened(json_text(value), _SHOWN)}"
    if choices := _choices(causes):
        return f"must be one of {', '.join(map(json_text, choices))}, {found}"
    if kinds := _types(causes):
        return f"must be {' or '.join(kinds)}, {found}"
    match causes[0].kind:
        case _KIND.Format(name):
            return f"must be a {_FORMATS.get(name, name)}, {found}"
        case _:
            return shortened(causes[0].message, 300)


def _choices(causes: list[jsonschema_rs.ValidationError]) -> list[Any]:
    return next((cause.kind.options for cause in causes if isinstance(cause.kind, _KIND.Enum)), [])


def _types(causes: list[jsonschema_rs.ValidationError]) -> list[str]:
    return list(dict.fromkeys(kind for cause in causes if isinstance(cause.kind, _KIND.Type) for kind in cause.kind.types))


def _advice(causes: list[jsonschema_rs.ValidationError]) -> str:
    value, place = causes[0].instance, causes[0].instance_path
    if choices := _choices(causes):
        near = difflib.get_close_matches(str(value).lower(), choices, n=1)
        return f"did you mean {json_text(near[0])}?" if near else "choose one of them"
    kinds = _types(causes)
    if value in _KINDS and "object" in kinds:
        return f'write {{"type": {json_text(value)}}}'
    if place[-1:] == ["required"] and "array" in kinds:
        return 'list the names of the members that the object must have: "required": ["id"]'
    return "correct it"


def not_found(error: Exception, schema: Mapping[str, Any]) -> ModelError:
    """Return which reference of *schema* leads nowhere, or outside; nothing is fetched."""
    message = str(getattr(error, "message", error))
    quoted = re.search(r"'(.*?)'", message)
    references = _references(schema)
    place, named = next((one for one in references if quoted and _is_named(one[1], quoted[1])), ((), ""))
    if not named:
        return ModelError(f"does not compile: {shortened(message, 300)}", do="correct the references")
    shown = shortened(json_text(named))
    if message.startswith(("Pointer", "Anchor")):
        return ModelError(f"does not compile: {shown} leads nowhere", pointer(place), _elsewhere(named, schema))
    do = "copy what is meant into this schema, below definitions: nothing outside it can be referred to"
    return ModelError(f"does not compile: {shown} leads out of the schema", pointer(place), do)


def _references(schema: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield every reference with its place."""
    waiting: list[tuple[tuple[str | int, ...], Any]] = [((), schema)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, list):
            waiting += [((*path, index), inner) for index, inner in enumerate(value)]
        elif isinstance(value, dict):
            yield from (((*path, name), value[name]) for name in _REFERRING if isinstance(value.get(name), str))
            waiting += [((*path, name), inner) for name, inner in value.items() if name not in _DATA]


def _is_named(reference: str, named: str) -> bool:
    """Return whether the compiler's *named*, an address without its fragment or a fragment alone, can mean *reference*."""
    address, _, fragment = reference.partition("#")
    return named in {reference, address, fragment, unquote(fragment)} - {""} or bool(address and named.endswith(f"/{address}"))


def _elsewhere(named: str, schema: Mapping[str, Any]) -> str:
    known = [f"#{pointer((place, name))}" for place in ("definitions", "$defs") for name in schema.get(place, ())]
    near = difflib.get_close_matches(named, known, n=1)
    return f"did you mean {json_text(near[0])}?" if near else "put a schema there, or correct the reference"
