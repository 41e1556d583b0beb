r"""Texts that match a regular expression, numbered, the simplest first. ECMA flavour: `\d` and `\w` are ASCII."""

import re
import string
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import msgspec

from mock_cdp.strategies.tape import Tape

_OPEN_END: Final = 3  # times more than it must be that an open-ended repetition is repeated
_LONG_END: Final = 20  # times up to which a repetition is used to its end
_NUMBERED: Final = 2**24  # texts that are told apart: three bytes of tape
_PLAIN: Final = 256  # of these the first are taken in order, so that they shrink by steps; the rest is scattered
_WORD: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase + "_"
_PRINTABLE: Final = string.digits + string.ascii_lowercase + string.ascii_uppercase + " -.,:;/_+*#'!?()[]{}<>=%&@$\"\\|^`~"
_CLASSES: Final = {"d": string.digits, "w": _WORD, "s": " \t"}
_CONTROLS: Final = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}
_PROPERTIES: Final = {"L": "aAäÄ", "Lu": "AÄ", "Ll": "aä", "N": "09", "Nd": "09", "P": ".-", "S": "+", "Z": " ", "Zs": " "}
_QUANTIFIER: Final = re.compile(r"(\*|\+|\?|\{(\d+)(,?)(\d*)\})[?+]?")
_OPENING: Final = re.compile(r"\?(?::|P?<(?![=!])[^>]+>)")
_LOOK: Final = re.compile(r"\?<?[=!]")


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


