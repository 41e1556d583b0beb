"""What an array can look like where several rules about arrays hold at once."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from mock_cdp.strategies.shapes import Items, Shape
from mock_cdp.strategies.vocabulary import Schema

if TYPE_CHECKING:
    from mock_cdp.strategies.places import Places

_UNLIMITED: Final = 10**9
_TOO_MANY: Final = 2_000  # items that are ever made
_OFFSETS: Final = 3  # where the items that `contains` asks for may begin


def arrays(places: "Places", schemas: tuple[Schema, ...]) -> Iterator[Shape]:
    """Yield what arrays that keep *schemas* (without combinations) can look like."""
    least = max((int(one["minItems"]) for one in schemas if "minItems" in one), default=0)
    most = min((int(one["maxItems"]) for one in schemas if "maxItems" in one), default=_UNLIMITED)
    refused = [one["not"] for one in schemas if "not" in one and "type" not in one["not"]]
    alike = any("uniqueItems" in one for one in refused)
    if least > min(most, _TOO_MANY):
        return
    wanted = [one for one in schemas if "contains" in one]
    counts = [int(one.get("minContains", 1)) for one in wanted]
    fits = places.vocabulary.judge((*schemas, {"type": "array"})) if wanted or refused else None
    apart = any(one.get("uniqueItems") for one in schemas)
    together = sum(counts)
    for taken, offset in _layouts(together, max(counts, default=0), most):
        first, rest = _places(places, schemas, wanted, taken=taken, offset=offset, spread=taken == together)
        for copied in (1, 2) if alike else (0,):
            fewest = max(least, taken + offset if taken else 0, copied + 1 if copied else 0)
            if fewest <= most:
                yield Items(first, rest, fewest, min(most, fewest + places.max_items), apart=apart, copied=copied, fits=fits)


def _layouts(together: int, at_once: int, most: int) -> Iterator[tuple[int, int]]:
    """Yield how many items `contains` takes, and where they begin."""
    for taken in dict.fromkeys((together, at_once)):
        if taken <= most:
            yield from ((taken, offset) for offset in range(_OFFSETS if taken else 1))


def _places(
    places: "Places", schemas: tuple[Schema, ...], wanted: list[Schema], *, taken: int, offset: int, spread: bool
) -> tuple[tuple[Any, ...], Any]:
    """Return the places of the first items, and that of the others."""
    tuples = [places.vocabulary.tuple_of(one) for one in schemas]
    length = max([len(first) for first, _ in tuples] + [taken + offset])
    owners = [one for one in wanted for _ in range(int(one.get("minContains", 1)))]
    found = []
    for index in range(length + 1):
        here = [first[index] if index < len(first) else rest for first, rest in tuples]
        slot = index - offset
        mine: list[Schema] = []
        if 0 <= slot < taken:
            mine = [owners[slot]] if spread else [one for one in wanted if slot < int(one.get("minContains", 1))]
        # Where `contains` also has an upper limit, the other items must not count.
        others = [one for one in wanted if "maxContains" in one and not any(one is other for other in mine)]
        here += [one["contains"] for one in mine] + [places.opposites.of(one["contains"]) for one in others]
        found.append(places.place(tuple(here)))
    return tuple(found[:-1]), found[-1]
