"""Events that a contract refuses, each for one rule."""

from collections.abc import Iterable
from typing import Any

import msgspec
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from mock_cdp.contract.contract import Contract
from mock_cdp.contract.model import Model
from mock_cdp.contract.violation import Violation, shortened
from mock_cdp.strategies.drawing import Variant, drawn_tape, one_of_variants
from mock_cdp.strategies.events import event_maker
from mock_cdp.strategies.places import Places
from mock_cdp.strategies.rules import Rule, rules

_SHOWN = 40  # characters of a value in a label


class Invalid(msgspec.Struct, frozen=True, kw_only=True):
    """An event that breaks one rule of its model.

    Attributes:
        event: The event, a JSON object.
        keyword: The rule's keyword, as a violation of it says.
        code: The same in kebab case.
        pointer: JSON Pointer to where the event breaks it; the first place when there are several.
        schema_pointer: JSON Pointer to the rule in the model.
        label: One line: where, which rule, broken by what.
    """

    event: dict[str, Any]
    keyword: str
    code: str
    pointer: str
    schema_pointer: str
    label: str


def invalid_events(contract: Contract, *, keywords: Iterable[str] | None = None) -> st.SearchStrategy[Invalid]:
    """Return a strategy for events that break one rule of the contract's model, and keep all others.

    One rule is one keyword at one place of the model: all violations of an event name the same place there (`schema_pointer`),
    and of `required` the same member. What breaks inside `anyOf`, `oneOf`, `not`, `contains` or `propertyNames` is a violation
    of that keyword; inside `allOf`, `then`, `else`, dependencies and references each rule counts for itself. A rule that cannot
    be broken without breaking another (a type beside `enum`) is left out, and so is the root's own type: such a body is no
    event. Each rule that is left is about equally likely; of `required`, each member.

    Args:
        contract: What the events break.
        keywords: Break only these: keywords of the model, such as `required`; `falseSchema` for a schema that is `false`.

    Raises:
        InvalidArgument: No event keeps the model, it has no rule that can be broken, or none of *keywords*.
    """
    places = Places(contract.model)
    brief_after = event_maker(contract, places).brief_after
    variants = [_variant(contract.model, places, rule) for rule in rules(places)]
    wanted = (
        variants
        if keywords is None
        else _asked_for(contract, variants, [keywords] if isinstance(keywords, str) else list(keywords))
    )
    if not any(variant.possible for variant in wanted):
        what = "" if keywords is None else f" of {', '.join(sorted(keywords))}"
        raise InvalidArgument(f"no rule{what} of the model of {contract.path} can be broken without breaking another")

    @st.composite
    def invalid(draw: Any) -> Invalid:
        return one_of_variants(wanted, drawn_tape(draw, brief_after=brief_after))

    return invalid()


def _asked_for(contract: Contract, variants: list[Variant[Invalid]], keywords: list[str]) -> list[Variant[Invalid]]:
    used = sorted({word for variant in variants for word in variant.subject.words})
    unknown = sorted(set(keywords) - set(used))
    if unknown or not keywords:
        asked = ", ".join(unknown) or "no keyword at all"
        has = ", ".join(used) or "none"
        raise InvalidArgument(f"keywords: the model of {contract.path} has no rule of {asked}; it has {has}")
    return [variant for variant in variants if variant.subject.words & set(keywords)]


def _variant(model: Model, places: Places, rule: Rule) -> Variant[Invalid]:
    return Variant(rule, lambda: places.root(rule.schema), lambda event: broken(model, rule, event))


def broken(model: Model, rule: Rule, event: Any) -> Invalid | None:
    """Return *event* with the rule it breaks, or None unless that is *rule* alone."""
    if not isinstance(event, dict) or model.accepts(event):
        return None
    violations = model.violations(event)
    if any(not _of_rule(violation, rule, violations[0]) for violation in violations):
        return None
    first = violations[0]
    return Invalid(
        event=event,
        keyword=first.keyword,
        code=first.code,
        pointer=first.pointer,
        schema_pointer=first.schema_pointer,
        label=_label(first),
    )


def _of_rule(violation: Violation, rule: Rule, first: Violation) -> bool:
    at = violation.schema_pointer
    return (
        violation.keyword == rule.keyword
        and at == first.schema_pointer
        and (at == rule.place or at.startswith(f"{rule.place}/"))
        and (not rule.member or violation.expected == rule.member)
    )


def _label(violation: Violation) -> str:
    where = violation.pointer or "the event"
    if violation.keyword == "required":
        return f"{where}: required {violation.expected!r} left out"
    expected = shortened(" ".join(violation.expected.split()), _SHOWN)
    rule = violation.keyword if expected in {"", "null"} else f"{violation.keyword} {expected}"
    return f"{where}: {rule} broken by {shortened(violation.found, _SHOWN)}"
