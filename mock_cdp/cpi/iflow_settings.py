"""The properties of a flow's steps as values: switches, numbers, what a converter does, what a Content Modifier sets."""

import codecs
from collections.abc import Mapping
from typing import Any, Final, Literal

from mock_cdp.cpi.conversion import SEPARATORS, ConverterSettings
from mock_cdp.cpi.iflow_parameters import resolved
from mock_cdp.cpi.iflow_xml import XmlError, rows

_TABLES: Final = (("headerTable", "header"), ("propertyTable", "property"))
_SWITCH: Final = {"true": True, "1": True, "false": False, "0": False}


def is_on(text: str, *, default: bool) -> bool | None:
    """Return a switch's state; `None` if *text* is none, such as a parameter without a value."""
    bare = text.strip().casefold()
    return _SWITCH.get(bare) if bare else default


def whole_number(text: str, default: int) -> int | None:
    """Return a number; `None` if *text* is none."""
    bare = text.strip()
    if not bare:
        return default
    return int(bare) if bare.isascii() and bare.isdecimal() and len(bare) <= len(str(2**63)) else None


def assignments(written: Mapping[str, str]) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """Return what a Content Modifier sets, and the names of the tables that are of no known form.

    A row names its cells: Action, Type, Value, Default, Name, Datatype (observed in public exports).
    """
    found, unread = [], []
    for key, table in _TABLES:
        try:
            cells = [dict(row) for row in rows(written.get(key, ""))]
        except XmlError:
            unread.append(key)
            continue
        found += [_assignment(table, row) for row in cells if row.get("Name", "").strip()]
    return found, tuple(unread)


def _assignment(table: str, row: Mapping[str, str]) -> dict[str, Any]:
    return {
        "table": table,
        "name": row["Name"].strip(),
        "kind": row.get("Type", "").strip(),
        "written": row.get("Value", ""),
        "deletes": row.get("Action", "").strip().casefold() == "delete",
    }


def converter_settings(written: Mapping[str, str], parameters: Mapping[str, str]) -> tuple[ConverterSettings, tuple[str, ...]]:
    """Return what an XML to JSON converter does, and the names of the properties that are of no known form.

    Those have the converter's default in the settings.
    """
    reading = _Converter({key: resolved(value, parameters) for key, value in written.items()}, parameters, written)
    settings = ConverterSettings(
        suppress_root=reading.switch("xmlJsonSuppressRootElement"),
        streaming=reading.streaming(),
        paths=reading.paths(),
        namespaces=reading.switch("useNamespaces"),
        namespace_map=reading.namespace_map(),
        separator=reading.separator(),
        encoding=reading.encoding(),
    )
    return settings, tuple(reading.unread)


class _Converter:
    """Reads one step's properties and notes those it does not understand."""

    def __init__(self, text: Mapping[str, str], parameters: Mapping[str, str], written: Mapping[str, str]) -> None:
        self.text, self.parameters, self.written = text, parameters, written
        self.unread: list[str] = []

    def switch(self, key: str) -> bool:
        state = is_on(self.text.get(key, ""), default=False)
        if state is None:
            self.unread.append(key)
        return bool(state)

    def streaming(self) -> Literal["none", "all", "specific"]:
        if not self.switch("xmlJsonUseStreaming"):
            return "none"
        which = self.text.get("xmlJsonConvertAllElements", "").strip().casefold()
        if which == "all":
            return "all"
        if which != "specific":
            self.unread.append("xmlJsonConvertAllElements")
        return "specific"

    def paths(self) -> tuple[str, ...]:
        """Return the paths with the leading slash that some exports leave out (observed)."""
        cells = [row[0][1].strip() for row in self._rows("xmlJsonPathTable") if row]
        return tuple(f"/{cell.lstrip('/')}" for cell in cells if cell.strip("/"))

    def namespace_map(self) -> dict[str, str]:
        """Return prefix by URI.

        The table's form is assumed: rows of XML namespace and JSON prefix, as the console shows them; and, as the flow's own
        namespace mapping is written, `xmlns:prefix=URI;…`.
        """
        text = self.text.get("jsonNamespaceMapping", "").strip()
        if text and not text.startswith("<"):
            pairs = [part.strip().removeprefix("xmlns:").partition("=") for part in text.split(";") if part.strip()]
            if all(prefix and uri for prefix, _, uri in pairs):
                return {uri.strip(): prefix.strip() for prefix, _, uri in pairs}
            self.unread.append("jsonNamespaceMapping")
            return {}
        cells = [[text.strip() for _, text in row] for row in self._rows("jsonNamespaceMapping")]
        return {row[0]: row[1] for row in cells if len(row) > 1 and row[0]}

    def separator(self) -> str:
        text = self.text.get("jsonNamespaceSeparator", "")
        if text in {"", *SEPARATORS}:
            return text or ":"
        if text.strip() not in SEPARATORS:
            self.unread.append("jsonNamespaceSeparator")
            return ":"
        return text.strip()

    def encoding(self) -> str:
        """Return the output encoding; empty when the step leaves it to the header."""
        text = self.text.get("jsonOutputEncoding", "").strip()
        try:
            codecs.lookup(text or "UTF-8")
        except (LookupError, ValueError):
            self.unread.append("jsonOutputEncoding")
            return ""
        return text

    def _rows(self, key: str) -> list[tuple[tuple[str, str], ...]]:
        """Return the rows of a table; parameters are resolved in its cells, where they cannot break the table."""
        written = self.written.get(key, "")
        try:
            found = rows(written if written.lstrip().startswith("<") else self.text.get(key, ""))
        except XmlError:
            self.unread.append(key)
            return []
        return [tuple((name, resolved(text, self.parameters)) for name, text in row) for row in found]
