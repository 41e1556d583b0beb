r"""What sample texts have in common, as JSON Schema: a code keeps its letters, digits vary, dates stay dates of the same format.

| seen | made |
|---|---|
| nothing but one or a few codes or lower-case words (`EUR`, `sale`) | one of them |
| dates (`2024-11-30`, `20241130`, `30.11.2024`, `20241130175012`, with a time, with a zone) | such a date between 2020 and 2029 |
| digits with a leading zero, or six and more of one length (`0000123456`) | as many digits |
| other whole numbers | up to as many digits |
| decimals (`19.90`) | as many decimals; negative if one was |
| codes with digits (`R101-17`) | the same letters and signs, other digits |
| anything else | any short text |

Where a text was empty, or `000…` among dates, the made ones are at times, too.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

Schema = dict[str, Any]

_FEW: Final = 6  # different codes that still count as a list
_ID_DIGITS: Final = 6  # of one length: an identifier, not a number
_YEAR: Final = "202[0-9]"
_MONTH: Final = "(0[1-9]|1[0-2])"
_DAY: Final = "(0[1-9]|1[0-9]|2[0-8])"  # every month has it
_TIME: Final = "([01][0-9]|2[0-3])"
_SIXTY: Final = "[0-5][0-9]"

_SEEN_YEAR: Final = r"(?:19|20)\d\d"
_SEEN_MONTH: Final = r"(?:0[1-9]|1[0-2])"
_SEEN_DAY: Final = r"(?:0[1-9]|[12]\d|3[01])"
_SEEN_HOUR: Final = r"(?:[01]\d|2[0-3])"
_DATES: Final = {  # name: what is recognised, what is made
    "zone": (r"(?<=\d)[+-](?:0\d|1[0-4]):[0-5]\d$", ""),
    "iso": (rf"(?<!\d){_SEEN_YEAR}-{_SEEN_MONTH}-{_SEEN_DAY}(?!\d)", f"{_YEAR}-{_MONTH}-{_DAY}"),
    "dots": (rf"(?<!\d){_SEEN_DAY}\.{_SEEN_MONTH}\.{_SEEN_YEAR}(?!\d)", rf"{_DAY}\.{_MONTH}\.{_YEAR}"),
    "slashes": (rf"(?<!\d){_SEEN_MONTH}/{_SEEN_DAY}/{_SEEN_YEAR}(?!\d)", f"{_MONTH}/{_DAY}/{_YEAR}"),
    "stamp": (
        rf"(?<!\d){_SEEN_YEAR}{_SEEN_MONTH}{_SEEN_DAY}{_SEEN_HOUR}[0-5]\d[0-5]\d(?!\d)",
        f"{_YEAR}{_MONTH}{_DAY}{_TIME}{_SIXTY}{_SIXTY}",
    ),
    "compact": (rf"(?<!\d){_SEEN_YEAR}{_SEEN_MONTH}{_SEEN_DAY}(?!\d)", f"{_YEAR}{_MONTH}{_DAY}"),
    "seconds": (rf"(?<!\d){_SEEN_HOUR}:[0-5]\d:[0-5]\d(?!\d)", f"{_TIME}:{_SIXTY}:{_SIXTY}"),
    "minutes": (rf"(?<!\d){_SEEN_HOUR}:[0-5]\d(?![:\d])", f"{_TIME}:{_SIXTY}"),
}
_RUNS: Final = r"(?P<digits>[0-9]+)|(?P<letters>[A-Za-z]+)|(?P<sign>[^A-Za-z0-9\s])|(?P<space>\s+)"
_WITH_DATES: Final = re.compile("|".join([*(f"(?P<{name}>{seen})" for name, (seen, _) in _DATES.items()), _RUNS]), re.ASCII)
_WITHOUT: Final = re.compile(_RUNS, re.ASCII)
_DECIMAL: Final = re.compile(r"-?\d+([.,])(\d+)", re.ASCII)
_WHOLE: Final = re.compile(r"-?(?:0|[1-9]\d*)", re.ASCII)
_CODE: Final = re.compile(r"[A-Z0-9_-]*[A-Z_][A-Z0-9_-]*|[a-z]+(?:[_-][a-z]+)*", re.ASCII)
_SPECIAL: Final = re.compile(r"([\\.^$*+?{}\[\]|()])")

Run = tuple[str, str]  # what it is, and how it is written


def text_schema(texts: Sequence[str]) -> Schema:
    """Return a schema for texts such as *texts*, of which there is at least one."""
    seen = list(dict.fromkeys(text for text in texts if text))
    if not seen:
        return {"type": "string", "maxLength": 0}
    pattern = _pattern(seen)
    if pattern is None:
        return {"type": "string"} if "" in texts else {"type": "string", "minLength": 1}
    return {"type": "string", "pattern": f"^({pattern}|)$" if "" in texts else f"^({pattern})$"}


def _pattern(seen: list[str]) -> str | None:
    """Return an expression for texts such as *seen*, without anchors; None for any text."""
    zeros = {text for text in seen if len(text) > 1 and not text.strip("0")}
    others = [text for text in seen if text not in zeros]
    if zeros and others:
        dates = _of_runs([_runs(text, _WITH_DATES) for text in others])
        if dates is not None and any(made in dates for _, made in _DATES.values() if made):
            return "|".join([dates, *sorted(zeros)])
    if all(map(_WHOLE.fullmatch, seen)):
        return _whole_numbers(seen)
    if all(text.isdecimal() and text.isascii() for text in seen):
        return f"[0-9]{_many(list(map(len, seen)))}"
    if found := _decimals(seen):
        return found
    if not any(character.isdecimal() for text in seen for character in text):
        few = len(seen) <= _FEW and all(map(_CODE.fullmatch, seen))
        return "|".join(map(_literal, seen)) if few else None
    return _of_runs([_runs(text, _WITH_DATES) for text in seen]) or _codes(seen)


def _whole_numbers(seen: list[str]) -> str:
    lengths = {len(text) for text in seen}
    dates = _of_runs([_runs(text, _WITH_DATES) for text in seen])
    if dates is not None and any(made == dates for _, made in _DATES.values()):
        return dates
    if len(lengths) == 1 and min(lengths) >= _ID_DIGITS and not any("-" in text for text in seen):
        return f"[0-9]{{{min(lengths)}}}"
    return f"{_sign(seen)}(0|[1-9][0-9]{{0,{max(len(text.lstrip('-')) for text in seen) - 1}}})"


def _decimals(seen: list[str]) -> str | None:
    found = [_DECIMAL.fullmatch(text) for text in seen]
    if not all(found):
        return None
    points = {one[1] for one in found if one}
    places = [len(one[2]) for one in found if one]
    if len(points) > 1:
        return None
    before = max(len(re.split("[.,]", text.lstrip("-"))[0]) for text in seen)
    return f"{_sign(seen)}(0|[1-9][0-9]{{0,{before}}}){_literal(points.pop())}[0-9]{_many(places)}"


def _many(counts: list[int]) -> str:
    return f"{{{min(counts)}}}" if len(set(counts)) == 1 else f"{{{min(counts)},{max(counts)}}}"


def _sign(seen: list[str]) -> str:
    return "-?" if any(text.startswith("-") for text in seen) else ""


# -- codes -------------------------------------------------------------------------------------------------------------


def _runs(text: str, tokens: re.Pattern[str]) -> list[Run]:
    return [(str(one.lastgroup), one[0]) for one in tokens.finditer(text)]


def _codes(seen: list[str]) -> str | None:
    """Return an expression for codes of one structure, else for a few codes; words in between mean any text."""
    if any(character.isspace() for text in seen for character in text):
        return None
    found = _of_runs([_runs(text, _WITHOUT) for text in seen])
    if found is None and len(seen) <= _FEW and all(map(_CODE.fullmatch, seen)):
        return "|".join(map(_literal, seen))
    return found


def _of_runs(texts: list[list[Run]]) -> str | None:
    """Return an expression for texts whose runs are alike; None if they are not, or if there are words between."""
    kinds = {tuple(kind for kind, _ in runs) for runs in texts}
    if len(kinds) > 1 or not texts:
        return None
    has_date = any(kind in _DATES for kind in next(iter(kinds)))
    parts = []
    for place, kind in enumerate(next(iter(kinds))):
        written = list(dict.fromkeys(runs[place][1] for runs in texts))
        if kind == "space" and not has_date:
            return None
        part = _of_run(kind, written)
        if part is None:
            return None
        parts.append(part)
    return "".join(parts)


def _of_run(kind: str, written: list[str]) -> str | None:
    if kind in _DATES and _DATES[kind][1]:
        return _DATES[kind][1]
    if kind == "digits":
        least, most = min(map(len, written)), max(map(len, written))
        return f"[0-9]{{{least}}}" if least == most else f"[1-9][0-9]{{{least - 1},{most - 1}}}"
    if len(written) == 1:
        return _literal(written[0])
    return f"({'|'.join(map(_literal, written))})" if len(written) <= _FEW else None


def _literal(text: str) -> str:
    """Return *text* as a part of an expression."""
    return _SPECIAL.sub(r"\\\1", text)
