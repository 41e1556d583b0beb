"""Writing a contract folder: each file whole or not at all, and nothing that could not be read again."""

import errno
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath

import orjson

from mock_cdp.contract.contract import Catalog
from mock_cdp.contract.folder import load
from mock_cdp.contract.resources import Document, Resource, file_text, files_of


def write_resource(root: Path, resource: Resource, document: Document | None) -> Catalog:
    """Put *document* in the place of *resource*'s files, or remove them, and return the folder read anew.

    Raises:
        FolderError: The folder could not be served afterwards; the files are as they were.
    """
    if document is None:
        return _removed(root, resource)
    import msgspec

    place = root / resource.file
    folder = place if resource.path.split("/")[-2] == "dataevents" else place.parent
    files = dict(files_of(msgspec.structs.replace(resource, slug=place.stem, document=document)))
    if resource.kind.collection == "applications" and (keys := orjson.loads(place.read_bytes()).get("credentials")):
        files[place.name] = file_text(orjson.loads(files[place.name]) | {"credentials": keys})  # a document has none
    wanted: dict[str, bytes | None] = dict(files)
    if resource.kind.collection == "dataevents":
        wanted.setdefault("mappings.json", None)
    before = {name: (folder / name).read_bytes() if (folder / name).exists() else None for name in wanted}
    try:
        for name, raw in wanted.items():
            _put(folder / name, raw)
        return load(root)
    except BaseException:
        for name, old in before.items():
            _put(folder / name, old)
        raise


def _put(path: Path, raw: bytes | None) -> None:
    if raw is None:
        path.unlink(missing_ok=True)
    else:
        write_file(path, raw)


def _removed(root: Path, resource: Resource) -> Catalog:
    place = root / resource.file
    whole = {"applications": place.parent, "businessunits": place.parent, "dataevents": place}
    target = whole.get(resource.kind.collection, place)
    aside = target.with_name(f".removed-{target.name}")  # what begins with a dot is not read
    target.rename(aside)
    try:
        catalog = load(root)
    except BaseException:
        aside.rename(target)
        raise
    shutil.rmtree(aside) if aside.is_dir() else aside.unlink()
    return catalog


def write_file(path: Path, raw: bytes) -> None:
    """Put *raw* in the place of *path* in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(raw)
        Path(name).chmod(path.stat().st_mode if path.exists() else 0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _leads_inside(name: str) -> bool:
    """Return whether *name* is a path within a folder, on any system."""
    windows = PureWindowsPath(name)
    return bool(PurePosixPath(name).parts) and not windows.anchor and ".." not in windows.parts and name.isprintable()


def write_folder(root: Path, files: Mapping[str, bytes]) -> None:
    """Make *root* with *files* in it, all of them or nothing.

    Args:
        root: Must not be there, or be empty.
        files: By path within it.

    Raises:
        FileExistsError: There is something in *root*.
    """
    if root.exists() and any(root.iterdir()):
        raise FileExistsError(str(root))
    for name in files:
        if not _leads_inside(name):  # the names may come from another machine
            raise OSError(errno.EINVAL, f"{name[:100]!r} does not lead into the folder")
    root.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=root.parent, prefix=f".{root.name}."))
    try:
        for name, raw in files.items():
            path = made / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(raw)
        made.chmod(0o755)
        if root.exists():
            root.rmdir()
        made.rename(root)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
