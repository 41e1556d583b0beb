"""Readable texts, numbered: the first is empty, then very short ones, then what tills, shops and people write."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final

from mock_cdp.strategies.tape import Tape

_FIRST: Final = ("", "0", "a", "1", "A", "7", "EUR", "de", "X", "Anna", "4711", "0815", "Müller", "Köln", "ST", "m")
_WORDS: Final = (
    *(
        "Anna",
        "Müller",
        "Köln",
        "Straße",
        "coffee",
        "shirt",
        "blue",
        "store",
        "Zürich",
        "Nguyễn",
        "José",
        "order",
        "card",
        "O'Neill",
    ),
    *("München", "voucher"),
)
_SPACE: Final = 2**24  # three bytes of tape
_START: Final = date(2024, 1, 1)
_DAYS: Final = 1_000
_YEARS_S: Final = 2 * 365 * 86_400
_ZONES: Final = ("Z", ".25Z", "+01:00", "-05:00")
_NO_HOSTS: Final = ("@b.example", "@b.test", "@b.xx")  # names that nobody can have
_PEOPLE: Final = ("a", "anna", "j.doe", "max.mueller", "li+news", "o_neill")


def numbered(number: int) -> str:
    """Return the text numbered *number*."""
    if number < len(_FIRST):
        return _FIRST[number]
    kind, rest = number & 3, number >> 2
    word = _WORDS[rest & 15]
    if kind == 0:
        return str(rest)
    if kind == 1:
        return f"{word} {rest >> 4}"
    if kind == 2:  # noqa: PLR2004  # the third of four kinds
        return f"{rest:07d}"
    return f"{word} {_WORDS[(rest >> 4) & 15]}"


def fitted(text: str, least: int, most: int) -> str:
    """Return *text* with at least *least* and at most *most* characters; an identifier gets leading zeros."""
    if len(text) > most:
        text = text[-most:] if text.isdecimal() and most else text[:most]
    if len(text) >= least:
        return text
    if text.isdecimal() or not text:
        return text.rjust(least, "0")
    return (text + (" " + text) * (least // (len(text) + 1) + 1))[:least] if len(text) > 1 else text * least


def words(tape: Tape, least: int, most: int) -> str:
    """Return a text of *least* to *most* characters."""
    number = tape.below(_SPACE)
    if least == most > 2:  # noqa: PLR2004  # longer than a country or a language: an identifier, digits with leading zeros
        return f"{number % 10**most:0{most}d}"
    return fitted(numbered(number), least, most)


# -- formats -----------------------------------------------------------------------------------------------------------


def _date(tape: Tape) -> str:
    return (_START + timedelta(days=tape.below(_DAYS))).isoformat()


def _date_time(tape: Tape) -> str:
    zone = _ZONES[tape.below(len(_ZONES))]
    moment = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=tape.below(_SPACE) * 7 % _YEARS_S)
    return f"{moment:%Y-%m-%dT%H:%M:%S}{zone}"


def _time(tape: Tape) -> str:
    return _date_time(tape)[11:]


def _email(tape: Tape) -> str:
    person, number = _PEOPLE[tape.below(len(_PEOPLE))], tape.below(2**16)
    return f"{person}{number or ''}@example.com"


def _plainly(pattern: str, start: int = 0) -> Callable[[Tape], str]:
    """Return texts that hold a number; of the first one *start* says which number it is."""
    return lambda tape: pattern.format(tape.below(2**16) + start)


_FORMATS: Final[Mapping[str, Callable[[Tape], str]]] = {
    "date": _date,
    "date-time": _date_time,
    "time": _time,
    "email": _email,
    "idn-email": _email,
    "hostname": _plainly("shop{0}.example.com"),
    "idn-hostname": _plainly("shop{0}.example.com"),
    "ipv4": lambda tape: f"192.0.2.{tape.below(256)}",
    "ipv6": _plainly("2001:db8::{0:x}"),
    "uri": _plainly("https://example.com/{0}"),
    "iri": _plainly("https://example.com/{0}"),
    "uri-reference": _plainly("/{0}"),
    "iri-reference": _plainly("/{0}"),
    "uri-template": _plainly("https://example.com/{{id}}/{0}"),
    "uuid": _plainly("00000000-0000-4000-8000-{0:012x}"),
    "json-pointer": _plainly("/items/{0}"),
    "relative-json-pointer": _plainly("{0}/name"),
    "regex": _plainly("^[a-z]{{{0}}}$", 1),
    "duration": _plainly("P{0}D", 1),
}


def of_format(name: str) -> Callable[[Tape], str] | None:
    """Return what writes texts of the format *name*; None for one that is not asserted."""
    return _FORMATS.get(name)


def lengthened(name: str, text: str, least: int) -> str:
    """Return *text* of the format *name* with *least* characters, where such a text can be long."""
    lacking = least - len(text)
    if lacking <= 0:
        return text
    match name:
        case "email" | "idn-email":  # 64 characters before the @ and 63 in each part behind it
            person, at, host = text.partition("@")
            filled = min(lacking, max(64 - len(person), 0))
            text = f"{person}{'x' * filled}{at}{host}"
            return text if lacking == filled else f"{person}{'x' * filled}{at}{_labels(lacking - filled)}{host}"
        case "hostname" | "idn-hostname":
            return _labels(lacking) + text
        case "uri" | "iri" | "uri-reference" | "iri-reference" | "json-pointer" | "uri-template":
            return text + "0" * lacking
        case "date-time" if "." not in text:
            return text[:19] + "." + "0" * max(lacking - 1, 1) + text[19:]
        case _:
            return text


def shortened(name: str, text: str, most: int) -> str:
    """Return *text* of the format *name* with *most* characters, where such a text can be short."""
    if len(text) <= most:
        return text
    number = re.sub(r"\D", "", text)
    match name:
        case "email" | "idn-email":
            host = next(host for host in _NO_HOSTS if len(host) < most or host == _NO_HOSTS[-1])
            return f"{text[0]}{number}"[: max(most - len(host), 1)] + host
        case "hostname" | "idn-hostname":
            return f"s{number}"[:most]
        case "uri" | "iri":
            return f"urn:x:{number}"[:most]
        case "ipv6":
            return text[text.index("::") :]
        case _:
            return text


def _labels(length: int) -> str:
    """Return *length* characters of a host name (two at least), parts of at most 63 with the dots behind them."""
    parts = []
    while length > 0:
        size = min(length, 60) if length - min(length, 60) != 1 else length - 2
        parts.append("x" * max(size - 1, 1) + ".")
        length -= size
    return "".join(parts)


def near_misses(name: str) -> tuple[str, ...]:
    """Return texts that senders write instead of the format *name*."""
    return _NEAR_MISSES.get(name, ())


_NEAR_MISSES: Final[Mapping[str, tuple[str, ...]]] = {
    "date": ("01.01.2024", "20240101", "2024-02-30", "2024-01-01T00:00:00Z", "00000000", "1/2/2024"),
    "date-time": ("2024-01-01T00:00:00", "2024-01-01", "20240101000000", "2024-01-01 00:00", "/Date(1704067200000)/"),
    "time": ("00:00:00", "240000", "24:00:00Z", "PT00H00M00S"),
    "email": ("a", "a@b", "@example.com", "a@example.com;b@example.com", "a b@example.com"),
    "idn-email": ("a", "@example.com"),
    "hostname": ("-a", "a_b", "a..b", "a b"),
    "idn-hostname": ("-a", "a b", "a..b"),
    "ipv4": ("192.0.2", "192.0.2.256", "192.0.2.01"),
    "ipv6": ("::g", "2001:db8", ":::"),
    "uri": ("example.com", "/a b", "a b"),
    "iri": ("example.com", "a b"),
    "uri-reference": ("\\\\a", "a b", "%"),
    "iri-reference": ("\\\\a", "a b", "%"),
    "uri-template": ("{", "a{b", "{}"),
    "uuid": ("00000000", "0000000000000000000000000000000g", "{00000000-0000-4000-8000-000000000000}"),
    "json-pointer": ("a", "items/0", "/~"),
    "relative-json-pointer": ("/a", "-1", "a"),
    "regex": ("[", "(", "*"),
    "duration": ("1 day", "P", "PT", "1D"),
}


def edges(name: str) -> tuple[str, ...]:
    """Return texts of the format *name* that are right, but rare."""
    return _EDGES.get(name, ())


_EDGES: Final[Mapping[str, tuple[str, ...]]] = {
    "date": ("2024-02-29", "1900-01-01", "9999-12-31", "0001-01-01"),
    "date-time": (
        *("2024-02-29T23:59:59.999999Z", "1970-01-01T00:00:00Z", "2024-01-01T00:00:00+14:00"),
        *("2024-01-01T00:00:00-00:30", "9999-12-31T23:59:59Z", "2016-12-31T23:59:60Z"),
    ),
    "time": ("23:59:59.999Z", "00:00:00+14:00"),
    "email": ("a+b@example.com", "o'neill@example.com", "a@sub.example.co.uk", f"{'x' * 64}@example.com"),
    "ipv4": ("0.0.0.0", "255.255.255.255"),  # noqa: S104  # a value, no address to bind to
    "ipv6": ("::", "::ffff:192.0.2.1", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
    "uri": ("https://example.com/a?b=c&d=%C3%A4#e", "urn:a:b"),
}
