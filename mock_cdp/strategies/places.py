"""Places: what a model allows at each place of an event, compiled once, recursive models included."""

from typing import Any, Final

from mock_cdp.contract.model import Model
from mock_cdp.strategies.arrays import arrays
from mock_cdp.strategies.branches import Branch, Branches
from mock_cdp.strategies.numbers import numbers
from mock_cdp.strategies.objects import objects
from mock_cdp.strategies.opposites import Opposites
from mock_cdp.strategies.shapes import ENDLESS, UNKNOWN, Shape, Values
from mock_cdp.strategies.strings import strings
from mock_cdp.strategies.tape import BRIEF_AFTER, DeadEnd, Tape, random_tape
from mock_cdp.strategies.vocabulary import KINDS, Vocabulary, kinds_of

_LEVELS: Final = 8  # of nesting beyond what the model demands
_TRIES: Final = 4
_NESTING: Final = {  # where a model does not say the type, only what speaks of arrays or objects makes some that are not empty
    "array": frozenset({"items", "prefixItems", "additionalItems", "minItems", "contains", "uniqueItems", "not"}),
    "object": frozenset({"properties", "patternProperties", "additionalProperties", "required", "minProperties", "not"}),
}


class Place:
    """One place: values that keep several schemas at once.

    Attributes:
        height: How many levels of nesting a value needs at least; `ENDLESS` when none is allowed.
        shapes: What a value can look like, the simplest first.
    """

    __slots__ = ("_low", "_size", "height", "schemas", "shapes")

    def __init__(self, schemas: tuple[Any, ...]) -> None:
        """Hold *schemas*; `Places` finds the shapes."""
        self.schemas = schemas  # kept, so that their ids stay their own
        self.height = ENDLESS
        self.shapes: list[Shape] = []
        self._low: dict[int, list[Shape]] = {}
        self._size = -1

    @property
    def size(self) -> int:
        """Return how many bytes of tape a value takes at most, as a rule; `UNKNOWN` for what holds itself, or a lot."""
        if self._size < 0:
            self._size = UNKNOWN  # what it says of itself meanwhile
            largest = max((shape.size for shape in self.shapes), default=0)
            self._size = min(largest + (len(self.shapes) > 1), UNKNOWN)
        return self._size

    def make(self, tape: Tape, budget: int) -> Any:
        """Return a value, with at most *budget* levels of nesting unless the model demands more.

        Raises:
            DeadEnd: These bytes lead to none.
        """
        shapes = self.shapes
        if len(shapes) > 1:
            room = max(0 if tape.tired else budget, self.height)
            shapes = self._low.get(room) or self._low.setdefault(room, [one for one in shapes if one.height <= room])
        elif not shapes:
            raise DeadEnd
        return shapes[tape.below(len(shapes))].make(tape, budget)


