"""`mock-cdp contracts`: check, list, show, export and pull contract folders; the schemas of their files."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from mock_cdp.cli.calls import DEFAULT_URL
from mock_cdp.cli.folders import FOLDER, catalog_of, contract_of, root_of
from mock_cdp.cli.infer import infer
from mock_cdp.cli.saying import fail

if TYPE_CHECKING:
    from mock_cdp.contract.contract import Contract


@click.group()
def contracts() -> None:
    """Check, list, show, export and pull contract folders; without DIR, the contracts that ship."""


@contracts.command()
@click.argument("folder", metavar="[DIR]", type=FOLDER, required=False)
@click.option("--json", "as_json", is_flag=True, help="Print problems as JSON.")
def check(folder: Path | None, *, as_json: bool) -> None:
    """Say everything that is wrong with a contract folder. Exit 0: nothing, 1: something, 2: there is no such folder."""
    from mock_cdp.contract.check import check_folder

    root = root_of(folder)
    catalog, problems = check_folder(root)
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(problems), indent=2))
    else:
        for problem in problems:
            click.echo(str(problem))
        samples = sum(len(c.accepted_samples) + len(c.rejected_samples) for c in catalog.contracts)
        verdict = f"{len(problems)} problem(s)" if problems else "all is well"
        click.echo(f"{root}: {len(catalog.contracts)} events, {samples} samples, {verdict}")
    sys.exit(1 if problems else 0)


@contracts.command("list")
@click.argument("folder", metavar="[DIR]", type=FOLDER, required=False)
def list_(folder: Path | None) -> None:
    """List the events of a contract folder."""
    for contract in catalog_of(folder).contracts:
        state = "" if contract.enabled else "  (disabled)"
        click.echo(f"{contract.path:45} {contract.event.name}{state}")


@contracts.command()
@click.argument("event")
@click.argument("folder", metavar="[DIR]", type=FOLDER, required=False)
@click.option("--keys", is_flag=True, help="Also print the secret.")
@click.option("--sample", metavar="NAME", help="Print only this sample's payload, ready to post.")
def show(event: str, folder: Path | None, *, keys: bool, sample: str | None) -> None:
    """Show one event: where it listens, its keys, model, mappings and samples."""
    contract = contract_of(catalog_of(folder), event)
    if sample is not None:
        click.echo(json.dumps(_sample(contract, sample), indent=2, ensure_ascii=False))
        return
    click.echo(json.dumps(_view(contract, keys=keys), indent=2, ensure_ascii=False))


contracts.add_command(infer)


@contracts.command()
@click.argument("target", metavar="DIR", type=FOLDER)
@click.option("--url", envvar="MOCK_CDP_URL", default=DEFAULT_URL, show_default=True, help="Base URL of the mock.")
def export(target: Path, url: str) -> None:
    """Write everything a running mock has in force, what was made by API included, as the contract folder DIR.

    Credentials are left out: where the folder is served, they are derived from its names. DIR must be new or empty.
    """
    from mock_cdp.cli.pulling import exported

    _write(target, exported(url))


@contracts.command()
@click.argument("target", metavar="DIR", type=FOLDER)
@click.option("--url", required=True, help="Base URL: https://cdp.eu5-prod.gigya.com, or another mock's.")
@click.option("--business-unit", "units", multiple=True, metavar="ID", help="Only this one; may be given several times.")
def pull(target: Path, url: str, units: tuple[str, ...]) -> None:
    """Write the contracts of a CDP tenant (or of another mock) as the contract folder DIR, reading only.

    Credentials come from the environment, CDP_USER_KEY and CDP_SECRET. DIR must be new or empty.
    """
    from mock_cdp.cli.pulling import pulled

    _write(target, pulled(url, units))


@contracts.command()
@click.argument("target", metavar="DIR", type=FOLDER)
def schemas(target: Path) -> None:
    """Write the JSON Schemas of a contract folder's files to DIR, for an editor; docs/contracts.md says how.

    DIR must be new or empty.
    """
    from mock_cdp.contract.files import published

    files = published()
    _put(target, files)
    click.echo(f"{target}: {', '.join(files)}")


def _write(target: Path, files: dict[str, bytes]) -> None:
    """Write a folder and say what `check` says of it; exit 1 if that is not that all is well."""
    from mock_cdp.contract.check import check_folder

    _put(target, files)
    catalog, problems = check_folder(target)
    for problem in problems:
        click.echo(str(problem), err=True)
    verdict = f"{len(problems)} problem(s) to mend before it can be served" if problems else "all is well"
    click.echo(f"{target}: {len(files)} files, {len(catalog.contracts)} events, {verdict}")
    sys.exit(1 if problems else 0)


def _put(target: Path, files: dict[str, bytes]) -> None:
    """Write a folder; exit 2 if it cannot be."""
    from mock_cdp.contract.writing import write_folder

    try:
        write_folder(target, files)
    except FileExistsError:
        fail(f"there is something in {target}; name a folder that is new or empty")
    except OSError as error:
        fail(f"{target} cannot be written: {error.strerror}")


def _sample(contract: "Contract", name: str) -> Any:
    samples = {sample.name: sample.event for sample in (*contract.accepted_samples, *contract.rejected_samples)}
    if name not in samples:
        click.echo(f"mock-cdp: {contract.slug} has no sample {name}; choose one of: {', '.join(samples)}", err=True)
        sys.exit(2)
    return samples[name]


def _view(contract: "Contract", *, keys: bool) -> dict[str, Any]:
    import msgspec

    credentials = contract.credentials
    return {
        "path": contract.path,
        "listener": f"{contract.listener_path}/event",
        "byExternalId": f"{contract.external_path}/event",
        "userKey": credentials.user_key,
        "secret": credentials.user_secret if keys else "… (--keys prints it)",
        "event": msgspec.to_builtins(contract.event),
        "model": contract.model.schema,
        "mappings": msgspec.to_builtins(contract.mappings),
        "acceptedSamples": [sample.name for sample in contract.accepted_samples],
        "rejectedSamples": [sample.name for sample in contract.rejected_samples],
    }
