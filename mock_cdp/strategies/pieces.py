"""The parts of a regular expression as values: each knows its texts by number."""

import msgspec


class Piece(msgspec.Struct, frozen=True):
    """A part of an expression: its texts in order.

    Attributes:
        size: How many texts.
        shortest: Characters of the shortest text.
        longest: Characters of the longest one.
    """

    size: int
    shortest: int
    longest: int

    def text(self, rank: int) -> str:
        """Return the text numbered *rank*, below `size`."""
        raise NotImplementedError


class OneOf(Piece, frozen=True):
    """One character of several."""

    characters: str

    def text(self, rank: int) -> str:
        """Return the character numbered *rank*."""
        return self.characters[rank]


class Sequence(Piece, frozen=True):
    """One part after the other."""

    parts: tuple[Piece, ...]

    def text(self, rank: int) -> str:
        """Return the text numbered *rank*: the last part changes fastest."""
        found = []
        for part in reversed(self.parts):
            rank, inner = divmod(rank, part.size)
            found.append(part.text(inner))
        return "".join(reversed(found))


class Choice(Piece, frozen=True):
    """One part of several."""

    parts: tuple[Piece, ...]

    def text(self, rank: int) -> str:
        """Return the text numbered *rank*: those of the first part come first."""
        for part in self.parts:
            if rank < part.size:
                return part.text(rank)
            rank -= part.size
        raise IndexError(rank)


class Repetition(Piece, frozen=True):
    """A part several times."""

    part: Piece
    least: int
    most: int
    open: bool

    def text(self, rank: int) -> str:
        """Return the text numbered *rank*: the fewest repetitions come first."""
        times = self.least
        while rank >= (size := self.part.size**times):
            rank -= size
            times += 1
        found = []
        for _ in range(times):
            rank, inner = divmod(rank, self.part.size)
            found.append(self.part.text(inner))
        return "".join(reversed(found))


def one_of(characters: str) -> OneOf:
    """Return one character of *characters*."""
    unique = "".join(dict.fromkeys(characters))
    return OneOf(len(unique), 1, 1, unique)


def sequence(parts: list[Piece]) -> Piece:
    """Return *parts*, one after the other."""
    if len(parts) == 1:
        return parts[0]
    size = 1
    for part in parts:
        size *= part.size
    return Sequence(size, sum(part.shortest for part in parts), sum(part.longest for part in parts), tuple(parts))


def choice(parts: list[Piece]) -> Piece:
    """Return one of *parts*."""
    if len(parts) == 1:
        return parts[0]
    shortest, longest = min(part.shortest for part in parts), max(part.longest for part in parts)
    return Choice(sum(part.size for part in parts), shortest, longest, tuple(parts))


def repetition(part: Piece, least: int, most: int, *, limitless: bool) -> Piece:
    """Return *part* repeated."""
    size = sum(part.size**times for times in range(least, most + 1))
    return Repetition(size, part.shortest * least, part.longest * most, part, least, most, limitless)


def stretched(piece: Piece, least: int) -> Piece:
    """Return *piece* with more repetitions, so that its texts have *least* characters."""
    lacking = least - piece.shortest
    if lacking <= 0:
        return piece
    match piece:
        case Sequence(parts=parts):
            made: list[Piece] = []
            for part in parts:
                longer = stretched(part, part.shortest + lacking)
                lacking -= longer.shortest - part.shortest
                made.append(longer)
            return sequence(made)
        case Choice(parts=parts):
            return choice([stretched(part, least) for part in parts])
        case Repetition(part=part, least=fewest, most=most, open=limitless) if part.longest:
            wanted = fewest + -(-lacking // max(part.shortest, 1))
            fewest = wanted if limitless else min(wanted, most)
            return repetition(part, fewest, max(most, fewest), limitless=limitless)
        case _:
            return piece


def cut(piece: Piece, most: int, more: int) -> Piece:
    """Return *piece* whose repetitions are at most *more* times more than they must be, but no shorter than *most* asks for."""
    match piece:
        case Sequence(parts=parts):
            return sequence([cut(part, max(most - piece.shortest + part.shortest, 0), more) for part in parts])
        case Choice(parts=parts):
            return choice([cut(part, most, more) for part in parts])
        case Repetition(part=part, least=least, most=upper, open=limitless):
            fewer = max(min(upper, most // max(part.longest, 1), least + more), least)
            return repetition(part, least, fewer, limitless=limitless)
        case _:
            return piece
