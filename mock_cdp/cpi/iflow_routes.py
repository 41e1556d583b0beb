"""The ways through a flow: what has happened to a message before a step, and what may happen after it.

Calls of local processes are followed into them. Which condition a router meets is not judged: every branch counts.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from mock_cdp.cpi.iflow_parts import Flow, Step


class Routes:
    """The order of a flow's steps.

    Attributes:
        steps: Each step by its id.
    """

    def __init__(self, flow: Flow) -> None:
        """Follow the routes of *flow*."""
        self.steps: Mapping[str, Step] = {step.id: step for step in flow.steps}
        self._before: dict[str, set[str]] = defaultdict(set)
        self._after: dict[str, set[str]] = defaultdict(set)
        starts, ends = self._by_process("startEvent"), self._by_process("endEvent")
        calls = {step.id: process for step in flow.steps if (process := step.written.get("processId", "")) in starts}
        for source, target, _condition in flow.routes:
            inside = ends.get(calls.get(source, ""), ())
            for before in inside or (source,):
                self._join(before, target)
        for call, process in calls.items():
            for start in starts[process]:
                self._join(call, start)

    def _by_process(self, element: str) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for step in self.steps.values():
            if step.element == element and not step.handler:
                found[step.process].append(step.id)
        return found

    def _join(self, before: str, after: str) -> None:
        self._before[after].add(before)
        self._after[before].add(after)

    def before(self, step: str) -> list[Step]:
        """Return the steps that a message may have passed before *step*, in the order of the file."""
        return self._listed(_reached(self._before, step))

    def after(self, step: str) -> list[Step]:
        """Return the steps that a message may pass after *step*, in the order of the file."""
        return self._listed(_reached(self._after, step))

    def nearest(self, step: str, counts: Callable[[Step], bool]) -> tuple[list[Step], list[Step]]:
        """Return the last step that counts on each way to *step*, and the first step of each way on which none does."""
        seen = _reached(self._before, step, stop=lambda one: one in self.steps and counts(self.steps[one]))
        found = self._listed(seen)
        entries = [one for one in found if not self._before.get(one.id) and not counts(one)]
        if not self._before.get(step) and step in self.steps:
            entries.append(self.steps[step])  # it is the first itself
        return [one for one in found if counts(one)], entries

    def _listed(self, ids: Iterable[str]) -> list[Step]:
        wanted = set(ids)
        return [step for step in self.steps.values() if step.id in wanted]


def _reached(edges: Mapping[str, set[str]], start: str, stop: Callable[[str], bool] = lambda _: False) -> set[str]:
    """Return everything that *edges* lead to from *start*, not going on from where *stop* holds."""
    seen: set[str] = set()
    waiting = [*edges.get(start, ())]
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            if not stop(one):
                waiting += edges.get(one, ())
    return seen
