"""Readings of a value where a date or time is wanted: ABAP's, OData's, Java's and users' ways to write one."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

DateReading = tuple[str, str | None, str]  # code, text in the model's format (None: should not be there), doubt

INITIAL: Final = frozenset({"00000000", "000000", "00000000000000", "0000-00-00", "0001-01-01", "0000-00-00T00:00:00"})
UNLIMITED: Final = frozenset({"9999-12-31", "99991231", "99991231235959"})
_INITIAL_STAMP: Final = re.compile(r"(?:0000-00-00|0001-01-01)(?:T00:00:00(?:\.0+)?(?:Z|[+-]\d\d:\d\d)?)?")
_UNLIMITED_STAMP: Final = re.compile(r"9999-12-31(?:T(?:00:00:00|23:59:59)(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?)?")

_DATS: Final = re.compile(r"\d{8}")
_STAMP: Final = re.compile(r"(\d{14})(?:[.,]\d+)?")
_TIMS: Final = re.compile(r"(\d\d)(\d\d)(\d\d)")
_EDM_TIME: Final = re.compile(r"PT(?:(\d{1,2})H)?(?:(\d{1,2})M)?(?:(\d{1,2})S)?")
_ODATA: Final = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/")
_NO_ZONE: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)? ?(?:Z|[+-]\d\d(?::?\d\d)?)?")  # or an odd one
_DAY_ALONE: Final = re.compile(r"\d{4}-\d\d-\d\d")
_USER: Final = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})(?:[ T](\d\d:\d\d(?::\d\d)?))?")
_JAVA: Final = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d\d) (\d\d:\d\d:\d\d) [A-Z+\-:0-9]{1,9} (\d{4})")
_END_OF_DAY: Final = re.compile(r"(?:(\d{4}-\d\d-\d\d)[T ])?24:00(?::00(?:\.0+)?)?(Z|[+-]\d\d:\d\d)?")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LARGEST: Final = 10**14  # a timestamp's digits
_YEAR_DIGITS: Final = 4
_LAST_YEAR: Final = 9999
_SECONDS_DIGITS: Final = (9, 10)  # 1973 to 2286
_MILLIS_DIGITS: Final = (12, 13)


def sentinel(text: str) -> str:
    """Return the code of a date that keeps its format but means none (D02) or never (D10), else `""`."""
    if _INITIAL_STAMP.fullmatch(text):
        return "D02"
    return "D10" if _UNLIMITED_STAMP.fullmatch(text) else ""


def date_readings(value: Any, wanted: str) -> Iterator[DateReading]:
    """Yield what *value* may mean as a date.

    Args:
        value: A string or number.
        wanted: `date`, `date-time` or `time`.
    """
    if isinstance(value, bool) or (not isinstance(value, str) and (abs(value) > _LARGEST or value != int(value))):
        return
    text = (value if isinstance(value, str) else str(int(value))).strip()
    if text in INITIAL or _INITIAL_STAMP.fullmatch(text):
        yield "D02", None, ""
        return
    if text in UNLIMITED:
        yield "D10", None, ""
        return
    for code, moment, doubt in _moments(text):
        if code != "D06" or wanted == "date-time":  # a zone helps neither a date nor a time
            yield code, _written(moment, wanted), doubt
    if wanted == "date-time" and _DAY_ALONE.fullmatch(text) and (day := _iso(text)):
        yield "D06", _written(day, wanted), ""
    yield from _times(text, wanted)


def _moments(text: str) -> Iterator[tuple[str, datetime, str]]:
    """Yield every reading that holds a date."""
    if _DATS.fullmatch(text) and (day := _parsed(text, "%Y%m%d")):
        yield "D01", day, ""
    if (found := _STAMP.fullmatch(text)) and (moment := _parsed(found[1], "%Y%m%d%H%M%S")):
        yield "D03", moment, ""
    if (found := _ODATA.fullmatch(text)) and (moment := _since_1970(int(found[1]))):
        yield "D05", moment, ""
    if _NO_ZONE.fullmatch(text) and (moment := _iso(text.replace(" Z", "Z").replace(" +", "+").replace(" -", "-"))):
        yield "D06", moment, ""
    yield from _users(text)
    if text.isdecimal() and (moment := _unix(text)):
        yield "D08", moment, ""
    if (found := _JAVA.fullmatch(text)) and found[1] in _MONTHS:
        month = _MONTHS.index(found[1]) + 1
        if moment := _iso(f"{found[4]}-{month:02}-{found[2]}T{found[3]}"):
            yield "D09", moment, ""
    if (found := _END_OF_DAY.fullmatch(text)) and found[1] and (moment := _iso(found[1])) and moment.year < _LAST_YEAR:
        yield "D10", moment + timedelta(days=1), ""


def _users(text: str) -> Iterator[tuple[str, datetime, str]]:
    """Read a user's format; where day and month can change places, the first says so."""
    found = _USER.fullmatch(text)
    if found is None:
        return
    first, mark, second, third, clock = found.groups()
    if len(first) == _YEAR_DIGITS:
        orders = [] if mark == "-" else [(first, second, third)]
    elif len(third) != _YEAR_DIGITS:
        return
    elif mark == ".":  # ABAP's formats with points put the day first
        orders = [(third, second, first)]
    else:
        orders = [(third, first, second), (third, second, first)]
    days = [day for year, month, day_ in orders if (day := _day(year, month, day_, clock))]
    doubt = f"{text} may have day and month the other way round" if len(set(days)) > 1 else ""
    for day in dict.fromkeys(days):
        yield "D07", day, doubt