class Places:
    """All places of one model, and of schemas made from it.

    Attributes:
        vocabulary: What the keywords mean.
        opposites: The opposites of its schemas.
        max_items: Items of an array beyond those it must have.
    """

    def __init__(self, model: Model, *, max_items: int = 3) -> None:
        """Start with none."""
        self.vocabulary = Vocabulary(model)
        self.opposites = Opposites(self.vocabulary)
        self.max_items = max_items
        self._branches = Branches(self.vocabulary, self.opposites)
        self._known: dict[tuple[int, ...], Place] = {}
        self._unsettled: list[Place] = []

    def root(self, schema: Any) -> "Maker":
        """Return what makes values of *schema*."""
        place = self.place((schema,))
        self._settle()
        return Maker(place)

    def place(self, schemas: tuple[Any, ...]) -> Place:
        """Return the place whose values keep all of *schemas*; its shapes are not known before `root` returns."""
        unique = {id(schema): schema for schema in schemas if schema is not True and schema != {}}
        key = tuple(sorted(unique))
        if key not in self._known:
            self._known[key] = place = Place(tuple(unique.values()))
            self._unsettled.append(place)
        return self._known[key]

    def _settle(self) -> None:
        """Find the shapes of all new places, and of those they hold; then their heights, until none changes any more."""
        new: list[Place] = []
        while self._unsettled:
            place = self._unsettled.pop()
            place.shapes = [shape for branch in self._branches.of(place.schemas) for shape in self._shapes(branch)]
            new.append(place)
        changed = True
        while changed:
            changed = False
            for place in new:
                height = min((shape.height for shape in place.shapes), default=ENDLESS)
                if height < place.height:
                    place.height, changed = height, True
        for place in new:
            place.shapes = [shape for shape in place.shapes if shape.height < ENDLESS]

    def _shapes(self, branch: Branch) -> list[Shape]:
        kinds = frozenset(KINDS).intersection(*(kinds_of(one["type"]) for one in branch if "type" in one))
        kinds = kinds.difference(*(kinds_of(one["not"]["type"]) for one in branch if "type" in one.get("not", ())))
        listed = [one["enum"] for one in branch if "enum" in one] + [[one["const"]] for one in branch if "const" in one]
        if listed:
            fits = self.vocabulary.judge(branch)
            values = [value for value in min(listed, key=len) if fits(value)]
            return [Values(values)] if values else []
        if not any("type" in one for one in branch):
            return self._untyped(branch, kinds)
        return self._of_kinds(branch, kinds)

    def _untyped(self, branch: Branch, kinds: frozenset[str]) -> list[Shape]:
        spoken = frozenset(kind for kind, words in _NESTING.items() if any(one.keys() & words for one in branch))
        shapes = self._of_kinds(branch, kinds - (_NESTING.keys() - spoken))
        empty: list[Any] = [{} if kind == "object" else [] for kind in _NESTING if kind in kinds - spoken]
        fits = self.vocabulary.judge(branch)
        return [*shapes, *([Values(left)] if (left := [value for value in empty if fits(value)]) else [])]

    def _of_kinds(self, branch: Branch, kinds: frozenset[str]) -> list[Shape]:
        shapes = [self._of_kind(kind, branch, kinds) for kind in KINDS if kind in kinds]
        return [shape for some in shapes for shape in some]

    def _of_kind(self, kind: str, branch: Branch, kinds: frozenset[str]) -> list[Shape]:
        match kind:
            case "string":
                return _some(strings(self.vocabulary, branch))
            case "integer":
                return _some(numbers(self.vocabulary, branch, whole=True, broken="fraction" in kinds))
            case "fraction":
                return [] if "integer" in kinds else _some(numbers(self.vocabulary, branch, whole=False, broken=True))
            case "boolean" | "null":
                fits = self.vocabulary.judge(branch)
                values = [value for value in ([None] if kind == "null" else [False, True]) if fits(value)]
                return [Values(values)] if values else []
            case "array":
                return list(arrays(self, branch))
            case _:
                return _some(objects(self, branch))


def _some(shape: Shape | None) -> list[Shape]:
    return [] if shape is None else [shape]


class Maker:
    """Makes values of one place.

    Attributes:
        place: The place.
        brief_after: Bytes of tape after which a value is to come to its end: none is cut short unless it could grow for ever.
    """

    def __init__(self, place: Place) -> None:
        """Make values of *place*."""
        self.place = place
        self._budget = place.height + _LEVELS
        self.brief_after = BRIEF_AFTER if place.size >= UNKNOWN else UNKNOWN

    def make(self, tape: Tape) -> Any:
        """Return a value.

        Raises:
            DeadEnd: None was found.
        """
        for _ in range(_TRIES - 1):
            try:
                return self.place.make(tape, self._budget)
            except DeadEnd:
                continue
        return self.place.make(tape, self._budget)

    def tried(self, count: int) -> list[Any]:
        """Return what *count* tries lead to, the simplest first, the same every time."""
        found = []
        for seed in range(count if self.place.height < ENDLESS else 0):
            try:
                found.append(self.make(random_tape(seed, brief_after=self.brief_after)))
            except DeadEnd:
                continue
        return found
