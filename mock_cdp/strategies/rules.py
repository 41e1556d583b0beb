"""The rules of a model that can be broken, each with the schema of events that break this one and keep all others."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations, islice
from typing import Any, Final

import msgspec

from mock_cdp.contract.pointers import pointer
from mock_cdp.strategies.branches import nothing_allowed
from mock_cdp.strategies.names import fresh_names, name_matching, odd_names
from mock_cdp.strategies.opposites import Opposites
from mock_cdp.strategies.places import Places
from mock_cdp.strategies.vocabulary import LEAVES, REFERENCES, Parts, Schema, absent, also, present, without

Whole = Callable[[Any], Any]

_LIMITS: Final = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
_COUNTS: Final = frozenset({"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"})
_PLAIN: Final = LEAVES | _LIMITS | _COUNTS | {"contains"}
_ELSEWHERE: Final = "\0"  # begins the parts of a place that a reference leads to
_MOST: Final = 5_000  # rules of one model that are looked at
_MOST_PAIRS: Final = 6  # of alternatives that are kept at once, to break `oneOf`
_NAMES_TRIED: Final = 60


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that can be broken.

    Attributes:
        keyword: What a violation of it says.
        place: JSON Pointer into the model under which a violation of it is reported.
        member: The member that is missing, for `required`; else `""`.
        words: What a caller may ask for it by: the keyword, and the one that it stands under.
        schema: What events keep that break this rule.
    """

    keyword: str
    place: str
    member: str = ""
    words: frozenset[str]
    schema: Any


def rules(places: Places) -> list[Rule]:
    """Return the rules of the model, whether or not they can be broken without others; the root's own type is not among them."""
    walk = _Walk(places)
    return list(islice(walk.of(places.vocabulary.root, _itself, (), ()), _MOST))


def _itself(schema: Any) -> Any:
    return schema


