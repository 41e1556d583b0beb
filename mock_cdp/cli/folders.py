"""A contract folder named on the command line, or the one that ships; a wrong name is one line."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from mock_cdp.cli.saying import fail

if TYPE_CHECKING:
    from mock_cdp.contract.contract import Catalog, Contract

FOLDER = click.Path(path_type=Path)


def root_of(folder: Path | None) -> Path:
    """Return the contract folder to use; exit 2 if there is none."""
    from mock_cdp.contract.catalog import shipped_catalog

    root = folder or shipped_catalog()
    if not root.is_dir():
        from mock_cdp.contract.units import none_in

        fail("; ".join(none_in(root)))
    return root


def catalog_of(folder: Path | None) -> "Catalog":
    """Return its contracts; exit 1 with all problems if they cannot be served."""
    from mock_cdp.contract.folder import FolderError, load

    try:
        return load(root_of(folder))
    except FolderError as error:
        click.echo(f"mock-cdp: {error}", err=True)
        sys.exit(1)


def contract_of(catalog: "Catalog", event: str) -> "Contract":
    """Return the contract called *event*, by folder name or path; exit 2 with the nearest one if there is none."""
    from mock_cdp.contract.contract import UnknownContract

    try:
        return catalog.named(event)
    except UnknownContract as error:
        click.echo(f"mock-cdp: {error}", err=True)
        sys.exit(2)
