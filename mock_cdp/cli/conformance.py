"""`mock-cdp conformance`: any base URL, mock or tenant, held against contracts."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from mock_cdp.cli import saying
from mock_cdp.cli.calls import DEFAULT_URL
from mock_cdp.cli.extras import need
from mock_cdp.cli.folders import FOLDER, contract_of, root_of

if TYPE_CHECKING:
    from mock_cdp.contract.contract import Catalog
    from mock_cdp.contract.entities import Credentials
    from mock_cdp.reports.report import Report

USER_KEY, SECRET = "CDP_USER_KEY", "CDP_SECRET"


@click.command()
@click.option("--url", envvar="MOCK_CDP_URL", default=DEFAULT_URL, show_default=True, help="Base URL of the mock or tenant.")
@click.option(
    "--contracts", "--contract", "folder", metavar="DIR", type=FOLDER, help="Contract folder; without it those that ship."
)
@click.option(
    "--event", "events", metavar="EVENT", multiple=True, help="Only this event, by folder name or path; may be repeated."
)
@click.option("--send", is_flag=True, help="Send events to a server that is not known to be a mock. They are ingested there.")
@click.option(
    "--examples", metavar="N", type=click.IntRange(1, 10_000), default=50, show_default=True, help="Events generated per check."
)
@click.option("--seed", metavar="N", type=click.IntRange(0), help="Send the same requests as the run that named this seed.")
@click.option("--strict", is_flag=True, help="What differs from an assumption is broken, too.")
@click.option("--report", "folder_out", metavar="DIR", type=FOLDER, help="Write JUnit, SARIF, Markdown, JSON and HTML there.")
def conformance(
    url: str,
    folder: Path | None,
    events: tuple[str, ...],
    folder_out: Path | None,
    *,
    send: bool,
    examples: int,
    seed: int | None,
    strict: bool,
) -> None:
    """Hold a server against the contracts: what it accepts, what it refuses, and how it answers.

    Credentials come from CDP_USER_KEY and CDP_SECRET; for a server on this machine the contracts' own will do. No other server is
    sent an event without --send, and nothing is ever configured or deleted. Exit 0: it conforms; 1: it differs; 2: no telling.
    """
    from mock_cdp.reports.report import EXIT_CODES, outcome
    from mock_cdp.reports.terminal import text

    keys = _credentials()
    catalog = _catalog(folder)
    wanted = {contract_of(catalog, event).path for event in events}
    need("conformance", "schemathesis", "hypothesis", "httpx")
    from mock_cdp.testing import suites

    try:
        report = suites.conformance(url, catalog, keys, send=send, examples=examples, seed=seed, events=wanted, strict=strict)
    except suites.ConformanceError as error:
        saying.fail(" ".join(str(error).split()))
    click.echo(text(report, color=sys.stdout.isatty() and "NO_COLOR" not in os.environ), nl=False)
    if folder_out is not None:
        _write(report, folder_out)
    sys.exit(EXIT_CODES[outcome(report)])


def _catalog(folder: Path | None) -> "Catalog":
    """Return the contracts; exit 2 if they cannot be read, since exit 1 would speak of the server."""
    from mock_cdp.contract.folder import FolderError, load

    try:
        found = load(root_of(folder))
    except FolderError as error:
        saying.fail(*str(error).splitlines())
    return found if found.contracts else saying.fail(f"no event in {folder} to hold a server against")


def _credentials() -> "Credentials | None":
    """Return the credentials of the environment, or None; half of them are one line and exit 2."""
    from mock_cdp.contract.entities import Credentials

    user_key, secret = os.environ.get(USER_KEY, ""), os.environ.get(SECRET, "")
    if bool(user_key) != bool(secret):
        saying.fail(f"set both {USER_KEY} and {SECRET} in the environment")
    return Credentials(user_key=user_key, user_secret=secret) if user_key else None


def _write(report: "Report", folder: Path) -> None:
    from mock_cdp.reports.writing import ReportError, write_reports

    try:
        written = write_reports(report, folder)
    except ReportError as error:
        saying.fail(str(error))
    saying.note(f"wrote {', '.join(path.name for path in written)} to {folder}")
