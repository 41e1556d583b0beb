"""A model taken apart once: its rules in reading order, and the nodes that tell which of them an event comes by."""

from collections.abc import Mapping
from typing import Any, Final

import jsonschema_rs

from mock_cdp.contract.coverage_nodes import Accepts, Choice, Condition, Node
from mock_cdp.contract.coverage_places import At, Places
from mock_cdp.contract.coverage_rules import NOTHING, Member, Rule, demand, known
from mock_cdp.contract.model import Model, compiled, declared
from mock_cdp.contract.pointers import pointer

_REFERENCES: Final = ("$ref", "$dynamicRef", "$recursiveRef")
_DEPENDENCIES: Final = ("dependencies", "dependentRequired", "dependentSchemas")
# A node's own demands come first, then its members and items, then what else applies to it.
_BELOW: Final = ("properties", "patternProperties", "additionalProperties", "prefixItems", "items", "additionalItems")
_BESIDE: Final = (*_REFERENCES, *_DEPENDENCIES, "propertyNames", "allOf", "anyOf", "oneOf", "if")
_REPORTED_AS: Final = {"minContains": "contains", "maxContains": "contains"}


class Plan:
    """A model's rules and optional members, and where they stand.

    Attributes:
        rules: In reading order, nothing counted.
        members: In reading order, nothing counted.
        numbers: Position in `rules`, by key.
        root: Where an event starts its walk.
    """

    def __init__(self, model: Model) -> None:
        """Take *model* apart."""
        self.rules: list[Rule] = []
        self.members: list[Member] = []
        self.numbers: dict[tuple[str, str], int] = {}
        self.places = Places(model.schema)
        self._member_places: set[str] = set()
        self._nodes: dict[tuple[At, bool], Node] = {}
        self._registry = jsonschema_rs.Registry([(self.places.root.uri, declared(model.schema))])
        self.root = self.node(model.schema, self.places.root, "")

    def node(self, schema: Any, at: At, place: str, *, naming: bool = False) -> Node:
        """Return the node of *schema*, made once.

        Args:
            schema: A part of the model.
            at: Where it stands.
            place: Of the values it judges.
            naming: Whether it judges names of members.
        """
        at = self.places.enter(schema, at)
        node = self._nodes.get((at, naming))
        if node is None:
            node = self._nodes[at, naming] = Node()  # before it is filled: it may refer to itself
            _Filling(self, node, at, place, naming=naming).fill(schema)
        return node

    def number(self, rule: Rule) -> int:
        """Return the position of *rule*, which is listed once."""
        number = self.numbers.setdefault(rule.key, len(self.rules))
        if number == len(self.rules):
            self.rules.append(rule)
        return number

    def member_number(self, place: str) -> int | None:
        """Return the position of an optional member, None if another part of the model speaks of it already."""
        if place in self._member_places:
            return None
        self._member_places.add(place)
        self.members.append(Member(place=place))
        return len(self.members) - 1

    def validator(self, at: At) -> jsonschema_rs.Validator:
        """Return what judges by the part of the model at *at*, references to other parts included."""
        schema = {"$schema": self.places.dialect, "$ref": at.reference}
        return compiled(schema, self._registry)

    def matcher(self, pattern: str) -> Accepts:
        """Return whether a name matches, by the regular expressions of the validator."""
        return jsonschema_rs.validator_for({"$schema": self.places.dialect, "pattern": pattern}, offline=True).is_valid


