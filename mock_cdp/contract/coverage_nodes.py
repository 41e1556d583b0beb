"""A model's schemas as nodes that an event walks through, to tell which rules it comes by; nothing is counted here."""

from collections.abc import Callable, Iterator
from typing import Any, Final, Literal

import jsonschema_rs

from mock_cdp.contract.coverage_rules import NOTHING, key, speaks_of
from mock_cdp.contract.pointers import pointer

Token = tuple[Literal["rule", "present", "absent"], int]  # what an event comes by, and its number
Accepts = Callable[[Any], bool]

_MAX_SHAPES: Final = 2_000  # of one node; events of ever new shapes must not fill the memory
_SCALARS: Final = frozenset({str, int, float, bool, type(None)})


class Walk:
    """What one event came by.

    Attributes:
        shapes: Of the values in it.
        broken: Keys of rules that no alternative of an `anyOf` or `oneOf` could keep.
    """

    __slots__ = ("broken", "shapes")

    def __init__(self) -> None:
        """Start with nothing."""
        self.shapes: set[Shape] = set()
        self.broken: set[tuple[str, str]] = set()


class Shape:
    """What all values of the same kind, objects with the same member names and kinds, have in common.

    Attributes:
        tokens: What they come by.
        members: Nodes to go on with, by member name.
        positions: Nodes for items at one index.
        items: Nodes for all items from an index on.
        names: Nodes for the member names.
        choices: What depends on more than the shape.
        goes_on: Whether there is any of these.
    """

    __slots__ = ("choices", "goes_on", "items", "members", "names", "positions", "tokens")

    def __init__(self, tokens: set[Token], members: list[tuple[str, "Node"]], views: list["Node"], kind: type) -> None:
        """Collect from *views*, the nodes that apply, what a value of *kind* goes on with."""
        self.tokens = frozenset(tokens)
        self.members = members
        arrays = views if kind is list else []
        self.positions = [(index, node) for view in arrays for index, node in enumerate(view.positions)]
        self.items = [(len(view.positions), view.items) for view in arrays if view.items is not None]
        self.names = [view.names for view in views if view.names is not None] if kind is dict else []
        self.choices = [choice for view in views for choice in view.choices]
        self.goes_on = bool(members or self.positions or self.items or self.names or self.choices)


