"""A tape of bytes that values are read from: all zeros reads as the simplest value, so that Hypothesis shrinks by zeroing bytes.

One draw of many bytes costs what two draws of one small integer cost, and an event needs dozens of small integers.
"""

from collections.abc import Callable
from random import Random
from typing import Final

PIECE: Final = 128  # bytes fetched at once: most events need one piece
BRIEF_AFTER: Final = 400  # bytes, after which a value is finished as soon as its model allows


class DeadEnd(Exception):  # noqa: N818  # what happened to a try, not a failure
    """No value could be made with these bytes."""


class Tape:
    """Numbers from bytes, the first byte first.

    Attributes:
        at: How many bytes were read or passed over.
    """

    __slots__ = ("_brief_after", "_bytes", "_more", "_spent", "at")

    def __init__(self, more: Callable[[], bytes], *, brief_after: int = BRIEF_AFTER) -> None:
        """Read from what *more* returns; it is called whenever the bytes run out."""
        self._more = more
        self._brief_after = brief_after
        self._bytes = b""
        self._spent = 0
        self.at = 0

    @property
    def tired(self) -> bool:
        """Return whether so much was read that the value should come to an end."""
        return self._spent > self._brief_after

    def below(self, count: int) -> int:
        """Return a number from 0 up to *count*, which it does not reach; 0 without reading when there is no choice."""
        return int.from_bytes(self._read(((count - 1).bit_length() + 7) >> 3), "big") % count if count > 1 else 0

    def pairs(self, count: int) -> int:
        """Return a number of *count* pairs of decimal digits: shrinking pair by pair ends at round numbers."""
        number = 0
        for byte in self._read(count):
            number = number * 100 + byte % 100
        return number

    def _read(self, width: int) -> bytes:
        end = self.at + width
        while end > len(self._bytes):
            self._bytes += self._more()
        found = self._bytes[self.at : end]
        self._spent += width
        self.at = end
        return found

    def pass_to(self, place: int) -> None:
        """Go on at *place*, if that was not reached yet: what follows is then not moved when what stood here shrinks."""
        self.at = max(self.at, place)


def random_tape(seed: int, *, brief_after: int = BRIEF_AFTER) -> Tape:
    """Return a tape to try things out with, the same for the same *seed*; seed 0 reads zeros only."""
    if seed == 0:
        return Tape(lambda: bytes(PIECE), brief_after=brief_after)
    random = Random(seed)  # noqa: S311  # no secret is made of it
    return Tape(lambda: random.randbytes(PIECE), brief_after=brief_after)


class SteadyTape(Tape):
    """A tape that says the same number every time: the neighbours of the simplest value, one by one."""

    __slots__ = ("_number",)

    def __init__(self, number: int) -> None:
        """Say *number*."""
        super().__init__(bytes)
        self._number = number

    def below(self, count: int) -> int:
        """Return the number, as far as there are so many."""
        return self._number % max(count, 1)

    def pairs(self, count: int) -> int:
        """Return the number."""
        return self._number % int(100**count)
