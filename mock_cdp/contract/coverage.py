"""Coverage of a contract: for each rule of its model, by how many events it was seen kept, and by how many broken.

What counts: the keywords of the model that demand something. `properties`, `items`, `$ref`, titles and the like only say
where, and `if`, `not` and `contains` only ask: what they hold is no rule. An alternative of `anyOf` or `oneOf` counts for
an event that fits it; where none fits, all of them count, and what each lacks is broken. `then` counts where `if` holds,
`else` where it does not.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from mock_cdp.contract.coverage_nodes import Shape, Token, Walk
from mock_cdp.contract.coverage_plan import Plan
from mock_cdp.contract.coverage_rules import Member, Rule, key_of
from mock_cdp.contract.model import MAX_VIOLATIONS, Model
from mock_cdp.contract.violation import Violation

__all__ = ["Coverage", "Member", "Report", "Rule", "Summary"]

_PENDING: Final = 4_096  # kinds of event that are held before they are counted rule by rule
_NONE: Final[frozenset[int]] = frozenset()


class Summary(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How many rules were seen how.

    Attributes:
        events: How many were looked at.
        rules: How many the model has.
        kept: Rules that an event kept.
        broken: Rules that an event broke.
        both: Rules seen kept and seen broken.
        neither: Rules that no event came by.
    """

    events: int
    rules: int
    kept: int
    broken: int
    both: int
    neither: int


class Report(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was seen so far, as a value to keep, to send and to merge."""

    summary: Summary
    rules: list[Rule]
    members: list[Member]


class Coverage:
    """Looks at events one by one and counts. For one thread at a time.

    Attributes:
        model: Whose rules are counted.
        events: How many events were looked at.
    """

    def __init__(self, model: Model) -> None:
        """Take *model* apart; nothing is seen yet."""
        self.model = model
        self.events = 0
        self._plan = Plan(model)
        self._planned = frozenset(self._plan.numbers)
        self._tokens: Counter[Token] = Counter()
        self._broken: Counter[int] = Counter()
        self._pending: dict[tuple[frozenset[Shape], frozenset[int]], int] = {}

    def see(self, event: Any) -> None:
        """Look at one event, accepted or not."""
        self.events += 1
        walk = Walk()
        broken = _NONE
        if self.model.accepts(event):
            self._plan.root.visit(event, walk)
        else:
            broken = self._refused(event, walk)
        seen = frozenset(walk.shapes), broken
        self._pending[seen] = self._pending.get(seen, 0) + 1
        if len(self._pending) >= _PENDING:
            self._count()

    def _refused(self, event: Any, walk: Walk) -> frozenset[int]:
        found = self.model.violations(event)
        if len(found) < MAX_VIOLATIONS:  # else more is broken than is said, and nothing can be called kept
            self._plan.root.visit(event, walk)
        numbers = self._plan.numbers
        inner = (numbers[key] for key in walk.broken if key in numbers)
        return frozenset([*map(self._number, found), *inner])

    def _number(self, violation: Violation) -> int:
        """Return the position of the rule that *violation* names; one that the plan lacks is added, so that none is lost."""
        number = self._plan.numbers.get(key_of(violation))
        if number is not None:
            return number
        place = "/".join("*" if step.isdecimal() else step for step in violation.pointer.split("/"))
        rule = Rule(schema_pointer=violation.schema_pointer, keyword=violation.keyword, place=place, expected=violation.expected)
        return self._plan.number(rule)

    def _count(self) -> None:
        for (shapes, broken), events in self._pending.items():
            for token in frozenset().union(*(shape.tokens for shape in shapes)):
                if token[0] != "rule" or token[1] not in broken:
                    self._tokens[token] += events
            for number in broken:
                self._broken[number] += events
        self._pending.clear()

    def merge(self, other: Report) -> None:
        """Add what *other* saw of the same model, such as another process.

        Raises:
            ValueError: It is of another model.
        """
        self._count()
        keys = {rule.key for rule in other.rules}
        places = [member.place for member in other.members]
        if not keys >= self._planned or places != [member.place for member in self._plan.members]:
            raise ValueError("a coverage report of another model cannot be merged")
        for rule in other.rules:
            number = self._plan.number(msgspec.structs.replace(rule, kept=0, broken=0))
            self._tokens["rule", number] += rule.kept
            self._broken[number] += rule.broken
        for number, member in enumerate(other.members):
            self._tokens["present", number] += member.present
            self._tokens["absent", number] += member.absent
        self.events += other.summary.events

    def rules(self) -> list[Rule]:
        """Return every rule of the model with its counts, in the model's reading order."""
        self._count()
        return [
            msgspec.structs.replace(rule, kept=self._tokens["rule", number], broken=self._broken[number])
            for number, rule in enumerate(self._plan.rules)
        ]

    def members(self) -> list[Member]:
        """Return every optional member with its counts, in the model's reading order."""
        self._count()
        return [
            Member(place=member.place, present=self._tokens["present", number], absent=self._tokens["absent", number])
            for number, member in enumerate(self._plan.members)
        ]

    def summary(self) -> Summary:
        """Return how many rules were seen how."""
        return _summary(self.events, self.rules())

    def report(self) -> Report:
        """Return all of it."""
        rules = self.rules()
        return Report(summary=_summary(self.events, rules), rules=rules, members=self.members())


def _summary(events: int, rules: Iterable[Rule]) -> Summary:
    seen = Counter((rule.kept > 0, rule.broken > 0) for rule in rules)
    return Summary(
        events=events,
        rules=seen.total(),
        kept=seen[True, False] + seen[True, True],
        broken=seen[False, True] + seen[True, True],
        both=seen[True, True],
        neither=seen[False, False],
    )
