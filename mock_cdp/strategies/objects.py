"""What an object can look like where several rules about objects hold at once."""

from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final

from mock_cdp.strategies.branches import nothing_allowed
from mock_cdp.strategies.names import candidates, matches, names_matching, odd_names
from mock_cdp.strategies.shapes import Members, Place, Shape
from mock_cdp.strategies.vocabulary import Schema

if TYPE_CHECKING:
    from mock_cdp.strategies.places import Places

_UNLIMITED: Final = 10**9
_TOO_MANY: Final = 500  # members that are ever made up
_MADE_UP: Final = 2  # names where a model describes members without naming them
_LOOKED_AT: Final = 2_000


def objects(places: "Places", schemas: tuple[Schema, ...]) -> Shape | None:
    """Return what objects that keep *schemas* (without combinations) look like, or None if there are none."""
    least = max((int(one["minProperties"]) for one in schemas if "minProperties" in one), default=0)
    most = min((int(one["maxProperties"]) for one in schemas if "maxProperties" in one), default=_UNLIMITED)
    allowed = _name_judge(places, schemas)
    odd = _odd_names(places, schemas, allowed)
    if odd is None:
        return None
    required = frozenset(name for one in schemas for name in one.get("required", ())) | odd
    found: dict[str, Place] = {}
    for name in _names(schemas, allowed, least) | dict.fromkeys(sorted(odd)):
        here = tuple(inner for one in schemas for inner in _described(one, name))
        if allowed(name) and not any(map(nothing_allowed, here)):
            found[name] = places.place(here)
        if name in required and name not in found:
            return None
    if least > min(most, len(found)) or len(required) > most:
        return None
    refused = any("not" in one and "type" not in one["not"] for one in schemas)
    fits = places.vocabulary.judge((*schemas, {"type": "object"})) if refused else None
    optional = tuple(name for name in found if name not in required)
    return Members(found, required, optional, least, most, fits)


def _name_judge(places: "Places", schemas: tuple[Schema, ...]) -> Callable[[str], bool]:
    rules = tuple(one["propertyNames"] for one in schemas if "propertyNames" in one)
    return places.vocabulary.judge(rules) if rules else lambda _: True


def _odd_names(places: "Places", schemas: tuple[Schema, ...], allowed: Callable[[str], bool]) -> frozenset[str] | None:
    """Return a name for each refused rule about names, that breaks it; None when none was found for one."""
    found = set()
    for rule in (one["not"]["propertyNames"] for one in schemas if "propertyNames" in one.get("not", ())):
        fits = places.vocabulary.judge((rule,))
        name = next((name for name in odd_names() if not fits(name) and allowed(name) and _open_to(schemas, name)), None)
        if name is None:
            return None
        found.add(name)
    return frozenset(found)


def _names(schemas: tuple[Schema, ...], allowed: Callable[[str], bool], least: int) -> dict[str, None]:
    """Return the names of members in the order of the model, then those made up where it describes some without a name."""
    names = {name: None for one in schemas for name in one.get("properties", ())}
    names |= {name: None for one in schemas for name in one.get("required", ())}
    for pattern in (pattern for one in schemas for pattern in one.get("patternProperties", ())):
        names |= dict.fromkeys(name for name in names_matching(pattern)[:_MADE_UP] if allowed(name))
    described = any(isinstance(one.get("additionalProperties"), dict) for one in schemas)
    usable = [name for name in names if _open_to(schemas, name) and allowed(name)]
    lacking = max(_MADE_UP if described else 0, least - len(usable))
    return names | dict.fromkeys(_made_up(schemas, allowed, names, min(lacking, _TOO_MANY)))


def _made_up(schemas: tuple[Schema, ...], allowed: Callable[[str], bool], known: dict[str, None], count: int) -> Iterator[str]:
    closed = any(nothing_allowed(one.get("additionalProperties")) and "patternProperties" not in one for one in schemas)
    if closed or count <= 0:
        return
    patterns = [one["pattern"] for rule in schemas for one in _spelled(rule.get("propertyNames"))]
    spelled = (name for pattern in patterns for name in names_matching(pattern))
    tried = islice(chain(spelled, candidates()), _LOOKED_AT)
    fitting = (name for name in tried if name not in known and allowed(name) and _open_to(schemas, name))
    yield from islice(fitting, count)


def _spelled(rule: Any) -> list[Schema]:
    """Return the parts of a rule about names that hold a pattern."""
    if not isinstance(rule, dict):
        return []
    return ([rule] if "pattern" in rule else []) + [one for inner in rule.get("allOf", ()) for one in _spelled(inner)]


def _open_to(schemas: tuple[Schema, ...], name: str) -> bool:
    return not any(nothing_allowed(inner) for one in schemas for inner in _described(one, name))


def _described(schema: Schema, name: str) -> list[Any]:
    """Return what *schema* says about the member *name*."""
    found = [schema["properties"][name]] if name in schema.get("properties", ()) else []
    found += [inner for pattern, inner in schema.get("patternProperties", {}).items() if matches(pattern, name)]
    if not found and "additionalProperties" in schema:
        found = [schema["additionalProperties"]]
    return found
