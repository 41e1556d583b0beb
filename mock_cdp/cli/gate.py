"""`mock-cdp gate`: put generated messages through a real integration and hold what it sends against the contract."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from mock_cdp.cli.extras import need
from mock_cdp.cli.saying import fail

if TYPE_CHECKING:
    from mock_cdp.reports.report import Report
    from mock_cdp.settings import Settings


@click.group(invoke_without_command=True)
@click.option(
    "--project", "folder", metavar="DIR", type=click.Path(path_type=Path), default=Path(), help="Where mock-cdp.toml is."
)
@click.option("--property", "properties", metavar="NAME", multiple=True, help="Check only this property; may be repeated.")
@click.option("--trials", type=int, help="Most messages for a property.")
@click.option("--trouble-trials", type=int, help="Most messages for a property that waits on purpose.")
@click.option("--seconds", type=float, help="Most seconds for the whole run.")
@click.option("--profile", type=click.Choice(["ci", "nightly"]), help="`ci` tries the same messages each time, `nightly` others.")
@click.option("--seed", type=int, help="Seed of what is generated.")
@click.option("--port", type=int, help="Port of the mock for an integration of another process.")
@click.option("--cases", metavar="DIR", help="Folder of case files.")
@click.option("--reports", metavar="DIR", help="Folder for the reports.")
@click.option("--all", "go_on", is_flag=True, default=None, help="Check further properties after one is broken.")
@click.option("--keep", is_flag=True, default=None, help="Leave the session of this run in the store of mock-cdp.toml.")
@click.option("--annotations", type=click.Choice(["github", "azure"]), help="Print findings as annotations of a pipeline, too.")
@click.pass_context
def gate(
    context: click.RichContext, /, folder: Path, properties: tuple[str, ...], annotations: str | None, **options: Any
) -> None:
    """Generate source messages, hand them to the integration, and find the smallest that breaks the contract.

    Set up in the [gate] table of mock-cdp.toml. Exit 0: contract kept, 1: broken, 2: the gate could not tell.
    """
    need("test", "hypothesis", "httpx", "respx", "jmespath", "trustme")
    context.obj = (folder, {**options, "properties": properties or None})
    if context.invoked_subcommand is not None:
        return
    from mock_cdp.cli.gate_progress import telling
    from mock_cdp.gate.failure import GateError
    from mock_cdp.gate.gate import run_gate
    from mock_cdp.gate.settings import load_gate

    try:
        settings = load_gate(folder, context.obj[1])
        with telling() as tell:
            report = run_gate(settings, _mock(folder), folder.resolve(), tell)
    except GateError as error:
        fail(str(error))
    _finish(report, folder / settings.reports, annotations)


@gate.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.pass_context
def replay(context: click.RichContext, case: Path) -> None:
    """Hand the message of a CASE file over again, three times.

    Exit 0: the contract is kept now, 1: still broken, 2: the gate could not tell.
    """
    from mock_cdp.gate import gate as gates
    from mock_cdp.gate.cases import read_case
    from mock_cdp.gate.failure import GateError
    from mock_cdp.gate.settings import load_gate

    folder, options = context.obj
    try:
        settings = load_gate(folder, options)
        report = gates.replay(read_case(case), settings, _mock(folder), folder.resolve())
    except GateError as error:
        fail(str(error))
    _finish(report, None, None)


def _mock(folder: Path) -> "Settings":
    from mock_cdp.settings import SettingsError, load_settings

    try:
        return load_settings({}, folder=folder)
    except SettingsError as error:
        fail(str(error))


def _finish(report: "Report", folder: Path | None, annotations: str | None) -> None:
    """Print the report, write it down, and exit as it says."""
    from mock_cdp.reports import report as reports
    from mock_cdp.reports.annotations import azure, github
    from mock_cdp.reports.terminal import text
    from mock_cdp.reports.writing import ReportError, write_reports

    click.echo(text(report, color=sys.stdout.isatty()))
    if folder is not None:
        try:
            written = write_reports(report, folder)
        except ReportError as error:
            fail(str(error))
        click.echo(f"reports: {', '.join(str(path) for path in written)}")
    lines = github(report) if annotations == "github" else azure(report) if annotations == "azure" else []
    for line in lines:
        click.echo(line)
    sys.exit(reports.EXIT_CODES[reports.outcome(report)])
