"""An event's mappings applied: which profile attributes an event brings, and which fields its activities are made of."""

from collections.abc import Iterator
from typing import Any, Final

from mock_cdp.contract import ids
from mock_cdp.contract.contract import Contract, Unit
from mock_cdp.contract.entities import CustomerSchema
from mock_cdp.contract.paths import members, views
from mock_cdp.core.attributes import Attributes, Held, value_key
from mock_cdp.core.nesting import Field, Path, built, path_of

PROFILE: Final = 0  # schemaType
ACTIVITY: Final = 1

MAX_PARTS: Final = 50  # of a target's dotted path; deeper than any customer schema


class Plan:
    """What becomes of one contract's events, worked out once.

    Attributes:
        activities: Fields by id of their activity schema; one activity per event and schema.
    """

    def __init__(self, unit: Unit, contract: Contract) -> None:
        """Read the mappings of *contract*; one whose target is no customer schema of *unit*, or too deep, maps to nothing."""
        self.activities: dict[str, list[Field]] = {}
        self._profile: list[Field] = []
        for mapping in contract.mappings:
            schema = customer_schema(unit, mapping.target)
            source, target = path_of(mapping.source_field), path_of(mapping.target_field)
            if schema is None or len(target) > MAX_PARTS:
                continue
            field = Field(source, target, tuple(_lists(schema.schema, target)))
            if schema.schema_type == PROFILE:
                self._profile.append(field)
            elif schema.schema_type == ACTIVITY:
                self.activities.setdefault(schema.id, []).append(field)
        self._attributes = dict(_attribute(field) for field in self._profile)

    def brought(self, event: Any, number: int) -> Attributes:
        """Return what the event says about its customer: the attributes that it has values for."""
        document = built(self._profile, event)
        found: Attributes = {}
        for path, is_list in self._attributes.items():
            value: Any = document
            for part in path:
                value = value.get(part) if isinstance(value, dict) else None
            values = value if is_list and isinstance(value, list) else [value]
            entries = ((value_key(one), ((number, place), one)) for place, one in enumerate(values) if one is not None)
            held = Held(is_list)
            for key, entry in entries:
                held.values.setdefault(key, entry)
            if held.values:
                found[path] = held
        return found


def customer_schema(unit: Unit, called: str) -> CustomerSchema | None:
    """Return the customer schema with this id, this name in any case, or this file name (known by the id derived from it)."""
    derived = ids.entity_id("customerschema", unit.slug, called)
    for schema in unit.customer_schemas:
        if schema.id in {called, derived} or schema.name.casefold() == called.casefold():
            return schema
    return None


def _attribute(field: Field) -> tuple[Path, bool]:
    """Return the profile attribute that a field belongs to: up to its first list, which is one attribute with all in it."""
    is_list = True in field.lists
    return (field.target[: field.lists.index(True) + 1] if is_list else field.target), is_list


def _lists(schema: Any, path: Path) -> Iterator[bool]:
    """Yield for each part of *path* whether *schema* has a list there."""
    places = [schema]
    for part in path:
        places = [inner for place in places for name, inner in members(schema, place) if name == part]
        places = list({id(place): place for place in places}.values())
        yield any(_is_list(view) for place in places for view in views(schema, place))


def _is_list(view: dict[str, Any]) -> bool:
    kind = view.get("type", "array" if "items" in view else "")
    return "array" in (kind if isinstance(kind, list) else [kind])
