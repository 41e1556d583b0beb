"""Numbers between limits, in steps: zero or the limit next to it first, then amounts with two decimals of any size."""

from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor, lcm
from typing import Any, Final

from mock_cdp.strategies.shapes import Leaf
from mock_cdp.strategies.tape import DeadEnd, Tape
from mock_cdp.strategies.vocabulary import Limit, Schema, Vocabulary, exact

_CENT: Final = Fraction(1, 100)
_FINEST: Final = Fraction(1, 10**15)
_PAIRS: Final = 3  # of decimal digits: up to 9,999.99 or 999,999
_SIGNS: Final = 5  # of five draws three go up, with one, two or three pairs, and two go down
_FEW: Final = 255  # steps that one byte tells apart
_NUDGES: Final = 40  # neighbours that are tried when a number is refused


class Numbers(Leaf, frozen=True):
    """Numbers that are multiples of a step.

    Attributes:
        step: Between two neighbours.
        first: The simplest number, in steps.
        down: How many steps it may go down; None without end.
        up: How many steps it may go up; None without end.
        fits: The judge.
    """

    step: Fraction
    first: int
    down: int | None
    up: int | None
    fits: Callable[[Any], bool]

    @property
    def size(self) -> int:
        """Return the bytes it reads."""
        return 1 + _PAIRS

    def make(self, tape: Tape, _budget: int) -> float:
        """Return one of them.

        Raises:
            DeadEnd: None was found near what the tape says.
        """
        place = tape.below(_SIGNS)
        down = (place >= _PAIRS or self.up == 0) and self.down != 0
        room = self.down if down else self.up
        if room is None or room > _FEW:
            steps = tape.pairs(_PAIRS) % 100 ** (place % _PAIRS + 1)
            steps = steps if room is None else min(steps, room)
        else:
            steps = tape.below(room + 1)
        return self._near(-steps if down else steps)

    def _near(self, steps: int) -> float:
        """Return the number *steps* away from the first, or the nearest that fits."""
        for nudge in range(_NUDGES):
            for moved in (steps + nudge, steps - nudge) if nudge else (steps,):
                if (self.up is None or moved <= self.up) and (self.down is None or -moved <= self.down):
                    number = plain((self.first + moved) * self.step)
                    if self.fits(number):
                        return number
        raise DeadEnd


def plain(number: Fraction) -> float:
    """Return *number* as JSON has it: without a decimal point when it is whole."""
    return number.numerator if number.denominator == 1 else float(number)


def numbers(vocabulary: Vocabulary, schemas: tuple[Schema, ...], *, whole: bool, broken: bool) -> Numbers | None:
    """Return the numbers that keep *schemas*, or None if there are none.

    Args:
        vocabulary: What the keywords mean.
        schemas: Without combinations.
        whole: Whether integers are allowed.
        broken: Whether numbers with decimals are allowed.
    """
    low = max((limit for one in schemas for limit in vocabulary.lower(one)), default=None)
    high = min((_closed_last(limit) for one in schemas for limit in vocabulary.upper(one)), default=None)
    upper = None if high is None else Limit(high[0], not high[1])
    for step in _steps(schemas, whole=whole, broken=broken):
        found = _between(step, low, upper, vocabulary.judge((*schemas, {"type": "number" if broken else "integer"})))
        if found is not None:
            return found
    return None


def _closed_last(limit: Limit) -> tuple[Fraction, bool]:
    return limit.value, not limit.open


def _steps(schemas: tuple[Schema, ...], *, whole: bool, broken: bool) -> list[Fraction]:
    """Return the steps to try: the multiple that is asked for, else cents, finer ones when the limits are close."""
    wanted = [exact(one["multipleOf"]) for one in schemas if "multipleOf" in one]
    refused = [exact(one["not"]["multipleOf"]) for one in schemas if "multipleOf" in one.get("not", ())]
    if not broken:
        return [_common([Fraction(1), *wanted])]
    if wanted:
        return [_common(wanted)]
    start = min([_CENT, *(one / 10 for one in refused)])
    steps = [start]
    while steps[-1] > _FINEST:
        steps.append(steps[-1] / 10)
    return steps if whole or broken else []


def _common(steps: list[Fraction]) -> Fraction:
    """Return the smallest number that is a multiple of all of *steps*."""
    bottom = lcm(*(step.denominator for step in steps))
    return Fraction(lcm(*(int(step * bottom) for step in steps)), bottom)


def _between(step: Fraction, low: Limit | None, high: Limit | None, fits: Callable[[Any], bool]) -> Numbers | None:
    least = None if low is None else (floor(low.value / step) + 1 if low.open else ceil(low.value / step))
    most = None if high is None else (ceil(high.value / step) - 1 if high.open else floor(high.value / step))
    if least is not None and most is not None and least > most:
        return None
    first = 0
    if least is not None and least > 0:
        first = least
    elif most is not None and most < 0:
        first = most
    found = Numbers(step, first, None if least is None else first - least, None if most is None else most - first, fits)
    try:
        found._near(0)  # noqa: SLF001  # its own class, one function up
    except DeadEnd:
        return None
    return found
