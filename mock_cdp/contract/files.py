"""Reading one JSON file of a contract folder, and holding it against the schema published for its kind."""

import difflib
import stat
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import msgspec
import orjson

from mock_cdp.contract.json_texts import JsonTextError, read_json
from mock_cdp.contract.pointers import pointer
from mock_cdp.contract.problem import Problem
from mock_cdp.contract.violation import shortened
from mock_cdp.contract.wording import json_text

MAX_FILE_BYTES: Final = 4 * 1024 * 1024
_PUBLISHED: Final = files("mock_cdp.contract").joinpath("schemas")
_SUFFIX: Final = ".schema.json"
UNREADABLE: Final = object()  # what `read` returns beside a problem: `null` is JSON too


class Source:
    """A folder being read: its files, and the problems met on the way.

    Attributes:
        root: The folder.
        problems: What was found wrong so far.
        contents: Bytes of every file read, by path within the folder.
        modified: When each of them was last changed, in Unix seconds.
    """

    def __init__(self, root: Path) -> None:
        """Read below *root*."""
        self.root = root
        self._within = f"{root}/"
        self.problems: list[Problem] = []
        self.contents: dict[str, bytes] = {}
        self.modified: dict[str, float] = {}

    def name(self, path: Path) -> str:
        r"""Return *path* within the folder; bytes that are no UTF-8 as `\udcff`, so that it can be printed anywhere."""
        text = str(path)
        if text.isascii() and text.startswith(self._within):  # the everyday case; pathlib takes a while for thousands of files
            return text[len(self._within) :]
        return path.relative_to(self.root).as_posix().encode(errors="backslashreplace").decode()

    def problem(self, path: Path, place: str, found: str, do: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(self.name(path), place, found, do))

    def inside(self, folder: Path, pattern: str = "*") -> list[Path]:
        """Return what is in *folder*, sorted; nothing if there is none, or with a problem noted if it cannot be read.

        What begins with a dot is not ours: editors put their locks and backups there.
        """
        try:
            found = sorted(folder.iterdir())
        except FileNotFoundError:
            return []
        except OSError as error:
            self.problem(folder, "", f"cannot be read as a folder ({error.strerror})", "make it a folder that can be read")
            return []
        return [path for path in found if not path.name.startswith(".") and path.match(pattern)]

    def folders(self, folder: Path) -> list[Path]:
        """Return the folders in *folder*, links that lead nowhere noted as problems."""
        return [path for path in self.inside(folder) if self._is_folder(path)]

    def _is_folder(self, path: Path) -> bool:
        try:
            return stat.S_ISDIR(path.stat().st_mode)
        except FileNotFoundError:
            self.problem(path, "", "a link that leads nowhere", "mend the link or remove it")
        except OSError as error:
            self.problem(path, "", f"cannot be read ({error.strerror})", "make it readable")
        return False

    def read(self, path: Path) -> Any:
        """Return the JSON value in *path*, or `UNREADABLE` with a problem noted."""
        raw = self._bytes(path)
        if raw is None:
            return UNREADABLE
        self.contents[self.name(path)] = raw
        return self._parsed(path, raw)

    def _bytes(self, path: Path) -> bytes | None:
        try:
            found = path.stat()
            if not stat.S_ISREG(found.st_mode):  # a pipe or a device would never end
                self.problem(path, "", "not a file", "put a JSON file there")
            elif found.st_size > MAX_FILE_BYTES:
                self.problem(path, "", f"{found.st_size} bytes, more than {MAX_FILE_BYTES}", "keep contract files small")
            elif not str(path).isascii() and self.name(path) != path.relative_to(self.root).as_posix():
                self.problem(path, "", "the name is not UTF-8", "rename it: ids and URLs are derived from names")
            else:
                self.modified[self.name(path)] = found.st_mtime
                return path.read_bytes()
        except FileNotFoundError:
            self.problem(path, "", "missing", f"add {path.name}")
        except OSError as error:
            self.problem(path, "", f"cannot be read ({error.strerror})", "make it readable")
        return None

    def _parsed(self, path: Path, raw: bytes) -> Any:
        try:
            value, twice = read_json(raw)
        except JsonTextError as error:
            self.problem(path, "", error.found, error.do)
            return UNREADABLE
        for name in twice:
            self.problem(path, "", f"the member {name!r} stands twice in one object", "remove one; only the last would count")
        return value

    def entity(self, path: Path, kind: str, shape: Any) -> Any:
        """Return the file as *shape*, or None with every problem noted."""
        value = self.read(path)
        if value is UNREADABLE:
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
        for error in sorted(validator(kind).iter_errors(value), key=lambda e: pointer(e.instance_path)):
            do = f"see {kind}{_SUFFIX}, which `mock-cdp contracts schemas DIR` writes"
            self.problem(path, pointer(error.instance_path), _said(error, kind), do)
        for place, name, meant in misspelt(value, schema(kind)):
            self.problem(path, place, f"unknown member {name!r}", f"did you mean {meant!r}?")


def _said(error: jsonschema_rs.ValidationError, kind: str) -> str:
    """Say what is wrong, without the value where it may hold a secret."""
    may_hold_secret = "credentials" in error.instance_path or isinstance(error.instance, dict | list)
    if kind != "application" or not may_hold_secret or error.kind.name == "required":
        return shortened(error.message, 200)
    return f"breaks {error.kind.name} {shortened(json_text(error.kind.value))} (the value is not shown: it may hold a secret)"


@cache
def schema(kind: str) -> dict[str, Any]:
    """Return the published schema of a file kind."""
    found: dict[str, Any] = orjson.loads(_PUBLISHED.joinpath(kind + _SUFFIX).read_bytes())
    return found


def published() -> dict[str, bytes]:
    """Return the published schemas of all file kinds, by file name."""
    return {one.name: one.read_bytes() for one in sorted(_PUBLISHED.iterdir(), key=lambda one: one.name)}


@cache
def validator(kind: str) -> jsonschema_rs.Validator:
    """Return the compiled published schema of a file kind."""
    return jsonschema_rs.validator_for(schema(kind), offline=True)


def is_rejected_sample(value: Any) -> bool:
    """Return whether *value* is exactly what a file of `samples/rejected` holds: an event, and the rules that it breaks."""
    return isinstance(value, dict) and value.keys() == {"event", "violations"} and validator("rejected-sample").is_valid(value)


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
    for name, inner in value.items():
        if name in known:
            if isinstance(inner, dict | list):
                yield from misspelt(inner, known[name], f"{place}/{name}")
            continue
        lower = {name.lower(): name for name in known}
        near = difflib.get_close_matches(name.lower(), [n for n in lower if lower[n] not in value], n=1, cutoff=0.85)
        if near:
            yield f"{place}{pointer([name])}", name, lower[near[0]]
