"""Writing a contract folder: each file whole or not at all, and nothing that could not be read again."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from mock_cdp.contract.contract import Catalog
from mock_cdp.contract.folder import load
from mock_cdp.contract.resources import Document, Resource, files_of


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
    wanted = dict(files_of(msgspec.structs.replace(resource, slug=place.stem, document=document)))
    before = {name: (folder / name).read_bytes() if (folder / name).exists() else None for name in wanted}
    try:
        for name, raw in wanted.items():
            write_file(folder / name, raw)
        if "mappings.json" not in wanted and resource.kind.collection == "dataevents":
            (folder / "mappings.json").unlink(missing_ok=True)
        return load(root)
    except BaseException:
        for name, old in before.items():
            write_file(folder / name, old) if old is not None else (folder / name).unlink(missing_ok=True)
        raise


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
