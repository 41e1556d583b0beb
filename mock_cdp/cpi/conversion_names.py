"""Names in the JSON: with or without a prefix; and the paths of the elements that are arrays."""

from json.encoder import encode_basestring
from typing import Final

from mock_cdp.cpi.conversion import MAX_NAMES, ConversionError, ConverterSettings, too_many_names
from mock_cdp.cpi.conversion_source import BETWEEN

TEXT_MEMBER: Final = '"$":'
_EMPTY: Final = '""'


class Members(dict[str, str]):
    """The start of a member (`"ns0:Orders":`) by an element's name as expat gives it; made when first asked for."""

    def __init__(self, settings: ConverterSettings, *, mark: str = "") -> None:
        """Start empty.

        Args:
            settings: Of the step.
            mark: Before each name: `@` of attributes.
        """
        super().__init__()
        self._settings = settings
        self._mark = mark

    def __missing__(self, name: str) -> str:
        """Make and keep the member of *name*.

        Raises:
            ConversionError: As CPI: a namespace without a prefix that is not in the map. Ours: too many names.
        """
        if len(self) >= MAX_NAMES:
            raise too_many_names()
        member = self[name] = f"{encode_basestring(self._mark + json_name(name, self._settings))}:"
        return member


def is_blank(text: str) -> bool:
    """Return whether *text* is nothing but what XML calls white space: a no-break space is a character like any other."""
    return not text.strip(" \t\r\n")


def json_text(text: str) -> str:
    """Return *text* as a JSON string; the empty one, which is frequent, is always the same."""
    return encode_basestring(text) if text else _EMPTY


def json_name(name: str, settings: ConverterSettings) -> str:
    """Return the name that the converter gives an element or attribute.

    With namespace mapping: prefix of the map, else the XML prefix; neither is an error, but for streaming, which ignores
    the namespace. Without: the local name (documented: conversion-rules-for-xml-to-json-conversion-778aed7).
    """
    uri, local, xml_prefix = _parts(name)
    if not settings.namespaces or not uri:
        return local
    prefix = settings.namespace_map.get(uri, xml_prefix or None)
    if prefix is None and settings.streaming == "none":
        raise ConversionError(
            where="",
            what=f"IllegalStateException Invalid JSON namespace: {uri} ({local} has no prefix, and the map not this namespace)",
            do="add the namespace to the converter's mapping, or untick Use Namespace Mapping",
        )
    return f"{prefix}{settings.separator}{local}" if prefix else local


class Place:
    """Where an element stands, seen from the paths of the arrays."""

    def __init__(self, settings: ConverterSettings, paths: tuple[tuple[str, ...], ...] = (), *, listed: bool = False) -> None:
        """Keep what is left of the paths that lead through here.

        Args:
            settings: Of the step.
            paths: Steps from here down, of each path that goes on.
            listed: Whether the element here is an array.
        """
        self.listed = listed
        self._settings = settings
        self._paths = paths
        self._inner: dict[str, Place] = {}

    def inner(self, name: str) -> "Place":
        """Return the place of a child.

        A step matches with and without prefix: that of the XML, or that of the JSON (assumed: SAP shows paths without).
        """
        if not self._paths:
            return self if self._settings.streaming == "all" else _ELSEWHERE
        found = self._inner.get(name)
        if found is None:
            _, local, xml_prefix = _parts(name)
            spellings = {local, f"{xml_prefix}:{local}", json_name(name, self._settings)}
            rest = tuple(steps[1:] for steps in self._paths if steps[0] in spellings)
            found = Place(self._settings, tuple(filter(None, rest)), listed=() in rest)
            self._inner[name] = found
        return found


_ELSEWHERE: Final = Place(ConverterSettings())


def above_root(settings: ConverterSettings) -> Place:
    """Return the place from which the root is the child."""
    if settings.streaming == "all":
        return Place(settings, listed=True)
    paths = (tuple(filter(None, map(str.strip, path.split("/")))) for path in settings.paths)
    return Place(settings, tuple(filter(None, paths)))


def _parts(name: str) -> tuple[str, str, str]:
    """Return URI, local name and XML prefix of an expat name; URI and prefix may be `""`."""
    match name.split(BETWEEN):
        case [uri, local, xml_prefix]:
            return uri, local, xml_prefix
        case [uri, local]:
            return uri, local, ""
    return "", name, ""
