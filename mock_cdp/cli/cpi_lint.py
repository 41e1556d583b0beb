"""`mock-cdp cpi lint`: what will break in an exported integration flow, before anything runs."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from mock_cdp.cli.folders import contract_of
from mock_cdp.cli.saying import fail, plain

if TYPE_CHECKING:
    from mock_cdp.contract.contract import Contract
    from mock_cdp.cpi.iflow import Flow
    from mock_cdp.cpi.lint import Finding

    Linted = list[tuple[Flow, list[Finding]]]


@click.command()
@click.argument("export", metavar="EXPORT", type=click.Path(path_type=Path))
@click.option(
    "--contract", "folder", metavar="DIR", type=click.Path(path_type=Path), help="Contract folder; without it those that ship."
)
@click.option("--event", metavar="NAME", help="The event that the flow sends: its arrays and its root are judged too.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def lint(export: Path, folder: Path | None, event: str | None, *, as_json: bool) -> None:
    """Say what will break in the integration flows of EXPORT: an .iflw file, an artefact zip or a package export.

    A secret that is written in a flow is named by its place, never shown. Exit 0: no errors, 1: errors, 2: it cannot be read.
    """
    from mock_cdp.cpi.lint import lint as lint_flow

    contract = _contract(folder, event)
    linted = [(flow, lint_flow(flow, contract)) for flow in _flows(export)]
    click.echo(_json(linted) if as_json else _text(export, linted))
    sys.exit(1 if any(finding.severity == "error" for _, findings in linted for finding in findings) else 0)


def _flows(export: Path) -> "tuple[Flow, ...]":
    from mock_cdp.cpi.archive import MAX_EXPORT_BYTES
    from mock_cdp.cpi.iflow import FlowError, read_flows

    try:
        with export.open("rb") as file:
            return read_flows(export.name, file.read(MAX_EXPORT_BYTES + 1))
    except OSError as error:
        fail(f"{export}: cannot be read ({error.strerror}); name an .iflw file or a zip that CPI exported")
    except FlowError as error:
        fail(str(error))


def _contract(folder: Path | None, event: str | None) -> "Contract | None":
    """Return the contract of *event*; none is asked for without an event."""
    from mock_cdp.contract.catalog import shipped_catalog
    from mock_cdp.contract.folder import FolderError, load

    if event is None:
        if folder is not None:
            fail("--contract needs --event: which event of the folder the flow sends")
        return None
    try:
        return contract_of(load(folder or shipped_catalog()), event)
    except FolderError as error:
        fail(*str(error).splitlines())


def _text(export: Path, linted: "Linted") -> str:
    """Return a block for each finding, below its flow, and the verdict."""
    blocks = []
    for flow, findings in linted:
        scope = f"{len(flow.converters)} XML to JSON converter(s), {len(flow.receivers)} HTTP receiver(s)"
        blocks.append(plain(f"{flow.name}: {scope}, {len(findings)} finding(s)"))
        blocks += [_block(finding) for finding in findings]
    severities = [finding.severity for _, findings in linted for finding in findings]
    counts = f"{severities.count('error')} error(s), {severities.count('warning')} warning(s)"
    return "\n\n".join([*blocks, plain(f"{export.name}: {len(linted)} flow(s), {counts}")])


def _block(finding: "Finding") -> str:
    head = f"{finding.severity:8}{finding.code}"
    lines = (
        f"  where  {finding.step}",
        f"  why    {finding.why}",
        f"  fix    {finding.fix}",
        *(f"         {row}" for row in finding.rows),
    )
    return "\n".join([head, *map(plain, lines)])


def _json(linted: "Linted") -> str:
    import msgspec

    rows = [
        {"flow": flow.name, "place": flow.place, **msgspec.to_builtins(finding)}
        for flow, findings in linted
        for finding in findings
    ]
    return msgspec.json.format(msgspec.json.encode(rows), indent=2).decode()
