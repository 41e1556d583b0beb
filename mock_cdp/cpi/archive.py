"""Exports of CPI taken apart, in memory: a flow, an artefact or a package; what is broken or made to harm is refused.

A package export is a zip of `resources.cnt` (base64 JSON, which names the artefacts) and one `<id>_content` zip for each; an
artefact zip holds `src/main/resources/…`.
"""

import base64
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, Final

import msgspec
import orjson

from mock_cdp.contract.violation import shortened

MAX_EXPORT_BYTES: Final = 64 * 1024 * 1024  # of the file that was given
MAX_UNPACKED_BYTES: Final = 256 * 1024 * 1024  # of everything in it, zips within included
MAX_ENTRIES: Final = 20_000  # as above
MAX_RATIO: Final = 200  # how much an entry may grow when it is unpacked: text grows 5 to 20 times, a bomb 1000
FREE_BYTES: Final = 1024 * 1024  # an entry below this may grow as it likes
MAX_DEPTH: Final = 3  # a zip of packages of artefacts
RESOURCES: Final = "src/main/resources/"
PARAMETERS: Final = "parameters.prop"

_INDEX: Final = "resources.cnt"
_KEPT: Final = (".iflw", ".groovy", ".gsh", ".js", f"/{PARAMETERS}")  # the rest (mappings, schemas, libraries) is never unpacked
_BROKEN: Final = (
    *(zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError),
    *(ValueError, NotImplementedError, RuntimeError, ArithmeticError, LookupError),  # zipfile's own, on headers that lie
)


class FlowError(ValueError):
    """An export that cannot be read.

    Attributes:
        where: The file, and the place in it.
        what: What is wrong; never the content, which may be a secret.
        do: What to do about it.
    """

    def __init__(self, where: str, what: str, do: str) -> None:
        """Keep the parts beside the message."""
        super().__init__(f"{where}: {what}; {do}")
        self.where, self.what, self.do = where, what, do


class Artefact(msgspec.Struct, frozen=True, kw_only=True):
    """One integration flow with the files beside it.

    Attributes:
        name: What people call it: as the package names it, else its file's name.
        place: Where it stands in the export.
        flow: The `.iflw` file.
        files: Scripts and parameters, by path below the artefact's root; `None` for a lone `.iflw` file, where they are unknown.
    """

    name: str
    place: str
    flow: bytes
    files: Mapping[str, bytes] | None = None


def artefacts(name: str, raw: bytes) -> tuple[Artefact, ...]:
    """Return the integration flows in *raw*, in the order of the export.

    Args:
        name: What to call the file in errors.
        raw: A `.iflw` file, an artefact zip, a package export, or a zip of those.

    Raises:
        FlowError: Broken, encrypted, too large, with names that lead out of it, or without any flow.
    """
    if len(raw) > MAX_EXPORT_BYTES:
        raise FlowError(name, f"{len(raw)} bytes, more than {MAX_EXPORT_BYTES}", "export fewer artefacts at a time")
    if not _is_zip(raw):
        return (Artefact(name=PurePosixPath(name).stem, place=name, flow=raw),)
    found = tuple(_Budget().unpacked(name, raw, title="", depth=1))
    if not found:
        do = "export the integration flow, or its package, from the Design section of CPI"
        raise FlowError(name, "there is no integration flow (.iflw) in it", do)
    return found


def _is_zip(raw: bytes) -> bool:
    return raw[:4] in {b"PK\x03\x04", b"PK\x05\x06"}


