"""The runner: Hypothesis makes messages, the stand tries them, and each distinct problem is made as small as it gets."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Final

import msgspec
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.errors import Flaky, Unsatisfiable

from mock_cdp.gate.failure import GateError
from mock_cdp.gate.message import Message
from mock_cdp.gate.problem import Problem, signatures
from mock_cdp.gate.rounds import Round
from mock_cdp.gate.sources import Source
from mock_cdp.gate.stand import Stand

REPEATS: Final = 3  # of a message that was found: whether it is the same each time

_SHRINK_S: Final = 60.0  # for making messages smaller: an integration in another process may need half a second for each

Signature = tuple[str, str]


class Found(msgspec.Struct, kw_only=True):
    """A problem and the smallest message that shows it.

    Attributes:
        seen: In how many trials.
        flaky: Whether it was not there each time the message was tried again.
        case_file: The known case that shows it, or empty.
    """

    problem: Problem
    message: Message
    seen: int = 1
    flaky: bool = False
    case_file: str = ""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """How far a run is.

    Attributes:
        round: What is being tried.
        trials: Messages tried in this round.
        most: Most that will be.
        causes: Distinct problems so far, in all rounds.
        latest: The newest of them, or empty.
    """

    round: str
    trials: int
    most: int
    causes: int
    latest: str


class Played(msgspec.Struct, kw_only=True):
    """What came of one round.

    Attributes:
        round: What was done with each message.
        trials: Messages that were tried.
        arrived: Events that came of them.
        telling: Those that said something in this round.
        found: Each distinct problem.
        out_of_time: Whether it ended because the time was up.
        until: When it ends at the latest, by the monotonic clock.
        skipped: Why it was not made.
    """

    round: Round
    trials: int = 0
    arrived: int = 0
    telling: int = 0
    found: dict[Signature, Found] = msgspec.field(default_factory=dict)
    duration_s: float = 0.0
    out_of_time: bool = False
    until: float = math.inf
    skipped: str = ""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A case file: its path for reports, and the problem it is kept for."""

    file: str
    signature: Signature


class _Ends(BaseException):  # no Exception: Hypothesis lets it through at once
    """The round ends here, whatever Hypothesis still has in mind."""


class _Broken(Exception):  # noqa: N818
    """A message showed a problem. Each problem has a class of its own: so Hypothesis tells them apart and shrinks each."""


@cache
def _broken(signature: Signature) -> type[_Broken]:
    return type(f"Broken: {' '.join(signature)}", (_Broken,), {})


class Runner:
    """Plays rounds until the time is up."""

    def __init__(self, stand: Stand, source: Source, *, until: float, go_on: bool, report: Callable[[Step], None]) -> None:
        """Prepare.

        Args:
            stand: Tries messages.
            source: Where they come from.
            until: When the time is up, by the monotonic clock.
            go_on: Whether rounds are played after one in which something was found.
            report: Is told of every trial.
        """
        self._stand = stand
        self._source = source
        self._until = until
        self._go_on = go_on
        self._report = report
        self._causes = 0
        self._latest = ""
        self.played: list[Played] = []

    def play(self, one: Round, known: Sequence[tuple[Known, Message]], *, most: int, with_seed: int) -> None:
        """Try known cases, then the messages that the source has, then new ones; the result is the last of `played`.

        Args:
            one: What is done with each message.
            known: Cases with their messages.
            most: Most messages that are made.
            with_seed: Of what is made.

        Raises:
            GateError: The integration cannot be reached, or the source makes no message.
        """
        played = Played(round=one, skipped=one.skipped or self._mended_first())
        self.played.append(played)
        if played.skipped:
            return
        began, before = time.monotonic(), self._stand.counts.total()
        try:
            for case, message in known:
                self._tried(played, message, most, case)
            for message in self._source.first[: most if one.slow else None]:
                self._tried(played, message, most)
            if self._source.endless:
                self._generate(played, most, with_seed)
        except _Ends:
            played.out_of_time = True
        finally:
            played.duration_s = time.monotonic() - began
            played.arrived = self._stand.counts.total() - before
            played.found = {at: found for at, found in played.found.items() if at[0] in one.properties}

    def _mended_first(self) -> str:
        """Return why no further round is made, once something is broken."""
        broken = any(played.found for played in self.played)
        return "a property above is broken: mend it first, or go on with --all" if broken and not self._go_on else ""

    def _tried(self, played: Played, message: Message, most: int, case: Known | None = None) -> Signature | None:
        """Try *message* and remember what it shows; return the problem it counts for, if any."""
        if time.monotonic() > self._until or time.monotonic() > played.until:
            raise _Ends
        problems = played.round.look(self._stand, message)
        played.trials += 1
        if problems is None:
            return None
        played.telling += 1
        mine = [problem for problem in problems if problem.breaks in played.round.properties]
        for problem in mine:
            self._remember(played, problem, message, case.file if case and case.signature == problem.signature else "")
        self._report(
            Step(
                round=played.round.name,
                trials=played.trials,
                most=most,
                causes=self._causes,
                latest=self._latest,
            )
        )
        return min(signatures(mine), default=None)

    def _remember(self, played: Played, problem: Problem, message: Message, case_file: str) -> None:
        known = played.found.get(problem.signature)
        if not played.found:
            played.until = time.monotonic() + _SHRINK_S
        if known is None:
            played.found[problem.signature] = Found(problem=problem, message=message, case_file=case_file)
            self._causes += 1
            self._latest = f"{problem.code} {problem.title}"
            return
        known.seen += 1
        if _size(message) < _size(known.message):
            known.problem, known.message, known.case_file = problem, message, case_file

    def _generate(self, played: Played, most: int, with_seed: int) -> None:
        """Let Hypothesis make messages, and make those that show a problem smaller."""
        trouble: list[GateError] = []

        @seed(with_seed)
        @settings(
            max_examples=most,
            database=None,  # known cases are files
            deadline=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.quiet,
            print_blob=False,
            report_multiple_bugs=True,
        )
        @given(self._source.strategy)
        def trial(message: Message) -> None:
            try:
                signature = self._tried(played, message, most)
            except GateError as error:
                trouble.append(error)
                raise _Ends from None
            if signature is not None:
                raise _broken(signature)

        try:
            trial()
        except (_Broken, Flaky):
            pass  # all of it is remembered
        except BaseExceptionGroup as group:  # several problems at once
            if group.split((_Broken, Flaky))[1] is not None:
                raise
        except Unsatisfiable:
            raise GateError(f"{self._source.described}: no message could be made of it; loosen it, or give samples") from None
        except _Ends:
            if trouble:
                raise trouble[0] from None
            raise

    def settle(self) -> None:
        """Try each message that was found again, to see whether it breaks the contract every time."""
        for played in self.played:
            for signature, found in played.found.items():
                again = [list(self._again(played.round, found.message)) for _ in range(REPEATS)]
                found.flaky = not all(signature in signatures(problems) for problems in again)
                latest = next((problem for problem in again[-1] if problem.signature == signature), None)
                found.problem = latest or found.problem

    def _again(self, one: Round, message: Message) -> Iterator[Problem]:
        yield from one.look(self._stand, message) or ()


def _size(message: Message) -> tuple[int, bytes]:
    return len(message.body), message.body
