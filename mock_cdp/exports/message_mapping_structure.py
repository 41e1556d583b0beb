"""An event model as a structure that Message Mapping reads: every node has one type and a name, and nothing is combined.

SAP documents what is not supported: objects without properties or with only additional ones, external references, composed
schemas; and that nothing is written for names starting with `@`. References are followed, so that none is left. A combination
that only limits fields described elsewhere is left out with a note; one that decides what stands there is refused.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NoReturn

from mock_cdp.contract.pointers import pointer
from mock_cdp.contract.violation import shortened
from mock_cdp.contract.wording import json_text
from mock_cdp.exports.dialect import translated
from mock_cdp.exports.message_mapping_rules import LEFT_OUT, LIMITS, kept, kinds_of
from mock_cdp.exports.message_mapping_schema import Path, at, branches, in_model, nearest_form, resolved

MOST_SCHEMAS: Final = 20_000  # visited; references into references can multiply without end
MOST_LEVELS: Final = 60  # of nesting; nobody maps deeper, and it is far below where Python stops

_PLACE: Final = "#/model"  # where the model is thought to stand; its references begin so
_PLAIN_NAME: Final = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)
_COMBINED: Final = ("allOf", "anyOf", "oneOf", "if", "dependentSchemas", "dependentRequired")
_TELLING: Final = {"properties": "object", "items": "array", "prefixItems": "array"}

_RULE: Final = "it adds no field, but the mapping has to keep this rule by itself"
_ANY_NAME: Final = "a field that the model does not name cannot be mapped"
_ODD_NAME: Final = "whether Message Mapping takes a field of this name is not documented"
_ARRAY_IN_ARRAY: Final = "whether Message Mapping takes an array in an array is not documented"


class MappingError(ValueError):
    """A model that cannot be a structure for Message Mapping.

    Attributes:
        pointer: JSON Pointer into the model, to what cannot be said.
        found: What stands there.
        nearest: The nearest form that can be said.
    """

    def __init__(self, pointer: str, found: str, nearest: str) -> None:
        """Say all three in one sentence."""
        super().__init__(f"{pointer or 'the model'}: {found}; {nearest}")
        self.pointer = pointer
        self.found = found
        self.nearest = nearest


def structure(model: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return *model* as a schema of OpenAPI 3.0 without references and combinations, and notes on what was left out.

    Args:
        model: A model's schema, of any draft; it compiles.

    Raises:
        MappingError: It cannot be said that way.
    """
    reading = _Reading(model)
    found = reading.schema((), frozenset())
    return found, tuple(reading.notes)


