"""Readings of a single value that the model refuses: what a CPI artefact would have been before CPI did it."""

import html
import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from mock_cdp.cpi.causes_dates import date_readings
from mock_cdp.cpi.diagnosis_nodes import Node


class Drop:
    """Stands for a value that should not be there at all."""


DROP: Final = Drop()


class Reading(msgspec.Struct, frozen=True):
    """One way to read a value.

    Attributes:
        codes: The causes it assumes.
        value: What it was before, or `DROP`.
        doubt: What else it may mean; `""` when nothing.
    """

    codes: tuple[str, ...]
    value: Any
    doubt: str = ""


_PLAIN: Final = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_NUMBER: Final = re.compile(r"([+-]?)(\d[\d.,]*)([+-]?)")
_GROUPED_OR_NOT: Final = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")
_DOT_GROUPS: Final = re.compile(r"\d{1,3}(?:\.\d{3})+")
_COMMA_GROUPS: Final = re.compile(r"\d{1,3}(?:,\d{3})+")
_LITERAL: Final = re.compile(r"null|undefined|NaN|\$\{[^}]*\}|\{\{[^}]*\}\}")
_FLAGS: Final = {"X": True, "x": True, "1": True, "J": True, "Y": True, "": False, "0": False, "N": False}
_ESCAPE: Final = re.compile(r"&(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9A-Fa-f]{1,6});")
_TWICE: Final = re.compile("[\u00c2-\u00f4][\u0080-\u00bf\u0152-\u2122]")
_LARGEST: Final = 10**40  # no identifier is longer; Python writes no integer of thousands of digits
_LONG: Final = 400  # characters; no number, flag or date is longer


def readings(node: Node, value: Any) -> Iterator[Reading]:
    """Yield the readings of *value* at *node*, the most likely first; whether one fits is for the model to say."""
    if value is None:
        yield Reading(("N02",), DROP)
        return
    if isinstance(value, str):
        yield from _of_nothing(node, value)
        if len(value) <= _LONG:
            if node.wants("number", "integer"):
                yield from number_readings(value, integer=not node.wants("number"))
            if node.wants("boolean"):
                yield from _boolean(value)
            yield from date_readings_of(node, value)
    elif isinstance(value, (bool, int, float)):
        if node.wants("boolean") and value in {0, 1}:
            yield Reading(("T03",), bool(value))
        yield from date_readings_of(node, value)
    if node.wants("string") and not node.format.startswith(("date", "time")):
        yield from _string(node, value)


def date_readings_of(node: Node, value: Any) -> Iterator[Reading]:
    """Yield what *value* means as a date, if the model wants one."""
    if node.wants("string") and node.format in {"date", "date-time", "time"}:
        for code, text, doubt in date_readings(value, node.format):
            yield Reading((code,), DROP if text is None else text, doubt)


def unresolved(text: str) -> bool:
    """Return whether *text* is what an expression leaves behind that was not resolved."""
    return bool(_LITERAL.fullmatch(text))


def escaped(text: str) -> bool:
    """Return whether *text* still holds XML escapes."""
    return "&" in text and bool(_ESCAPE.search(text))


def encoded_once(text: str) -> str | None:
    """Return *text* as it was before UTF-8 was taken for Latin-1, or None if it was not."""
    if text.isascii() or not _TWICE.search(text):
        return None
    for charset in ("cp1252", "latin-1"):
        try:
            return text.encode(charset).decode()
        except UnicodeError:
            continue
    return None


def _of_nothing(node: Node, text: str) -> Iterator[Reading]:
    boolean = node.wants("boolean")
    if text == "" and not boolean:
        plain = node.wants("string") and not node.format.startswith(("date", "time"))
        yield Reading(("N02",) if plain else ("S05",), DROP)
    elif not text.strip() and not boolean:
        yield Reading(("N04",), DROP)
    elif unresolved(text):
        yield Reading(("N03",), DROP)


# -- numbers -----------------------------------------------------------------------------------------------------------


def number_readings(text: str, *, integer: bool) -> Iterator[Reading]:
    """Yield what *text* means as a number, with its causes: blanks and sign, comma and grouping, string."""
    bare = text.strip()
    found = _NUMBER.fullmatch(bare)
    if found is None:
        if _PLAIN.fullmatch(bare):  # with an exponent
            yield Reading(("T01",), float(bare))
        return
    sign, digits, trailing = found.groups()
    if sign and trailing:
        return
    codes = ("T05",) if trailing or bare != text else ()
    minus = "-" if "-" in (sign, trailing) else ""
    for code, plain, doubt in _conventions(digits, integer=integer):
        number = _number(minus + plain)
        yield Reading((*codes, code) if code else codes or ("T01",), number, doubt)


