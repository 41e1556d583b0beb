"""Shapes: what a value at one place can look like, one JSON type each, ready to be made from a tape."""

import copy
from collections.abc import Callable
from typing import Any, Final, Protocol

import msgspec
import orjson

from mock_cdp.strategies.patterns import Language
from mock_cdp.strategies.tape import DeadEnd, SteadyTape, Tape, random_tape
from mock_cdp.strategies.texts import lengthened, shortened, words

ENDLESS: Final = 99  # a height that nothing reaches
UNKNOWN: Final = 4_000  # a size that nothing reaches
_TRIES: Final = 12
_SEEN: Final = 100  # items whose size counts
_STEADY: Final = 20
_LATER_TRIES: Final = 60  # for another item, from bytes that Hypothesis need not draw

Fits = Callable[[Any], bool]


class Place(Protocol):
    """A place of an event, as far as a shape that holds others needs it."""

    @property
    def height(self) -> int:
        """Return how many levels of nesting it needs at least; `ENDLESS` when no value is allowed there."""

    @property
    def size(self) -> int:
        """Return how many bytes of tape it takes at most, as a rule; `UNKNOWN` for what holds itself, or a lot."""

    def make(self, tape: Tape, budget: int) -> Any:
        """Return a value.

        Args:
            tape: What it is made from.
            budget: Levels of nesting that may follow where the model leaves a choice.

        Raises:
            DeadEnd: These bytes lead to none.
        """


class Shape(Place, Protocol):
    """What a value can look like.

    Attributes:
        needs: The places that are always filled.
    """

    @property
    def needs(self) -> tuple[Place, ...]:
        """Return the places that are always filled."""


class Leaf(msgspec.Struct, frozen=True):
    """A shape that holds no others."""

    @property
    def height(self) -> int:
        """Return that it needs no nesting."""
        return 0

    @property
    def size(self) -> int:
        """Return how many bytes of tape it takes as a rule."""
        return 4

    @property
    def needs(self) -> tuple[Place, ...]:
        """Return no place."""
        return ()


class Nest(msgspec.Struct, frozen=True):
    """A shape that holds others."""

    @property
    def height(self) -> int:
        """Return one level more than its highest needed place."""
        return min(1 + max((place.height for place in self.needs), default=0), ENDLESS)

    @property
    def needs(self) -> tuple[Place, ...]:
        """Return the places that are always filled."""
        raise NotImplementedError


class Values(Leaf, frozen=True):
    """One of a few values, which are known."""

    values: list[Any]

    @property
    def size(self) -> int:
        """Return how many bytes of tape it takes."""
        return int(len(self.values) > 1)

    def make(self, tape: Tape, _budget: int) -> Any:
        """Return one of them."""
        value = self.values[tape.below(len(self.values))]
        return copy.deepcopy(value) if isinstance(value, (dict, list)) else value


class Words(Leaf, frozen=True):
    """Any readable text of some length."""

    least: int
    most: int

    @property
    def size(self) -> int:
        """Return how many bytes of tape it takes."""
        return 3

    def make(self, tape: Tape, _budget: int) -> str:
        """Return one."""
        return words(tape, self.least, self.most)


class Written(Leaf, frozen=True):
    """Texts of a pattern or a format, judged one by one.

    Attributes:
        writers: Ways to write one, the first is tried first.
        ready: Texts that fit, for when the tape leads to none.
    """

    writers: list[Callable[[Tape], str]]
    ready: list[str]
    fits: Fits

    def make(self, tape: Tape, _budget: int) -> str:
        """Return one."""
        for trial in range(_TRIES):
            text = self.writers[trial % len(self.writers)](tape)
            if self.fits(text):
                return text
        return self.ready[tape.below(len(self.ready))]


def of_language(texts: Language) -> Callable[[Tape], str]:
    """Return what writes *texts*."""
    return texts.text


def of_format(name: str, write: Callable[[Tape], str], least: int, most: int) -> Callable[[Tape], str]:
    """Return what writes texts of the format *name*, of *least* to *most* characters where it can be that short or long."""
    return lambda tape: lengthened(name, shortened(name, lengthened(name, write(tape), least), most), least)


def joined(first: Language, second: Language) -> Callable[[Tape], str]:
    """Return what writes a text of *first* and then one of *second*."""
    return lambda tape: first.text(tape) + second.text(tape)