class _Walk:
    """Goes through a model where a violation is reported at the rule itself, not at a combination around it."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._vocabulary = places.vocabulary
        self._opposites: Opposites = places.opposites

    def of(self, schema: Any, whole: Whole, parts: Parts, above: tuple[int, ...]) -> Iterator[Rule]:
        """Yield the rules of *schema*.

        Args:
            schema: A part of the model.
            whole: Another schema in its place to the whole model, changed so that the place is there.
            parts: Where it stands in the model.
            above: Ids of the schemas around it: one that refers to itself is not entered again.
        """
        if nothing_allowed(schema) and not isinstance(schema, dict):
            yield _rule("falseSchema", parts, whole({}))
        if not isinstance(schema, dict):
            return
        if id(schema) in above:
            if schema is self._vocabulary.root and "type" in schema:  # the one rule of the root that only counts further down
                yield from self._plain(schema, "type", whole, parts)
            return
        around, schema = (*above, id(schema)), self._vocabulary.read(schema)
        for keyword in schema:
            if keyword != "type" or above:
                yield from self._of_keyword(schema, keyword, whole, parts)
        for inner, put, below in self._inside(schema):
            place = below[1:] if below[:1] == (_ELSEWHERE,) else (*parts, *below)
            yield from self.of(inner, _nested(whole, put), place, around)

    # -- one keyword -------------------------------------------------------------------------------------------------

    def _of_keyword(self, schema: Schema, keyword: str, whole: Whole, parts: Parts) -> Iterator[Rule]:
        if keyword in _PLAIN:
            yield from self._plain(schema, keyword, whole, parts)
        elif keyword in {"required", "additionalProperties", "unevaluatedProperties", "propertyNames"}:
            yield from self._members(schema, keyword, whole, parts)
        elif keyword in {"anyOf", "oneOf", "not"}:
            yield from self._combination(schema, keyword, whole, parts)
        elif keyword in {"dependencies", "dependentRequired"}:
            yield from self._dependencies(schema, keyword, whole, parts)
        elif keyword == "additionalItems" and schema[keyword] is False and isinstance(schema.get("items"), list):
            more = {"type": "array", "minItems": len(schema["items"]) + 1}
            yield _rule(keyword, (*parts, keyword), whole(also(without(schema, keyword), more)))

    def _plain(self, schema: Schema, keyword: str, whole: Whole, parts: Parts) -> Iterator[Rule]:
        broken = self._opposites.of_keyword(schema, keyword)
        others = without(schema, keyword, *({"minContains", "maxContains"} if keyword == "contains" else ()))
        exclusive = f"exclusive{keyword.capitalize()}"
        if keyword in {"minimum", "maximum"} and schema.get(exclusive) is True:  # draft-04, where it says how `minimum` counts
            keyword, others = exclusive, without(others, exclusive)
        place = parts if keyword == "contains" and self._vocabulary.new else (*parts, keyword)  # reported at minContains, too
        for one in broken:
            yield _rule(keyword, place, whole(also(others, one)))
        if keyword == "contains" and "maxContains" in schema:
            items = self._vocabulary.with_tuple({}, [], schema["contains"])
            more = {"type": "array", "minItems": int(schema["maxContains"]) + 1, **items}
            yield _rule(keyword, place, whole(also(others, more)))

    def _members(self, schema: Schema, keyword: str, whole: Whole, parts: Parts) -> Iterator[Rule]:
        value, others = schema[keyword], without(schema, keyword)
        place = (*parts, keyword)
        match keyword:
            case "required":
                for name in value:
                    kept = {**schema, "required": [other for other in value if other != name]}
                    yield _rule(keyword, place, whole(also(kept, absent(name))), member=name)
            case "propertyNames":
                fits = self._vocabulary.judge((value,))
                names = [name for name in odd_names() if not fits(name)][:3]
                yield from (_rule(keyword, place, whole(also(others, present(name)))) for name in names)
            case _ if nothing_allowed(value):
                unknown = islice(fresh_names(schema), _NAMES_TRIED)
                allowed = self._vocabulary.judge((schema.get("propertyNames", {}),))
                for name in [name for name in unknown if allowed(name)][:2]:
                    yield _rule(keyword, place, whole(also(others, present(name, {"type": ["string", "number"]}))))

    def _combination(self, schema: Schema, keyword: str, whole: Whole, parts: Parts) -> Iterator[Rule]:
        value, others = schema[keyword], without(schema, keyword)
        place = (*parts, keyword)
        if keyword == "not":
            yield _rule(keyword, place, whole(also(others, value)))
            return
        yield _rule(keyword, place, whole(also(others, *(self._opposites.of(one) for one in value))))
        for pair in list(combinations(value, 2))[:_MOST_PAIRS] if keyword == "oneOf" else ():
            yield _rule(keyword, place, whole(also(others, *pair)))

    def _dependencies(self, schema: Schema, keyword: str, whole: Whole, parts: Parts) -> Iterator[Rule]:
        for name, needed in schema[keyword].items():
            rest = {**schema, keyword: without(schema[keyword], name)}
            for other in needed if isinstance(needed, list) else ():
                kept = {"required": [name, *(one for one in needed if one != other)]}
                rule = _rule("required", (*parts, keyword), whole(also(rest, kept, absent(other))), member=other)
                yield msgspec.structs.replace(rule, words=rule.words | {keyword})

    # -- what stands inside ------------------------------------------------------------------------------------------

    def _inside(self, schema: Schema) -> Iterator[tuple[Any, Whole, Parts]]:
        """Yield each schema inside whose violations are reported as they are, how to put another there, and where it stands."""
        for target in self._vocabulary.targets(schema):
            yield target.schema, partial(also, without(schema, *REFERENCES)), (_ELSEWHERE, *target.parts)
        yield from self._inside_objects(schema)
        yield from self._inside_arrays(schema)
        for place, inner in enumerate(schema.get("allOf", ())):
            yield inner, _replacing(schema, "allOf", place), ("allOf", str(place))
        if "if" in schema:
            others, opposite = without(schema, "if", "then", "else"), self._opposites.of(schema["if"])
            conditions = {"then": schema["if"], "else": opposite}
            for keyword, condition in conditions.items():
                if keyword in schema:
                    yield schema[keyword], partial(also, others, condition), (keyword,)

    def _inside_objects(self, schema: Schema) -> Iterator[tuple[Any, Whole, Parts]]:
        for name, inner in schema.get("properties", {}).items():
            yield inner, _member(schema, name), ("properties", name)
        for pattern, inner in schema.get("patternProperties", {}).items():
            if (name := name_matching(pattern)) is not None:
                others = {**schema, "patternProperties": without(schema["patternProperties"], pattern)}
                yield inner, _member(others, name), ("patternProperties", pattern)
        if isinstance(schema.get("additionalProperties"), dict):
            allowed = self._vocabulary.judge((schema.get("propertyNames", {}),))
            names = islice(fresh_names(schema), _NAMES_TRIED)
            if name := next(filter(allowed, names), ""):
                yield schema["additionalProperties"], _member(schema, name), ("additionalProperties",)
        for keyword in ("dependencies", "dependentSchemas"):
            for name, inner in schema.get(keyword, {}).items():
                if not isinstance(inner, list):
                    others = {**schema, keyword: without(schema[keyword], name)}
                    yield inner, partial(also, others, present(name)), (keyword, name)

    def _inside_arrays(self, schema: Schema) -> Iterator[tuple[Any, Whole, Parts]]:
        vocabulary = self._vocabulary
        first, rest = vocabulary.tuple_of(schema)
        tuple_word, rest_word = ("prefixItems", "items") if vocabulary.tuples else ("items", "additionalItems")
        for place, inner in enumerate(first):
            yield inner, self._item(schema, first, rest, place), (tuple_word, str(place))
        if rest is not True and not (rest is False and first and not vocabulary.tuples):
            word = rest_word if first or vocabulary.tuples else "items"
            yield rest, self._item(schema, first, rest, len(first)), (word,)

    def _item(self, schema: Schema, first: list[Any], rest: Any, place: int) -> Whole:
        """Return what puts another schema for the item at *place*; those behind it keep their own."""
        before, behind, more = first[:place], first[place + 1 :], {"type": "array", "minItems": place + 1}
        return lambda new: also(self._vocabulary.with_tuple(schema, [*before, new, *behind], rest), more)


def _nested(whole: Whole, put: Whole) -> Whole:
    return lambda new: whole(put(new))


def _replacing(schema: Schema, keyword: str, place: int) -> Whole:
    listed = schema[keyword]
    return lambda new: {**schema, keyword: [*listed[:place], new, *listed[place + 1 :]]}


def _member(schema: Schema, name: str) -> Whole:
    """Return what puts another schema for the member *name*, which is then always there."""
    more = {"type": "object", "required": [name]}
    return lambda new: also({**schema, "properties": {**schema.get("properties", {}), name: new}}, more)


def _rule(keyword: str, parts: Parts, schema: Any, *, member: str = "") -> Rule:
    return Rule(keyword=keyword, place=pointer(parts), member=member, words=frozenset({keyword}), schema=schema)
