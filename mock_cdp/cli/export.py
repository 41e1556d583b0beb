"""`mock-cdp export`: the contracts as files that other tools import."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

if TYPE_CHECKING:
    from collections.abc import Callable

    from mock_cdp.contract.contract import Catalog

SERVER = "http://127.0.0.1:8080"
PRIVATE = 0o600  # an environment file holds secrets, if only of development

folder_option = click.option(
    "--contracts", "folder", metavar="DIR", type=click.Path(path_type=Path), help="Contract folder; without it those that ship."
)
server_option = click.option("--server", metavar="URL", default=SERVER, show_default=True, help="Base URL of the mock.")
out_option = click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="Write there instead of to stdout.")


@click.group()
def export() -> None:
    """Write the contracts in formats that other tools import."""


@export.command()
@folder_option
@server_option
@out_option
def openapi(folder: Path | None, server: str, out: Path | None) -> None:
    """Write the listener of every event as an OpenAPI 3.1 document. It holds no credentials."""
    from mock_cdp.exports.openapi import document

    _write(document(_catalog(folder), server=server), out)


@export.command()
@folder_option
@server_option
@out_option
@click.option(
    "--environment",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Also write the secrets, as an environment, mode 0600.",
)
def postman(folder: Path | None, server: str, out: Path | None, environment: Path | None) -> None:
    """Write a Postman collection (v2.1): every sample as a request with its test. Secrets are empty variables."""
    from mock_cdp.exports import postman as exported

    catalog = _catalog(folder)
    if environment is not None:
        _save(environment, exported.environment(catalog, with_secrets=True), _open_private)
    _write(exported.collection(catalog, server=server), out)


def _catalog(folder: Path | None) -> "Catalog":
    from mock_cdp.contract.catalog import shipped_catalog
    from mock_cdp.contract.folder import FolderError, load

    root = folder or shipped_catalog()
    if not root.is_dir():
        click.echo(f"mock-cdp: no such folder: {root}", err=True)
        sys.exit(2)
    try:
        return load(root)
    except FolderError as error:
        click.echo(f"mock-cdp: {error}", err=True)
        sys.exit(1)


def _write(value: Any, out: Path | None) -> None:
    if out is None:
        click.echo(json.dumps(value, indent=2, ensure_ascii=False))
    else:
        _save(out, value, None)


def _save(path: Path, value: Any, opener: "Callable[[str, int], int] | None") -> None:
    try:
        with open(path, "w", encoding="utf-8", opener=opener) as file:  # Path.open takes no opener
            file.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
    except OSError as error:
        click.echo(f"mock-cdp: cannot write {path}: {error.strerror}", err=True)
        sys.exit(2)


def _open_private(path: str, flags: int) -> int:
    """Open *path* for its owner only, also when it was there before, and before a secret is in it."""
    found = os.open(path, flags, PRIVATE)
    os.fchmod(found, PRIVATE)
    return found
