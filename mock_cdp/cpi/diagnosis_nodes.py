"""What an event model wants at each place, compiled once a model: the map that the diagnosis walks an event with."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, lru_cache
from itertools import islice
from typing import Any, Final

from mock_cdp.contract.model import Model
from mock_cdp.contract.model_errors import ModelError
from mock_cdp.contract.paths import views

SCALARS: Final = frozenset({"string", "number", "integer", "boolean", "null"})

_HARD: Final = ("allOf",)  # branches that always hold
_SOFT: Final = ("anyOf", "oneOf", "if", "then", "else")  # branches of which one may hold
_PLACE: Final = "\x00place"  # no model has a field of this name
_KEPT: Final = ("$schema", "definitions", "$defs")
_NODES_KEPT: Final = 256  # models


class Node:
    """One place of a model, as far as it can be told without a value.

    Attributes:
        types: JSON Schema type names that are allowed; empty when the model does not say.
        format: `date`, `date-time`, … or `""`.
        closed: Whether members beside `names` are refused.
        open_map: Whether the model describes members without naming them.
    """

    def __init__(self, root: "Nodes", hard: tuple[Any, ...], soft: tuple[Any, ...]) -> None:
        """Merge what *hard* schemas (all hold) say; *soft* ones (one may hold) count where those say nothing."""
        self._root = root
        self._hard = hard
        self._soft = soft
        self._hard_views = [view for place in hard for view in _views(root.schema, place, _HARD)]
        self._all_views = [view for place in (*hard, *soft) for view in _views(root.schema, place, (*_HARD, *_SOFT))]
        self.types = self._types(self._hard_views) or frozenset().union(*(self._types([view]) for view in self._all_views))
        self.format = self._first("format", str, "")
        self.closed = any(view.get("additionalProperties") is False for view in self._hard_views)
        self.open_map = any(
            isinstance(view.get("additionalProperties"), dict) or "patternProperties" in view for view in self._all_views
        )

    @staticmethod
    def _types(views: list[Mapping[str, Any]]) -> frozenset[str]:
        named = [view["type"] for view in views if "type" in view]
        sets = [frozenset([kinds] if isinstance(kinds, str) else kinds) for kinds in named]
        return frozenset.intersection(*sets) if sets else frozenset()

    def _first(self, keyword: str, kind: type, default: Any) -> Any:
        found = (view[keyword] for view in (self._hard_views or self._all_views) if isinstance(view.get(keyword), kind))
        return next(found, default)

    @cached_property
    def names(self) -> frozenset[str]:
        """Return the members the model describes here."""
        return frozenset(name for view in self._all_views for name in _properties(view))

    @cached_property
    def required(self) -> frozenset[str]:
        """Return the members that must be there."""
        return frozenset(name for view in self._hard_views for name in view.get("required", ()) if isinstance(name, str))

    @cached_property
    def digits(self) -> int:
        """Return how many characters an identifier has here (fixed length, or an example with leading zeros), or 0."""
        least, most = self._first("minLength", int, 0), self._first("maxLength", int, -1)
        if least == most:
            return int(least)
        examples = [text for text in self._first("examples", list, []) if isinstance(text, str)]
        return max((len(text) for text in examples if text.isdecimal() and text.startswith("0")), default=0)

    def wants(self, *kinds: str) -> bool:
        """Return whether one of *kinds* is allowed here and the model says so."""
        return not self.types.isdisjoint(kinds)

    @property
    def scalar_only(self) -> bool:
        """Return whether neither an array nor an object is allowed here."""
        return bool(self.types) and self.types <= SCALARS

    @cached_property
    def wanted(self) -> str:
        """Return what is wanted, in words for a sentence."""
        kinds = " or ".join(sorted(self.types)) or "something else"
        return f"a {self.format}" if self.format and self.wants("string") else kinds

    def member(self, name: str) -> "Node | None":
        """Return the place of a member, or None if the model does not describe it."""
        hard = tuple(_properties(view)[name] for view in self._hard_views if name in _properties(view))
        soft = () if hard else tuple(_properties(view)[name] for view in self._all_views if name in _properties(view))
        return self._root.node(hard, soft) if hard or soft else None

    @cached_property
    def items(self) -> "Node | None":
        """Return the place of an array's items; None when each has its own schema, or none."""
        hard = tuple(view["items"] for view in self._hard_views if isinstance(view.get("items"), dict))
        soft = tuple(view["items"] for view in self._all_views if isinstance(view.get("items"), dict))
        return self._root.node(hard, () if hard else soft) if hard or soft else None

    @cached_property
    def accepts(self) -> Callable[[Any], bool]:
        """Return the question whether a value keeps the rules of this place."""
        model = self._root.compiled(self._hard, self._soft)
        if model is None:
            return self.fits
        if model is self._root.model:
            return model.accepts
        return lambda value: model.accepts({_PLACE: value})

    def fits(self, value: Any) -> bool:
        """Return whether *value* is of a type that is wanted here."""
        return not self.types or _fits(value, self.types)