class Node:
    """One schema of the model. Its shapes are learnt from the events: most events of a source are alike."""

    __slots__ = (
        "_shapes",
        "choices",
        "depends",
        "items",
        "members",
        "names",
        "others",
        "patterns",
        "positions",
        "properties",
        "rules",
        "same",
        "triggered",
    )

    def __init__(self) -> None:
        """Start without a rule."""
        self._shapes: dict[Any, Shape] = {}
        self.rules: list[tuple[str, int]] = []  # keyword, number
        self.triggered: list[tuple[str, int]] = []  # member that triggers it, number
        self.properties: dict[str, Node] = {}
        self.members: dict[str, int] = {}  # optional members, by number
        self.patterns: list[tuple[Accepts, Node]] = []
        self.others: Node | None = None
        self.names: Node | None = None
        self.positions: list[Node] = []
        self.items: Node | None = None
        self.same: list[Node] = []  # apply to the same value, always
        self.depends: dict[str, Node] = {}  # apply to the same value if it has that member
        self.choices: list[Choice] = []

    def visit(self, value: Any, walk: Walk) -> None:
        """Note in *walk* what *value*, standing here, comes by."""
        kind = type(value)
        # Names and kinds cannot be taken for one another, so one flat tuple will do.
        likeness = (*value, *map(type, value.values())) if kind is dict else kind
        shape = self._shapes.get(likeness) or self._learn(likeness, value)
        walk.shapes.add(shape)
        if not shape.goes_on:
            return
        for name, node in shape.members:
            node.visit(value[name], walk)
        if shape.positions or shape.items:
            _visit_items(shape, value, walk)
        for node in shape.names:
            for name in value:
                node.visit(name, walk)
        for choice in shape.choices:
            choice.visit(value, walk)

    def visit_all(self, values: list[Any], walk: Walk) -> None:
        """Do as `visit` for many; where items are alike and hold nothing further, without a call for each."""
        known, note, visit = self._shapes.get, walk.shapes.add, self.visit
        for value in values:
            shape = known((*value, *map(type, value.values())) if type(value) is dict else type(value))
            if shape is None or shape.goes_on:
                visit(value, walk)
            else:
                note(shape)

    def _learn(self, likeness: Any, value: Any) -> Shape:
        if len(self._shapes) >= _MAX_SHAPES:
            self._shapes.clear()
        shape = self._shapes[likeness] = self.shape(value)
        return shape

    def shape(self, value: Any) -> Shape:
        """Return the shape of *value*, standing here."""
        kind, views = type(value), self._views(value)
        tokens: set[Token] = {("rule", number) for view in views for keyword, number in view.rules if speaks_of(keyword, kind)}
        below: list[tuple[str, Node]] = []
        for view in views if kind is dict else ():
            tokens |= view.of_names(value)
            below += view.below(value)
        members = []
        for name, node in below:
            leaf = node.shape(value[name]) if type(value[name]) in _SCALARS else None
            if leaf is None or leaf.choices:
                members.append((name, node))
            else:  # its kind says all, and is part of this shape: no need to go there again
                tokens |= leaf.tokens
        return Shape(tokens, members, views, kind)

    def _views(self, value: Any) -> list["Node"]:
        """Return every node that applies to *value* whatever is in it: this one first."""
        found: dict[int, Node] = {}
        waiting = [self]
        while waiting:
            node = waiting.pop()
            if id(node) not in found:
                found[id(node)] = node
                also = [inner for name, inner in node.depends.items() if name in value] if type(value) is dict else []
                waiting += reversed([*node.same, *also])
        return list(found.values())

    def of_names(self, value: dict[str, Any]) -> set[Token]:
        """Return what depends on which members *value* has."""
        tokens: set[Token] = {("rule", number) for trigger, number in self.triggered if trigger in value}
        tokens |= {("present" if name in value else "absent", number) for name, number in self.members.items()}
        for name, node in self.properties.items():
            if name not in value:  # a member that must not be there, and is not
                tokens |= {("rule", number) for keyword, number in node.rules if keyword == NOTHING}
        return tokens

    def below(self, value: dict[str, Any]) -> Iterator[tuple[str, "Node"]]:
        """Yield the nodes that apply to the members of *value*."""
        for name in value:
            found = [self.properties[name]] if name in self.properties else []
            found += [node for matches, node in self.patterns if matches(name)]
            if not found and self.others is not None:
                found = [self.others]
            yield from ((name, node) for node in found)


def _visit_items(shape: Shape, value: list[Any], walk: Walk) -> None:
    for index, node in shape.positions:
        if index < len(value):
            node.visit(value[index], walk)
    for start, node in shape.items:
        node.visit_all(value[start:] if start else value, walk)


class Choice:
    """Alternatives: those that fit count; if none does, all do, with what each of them lacks."""

    __slots__ = ("_branches", "_busy")

    def __init__(self, branches: list[tuple[jsonschema_rs.Validator, Node]]) -> None:
        """Take each alternative with what judges it."""
        self._branches = branches
        self._busy: list[int] = []

    def visit(self, value: Any, walk: Walk) -> None:
        """Go on with the alternatives that count for *value*."""
        if id(value) in self._busy:  # an alternative that refers back to where it stands says nothing new
            return
        self._busy.append(id(value))
        for node in self._counting(value, walk):
            node.visit(value, walk)
        self._busy.pop()

    def _counting(self, value: Any, walk: Walk) -> list[Node]:
        fitting = [node for validator, node in self._branches if validator.is_valid(value)]
        if fitting:
            return fitting
        for validator, _ in self._branches:
            walk.broken |= {_key_of_error(error) for error in validator.iter_errors(value)}
        return [node for _, node in self._branches]


class Condition(Choice):
    """`if`: what it asks is no rule; what follows from the answer counts."""

    __slots__ = ("_asked", "_otherwise", "_then")

    def __init__(self, asked: Accepts, then: Node | None, otherwise: Node | None) -> None:
        """Take the question and the nodes for yes and no."""
        super().__init__([])
        self._asked, self._then, self._otherwise = asked, then, otherwise

    def _counting(self, value: Any, walk: Walk) -> list[Node]:  # noqa: ARG002
        node = self._then if self._asked(value) else self._otherwise
        return [] if node is None else [node]


def _key_of_error(error: jsonschema_rs.ValidationError) -> tuple[str, str]:
    required = isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Required)
    return key(pointer(error.schema_path), str(error.kind.value) if required else "")
