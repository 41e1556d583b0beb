"""From makers to Hypothesis: a value from drawn bytes, judged, and one of several makers of which some may make nothing."""

from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, TypeVar

from hypothesis import reject
from hypothesis import strategies as st

from mock_cdp.strategies.places import Maker
from mock_cdp.strategies.tape import BRIEF_AFTER, PIECE, DeadEnd, Tape

Made = TypeVar("Made")
Draw = Callable[[st.SearchStrategy[bytes]], bytes]

_PIECES: Final = st.binary(min_size=PIECE, max_size=PIECE)
_TRIES: Final = 5
_REDRAWN: Final = 8
_PROBES: Final = 60  # tries before something counts as impossible


def drawn_tape(draw: Any, *, brief_after: int = BRIEF_AFTER) -> Tape:
    """Return a tape whose bytes Hypothesis draws."""
    return Tape(lambda: draw(_PIECES), brief_after=brief_after)


def made(maker: Maker, tape: Tape, judge: Callable[[Any], Made | None]) -> Made:
    """Return what *judge* says of a value of *maker*; a value it says None of is made anew, and in the end given up."""
    for _ in range(_TRIES):
        try:
            found = judge(maker.make(tape))
        except DeadEnd:
            continue
        if found is not None:
            return found
    return reject()


class Variant(Generic[Made]):
    """One of several things to make, tried out when it is first wanted.

    Attributes:
        subject: What it is about.
    """

    def __init__(self, subject: Any, build: Callable[[], Maker], judge: Callable[[Any], Made | None]) -> None:
        """Make values with what *build* returns, of which *judge* makes the result, or None if it is not what was wanted."""
        self.subject = subject
        self._build: Callable[[], Maker] | None = build
        self._judge = judge
        self._maker: Maker | None = None

    @property
    def possible(self) -> bool:
        """Return whether it can be made."""
        if self._build is not None:
            maker = self._build()
            self._build = None
            if any(self._judge(value) is not None for value in _lazily(maker)):
                self._maker = maker
        return self._maker is not None

    def make(self, tape: Tape) -> Made:
        """Return one."""
        if not self.possible or self._maker is None:
            return reject()
        return made(self._maker, tape, self._judge)


def _lazily(maker: Maker) -> Any:
    """Yield the values of some tries, the simplest first."""
    for count in (1, 6, _PROBES):
        yield from maker.tried(count)


def one_of_variants(variants: Sequence[Variant[Made]], tape: Tape) -> Made:
    """Return one of *variants*: drawn anew when it turns out to be impossible, so that its neighbours are no likelier."""
    start = 0
    for _ in range(_REDRAWN):
        start = tape.below(len(variants))
        if variants[start].possible:
            return variants[start].make(tape)
    ordered = (variants[(start + place) % len(variants)] for place in range(len(variants)))
    possible = next((variant for variant in ordered if variant.possible), None)
    return reject() if possible is None else possible.make(tape)
