"""Keywords of a model in OpenAPI 3.0: the types a schema allows, the limits that mean the same there, the rest."""

from collections.abc import Mapping
from typing import Any, Final

from mock_cdp.contract.wording import kind_of

_LIMITS: Final = {
    "string": ("minLength", "maxLength", "pattern"),
    "integer": ("multipleOf",),
    "number": ("multipleOf",),
    "boolean": (),
    "array": ("minItems", "maxItems", "uniqueItems"),
    "object": ("minProperties", "maxProperties"),
}
_BOUNDS: Final = (("minimum", "exclusiveMinimum", 1), ("maximum", "exclusiveMaximum", -1))

# Every keyword that limits or describes what stands there; beside a reference none of them can be kept.
LIMITS: Final = (
    *("type", "enum", "const", "properties", "required", "items", "prefixItems", "format"),
    *dict.fromkeys(limit for limits in _LIMITS.values() for limit in limits),
    *(keyword for *keywords, _ in _BOUNDS for keyword in keywords),
)

# Rules that OpenAPI 3.0 does not have, or that are a composed schema. `additionalProperties: false` and the like are not among
# them: a mapping writes no field that is not described, so it keeps them anyway.
LEFT_OUT: Final = ("not", "contains", "propertyNames", "unevaluatedItems")


def kinds_of(schema: Mapping[str, Any]) -> list[str]:
    """Return the types that *schema* names, else those of the values it lists; none when it says nothing of either."""
    written = schema.get("type", [])
    if written:
        return [written] if isinstance(written, str) else list(written)
    return list(dict.fromkeys(_kind(value) for value in _listed(schema) or ()))


def kept(schema: Mapping[str, Any], kind: str, *, nullable: bool) -> dict[str, Any]:
    """Return the rules of *schema* on one *kind* of value, as OpenAPI 3.0 writes them."""
    found: dict[str, Any] = {keyword: schema[keyword] for keyword in _LIMITS[kind] if keyword in schema}
    if kind in {"integer", "number"}:
        found |= _bounds(schema)
    if kind in {"object", "array"}:
        return found
    if isinstance(schema.get("format"), str):
        found["format"] = schema["format"]
    values = [value for value in _listed(schema) or () if _fits(_kind(value), kind, nullable=nullable)]
    return found | ({"enum": values} if values else {})


def _listed(schema: Mapping[str, Any]) -> list[Any] | None:
    """Return the only values there may be; None when any may be."""
    if "const" in schema:
        return [schema["const"]]
    listed = schema.get("enum")
    return listed if isinstance(listed, list) else None


def _bounds(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the bounds; in OpenAPI 3.0 the exclusive ones are flags."""
    found: dict[str, Any] = {}
    for inclusive, exclusive, sign in _BOUNDS:
        least, above = schema.get(inclusive), schema.get(exclusive)
        if above is not None and (least is None or above * sign >= least * sign):
            found |= {inclusive: above, exclusive: True}
        elif least is not None:
            found[inclusive] = least
    return found


def _fits(found: str, kind: str, *, nullable: bool) -> bool:
    return found == kind or (found == "integer" and kind == "number") or (found == "null" and nullable)


def _kind(value: Any) -> str:
    """Name the JSON type of *value*; a whole number is an integer however it is written."""
    kind = kind_of(value)
    return "integer" if kind == "number" and (isinstance(value, int) or value.is_integer()) else kind
