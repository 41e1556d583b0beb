"""Reading one JSON file of a contract folder, and holding it against the schema published for its kind."""

import difflib
import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import orjson

from mock_cdp.contract.model import pointer
from mock_cdp.contract.problem import Problem
from mock_cdp.contract.violation import shortened

MAX_FILE_BYTES = 4 * 1024 * 1024


class Source:
    """A folder being read: its files, and the problems met on the way.

    Attributes:
        root: The folder.
        problems: What was found wrong so far.
        contents: Bytes of every file read, by path within the folder.
    """

    def __init__(self, root: Path) -> None:
        """Read below *root*."""
        self.root = root
        self.problems: list[Problem] = []
        self.contents: dict[str, bytes] = {}

    def name(self, path: Path) -> str:
        """Return *path* within the folder."""
        return path.relative_to(self.root).as_posix()

    def problem(self, path: Path, place: str, found: str, do: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(self.name(path), place, found, do))

    def read(self, path: Path) -> Any:
        """Return the JSON value in *path*, or None with a problem noted."""
        try:
            if path.stat().st_size > MAX_FILE_BYTES:
                self.problem(path, "", f"larger than {MAX_FILE_BYTES} bytes", "keep contract files small")
                return None
            raw = path.read_bytes()
        except FileNotFoundError:
            self.problem(path, "", "missing", f"add {path.name}")
            return None
        except OSError as error:
            self.problem(path, "", f"cannot be read ({error.strerror})", "make it readable")
            return None
        self.contents[self.name(path)] = raw
        return self._parsed(path, raw)

    def _parsed(self, path: Path, raw: bytes) -> Any:
        try:
            value = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            self.problem(path, "", f"not JSON: {error.msg} (line {error.lineno}, column {error.colno})", "mend the syntax")
            return None
        for name in _names_twice(raw):
            self.problem(path, "", f"the member {name!r} stands twice in one object", "remove one; only the last would count")
        return value

    def entity(self, path: Path, kind: str, shape: Any) -> Any:
        """Return the file as *shape*, or None with every problem noted."""
        value = self.read(path)
        if value is None:
            return None
        before = len(self.problems)
        self.check(path, value, kind)
        if len(self.problems) > before:
            return None
        try:
            return msgspec.convert(value, shape)
        except msgspec.ValidationError as error:  # the published schema and the struct would have to disagree
            self.problem(path, "", str(error), "correct the value")
            return None

    def check(self, path: Path, value: Any, kind: str) -> None:
        """Hold *value* against the published schema of its *kind*, misspelt names included."""
        for error in sorted(_validator(kind).iter_errors(value), key=lambda e: pointer(e.instance_path)):
            self.problem(path, pointer(error.instance_path), shortened(error.message, 200), f"see the schema of {kind}.json")
        for place, name, meant in misspelt(value, schema(kind)):
            self.problem(path, place, f"unknown member {name!r}", f"did you mean {meant!r}?")


def _names_twice(raw: bytes) -> list[str]:
    twice: list[str] = []

    def pairs(found: list[tuple[str, Any]]) -> None:
        names = [name for name, _ in found]
        twice.extend(sorted({name for name in names if names.count(name) > 1}))

    json.loads(raw, object_pairs_hook=pairs)
    return twice


@cache
def schema(kind: str) -> dict[str, Any]:
    """Return the published schema of a file kind."""
    text = files("mock_cdp.contract").joinpath("schemas", f"{kind}.schema.json").read_bytes()
    found: dict[str, Any] = orjson.loads(text)
    return found


@cache
def _validator(kind: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(schema(kind), offline=True)


def misspelt(value: Any, described: dict[str, Any], place: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield `(pointer, name, what was probably meant)` for members that nearly have a known name.

    Members the schema does not know are otherwise fine: a tenant export carries more than we use.
    """
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from misspelt(inner, described.get("items", {}), f"{place}/{index}")
    if not isinstance(value, dict) or "properties" not in described:
        return
    known = described["properties"]
    lower = {name.lower(): name for name in known}
    for name, inner in value.items():
        if name in known:
            yield from misspelt(inner, known[name], f"{place}/{name}")
            continue
        near = difflib.get_close_matches(name.lower(), [n for n in lower if lower[n] not in value], n=1, cutoff=0.85)
        if near:
            yield f"{place}{pointer([name])}", name, lower[near[0]]
