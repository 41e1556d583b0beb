"""Which keywords of a JSON Schema are rules, which kinds of value they speak of, and what they demand, in words."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

import jsonschema_rs
import msgspec

from mock_cdp.contract.violation import Violation, shortened
from mock_cdp.contract.wording import json_text

NOTHING: Final = "falseSchema"  # what a violation calls the keyword of the schema `false`

_ANY: Final = ("type", "enum", "const", "not", "anyOf", "oneOf", NOTHING)
_SPEAKS_OF: Final[dict[str, tuple[type, ...]]] = dict.fromkeys(_ANY, (object,)) | {
    **dict.fromkeys(("minLength", "maxLength", "pattern", "format", "contentEncoding", "contentMediaType"), (str,)),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), (int, float, Decimal)),
    **dict.fromkeys(("minItems", "maxItems", "uniqueItems", "additionalItems", "unevaluatedItems"), (list,)),
    **dict.fromkeys(("contains", "minContains", "maxContains"), (list,)),
    **dict.fromkeys(("minProperties", "maxProperties", "required", "additionalProperties", "unevaluatedProperties"), (dict,)),
}
_DRAFTS: Final = {  # the first draft that knows a keyword, and the last
    **dict.fromkeys(("const", "contains", "propertyNames"), (6, 9999)),
    **dict.fromkeys(("contentEncoding", "contentMediaType"), (6, 7)),  # from 2019-09 on a remark, no rule
    **dict.fromkeys(("if", "then", "else"), (7, 9999)),
    **dict.fromkeys(("minContains", "maxContains", "dependentRequired", "dependentSchemas"), (2019, 9999)),
    **dict.fromkeys(("unevaluatedItems", "unevaluatedProperties", "$recursiveRef"), (2019, 9999)),
    **dict.fromkeys(("prefixItems", "$dynamicRef"), (2020, 9999)),
    "additionalItems": (4, 2019),
}


def _never(_value: Any, _schema: Mapping[str, Any]) -> bool:
    return False


_SILENT: Final[dict[str, Callable[[Any, Mapping[str, Any]], bool]]] = {  # when a keyword demands nothing: value and schema
    **dict.fromkeys(("minLength", "minItems", "minProperties", "minContains", "uniqueItems"), lambda value, _: not value),
    **dict.fromkeys(("unevaluatedProperties", "unevaluatedItems"), lambda value, _: value in (True, {})),
    "additionalProperties": lambda value, _: value is not False,
    "additionalItems": lambda value, schema: value is not False or not isinstance(schema.get("items"), list),
    "not": lambda value, _: value is False,
    # In draft-04 a limit is exclusive by a flag beside it, and a violation names the flag.
    "maximum": lambda _, schema: schema.get("exclusiveMaximum") is True,
    "minimum": lambda _, schema: schema.get("exclusiveMinimum") is True,
    "exclusiveMaximum": lambda value, schema: value is False or (value is True and "maximum" not in schema),
    "exclusiveMinimum": lambda value, schema: value is False or (value is True and "minimum" not in schema),
}


class Rule(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One keyword at one place of a model (`required`: one for each member), and how many events kept and broke it.

    An event that breaks it anywhere counts as broken; else, if the place occurred with a kind of value that the keyword
    speaks of, as kept.

    Attributes:
        schema_pointer: JSON Pointer into the model, as a violation writes it: with references followed.
        keyword: As a violation names it.
        place: JSON Pointer into events, `*` for any index and for members without a name of their own; `""` is the event.
            A part of the model that is referred to from several places has the first.
        expected: What it demands, shortened; of `required` the member's name.
        kept: Events.
        broken: Events.
    """

    schema_pointer: str
    keyword: str
    place: str
    expected: str
    kept: int = 0
    broken: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """Return what tells it from the others of its model."""
        return key(self.schema_pointer, self.expected if self.keyword == "required" else "")


class Member(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A member that a model describes and does not require; with several items, an event may count on both sides.

    Attributes:
        place: As in `Rule`.
        present: Events that have it, at least once.
        absent: Events that have the object around it without it, at least once.
    """

    place: str
    present: int = 0
    absent: int = 0


def key(schema_pointer: str, member: str = "") -> tuple[str, str]:
    """Return what tells a rule from the others of its model.

    Args:
        schema_pointer: As in `Rule`.
        member: The name that `required` demands, with quotes around it or not: violations write none.
    """
    return schema_pointer, member.strip('"')


def key_of(violation: Violation) -> tuple[str, str]:
    """Return the key of the rule that *violation* names."""
    return key(violation.schema_pointer, violation.expected if violation.keyword == "required" else "")


def speaks_of(keyword: str, kind: type) -> bool:
    """Return whether *keyword* says anything about values of *kind*; true and false are no numbers."""
    spoken = _SPEAKS_OF[keyword]
    return issubclass(kind, spoken) and (kind is not bool or spoken == (object,))


def known(keyword: str, draft: int) -> bool:
    """Return whether *draft* (4, 6, 7, 2019 or 2020) gives *keyword* a meaning."""
    first, last = _DRAFTS.get(keyword, (4, 9999))
    return first <= draft <= last


def demand(keyword: str, schema: Mapping[str, Any], draft: int) -> str | None:
    """Return what *keyword* of *schema* demands, in short; None when it demands nothing that could be broken."""
    value = schema[keyword]
    if keyword not in _SPEAKS_OF or keyword == "required" or _SILENT.get(keyword, _never)(value, schema):
        return None
    match keyword:
        case "type":
            return " or ".join([value] if isinstance(value, str) else value)
        case "format":
            return str(value) if _asserted(value, draft) else None
        case "contains" if known("minContains", draft) and {"minContains", "maxContains"} & schema.keys():
            return None  # a violation names those instead
        case "exclusiveMaximum" | "exclusiveMinimum" if value is True:
            return json_text(schema[keyword.removeprefix("exclusive").lower()])
        case "uniqueItems":
            return "no two alike"
        case "anyOf" | "oneOf":
            return f"one of {len(value)} alternatives"
        case _ if value is False:
            return "no others"
        case _:
            return shortened(value if isinstance(value, str) else json_text(value))


@lru_cache(maxsize=256)
def _asserted(name: str, draft: int) -> bool:
    """Return whether the validator knows the format *name*; any other is a remark, no rule."""
    classes = {
        4: jsonschema_rs.Draft4Validator,
        6: jsonschema_rs.Draft6Validator,
        7: jsonschema_rs.Draft7Validator,
        2019: jsonschema_rs.Draft201909Validator,
        2020: jsonschema_rs.Draft202012Validator,
    }
    try:
        classes[draft]({"format": name}, validate_formats=True, ignore_unknown_formats=False, offline=True)
    except (jsonschema_rs.ValidationError, ValueError):
        return False
    return True
