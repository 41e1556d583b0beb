r"""Texts of a format whose beginning or end a pattern prescribes: `date-time` and `\.\d{3}Z$`, `hostname` and `\.test$`."""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Final

from mock_cdp.strategies.patterns import Language
from mock_cdp.strategies.shapes import Fits
from mock_cdp.strategies.tape import Tape, random_tape

_SEEDS: Final = 12  # texts of each kind that are tried at each cut
_LONGEST: Final = 48  # characters of a format's text that are cut at

Write = Callable[[Tape], str]
Splice = Callable[[str, str, int], str]  # a text of the format, one of the pattern, where the former is cut


def spliced(formats: list[Write], patterns: list[Language], fits: Fits) -> Iterator[Write]:
    """Yield ways to write texts of both a format and a pattern, made of the one's and the other's, that fit now and then."""
    for write, texts, splice in product(formats, patterns, (_ended, _begun)):
        if cuts := [cut for cut in range(_LONGEST) if _ever_fits(write, texts, splice, cut, fits)]:
            yield _writer(write, texts, splice, cuts)


def _ended(text: str, given: str, cut: int) -> str:
    """Put *given* behind what stands before the cut."""
    return text[: len(text) - cut] + given


def _begun(text: str, given: str, cut: int) -> str:
    """Put *given* before what stands behind the cut."""
    return given + text[cut:]


def _ever_fits(write: Write, texts: Language, splice: Splice, cut: int, fits: Fits) -> bool:
    tapes = (random_tape(seed) for seed in range(_SEEDS))
    return any(fits(splice(write(tape), texts.text(tape), cut)) for tape in tapes)


def _writer(write: Write, texts: Language, splice: Splice, cuts: list[int]) -> Write:
    return lambda tape: splice(write(tape), texts.text(tape), cuts[tape.below(len(cuts))])