class Nodes:
    """All places of one model, each made when it is first asked for."""

    def __init__(self, model: Model) -> None:
        """Start at the root of *model*."""
        self.model = model
        self.schema = model.schema
        self._made: dict[tuple[tuple[int, ...], tuple[int, ...]], Node] = {}
        self.root = self.node((self.schema,), ())

    def node(self, hard: tuple[Any, ...], soft: tuple[Any, ...]) -> Node:
        """Return the place that these schemas describe; a model that refers to itself has few of them."""
        key = (tuple(map(id, hard)), tuple(map(id, soft)))
        if key not in self._made:
            self._made[key] = Node(self, hard, soft)
        return self._made[key]

    def compiled(self, hard: tuple[Any, ...], soft: tuple[Any, ...]) -> Model | None:
        """Compile the rules of one place on their own; None if they lean on parts of the model that are not kept."""
        if hard == (self.schema,):
            return self.model
        kept = {name: self.schema[name] for name in _KEPT if name in self.schema}
        rule = {"allOf": list(hard)} if hard else {"anyOf": list(soft)}
        described = {**_properties(self.schema), _PLACE: rule}  # the model's own fields: references may lead to them
        try:
            return Model({**kept, "type": "object", "properties": described})
        except ModelError:
            return None

    def arrays(self) -> list[tuple[str, ...]]:
        """Return the path of every array the model describes, outermost first."""
        found: list[tuple[str, ...]] = []
        level: list[tuple[tuple[str, ...], Node]] = [((), self.root)]
        for _ in range(6):  # nothing that people map by hand is deeper
            level = [
                ((*path, name), inner) for path, node in level for name in sorted(node.names) if (inner := node.member(name))
            ]
            found += [path for path, node in level if node.wants("array")]
            level = [(path, (node.items or node) if node.wants("array") else node) for path, node in level]
        return found


@lru_cache(maxsize=_NODES_KEPT)
def nodes_of(model: Model) -> Nodes:
    """Return the places of *model*, kept for the next question."""
    return Nodes(model)


def _properties(view: Mapping[str, Any]) -> Mapping[str, Any]:
    described = view.get("properties")
    return {name: inner for name, inner in described.items() if inner is not False} if isinstance(described, dict) else {}


def _views(root: Any, place: Any, branches: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
    """Yield every schema that applies at *place* itself: what it refers to and its *branches*, each once."""
    waiting, seen = [place], set()
    while waiting:
        view = waiting.pop()
        if not isinstance(view, dict) or id(view) in seen:
            continue
        seen.add(id(view))
        yield view
        nested = _referred(root, view)
        for name in branches:
            branch = view.get(name)
            nested += branch if isinstance(branch, list) else [branch]
        waiting += reversed(nested)


def _referred(root: Any, view: Mapping[str, Any]) -> list[Any]:
    """Return what a `$ref` leads to: the second of all views of a place that is nothing but the reference."""
    reference = view.get("$ref")
    return list(islice(views(root, {"$ref": reference}), 1, 2)) if isinstance(reference, str) else []


def _fits(value: Any, types: frozenset[str]) -> bool:
    match value:
        case None:
            return "null" in types
        case bool():
            return "boolean" in types
        case int():
            return bool(types & {"integer", "number"})
        case float():
            return "number" in types or ("integer" in types and value.is_integer())
        case str():
            return "string" in types
        case list():
            return "array" in types
        case _:
            return "object" in types