class _Budget:
    """What may still be unpacked of one export, however its zips are nested."""

    def __init__(self) -> None:
        self.unpacked_bytes = MAX_UNPACKED_BYTES
        self.entries = MAX_ENTRIES

    def unpacked(self, where: str, raw: bytes, *, title: str, depth: int) -> Iterator[Artefact]:
        """Yield the flows in a zip.

        Args:
            where: Where the zip stands.
            raw: The zip.
            title: What the package calls its only flow; empty if nothing does.
            depth: How many zips deep this one is.
        """
        if depth > MAX_DEPTH:
            raise FlowError(where, f"zips within zips, more than {MAX_DEPTH} deep", "give the package or artefact zip itself")
        try:
            with zipfile.ZipFile(io.BytesIO(raw)) as archive:
                entries = self._checked(where, archive.infolist())
                flows = [path for path in entries if path.endswith(".iflw")]
                if flows:
                    yield from _flows(where, title, flows, _read(where, archive, [e for e in entries if e.endswith(_KEPT)]))
                    return
                titles = _titles(where, archive) if _INDEX in entries else {}
                for path in entries:
                    if path.endswith(("_content", ".zip")):
                        yield from self._within(where, archive, path, titles.get(path.removesuffix("_content")), depth)
        except FlowError:
            raise
        except _BROKEN:
            raise _broken(where) from None

    def _within(
        self, where: str, archive: zipfile.ZipFile, path: str, titled: tuple[str, bool] | None, depth: int
    ) -> Iterator[Artefact]:
        """Yield the flows in the zip at *path*; other content of a package (documents, links) is no zip."""
        raw = archive.read(path)
        inner = f"{where} > {shortened(path)}"
        title, is_flow = titled or ("", False)
        if _is_zip(raw):
            yield from self.unpacked(inner, raw, title=title, depth=depth + 1)
        elif is_flow:
            raise _broken(inner)

    def _checked(self, where: str, infos: Iterable[zipfile.ZipInfo]) -> list[str]:
        """Return the paths of a zip's files, in its order, once nothing is wrong with any of them."""
        paths: dict[str, None] = {}
        for info in infos:
            self.entries -= 1
            self.unpacked_bytes -= info.file_size
            _require_harmless(f"{where} > {shortened(info.filename)}", info)
            if self.entries < 0 or self.unpacked_bytes < 0:
                what = f"more than {MAX_UNPACKED_BYTES} bytes or {MAX_ENTRIES} files when it is unpacked"
                raise FlowError(where, what, "export fewer artefacts at a time")
            if info.filename in paths:
                what = "there twice: which of the two counts is not known"
                raise FlowError(f"{where} > {shortened(info.filename)}", what, "export it again")
            if not info.is_dir():
                paths[info.filename] = None
        return list(paths)


def _require_harmless(where: str, info: zipfile.ZipInfo) -> None:
    parts = re.split(r"[/\\]", info.orig_filename)
    if ".." in parts or parts[0] == "" or re.match(r"[A-Za-z]:", parts[0]) or "\0" in info.orig_filename:
        raise FlowError(where, "its name leads out of the zip", "do not use this file: no export of CPI has such names")
    if info.flag_bits & 0x1:
        raise FlowError(where, "encrypted", "export it again without a password")
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise FlowError(where, "packed with something else than deflate", "zip it again with an everyday tool")
    if info.file_size > max(FREE_BYTES, MAX_RATIO * info.compress_size):
        what = f"grows more than {MAX_RATIO} times when it is unpacked"
        raise FlowError(where, what, "do not use this file: no export of CPI does that")


def _read(where: str, archive: zipfile.ZipFile, paths: Iterable[str]) -> dict[str, bytes]:
    found = {}
    for path in paths:
        try:
            found[path] = archive.read(path)
        except _BROKEN:
            raise _broken(f"{where} > {shortened(path)}") from None
    return found


def _flows(where: str, title: str, flows: list[str], files: dict[str, bytes]) -> Iterator[Artefact]:
    """Yield each flow with the files below its own root: a zipped working copy holds several artefacts side by side."""
    for path in flows:
        root = path[: path.index(RESOURCES)] if RESOURCES in path else ""
        yield Artefact(
            name=title if title and len(flows) == 1 else PurePosixPath(path).stem,
            place=f"{where} > {shortened(path)}",
            flow=files[path],
            files={other.removeprefix(root): raw for other, raw in files.items() if other.startswith(root)},
        )


def _titles(where: str, archive: zipfile.ZipFile) -> dict[str, tuple[str, bool]]:
    """Return what a package calls each of its artefacts, and whether it is an integration flow, by the artefact's id."""
    inner = f"{where} > {_INDEX}"
    try:
        index: Any = orjson.loads(base64.b64decode(archive.read(_INDEX)))
        resources = index["resources"]
        return {resource["id"]: _title(resource) for resource in resources}
    except (*_BROKEN, TypeError, AttributeError):
        raise FlowError(inner, "not base64 over JSON with resources, as CPI writes it", "export the package again") from None


def _title(resource: dict[str, Any]) -> tuple[str, bool]:
    name = resource.get("displayName") or resource.get("name") or ""
    return (name if isinstance(name, str) else "", resource.get("resourceType") == "IFlow")


def _broken(where: str) -> FlowError:
    return FlowError(where, "a zip that is broken or cut off", "export it again; a download may have ended early")
