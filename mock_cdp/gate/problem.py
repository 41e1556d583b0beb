"""What a trial showed to be wrong: a value, without a word on how often or how small."""

from collections.abc import Iterable

import msgspec

from mock_cdp.contract.violation import Violation
from mock_cdp.testing.arrived import Arrived


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One way in which one trial broke one property.

    Attributes:
        breaks: The property, kebab case.
        code: Of the cause (`T04`), of the rule (`required /storeId`), or of what went wrong (`lost`, `twice`).
        title: The code in a few words.
        message: What happened, for the sender.
        fix: What to change.
        pointers: JSON Pointers into the event, array indexes as `*`.
        violations: Of what arrived.
        arrived: What reached the mock, that shows it.
    """

    breaks: str
    code: str
    title: str
    message: str
    fix: str = ""
    pointers: tuple[str, ...] = ()
    violations: tuple[Violation, ...] = ()
    arrived: tuple[Arrived, ...] = ()

    @property
    def signature(self) -> tuple[str, str]:
        """Return what makes this the same problem in another trial."""
        return self.breaks, self.code


def signatures(problems: Iterable[Problem]) -> frozenset[tuple[str, str]]:
    """Return the distinct problems."""
    return frozenset(problem.signature for problem in problems)
