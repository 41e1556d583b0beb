"""An event model compiled once: a value in, violations out, in stable order. Nothing is fetched from network or disk."""

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any, Final

import jsonschema_rs

from mock_cdp.contract.model_errors import ModelError, no_schema, not_found
from mock_cdp.contract.pointers import pointer
from mock_cdp.contract.violation import Violation, shortened
from mock_cdp.contract.wording import json_text, kind_of

DEFAULT_DIALECT: Final = "http://json-schema.org/draft-07/schema#"  # observed in SAP's own files
DIALECTS: Final = (
    "json-schema.org/draft-04/schema",
    "json-schema.org/draft-06/schema",
    "json-schema.org/draft-07/schema",
    "json-schema.org/draft/2019-09/schema",
    "json-schema.org/draft/2020-12/schema",
)
MAX_VIOLATIONS: Final = 1_000  # of one event; the rest would only repeat the cause

_EMAIL: Final = jsonschema_rs.EmailOptions(require_tld=True)
_EVENT: Final = "json-schema:///event"  # beside the address that a model without `$id` has
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


class Model:
    """One event's model, compiled.

    Attributes:
        schema: The JSON Schema as given, decoded.
        accepts: Whether a value keeps the model; the hot path's question.
    """

    __slots__ = ("_accepts_all", "_validator", "accepts", "schema")

    def __init__(self, schema: Any) -> None:
        """Compile *schema*; draft-07 unless its `$schema` names another draft.

        Raises:
            ModelError: Not an object schema, of no known draft, not valid in its draft, or it refers to something outside itself.
        """
        _require_object_root(schema)
        _require_known_dialect(schema)
        self.schema: Mapping[str, Any] = schema
        self._validator = _compile(schema)  # formats are asserted: a sender wants to hear of a bad date
        self.accepts = self._validator.is_valid
        self._accepts_all: Callable[[Any], bool] | None = None

    def accepts_all(self, values: Sequence[Any]) -> bool:
        """Return whether every one of *values*, a list, keeps the model: a fifth cheaper than asking one by one."""
        if len(values) == 1:
            return self.accepts(values[0])
        if self._accepts_all is None:  # most models never see a batch
            self._accepts_all = self._batch_question()
        return self._accepts_all(values)

    def _batch_question(self) -> Callable[[Any], bool]:
        """Return how to ask of many at once; a reference that only works in the model by itself keeps it to one by one."""
        try:
            return _array_validator(self.schema).is_valid
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError):
            return lambda values: all(map(self.accepts, values))

    def violations(self, value: Any, *, index: int = 0) -> list[Violation]:
        """Return every rule that *value* breaks, ordered by place in the event, then place in the model."""
        found = [_violation(error, index) for error in islice(self._validator.iter_errors(value), MAX_VIOLATIONS)]
        return sorted(found, key=lambda v: (v.pointer, v.schema_pointer, v.message))

    def first_violation(self, value: Any, *, index: int = 0) -> list[Violation]:
        """Return some rule that *value* breaks, in a list; the others are not looked for, which may cost much."""
        try:
            self._validator.validate(value)
        except jsonschema_rs.ValidationError as error:
            return [_violation(error, index)]
        return []


def _require_object_root(schema: Any) -> None:
    if not isinstance(schema, dict):
        raise ModelError(f"a model is a JSON Schema object; found {kind_of(schema)}")
    if schema.get("type") != "object":
        found = shortened(json_text(schema["type"])) if "type" in schema else "none"
        raise ModelError(f'the root of a model must have "type": "object"; found {found}', "/type", 'write "type": "object"')


def _require_known_dialect(schema: dict[str, Any]) -> None:
    """Refuse any other `$schema` before the compiler sees it: it would be fetched, from wherever it says."""
    named = dialect_of(schema)
    if not isinstance(named, str) or bare(named) not in DIALECTS:
        known = ", ".join(f"http://{dialect}#" for dialect in DIALECTS)
        raise ModelError(f"$schema names no draft that is known: {shortened(json_text(named))}; known are {known}", "/$schema")


def dialect_of(schema: Mapping[str, Any]) -> Any:
    """Return the `$schema` that a model names, or the one that holds without a name; a text, in one that compiles."""
    return schema.get("$schema", DEFAULT_DIALECT)


def bare(dialect: str) -> str:
    """Return a `$schema` as `DIALECTS` writes it; `""` if it is no address of that kind."""
    written = re.fullmatch(r"https?://([^#]*)#?", dialect)
    return written[1] if written else ""


