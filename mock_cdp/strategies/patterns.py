r"""Texts that match a regular expression, numbered, the simplest first. ECMA flavour: `\d` and `\w` are ASCII."""

import re
import string
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import msgspec

from mock_cdp.strategies.pieces import Piece, choice, cut, one_of, repetition, sequence, stretched
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


class Language(msgspec.Struct, frozen=True):
    """The texts that match an expression, as far as they are told apart."""

    piece: Piece

    def text(self, tape: Tape) -> str:
        """Return one of them."""
        size = self.piece.size
        number = tape.below(min(size, _NUMBERED))
        return self.piece.text(number if number < _PLAIN else number * (size * 618_034 // 1_000_000 | 1) % size)


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
    piece = stretched(piece, least)
    for more in (_OPEN_END, 2, 1, 0):
        if piece.longest > most:
            piece = cut(piece, most, more)
    return Language(piece)


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
