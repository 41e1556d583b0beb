"""Fixes ready to paste: what to type into CPI's steps for a cause, made from the model and the places it was found at."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

MAX_LINES: Final = 12
_WORD: Final = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_MILLIS_DIGITS: Final = 12
_TYPED: Final = ("integer", "decimal", "boolean", "string")


class Found(msgspec.Struct, frozen=True):
    """One place where a cause was found.

    Attributes:
        field: The model's names on the way to it, arrays without an index.
        kind: `integer`, `decimal`, `boolean`, `string`, or `""`.
        was: Path as sent, indexes as `*`.
        name: Another name, for a rename.
        format: The model's format, or `""`.
        arrays: Positions in `field` whose member lies in the items of an array.
        listed: Whether the place is an item of the array that `field` leads to.
        text: What stood there, shortened.
    """

    field: tuple[str, ...]
    kind: str = ""
    was: tuple[str, ...] = ()
    name: str = ""
    format: str = ""
    arrays: frozenset[int] = frozenset()
    listed: bool = False
    text: str = ""


def fix_lines(
    code: str, found: Sequence[Found], arrays: Iterable[tuple[str, ...]], above: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Return the lines to paste for *code*.

    Args:
        code: The cause.
        found: Where.
        arrays: Every array of the model, for the converter's path table.
        above: Elements above the model's fields that the delivery shows (root element kept).
    """
    maker = _MAKERS.get(code)
    if code in {"S02", "S03", "S06"}:
        return _rows(arrays, above)
    return tuple(maker(found))[:MAX_LINES] if maker else ()


def _rows(arrays: Iterable[tuple[str, ...]], above: tuple[str, ...]) -> tuple[str, ...]:
    """Return the rows of the converter's path table: absolute, root element first, for every array of the model."""
    root = "/".join(above) or "ROOT"  # once the root is suppressed, nothing in JSON tells its name
    rows = [f"/{root}/{'/'.join(path)}" for path in arrays]
    head = ["XML to JSON Converter: Streaming = on", "Convert XML Elements to JSON Arrays = Specific"]
    note = "(put the XML root element first, if it is already suppressed)" if above else "(ROOT: the XML root element's name)"
    return (*head, *rows, note)[: MAX_LINES * 2]


def _convertor(found: Sequence[Found], kinds: Iterable[str] = _TYPED) -> list[str]:
    """Return the JSONDataTypeConvertor properties; arrays are traversed by the script itself."""
    lines = []
    for kind in kinds:
        paths = dict.fromkeys("/".join(one.field) for one in found if one.kind == kind)
        if paths:
            lines.append(f"json.dataTypeConvertor.{kind}={';'.join(paths)}")
    return lines


def _assign(one: Found, expression: str) -> str:
    """Return the Groovy line that puts *expression* (of FIELD) into a field, in every item of the arrays on the way."""
    opened, place = "", "json"
    for at, name in enumerate(one.field):
        if at in one.arrays:
            opened += f"{place}.each {{ i{at} -> "
            place = f"i{at}"
        place = f"{place}.{name}" if _WORD.fullmatch(name) else f"{place}.'{name}'"
    value = f"{place}.collect {{ {expression.replace('FIELD', 'it')} }}" if one.listed else expression.replace("FIELD", place)
    return f"{opened}{place} = {value}{' }' * len(one.arrays)}"


def _each(expression: str) -> Callable[[Sequence[Found]], list[str]]:
    return lambda found: list(dict.fromkeys(_assign(one, expression) for one in found))


