"""Contracts by name, for strategies and suites."""

from functools import lru_cache
from pathlib import Path

from mock_cdp.contract.catalog import shipped_catalog
from mock_cdp.contract.contract import Catalog, Contract
from mock_cdp.contract.folder import load


def contract(name: str, folder: str | Path | None = None) -> Contract:
    """Return the contract of the event called *name*, such as `pos-receipt`.

    Args:
        name: The event's folder name, or `business unit/application/event`.
        folder: A contract folder; without it the contracts that ship.

    Raises:
        FolderError: The folder is broken; the message lists every problem.
        UnknownContract: No event is called so, or several are.
    """
    return _catalog(str(Path(folder or shipped_catalog()).resolve())).named(name)


@lru_cache(maxsize=16)
def _catalog(folder: str) -> Catalog:
    return load(Path(folder))
