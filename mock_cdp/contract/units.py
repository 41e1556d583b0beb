"""Where business units are: in a folder, or near one that holds none."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

UNIT_FILE = "businessunit.json"
_BELOW = (f"*/*/{UNIT_FILE}", f"*/*/*/{UNIT_FILE}")  # further down takes long in a home folder, and is hardly meant


def unit_folders(root: Path) -> list[Path]:
    """Return the business unit folders in *root*, itself or its children."""
    if (root / UNIT_FILE).is_file():
        return [root]
    return [path.parent for path in sorted(root.glob(f"*/{UNIT_FILE}")) if not path.parent.name.startswith(".")]


def none_in(root: Path) -> tuple[str, str]:
    """Return what is wrong with *root*, in which there is no business unit, and what to do."""
    if not root.exists():
        return f"no such folder: {root}", f"name a folder that holds {UNIT_FILE}"
    whole = root.resolve()
    near = next(_near(whole if root.is_dir() else whole.parent), None)
    do = f"did you mean {near}?" if near else f"name a folder that holds {UNIT_FILE}, or folders that do"
    return (f"no contracts in {whole}" if root.is_dir() else f"{whole} is a file, no folder"), do


def _near(root: Path) -> Iterator[Path]:
    """Yield the folders that could be meant: *root* itself, those in it, those it is in."""
    if unit_folders(root):
        yield root
    for pattern in _BELOW:
        for path in sorted(root.glob(pattern)):
            if not any(part.startswith(".") for part in path.relative_to(root).parts):
                yield path.parent.parent
    for above in root.parents:
        with contextlib.suppress(OSError):  # one that may be passed through, but not read
            if unit_folders(above):
                yield above
