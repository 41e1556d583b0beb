"""Where the contracts that ship are: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def shipped_catalog() -> Path:
    """Return the folder of the contracts that ship."""
    inside = _PACKAGE / "catalog"
    return inside if inside.is_dir() else _PACKAGE.parent / "contracts"