class _Reading:
    """One model on its way: what was visited, and what has to be noted."""

    def __init__(self, model: Mapping[str, Any]) -> None:
        self._model = model
        self._root = translated(model, _PLACE)  # one dialect, and every reference a plain path
        self._visited = 0
        self.notes: dict[str, None] = {}  # a set in order: what is referred to twice is noted once

    def schema(self, path: Path, within: frozenset[Path]) -> dict[str, Any]:
        """Return the schema at *path*; *within* are the schemas around it."""
        schema = self._visit(path)
        if path in within:
            self._refuse(path, "it contains itself", "describe as many levels as are sent, each in its place")
        if len(within) >= MOST_LEVELS:
            self._refuse(path, f"it is nested more than {MOST_LEVELS} levels deep", "describe a flatter event")
        if not isinstance(schema, dict):
            self._refuse(path, "nothing says what stands here", 'give it a type, such as {"type": "string"}')
        target = self._target(schema, path)
        if target is None:
            found = self._typed(schema, path, within | {path})
        else:
            if target in within:
                self._refuse((*path, "$ref"), "it refers to what contains it", "describe as many levels as are sent")
            found = self.schema(target, within | {path})
        self._leave_rules_out(schema, path, found)
        return found | {name: schema[name] for name in ("title", "description") if isinstance(schema.get(name), str)}

    # -- what stands there ---------------------------------------------------------------------------------------------

    def _typed(self, schema: Mapping[str, Any], path: Path, within: frozenset[Path]) -> dict[str, Any]:
        kinds = self._kinds(schema, path)
        some = [kind for kind in kinds if kind != "null" and not (kind == "integer" and "number" in kinds)]
        if len(some) != 1:
            place = (*path, "type") if "type" in schema else path
            what = f"several types ({', '.join(some)})" if some else "only null"
            self._refuse(place, f"{what} may stand here", 'choose one, such as "type": "string"; "null" may stand beside it')
        kind = some[0]
        found: dict[str, Any] = {"type": kind, **({"nullable": True} if "null" in kinds else {})}
        if kind == "object":
            found |= self._object(schema, path, within)
        elif kind == "array":
            found |= self._array(schema, path, within)
        return found | kept(schema, kind, nullable="null" in kinds)

    def _kinds(self, schema: Mapping[str, Any], path: Path) -> list[str]:
        """Return the types that may stand there: as written, else as its only values have them, else as its members tell."""
        written = kinds_of(schema)
        if written:
            return written
        telling = next((keyword for keyword in _TELLING if keyword in schema), None)
        if telling is None:
            self._refuse_combined(schema, path)
            self._refuse(path, "it has no type", 'give it one, such as "type": "string"')
        self._note(path, f'it has no type; taken for an {_TELLING[telling]} because of "{telling}"')
        return [_TELLING[telling]]

    def _object(self, schema: Mapping[str, Any], path: Path, within: frozenset[Path]) -> dict[str, Any]:
        names = [name for name, inner in schema.get("properties", {}).items() if inner is not False]  # false: must not be there
        if not names:
            self._refuse_combined(schema, path)
            only = "only members of any name" if {"additionalProperties", "patternProperties"} & schema.keys() else "no fields"
            nearest = 'list its fields under "properties", or make it a list of name and value'
            self._refuse(path, f"an object with {only}", nearest)
        for name in names:
            place = (*path, "properties", name)
            if name.startswith("@"):
                self._refuse(place, f"the name {shortened(name)} starts with @, for which nothing is written", "rename the field")
            if not _PLAIN_NAME.fullmatch(name):
                self._note(place, _ODD_NAME)
        self._require_known(schema.get("required", ()), (*path, "required"), names)
        required = [name for name in schema.get("required", ()) if name in names]
        inner = {name: self.schema((*path, "properties", name), within) for name in names}
        return {"properties": inner, **({"required": required} if required else {})}

    def _array(self, schema: Mapping[str, Any], path: Path, within: frozenset[Path]) -> dict[str, Any]:
        if "prefixItems" in schema:
            nearest = 'give all items one schema ("items": {…}), or make it an object with a name for each'
            self._refuse((*path, "prefixItems"), "an array whose items differ by place", nearest)
        if not isinstance(schema.get("items"), dict):
            self._refuse_combined(schema, path)
            place = (*path, "items") if "items" in schema else path
            self._refuse(place, "an array whose items are not described", 'describe them, such as "items": {"type": "string"}')
        found = self.schema((*path, "items"), within)
        if found["type"] == "array":
            self._note((*path, "items"), _ARRAY_IN_ARRAY)
        return {"items": found}

    # -- what is left out ----------------------------------------------------------------------------------------------

    def _leave_rules_out(self, schema: Mapping[str, Any], path: Path, found: dict[str, Any]) -> None:
        """Note every rule of *schema* that *found* does not hold; refuse it if it holds more than rules."""
        limits = LIMITS if "$ref" in schema else ()  # beside a reference they are a combination with it
        for keyword in (*_COMBINED, *limits, *LEFT_OUT):
            if keyword in schema and schema[keyword] != found.get(keyword) and not _says_nothing(schema, keyword):
                self._note_left_out(path, keyword, schema, _RULE)
        for keyword in ("enum", "const"):
            if keyword in schema and found["type"] in {"object", "array"}:
                self._note_left_out(path, keyword, schema, _RULE)
        for keyword in ("additionalProperties", "patternProperties"):
            if found["type"] == "object" and isinstance(schema.get(keyword), dict):
                self._note_left_out(path, keyword, schema, _ANY_NAME)
        combined = [path] if "$ref" in schema else [(*path, *inner) for inner in branches(schema)]
        self._require_no_structure(combined, schema, path, found)

    def _require_no_structure(self, combined: list[Path], schema: Mapping[str, Any], path: Path, found: dict[str, Any]) -> None:
        """Refuse a combination that describes more fields than *found* has."""
        self._require_known_dependents(schema, path, found)
        waiting, seen = [(inner, found) for inner in combined], set()
        while waiting:
            place, known = waiting.pop()
            if (place, id(known)) in seen:
                continue
            seen.add((place, id(known)))
            branch = self._visit(place)
            if not isinstance(branch, dict):
                continue
            target = self._target(branch, place)
            waiting += [(target, known)] if target is not None else []
            waiting += [((*place, *inner), known) for inner in branches(branch)]
            waiting += self._described(branch, place, known)

    def _described(self, branch: Mapping[str, Any], path: Path, known: dict[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
        """Yield the schemas in *branch* of fields and items, each with what is known of it."""
        if known["type"] == "object":
            names = known["properties"]
            described = [name for name, inner in branch.get("properties", {}).items() if inner is not False]
            self._require_known(described, (*path, "properties"), names, keyed=True)
            self._require_known(branch.get("required", ()), (*path, "required"), names)
            self._require_known_dependents(branch, path, known)
            yield from (((*path, "properties", name), names[name]) for name in described)
        if known["type"] == "array":
            listed = [("prefixItems", index) for index in range(len(branch.get("prefixItems", ())))]
            yield from (((*path, *inner), known["items"]) for inner in (*listed, ("items",)) if inner[0] in branch)

    def _require_known_dependents(self, schema: Mapping[str, Any], path: Path, known: dict[str, Any]) -> None:
        if known["type"] == "object":
            for name, demanded in schema.get("dependentRequired", {}).items():
                self._require_known(demanded, (*path, "dependentRequired", name), known["properties"])

    def _require_known(self, names: Iterable[str], path: Path, known: Iterable[str], *, keyed: bool = False) -> None:
        """Refuse the first of *names* that is no field of the structure: nothing could be mapped to it."""
        for index, name in enumerate(names):
            if name not in known:
                nearest = 'describe it, with its type, under the "properties" of the object itself'
                self._refuse((*path, name if keyed else index), f"{shortened(json_text(name))} is a field only here", nearest)

    # -- help ----------------------------------------------------------------------------------------------------------

    def _visit(self, path: Path) -> Any:
        self._visited += 1
        if self._visited > MOST_SCHEMAS:
            nearest = "describe only what is sent, and refer to it less often"
            self._refuse(path, f"with its references the model has more than {MOST_SCHEMAS:,} schemas", nearest)
        return at(self._root, path)

    def _target(self, schema: Mapping[str, Any], path: Path) -> Path | None:
        """Return where the reference in *schema* leads; None if there is none."""
        if "$dynamicRef" in schema:
            nearest = 'refer to one place by "$ref": "#/…"'
            self._refuse((*path, "$dynamicRef"), "a reference that leads elsewhere in every use", nearest)
        if "$ref" not in schema:
            return None
        target = resolved(self._root, schema["$ref"], _PLACE)
        if target is None:
            self._refuse((*path, "$ref"), "a reference out of the model", "copy what it refers to into the model")
        return target

    def _refuse_combined(self, schema: Mapping[str, Any], path: Path) -> None:
        """Refuse a combination that alone says what stands there."""
        for keyword in _COMBINED[:4]:
            if keyword in schema:
                found = f"a combination ({keyword}) decides what stands here, and Message Mapping knows none"
                self._refuse((*path, keyword), found, nearest_form(keyword, schema[keyword]))

    def _refuse(self, path: Path, found: str, nearest: str) -> NoReturn:
        raise MappingError(pointer(in_model(self._model, path)), found, nearest)

    def _note_left_out(self, path: Path, keyword: str, schema: Mapping[str, Any], why: str) -> None:
        self._note((*path, keyword), f"left out; {why}: {shortened(json_text(schema[keyword]))}")

    def _note(self, path: Path, text: str) -> None:
        self.notes[f"{pointer(in_model(self._model, path)) or 'the model'}: {text}"] = None


def _says_nothing(schema: Mapping[str, Any], keyword: str) -> bool:
    """Return whether *keyword* has no effect: a condition for nothing, or no names at all."""
    if keyword == "if":
        return not {"then", "else"} & schema.keys()
    return keyword in {"dependentSchemas", "dependentRequired"} and not schema[keyword]