def _typed_after(expression: str) -> Callable[[Sequence[Found]], list[str]]:
    return lambda found: [*_each(expression)(found)[: MAX_LINES // 2], *_convertor(found)]


def _points(found: Sequence[Found]) -> list[str]:
    """Return the lines that leave a point before the decimals only, by the convention that each text shows."""
    lines = [
        _assign(one, "FIELD.replace('.', '').replace(',', '.')" if _decimal_comma(one.text) else "FIELD.replace(',', '')")
        for one in found
    ]
    return [*dict.fromkeys(lines[: MAX_LINES // 2]), *_convertor(found)]


def _decimal_comma(text: str) -> bool:
    """Return whether the comma of *text* stands before the decimals (or its points group)."""
    return text.rfind(",") > text.rfind(".") or text.count(".") > 1


def _epoch(found: Sequence[Found]) -> list[str]:
    """Return the lines that format Unix time, in seconds or milliseconds as each text shows."""
    form = "format(\"yyyy-MM-dd'T'HH:mm:ssXXX\", TimeZone.getTimeZone('UTC'))"
    seconds = [" * 1000" if len(one.text) < _MILLIS_DIGITS else "" for one in found]
    lines = [_assign(one, f"new Date((FIELD as long){factor}).{form}") for one, factor in zip(found, seconds, strict=True)]
    return list(dict.fromkeys(lines))


def _unwrap(found: Sequence[Found]) -> list[str]:
    """Return the Groovy lines that take a level off."""
    return list(dict.fromkeys(_assign(one, f"FIELD.'{one.was[-1]}'") for one in found if one.was))


def _always(*lines: str) -> Callable[[Sequence[Found]], list[str]]:
    return lambda found: list(lines)  # noqa: ARG005


def _strings(found: Sequence[Found]) -> list[str]:
    paths = dict.fromkeys("/".join(one.field) for one in found)
    return [f"json.dataTypeConvertor.string={';'.join(paths)}"]


def _root(found: Sequence[Found]) -> list[str]:
    """Tick the box for one level; a script line for a level that stays."""
    last = max((one.was for one in found), key=len)[-1]
    return ["XML to JSON Converter: Suppress JSON Root Element = on", f"json = json.'{last}' // a level that is left after that"]


def _names(found: Sequence[Found]) -> list[str]:
    return list(dict.fromkeys(f"{one.was[-1]} -> {one.name}" for one in found if one.name and one.was))


def _transform(source: str) -> Callable[[Sequence[Found]], list[str]]:
    def lines(found: Sequence[Found]) -> list[str]:
        wanted = {"date": "yyyy-MM-dd", "time": "HH:mm:ssXXX"}
        targets = dict.fromkeys(wanted.get(one.format, "yyyy-MM-dd'T'HH:mm:ssXXX") for one in found)
        return [f"TransformDate(iform={source}, oform={target})" for target in targets]

    return lines


_DROP_EMPTY: Final = (
    "def drop(v) { v instanceof Map ? v.collectEntries { k, x -> [k, drop(x)] }.findAll { it.value != '' && it.value != null }",
    "  : v instanceof List ? v.collect { drop(it) }.findAll { it != '' && it != null } : v }",
    "json = drop(json)",
)
_NO_ATTRIBUTES: Final = (
    '<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">',
    '  <xsl:template match="*"><xsl:element name="{local-name()}"><xsl:apply-templates/></xsl:element></xsl:template>',
    "</xsl:stylesheet>",
)

_MAKERS: Final[dict[str, Callable[[Sequence[Found]], list[str]]]] = {
    "T01": _convertor,
    "T02": _convertor,
    "T03": _each("FIELD in ['X', 'x', '1', 'J', 'Y']"),
    "T04": _points,
    "T05": _typed_after("FIELD.trim().replaceFirst(/^([\\d.,]+)-$/, '-$1')"),
    "T06": lambda found: ["FormatNumber(0)", *_convertor(found, ("integer",))],
    "T07": lambda found: [f"json.dataTypeConvertor.dynamic={';'.join(dict.fromkeys('/'.join(one.field) for one in found))}"],
    "T08": _strings,
    "T09": _strings,
    "S01": _root,
    "S04": _unwrap,
    "S05": _always(*_DROP_EMPTY),
    "N02": _always(*_DROP_EMPTY),
    "S07": _always(*_NO_ATTRIBUTES),
    "S08": _always(*_NO_ATTRIBUTES),
    "S09": _always("XML to JSON Converter: Use Namespace Mapping = off"),
    "S13": _always("Filter: XPath //Message1/*"),
    "S14": _names,
    "S15": _always("Filter: XPath /*[local-name()='Envelope']/*[local-name()='Body']/*"),
    "D01": _transform("yyyyMMdd"),
    "D02": _always("createIf(not(equalsS(source, '00000000')))"),
    "D03": _transform("yyyyMMddHHmmss"),
    "D04": _transform("yyyyMMddHHmmss"),
    "D05": _each("new Date((FIELD =~ /-?\\d+/)[0] as long).format(\"yyyy-MM-dd'T'HH:mm:ssXXX\", TimeZone.getTimeZone('UTC'))"),
    "D08": _epoch,
    "D09": _always("date.format(\"yyyy-MM-dd'T'HH:mm:ssXXX\", TimeZone.getTimeZone('UTC'))"),
    "D11": _always("TransformDate: HH instead of hh"),
    "E03": _always("XML to JSON Converter: JSON Output Encoding = UTF-8"),
}
