"""Names in a contract folder that mean nothing and nearly mean something: keywords of a model, formats, names of files."""

import difflib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from mock_cdp.contract.pointers import pointer
from mock_cdp.contract.problem import Problem

# fmt: off
_SCHEMAS: Final = frozenset((  # whose value is a schema, or a list of schemas
    "items", "additionalItems", "prefixItems", "unevaluatedItems", "contains",
    "additionalProperties", "unevaluatedProperties", "propertyNames",
    "if", "then", "else", "not", "allOf", "anyOf", "oneOf", "contentSchema",
))
_NAMED: Final = frozenset(("properties", "patternProperties", "dependentSchemas", "dependencies", "definitions", "$defs"))
_OTHER: Final = frozenset((
    "$schema", "$id", "id", "$ref", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor",
    "$vocabulary", "$comment", "comment",
    "type", "enum", "const", "format", "required", "dependentRequired",
    "maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum", "multipleOf", "maxLength", "minLength", "pattern",
    "maxItems", "minItems", "uniqueItems", "maxContains", "minContains", "maxProperties", "minProperties",
    "contentEncoding", "contentMediaType",
    "title", "description", "default", "deprecated", "readOnly", "writeOnly", "example", "examples", "nullable",
))
_KEYWORDS: Final = {name.lower(): name for name in _SCHEMAS | _NAMED | _OTHER}
_ASSERTED: Final = (
    "date-time", "date", "time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6",
    "uri", "uri-reference", "iri", "iri-reference", "uuid", "uri-template", "json-pointer", "relative-json-pointer", "regex",
)
_FILES: Final = ("businessunit.json", "application.json", "event.json", "model.schema.json", "mappings.json")
_FOLDERS: Final = (
    "applications", "dataevents", "samples", "accepted", "rejected",
    "customerschemas", "purposes", "segments", "activityIndicators", "views",
)
# fmt: on
_OWN: Final = ("x-", "@", "_")  # how keywords of a tool's own begin
_SHORTEST_GUESSED: Final = 4  # `note` is no misspelt `not`
_KEYWORD_CUTOFF: Final = 0.82
_FORMAT_CUTOFF: Final = 0.8
_FILE_CUTOFF: Final = 0.7
_STEM_CUTOFF: Final = 0.5  # `.json` alone makes short names alike


def keyword_problems(schema: Any, file: str) -> Iterator[Problem]:
    """Yield the keywords of a model that validators pass over, and that are nearly one they know."""
    waiting: list[tuple[tuple[str | int, ...], Any]] = [((), schema)]
    while waiting:
        path, place = waiting.pop()
        if not isinstance(place, dict):
            continue
        for name, value in place.items():
            if name in _NAMED and isinstance(value, dict):
                waiting += [((*path, name, inner), found) for inner, found in value.items()]
            elif name in _SCHEMAS:
                waiting += [((*path, name, at), one) for at, one in enumerate(value)] if isinstance(value, list) else []
                waiting.append(((*path, name), value))
            elif name == "format" and value not in _ASSERTED:  # nothing is lost with one that is no rule, such as `int32`
                near = difflib.get_close_matches(str(value).lower(), _ASSERTED, n=1, cutoff=_FORMAT_CUTOFF)
                if near:
                    yield Problem(file, pointer((*path, name)), f"unknown format {value!r}", f"did you mean {near[0]!r}?")
            elif name not in _KEYWORDS.values() and (meant := _keyword(name.lower())):
                yield Problem(file, pointer((*path, name)), f"unknown keyword {name!r}", f"did you mean {meant!r}?")


def _keyword(name: str) -> str:
    """Return the keyword that *name*, in lower case, is a misspelling of; `""` if it is a word of its own."""
    near = next(iter(difflib.get_close_matches(name, _KEYWORDS, n=1, cutoff=_KEYWORD_CUTOFF)), "")
    longer = len(name) - len(near)
    if near != name and (
        name.startswith(_OWN)
        or len(near) < _SHORTEST_GUESSED
        or abs(longer) > max(1, len(near) // 4)  # `consent` is no `const`
        or (near in name and longer > 1)  # nor `anyRequired` a `required`
    ):
        return ""
    return _KEYWORDS.get(near, "")


def file_problems(root: Path, units: Iterable[str], known: Iterable[str]) -> Iterator[Problem]:
    """Yield the JSON files of business units that nothing reads: what stands in them would silently not count.

    Args:
        root: The contract folder.
        units: Where its business units stand in it; `""` is the folder itself.
        known: The files that are read, or have a problem already.
    """
    read = set(known)
    for unit in units:
        for path in sorted((root / unit).rglob("*")):
            inside = path.relative_to(root)
            if path.suffix.lower() != ".json" or any(part.startswith(".") for part in inside.parts) or not path.is_file():
                continue
            if inside.as_posix() not in read:
                yield Problem(inside.as_posix(), "", "nothing reads this file", _meant(path.relative_to(root / unit)))


def _meant(path: Path) -> str:
    for part in path.parts:
        names = _FILES if part == path.name else _FOLDERS
        near = [] if part in names else difflib.get_close_matches(part, names, n=1, cutoff=_FILE_CUTOFF)
        if near and difflib.SequenceMatcher(None, Path(part).stem, Path(near[0]).stem).ratio() >= _STEM_CUTOFF:
            return f"did you mean {near[0]} for {part}?"
    return "move it to where its kind belongs, or out of the folder"