def declared(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return *schema* with the `$schema` it is compiled by."""
    return {"$schema": dialect_of(schema), **schema}


def compiled(schema: Any, registry: jsonschema_rs.Registry | None = None) -> jsonschema_rs.Validator:
    """Compile *schema*, a model or what is made of its parts: formats are asserted, nothing is fetched.

    Args:
        schema: With its `$schema`.
        registry: What it may refer to beside itself.

    Raises:
        jsonschema_rs.ValidationError: It is no schema; likewise `jsonschema_rs.ReferencingError` and `ValueError`.
    """
    return jsonschema_rs.validator_for(schema, registry=registry, offline=True, validate_formats=True, email_options=_EMAIL)


def _array_validator(schema: Mapping[str, Any]) -> jsonschema_rs.Validator:
    """Compile "an array of events". The model keeps an address of its own, so that `#` in it still means the model."""
    event = declared(schema)
    array = {"$schema": event["$schema"], "type": "array", "items": {"$ref": _EVENT}}
    registry = jsonschema_rs.Registry([(_EVENT, event)])
    return compiled(array, registry)


def _compile(schema: dict[str, Any]) -> jsonschema_rs.Validator:
    whole = declared(schema)
    try:
        jsonschema_rs.meta.validate(whole)
        return compiled(whole)
    except jsonschema_rs.ValidationError as error:
        # Some rules, such as that of a pattern in the later drafts, only the compiler knows.
        is_reference = isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Referencing)
        raise (not_found(error, whole) if is_reference else no_schema(error)) from None
    except (jsonschema_rs.ReferencingError, ValueError) as error:
        raise not_found(error, whole) from None


def _violation(error: jsonschema_rs.ValidationError, index: int) -> Violation:
    keyword = _keyword(error)
    place = pointer(error.instance_path)
    found = shortened(json_text(error.instance))
    expected = _expected(error)
    return Violation(
        code=_CAMEL.sub("-", keyword).lower(),
        pointer=place,
        message=_message(error, keyword, place, expected, found),
        keyword=keyword,
        schema_pointer=pointer(error.schema_path),
        expected=expected,
        found=found,
        index=index,
    )


def _keyword(error: jsonschema_rs.ValidationError) -> str:
    kind = error.kind
    return "falseSchema" if isinstance(kind, jsonschema_rs.ValidationErrorKind.FalseSchema) else kind.name


def _expected(error: jsonschema_rs.ValidationError) -> str:
    match error.kind:
        case jsonschema_rs.ValidationErrorKind.Type(types):
            return " or ".join(types)
        case jsonschema_rs.ValidationErrorKind.Required(name):
            return str(name).strip('"')
        case jsonschema_rs.ValidationErrorKind.AdditionalProperties(unexpected):
            return f"no {', '.join(unexpected)}"
        case jsonschema_rs.ValidationErrorKind.AnyOf(context) | jsonschema_rs.ValidationErrorKind.OneOfNotValid(context):
            return f"one of {len(context)} alternatives"
        case jsonschema_rs.ValidationErrorKind.FalseSchema():
            return "nothing here"
        case kind:
            return shortened(kind.value if isinstance(kind.value, str) else _plain(kind.value))


def _plain(value: Any) -> str:
    try:
        return json_text(value)
    except TypeError:  # nested errors and decimals have no JSON form
        return str(value)


def _message(error: jsonschema_rs.ValidationError, keyword: str, place: str, expected: str, found: str) -> str:
    where = place or "the event"
    match error.kind:
        case jsonschema_rs.ValidationErrorKind.Type():
            return f"{where} must be {expected}, found {kind_of(error.instance)} {found}"
        case jsonschema_rs.ValidationErrorKind.Required():
            return f"{where} lacks {expected!r}"
        case jsonschema_rs.ValidationErrorKind.AdditionalProperties(unexpected):
            return f"{where} has members the model does not know: {', '.join(unexpected)}"
        case jsonschema_rs.ValidationErrorKind.Format(name):
            return f"{where} must have the format {name}, found {found}"
        case jsonschema_rs.ValidationErrorKind.Pattern(regex):
            return f"{where} must match {regex}, found {found}"
        case jsonschema_rs.ValidationErrorKind.Enum():
            return f"{where} must be one of {expected}, found {found}"
        case jsonschema_rs.ValidationErrorKind.AnyOf(context) | jsonschema_rs.ValidationErrorKind.OneOfNotValid(context):
            return f"{where} fits none of {len(context)} alternatives: {_alternatives(context)}"
        case jsonschema_rs.ValidationErrorKind.FalseSchema():
            return f"{where} must not be there, found {found}"
        case _:
            return f"{where} breaks {keyword}: {shortened(error.message, 300)}"


def _alternatives(context: list[list[jsonschema_rs.ValidationError]]) -> str:
    """Say of each alternative the first reason why it does not fit."""
    reasons = [_violation(errors[0], 0).message for errors in context if errors]
    return shortened("; or ".join(dict.fromkeys(reasons)), 300)