class Language(msgspec.Struct, frozen=True):
    """The texts that match an expression, as far as they are told apart."""

    piece: Piece

    def text(self, tape: Tape) -> str:
        """Return one of them."""
        size = self.piece.size
        number = tape.below(min(size, _NUMBERED))
        return self.piece.text(number if number < _PLAIN else number * (size * 618_034 // 1_000_000 | 1) % size)


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


@lru_cache(maxsize=1_024)
def language(pattern: str, least: int, most: int) -> Language | None:
    """Return the texts of about *least* to *most* characters that match *pattern*; None if it cannot be read.

    Look-around is passed over, and lengths are met as far as the repetitions can be stretched: ask the judge about each text.
    """
    try:
        piece, ends = _Reader(pattern).whole()
    except (ValueError, LookupError):
        return None
    if piece.shortest < least and not ends:
        piece = sequence([piece, repetition(one_of("a0 "), 0, _OPEN_END, limitless=True)])
    piece = _stretched(piece, least)
    for more in (_OPEN_END, 2, 1, 0):
        if piece.longest > most:
            piece = _cut(piece, most, more)
    return Language(piece)


def _stretched(piece: Piece, least: int) -> Piece:
    """Return *piece* with more repetitions, so that its texts have *least* characters."""
    lacking = least - piece.shortest
    if lacking <= 0:
        return piece
    match piece:
        case Sequence(parts=parts):
            stretched: list[Piece] = []
            for part in parts:
                longer = _stretched(part, part.shortest + lacking)
                lacking -= longer.shortest - part.shortest
                stretched.append(longer)
            return sequence(stretched)
        case Choice(parts=parts):
            return choice([_stretched(part, least) for part in parts])
        case Repetition(part=part, least=fewest, most=most, open=limitless) if part.longest:
            wanted = fewest + -(-lacking // max(part.shortest, 1))
            fewest = wanted if limitless else min(wanted, most)
            return repetition(part, fewest, max(most, fewest), limitless=limitless)
        case _:
            return piece


def _cut(piece: Piece, most: int, more: int) -> Piece:
    """Return *piece* whose repetitions are at most *more* times more than they must be, but no shorter than *most* asks for."""
    match piece:
        case Sequence(parts=parts):
            return sequence([_cut(part, max(most - piece.shortest + part.shortest, 0), more) for part in parts])
        case Choice(parts=parts):
            return choice([_cut(part, most, more) for part in parts])
        case Repetition(part=part, least=least, most=upper, open=limitless):
            fewer = max(min(upper, most // max(part.longest, 1), least + more), least)
            return repetition(part, least, fewer, limitless=limitless)
        case _:
            return piece


class _Reader:
    """Reads an expression from left to right."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    def whole(self) -> tuple[Piece, bool]:
        """Return the texts, and whether nothing may follow them."""
        piece = self._choice()
        if self._at < len(self._pattern):
            raise ValueError(self._pattern)
        return piece, self._pattern.endswith("$")

    def _peek(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _take(self) -> str:
        self._at += 1
        return self._pattern[self._at - 1]

    def _choice(self) -> Piece:
        parts = [self._sequence()]
        while self._peek() == "|":
            self._take()
            parts.append(self._sequence())
        return choice(parts)

    def _sequence(self) -> Piece:
        parts: list[Piece] = []
        while self._peek() not in {"", "|", ")"}:
            piece = self._atom()
            if quantifier := _QUANTIFIER.match(self._pattern, self._at):
                self._at = quantifier.end()
                piece = _repeated(piece, quantifier)
            parts.append(piece)
        return sequence(parts)

    def _atom(self) -> Piece:
        match self._take():
            case "(":
                return self._group()
            case "[":
                return one_of(self._set())
            case ".":
                return one_of(_PRINTABLE)
            case "^" | "$":
                return sequence([])
            case "\\":
                return sequence([]) if self._peek() in {"b", "B"} and self._take() else one_of(self._escaped())
            case character:
                return one_of(character)

    def _group(self) -> Piece:
        if look := _LOOK.match(self._pattern, self._at):
            self._at = look.end()
            self._choice()
            self._take()
            return sequence([])
        if opening := _OPENING.match(self._pattern, self._at):
            self._at = opening.end()
        elif self._peek() == "?":
            raise ValueError(self._pattern)
        piece = self._choice()
        self._take()
        return piece

    def _escaped(self) -> str:
        """Return the characters that an escape stands for."""
        letter = self._take()
        if letter in "dws":
            return _CLASSES[letter]
        if letter in "DWS":
            return _others(_CLASSES[letter.lower()])
        if letter in "pP":
            name = self._pattern[self._at + 1 : self._pattern.index("}", self._at)].rsplit("=", 1)[-1]
            self._at = self._pattern.index("}", self._at) + 1
            return _PROPERTIES[name] if letter == "p" else _others(_PROPERTIES[name])
        if letter in "xu":
            return self._code(2 if letter == "x" else 4)
        if letter in "123456789k":
            raise ValueError(self._pattern)  # a text that stood before: not told here
        return _CONTROLS.get(letter, letter)

    def _code(self, digits: int) -> str:
        end = self._pattern.index("}", self._at) if self._peek() == "{" else self._at + digits
        text = self._pattern[self._at : end].lstrip("{")
        self._at = end + (self._pattern[end : end + 1] == "}" and self._pattern[self._at] == "{")
        return chr(int(text, 16))

    def _set(self) -> str:
        negated = self._peek() == "^" and bool(self._take())
        found: list[str] = []
        while (character := self._take()) != "]":
            found.append(self._member(character))
        characters = "".join(found)
        return _others(characters) if negated else "".join(_readable_first(characters))

    def _member(self, character: str) -> str:
        """Return what one member of a set stands for, a range included."""
        single = ("\b" if self._peek() == "b" and self._take() else self._escaped()) if character == "\\" else character
        if self._peek() != "-" or self._pattern[self._at + 1] == "]" or len(single) > 1:
            return single
        self._take()
        last = self._take()
        last = self._escaped() if last == "\\" else last
        if len(last) > 1:
            return f"{single}-{last}"
        return "".join(map(chr, range(ord(single), min(ord(last), ord(single) + 1_000) + 1)))


def _repeated(piece: Piece, quantifier: re.Match[str]) -> Piece:
    written, fewest, comma, upper = quantifier.groups()
    if written in {"*", "+", "?"}:
        least = int(written == "+")
        return repetition(piece, least, 1 if written == "?" else least + _OPEN_END, limitless=written != "?")
    least = int(fewest)
    if comma and not upper:
        return repetition(piece, least, least + _OPEN_END, limitless=True)
    most = int(upper) if comma else least
    if most < least:
        raise ValueError(written)
    shown = most if most <= _LONG_END else min(most, least + _OPEN_END)
    if shown == most:
        return repetition(piece, least, most, limitless=False)
    return repetition(piece, least, shown, limitless=True)  # stretched beyond its end it fails the judge, no more


def _others(characters: str) -> str:
    return "".join(character for character in _PRINTABLE if character not in characters)


def _readable_first(characters: str) -> Iterator[str]:
    """Yield digits, then capitals, then small letters, then the rest as written."""
    for wanted in (string.digits, string.ascii_uppercase, string.ascii_lowercase):
        yield from (character for character in characters if character in wanted)
    yield from (character for character in characters if not character.isalnum() or not character.isascii())