class Items(Nest, frozen=True):
    """Arrays.

    Attributes:
        first: The places of the first items.
        rest: The place of all others.
        least: Items at least.
        most: Items at most, as many as are ever made.
        apart: Whether no two items are equal.
        copied: Index of an item that is the same as the one before it; 0 for none.
        fits: The judge, if the rules above do not say all.
    """

    first: tuple[Place, ...]
    rest: Place
    least: int
    most: int
    apart: bool
    copied: int
    fits: Fits | None

    @property
    def needs(self) -> tuple[Place, ...]:
        """Return the places of the items that are always there."""
        return (*self.first[: self.least], self.rest) if self.least > len(self.first) else self.first[: self.least]

    @property
    def size(self) -> int:
        """Return how many bytes of tape it takes at most, as a rule."""
        return min(1 + sum(self._at(index).size for index in range(min(self.most, _SEEN))), UNKNOWN)

    def _at(self, index: int) -> Place:
        return self.first[index] if index < len(self.first) else self.rest

    def make(self, tape: Tape, budget: int) -> list[Any]:
        """Return one."""
        for _ in range(_TRIES if self.fits else 1):
            items = self._once(tape, budget)
            if self.fits is None or self.fits(items):
                return items
        raise DeadEnd

    def _once(self, tape: Tape, budget: int) -> list[Any]:
        brief = tape.tired or budget <= 0
        count = self.least + (0 if brief else tape.below(self.most - self.least + 1))
        items: list[Any] = []
        for index in range(count):
            place = self._at(index)
            if index >= self.least and place.height > budget:
                break
            start = tape.at
            if index and index == self.copied:
                items.append(copy.deepcopy(items[-1]))
            elif self.apart:
                if not _add_another(items, place, tape, budget - 1, needed=index < self.least):
                    break
            else:
                items.append(place.make(tape, budget - 1))
            tape.pass_to(start + place.size if place.size < UNKNOWN else start)
        return items


def _add_another(items: list[Any], place: Place, tape: Tape, budget: int, *, needed: bool) -> bool:
    """Append an item that is not there yet; whether one was found."""
    known = {_text(item) for item in items}
    for trial in range(_LATER_TRIES):
        other = SteadyTape(trial) if trial < _STEADY else random_tape(trial)
        item = place.make(other if trial else tape, budget)
        if _text(item) not in known:
            items.append(item)
            return True
    if needed:
        raise DeadEnd
    return False


def _text(value: Any) -> bytes:
    """Return *value* as text, equal for what JSON Schema calls equal."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # beyond 64 bits
        return repr(value).encode()


class Members(Nest, frozen=True):
    """Objects.

    Attributes:
        places: The place of each member, in the order of the model.
        required: Members that are always there.
        optional: Members that may be there, as many as are ever used.
        least: Members at least.
        most: Members at most.
        fits: The judge, if the rules above do not say all.
    """

    places: dict[str, Place]
    required: frozenset[str]
    optional: tuple[str, ...]
    least: int
    most: int
    fits: Fits | None

    @property
    def needs(self) -> tuple[Place, ...]:
        """Return the places of the members that are always there, as many as there must be."""
        needed = [self.places[name] for name in self.required]
        lacking = self.least - len(needed)
        if lacking > 0:
            needed += sorted((self.places[name] for name in self.optional), key=lambda place: place.height)[:lacking]
        return tuple(needed)

    @property
    def size(self) -> int:
        """Return how many bytes of tape it takes at most, as a rule."""
        return min(len(self.optional) // 8 + 1 + sum(place.size for place in self.places.values()), UNKNOWN)

    def make(self, tape: Tape, budget: int) -> dict[str, Any]:
        """Return one."""
        for _ in range(_TRIES if self.fits else 1):
            members = self._once(tape, budget)
            if self.fits is None or self.fits(members):
                return members
        raise DeadEnd

    def _once(self, tape: Tape, budget: int) -> dict[str, Any]:
        chosen = self._chosen(tape, budget)
        members: dict[str, Any] = {}
        at = tape.at
        for name, place in self.places.items():
            if name in chosen:
                members[name] = place.make(tape, budget - 1)
            if at < 0 or place.size >= UNKNOWN:
                at = -1  # from here on, what shrinks moves what follows
            else:
                at += place.size
                tape.pass_to(at)
        return members

    def _chosen(self, tape: Tape, budget: int) -> frozenset[str] | set[str]:
        if not self.optional or ((tape.tired or budget <= 0) and self.least <= len(self.required)):
            return self.required
        mask = tape.below(1 << len(self.optional))
        chosen = set(self.required)
        for bit, name in enumerate(self.optional):
            wanted = mask >> bit & 1 and self.places[name].height < budget
            if wanted and len(chosen) < self.most:
                chosen.add(name)
        if len(chosen) < self.least:
            lacking = [name for name in self.optional if name not in chosen]
            lacking.sort(key=lambda name: self.places[name].height)
            chosen.update(lacking[: self.least - len(chosen)])
        return chosen
