"""`mock-cdp serve`: every setting as a flag, one call, and what a newcomer needs to see."""

import os
import shlex
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, get_args

import msgspec
import rich_click as click

from mock_cdp.settings import FIELDS, SettingsError, load_settings

if TYPE_CHECKING:
    from mock_cdp.serve import Started

_LISTED = 40  # listeners; more would push what matters off the screen
_CLICK_TYPES: dict[Any, Any] = {int: int, str: str, float: float}


def _flags(command: Callable[..., None]) -> Callable[..., None]:
    """Give *command* one option per setting; the table in `settings.py` is the only list of them."""
    for field in reversed(FIELDS.values()):
        command = _flag(field)(command)
    return command


def _flag(field: msgspec.structs.FieldInfo) -> Callable[[Callable[..., None]], Callable[..., None]]:
    kind, meta = get_args(field.type)[0], field.type.__metadata__[0]
    name = field.name.replace("_", "-")
    help_text = f"{meta.description} [default: {field.default if field.default != '' else 'none'}]"
    if kind is bool:
        return click.option(f"--{name}/--no-{name}", field.name, default=None, help=help_text)
    choices = get_args(kind)
    return click.option(
        f"--{name}",
        field.name,
        type=click.Choice(choices) if choices else _CLICK_TYPES[kind],
        default=None,
        help=help_text,
    )


@click.command()
@_flags
def serve(**flags: Any) -> None:
    """Serve the contracts: CDP's listener endpoints under /api, ours under /_mock.

    Every option may also stand in mock-cdp.toml (port = 8081) or in the environment (MOCK_CDP_PORT=8081).
    """
    from mock_cdp import serve as server
    from mock_cdp.contract.folder import FolderError
    from mock_cdp.store.base import StoreError

    try:
        server.serve(load_settings(flags), announce)
    except (SettingsError, FolderError, StoreError, server.ServeError) as error:
        click.echo(f"mock-cdp: {error}", err=True)
        sys.exit(2)


def announce(started: "Started") -> None:
    """Print the API URL, the listener URLs and where the keys are; the admin key when it is new, and only then."""
    settings, catalog = started.settings, started.catalog
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104
    base = f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"
    click.echo(f"mock-cdp serves {len(catalog.contracts)} events at {base}   (stop with Ctrl-C)\n")
    slugs = Counter(contract.slug for contract in catalog.contracts)
    names = [contract.slug if slugs[contract.slug] == 1 else contract.path for contract in catalog.contracts]
    for name, contract in zip(names[:_LISTED], catalog.contracts, strict=False):
        state = "" if contract.enabled else "   (disabled)"
        click.echo(f"  {name}{state}\n    {base}{contract.listener_path}/event")
    if len(catalog.contracts) > _LISTED:
        click.echo(f"  … and {len(catalog.contracts) - _LISTED} more: {base}/_mock/contracts lists all")
    click.echo(f"\n  counts    {base}/_mock/counts\n  receipts  {base}/_mock/receipts")
    folder = f" {shlex.quote(settings.contracts)}" if settings.contracts else ""
    click.echo(f"  keys      {_itself()} contracts show EVENT{folder} --keys   (for example: {names[0] if names else 'EVENT'})")
    if started.is_new:
        keys = f"userKey {started.admin.user_key}, secret {started.admin.user_secret}"
        click.echo(f"  admin     {keys}   (configures everything; not shown again)")
    click.echo(f"  store     {settings.store}", nl=True)
    sys.stdout.flush()


def _itself() -> str:
    """Return how to call this program from here: by its name where the shell finds it, as after `make serve` it does not."""
    return "mock-cdp" if shutil.which("mock-cdp") else shlex.quote(os.path.relpath(sys.argv[0]))