def _conventions(digits: str, *, integer: bool) -> Iterator[tuple[str, str, str]]:
    """Yield code, plain digits and doubt for each convention that *digits* keep."""
    either = bool(_GROUPED_OR_NOT.fullmatch(digits))
    if "," not in digits and digits.count(".") <= 1 and not digits.endswith("."):
        doubt = f"{digits} may also be {digits.replace('.', '')} with grouping" if either else ""
        if not integer:
            yield "", digits, doubt
        elif "." not in digits:
            yield "", digits, ""
        elif not digits.rpartition(".")[2].strip("0"):
            yield "T06", digits.partition(".")[0], doubt
        else:
            yield "", digits, ""  # a string all the same; the model then refuses its decimals
    elif digits.count(",") == 1 and (plain := _decimal_comma(digits)):
        doubt = f"{digits} may also be {digits.replace(',', '')} with grouping" if either else ""
        yield "T04", plain, doubt
    if _DOT_GROUPS.fullmatch(digits) and not (either and not integer):
        doubt = f"{digits} may also have decimals" if either else ""
        yield "T04", digits.replace(".", ""), doubt
    whole, _, decimals = digits.partition(".")
    if _COMMA_GROUPS.fullmatch(whole) and (not decimals or decimals.isdecimal()):
        doubt = f"{digits} may also have decimals" if either else ""
        yield "T04", whole.replace(",", "") + (f".{decimals}" if decimals else ""), doubt


def _decimal_comma(digits: str) -> str:
    """Read `1.234,56` and `119,90`; `""` if it is neither."""
    whole, _, decimals = digits.partition(",")
    grouped = whole.isdecimal() or _DOT_GROUPS.fullmatch(whole)
    return f"{whole.replace('.', '')}.{decimals}" if grouped and decimals.isdecimal() else ""


def _number(plain: str) -> int | float:
    return float(plain) if "." in plain else int(plain)


def dot_is_decimal(text: str) -> bool:
    """Return whether *text* shows that its sender writes decimals after a point, whatever `1.234` means."""
    bare = text.strip().rstrip("-")
    return bool(_PLAIN.fullmatch(bare)) and "." in bare and not _DOT_GROUPS.fullmatch(bare.lstrip("+-"))


# -- the rest ----------------------------------------------------------------------------------------------------------


def _boolean(text: str) -> Iterator[Reading]:
    bare = text.strip()
    if bare.lower() in {"true", "false"}:
        yield Reading(("T02",) if bare == text else ("T02", "N04"), bare.lower() == "true")
    elif bare in _FLAGS:
        yield Reading(("T03",), _FLAGS[bare], 'an empty element also gives ""' if text == "" else "")


def _string(node: Node, value: Any) -> Iterator[Reading]:
    if isinstance(value, str):
        if value.isdecimal() and len(value) < node.digits:
            yield Reading(("T08",), value.zfill(node.digits))
        if value.strip() != value:
            yield Reading(("N04",), value.strip())
        if escaped(value):
            yield Reading(("E04",), html.unescape(value))
        if once := encoded_once(value):
            yield Reading(("E03",), once)
    elif isinstance(value, bool):
        yield Reading(("T09",), "true" if value else "false")
    elif isinstance(value, float) and (not value.is_integer() or "e" in repr(value)):
        yield Reading(("T07",) if rounded(value) else ("T09",), repr(value))
    elif isinstance(value, (int, float)) and abs(value) < _LARGEST:
        text = str(int(value))
        yield Reading(("T07",) if clamped(value) else ("T09",), text)
        yield Reading(("T08",), text.zfill(node.digits))


_INT_LIMITS: Final = (2**31 - 1, -(2**31))
_TAIL: Final = re.compile(r"-?\d+\.\d*?(?:0{6,}|9{6,})\d{1,3}")
_DIGITS: Final = 16  # a double holds 15 decimal digits safely


def clamped(value: float) -> bool:
    """Return whether *value* is where a 32-bit integer ends."""
    return value in _INT_LIMITS


def rounded(value: float) -> bool:
    """Return whether *value* shows what a double lost: an exponent with many digits, or a tail like …0000000004."""
    text = repr(value)
    mantissa, _, exponent = text.partition("e")
    many = len(re.sub(r"\D", "", mantissa).strip("0")) >= _DIGITS
    return many and (bool(exponent) or bool(_TAIL.fullmatch(mantissa)))