def _day(year: str, month: str, day: str, clock: str | None) -> datetime | None:
    return _iso(f"{year}-{month:0>2}-{day:0>2}" + (f"T{clock}" if clock else ""))


def _times(text: str, wanted: str) -> Iterator[DateReading]:
    """Yield every reading that holds a time only: its date is lost, so a day stands in for it."""
    clock = ""
    if found := _TIMS.fullmatch(text):
        clock = ":".join(found.groups())
    elif text != "PT" and (found := _EDM_TIME.fullmatch(text)):
        clock = ":".join(f"{part or 0:0>2}" for part in found.groups())
    if clock == "24:00:00" or ((found := _END_OF_DAY.fullmatch(text)) and not found[1]):
        yield "D10", _stand_in("00:00:00", wanted), ""
    elif clock and _parsed(clock, "%H:%M:%S"):
        yield "D04", _stand_in(clock, wanted), ""


def _stand_in(clock: str, wanted: str) -> str:
    return {"time": f"{clock}Z", "date": "1970-01-01"}.get(wanted, f"1970-01-01T{clock}Z")


def _written(moment: datetime, wanted: str) -> str:
    text = moment.replace(tzinfo=None).isoformat(timespec="seconds")
    return {"date": text[:10], "time": f"{text[11:]}Z"}.get(wanted, f"{text}Z")


def _parsed(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form).replace(tzinfo=UTC)
    except ValueError:
        return None


def _iso(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # the latter: in UTC it falls out of the calendar
        return None


def _unix(text: str) -> datetime | None:
    if len(text) in _SECONDS_DIGITS:
        return _since_1970(int(text) * 1000)
    return _since_1970(int(text)) if len(text) in _MILLIS_DIGITS else None


def _since_1970(milliseconds: int) -> datetime | None:
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None


def wall_clock(text: str) -> tuple[str, str] | None:
    """Return a date-time's wall clock (to the second) and its zone, or None if *text* is no date-time."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?:\.\d+)?([Zz]|[+-]\d\d:\d\d)", text)
    if found is None:
        return None
    zone = found[2].upper()
    return found[1].upper(), "Z" if zone in {"+00:00", "-00:00"} else zone


def hour_of(text: str) -> int | None:
    """Return the hour of a date-time, or None if *text* is none."""
    clock = wall_clock(text)
    return int(clock[0][11:13]) if clock else None
