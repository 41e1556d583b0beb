"""Numbers as stacked bars: where each part begins and how wide it is. The page draws them as inline SVG."""

from collections.abc import Sequence
from typing import Final

import msgspec

WIDTH: Final = 1_000  # units of a whole bar
_LEAST: Final = 8  # units that one of a million is still seen by
_GAP: Final = 3  # units between two parts: colours that look alike to somebody stay apart


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a bar.

    Attributes:
        name: What is counted; also the class that colours it.
        count: How many.
        x: Where it begins, in units of `WIDTH`.
        width: How wide it is.
    """

    name: str
    count: int
    x: float = 0.0
    width: float = 0.0


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """A bar of parts.

    Attributes:
        title: What all of it is.
        parts: Those that are drawn, and those that count none with a width of 0.
        total: Sum of the counts.
    """

    title: str
    parts: tuple[Part, ...]
    total: int

    @property
    def said(self) -> str:
        """What the bar shows, in words."""
        numbers = ", ".join(f"{part.count:,} {part.name}" for part in self.parts if part.count)
        return f"{self.title}: {numbers or 'none'}"


def stacked(title: str, counts: Sequence[tuple[str, int]]) -> Bar:
    """Return a bar with a part for each of *counts*, in proportion, none of them too thin to be seen."""
    drawn = [count for _, count in counts if count > 0]
    room = WIDTH - _GAP * max(len(drawn) - 1, 0)
    total = sum(drawn)
    widths = [max(room * count / total, _LEAST) for count in drawn]
    scale = room / sum(widths) if widths else 1.0
    parts, x, at = [], 0.0, iter(widths)
    for name, count in counts:
        width = next(at) * scale if count > 0 else 0.0
        parts.append(Part(name=name, count=count, x=round(x, 2), width=round(width, 2)))
        x += width + _GAP if width else 0.0
    return Bar(title=title, parts=tuple(parts), total=total)