class _Filling:
    """One schema on its way into its node."""

    def __init__(self, plan: Plan, node: Node, at: At, place: str, *, naming: bool) -> None:
        self._plan, self._node, self._at, self._place, self._naming = plan, node, at, place, naming
        self._draft = plan.places.draft

    def fill(self, schema: Any) -> None:
        if schema is False:
            self._node.rules.append((NOTHING, self._number(NOTHING, "nothing here", self._at)))
        if not isinstance(schema, dict):
            return
        if "$ref" in schema and self._plan.places.hides_siblings:
            self._beside("$ref", schema)
            return
        keywords = [keyword for keyword in schema if known(keyword, self._draft)]
        for keyword in keywords:
            self._demand(keyword, schema)
        for keyword in keywords:
            if keyword in _BELOW:
                self._below(keyword, schema)
        for keyword in keywords:
            if keyword in _BESIDE:
                self._beside(keyword, schema)

    # -- its own demands ---------------------------------------------------------------------------------------------

    def _demand(self, keyword: str, schema: Mapping[str, Any]) -> None:
        at = self._at.down(keyword)
        if keyword == "required" and isinstance(schema[keyword], list):  # not a member of that name
            self._node.rules += [("required", self._number("required", name, at)) for name in schema[keyword]]
        elif (expected := demand(keyword, schema, self._draft)) is not None:
            self._node.rules.append((keyword, self._number(_REPORTED_AS.get(keyword, keyword), expected, at)))

    def _number(self, keyword: str, expected: str, at: At) -> int:
        if self._naming and keyword != NOTHING:
            keyword, expected = "propertyNames", f"{keyword} {expected}"
        rule = Rule(schema_pointer=at.written, keyword=keyword, place=self._place, expected=expected)
        return self._plan.number(rule)

    # -- its members and items ---------------------------------------------------------------------------------------

    def _below(self, keyword: str, schema: Mapping[str, Any]) -> None:
        value, at, node = schema[keyword], self._at.down(keyword), self._node
        match keyword:
            case "properties":
                required = schema.get("required", ())
                for name, inner in value.items():
                    self._member(name, inner, at.down(name), optional=name not in required and inner is not False)
            case "patternProperties":
                node.patterns = [(self._plan.matcher(name), self._inner(inner, at.down(name))) for name, inner in value.items()]
            case "additionalProperties" if value is not False:
                node.others = self._inner(value, at)
            case "items" | "prefixItems" if isinstance(value, list):
                node.positions = [self._inner(inner, at.down(index), f"/{index}") for index, inner in enumerate(value)]
            case "items":
                node.items = self._inner(value, at)
            case "additionalItems" if isinstance(schema.get("items"), list) and value is not False:
                node.items = self._inner(value, at)

    def _member(self, name: str, schema: Any, at: At, *, optional: bool) -> None:
        if optional and (number := self._plan.member_number(f"{self._place}{pointer([name])}")) is not None:
            self._node.members[name] = number
        self._node.properties[name] = self._inner(schema, at, pointer([name]))

    def _inner(self, schema: Any, at: At, step: str = "/*") -> Node:
        return self._plan.node(schema, at, f"{self._place}{step}")

    # -- what else applies to the same value -------------------------------------------------------------------------

    def _beside(self, keyword: str, schema: Mapping[str, Any]) -> None:
        value, at, node = schema[keyword], self._at.down(keyword), self._node
        match keyword:
            case "allOf":
                node.same += [self._also(inner, at.down(index)) for index, inner in enumerate(value)]
            case "anyOf" | "oneOf":
                places = [at.down(index) for index in range(len(value))]
                node.choices.append(
                    Choice([(self._plan.validator(p), self._also(v, p)) for p, v in zip(places, value, strict=True)])
                )
            case "if":
                then, otherwise = (
                    self._also(schema[name], self._at.down(name)) if name in schema else None for name in ("then", "else")
                )
                node.choices.append(Condition(self._plan.validator(at).is_valid, then, otherwise))
            case "propertyNames":
                node.names = self._plan.node(value, at, self._place, naming=True)
            case _ if keyword in _DEPENDENCIES:
                for name, inner in value.items():
                    self._dependency(name, inner, at)
            case _ if (found := self._plan.places.resolve(value, self._at)) is not None:
                node.same.append(self._also(*found))

    def _also(self, schema: Any, at: At) -> Node:
        return self._plan.node(schema, at, self._place, naming=self._naming)

    def _dependency(self, name: str, demanded: Any, at: At) -> None:
        """Take a dependency: names of members are rules without a place of their own, a schema is one more node."""
        if isinstance(demanded, list):
            self._node.triggered += [(name, self._number("required", member, at)) for member in demanded]
        else:
            self._node.depends[name] = self._also(demanded, at.down(name))
