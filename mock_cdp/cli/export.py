"""`mock-cdp export`: the contracts as files that other tools import."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from mock_cdp.cli.folders import catalog_of
from mock_cdp.cli.message_mapping import message_mapping

if TYPE_CHECKING:
    from collections.abc import Callable

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

    write_json(document(catalog_of(folder), server=server), out)


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

    catalog = catalog_of(folder)
    if environment is not None:
        _save(environment, exported.environment(catalog, with_secrets=True), _open_private)
    write_json(exported.collection(catalog, server=server), out)


export.add_command(message_mapping)


def write_json(value: Any, out: Path | None) -> None:
    """Write *value* to a file or to stdout; one that cannot be written is one line and exit 2."""
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
