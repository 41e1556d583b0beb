"""`mock-cdp coverage`: which rules of a model events kept and broke: those a running mock received, or those of files."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from mock_cdp.cli.calls import DEFAULT_URL, call, fail
from mock_cdp.cli.folders import FOLDER, contract_of, root_of
from mock_cdp.cli.saying import plain

if TYPE_CHECKING:
    from mock_cdp.contract.contract import Contract

_PIPED_WIDTH = 160  # characters; without a terminal there is no width to keep to
_MARKS = {(False, False): "never exercised", (False, True): "never kept", (True, False): "never broken", (True, True): ""}

_BRANCH = re.compile(r"(?<!/properties)/((?:anyOf|oneOf)/\d+|then|else)(?=/)")  # without it, `required` seems to stand twice


@click.command()
@click.argument("event")
@click.option("--session", help="Only what this session received.")
@click.option("--events", "files", metavar="FILE", type=FOLDER, multiple=True, help="Look at this JSON file instead; repeat it.")
@click.option("--contracts", "folder", metavar="DIR", type=FOLDER, help="With --events: contract folder; else those that ship.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@click.option("--url", envvar="MOCK_CDP_URL", default=DEFAULT_URL, show_default=True, help="Base URL of the mock.")
def coverage(event: str, session: str | None, files: tuple[Path, ...], folder: Path | None, url: str, *, as_json: bool) -> None:
    """Show for each rule of EVENT's model how many events kept and broke it.

    EVENT is its folder name or path. Each file holds one event, or an array of events.
    """
    if files and session:
        fail("--session is of a running mock, --events of files; give one of them")
    if folder and not files:
        fail("--contracts goes with --events: a running mock has its own contracts")
    found = _of_files(event, folder, files) if files else call(url, "GET", "coverage", {"event": event, "session": session})
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        _print(found)


# -- files ---------------------------------------------------------------------------------------------------------------


def _of_files(event: str, folder: Path | None, files: Sequence[Path]) -> dict[str, Any]:
    import msgspec

    from mock_cdp.contract.coverage import Coverage

    contract = _contract(folder, event)
    seen = Coverage(contract.model)
    for file in files:
        for value in _events(file):
            seen.see(value)
    return {"event": contract.path, **msgspec.to_builtins(seen.report())}


def _contract(folder: Path | None, event: str) -> "Contract":
    from mock_cdp.contract.folder import FolderError, load

    try:
        return contract_of(load(root_of(folder)), event)
    except FolderError as error:
        fail(str(error))


def _events(file: Path) -> list[Any]:
    """Read a file as the listener reads a body, whatever its size."""
    from mock_cdp.core.body import BodySettings, read_events
    from mock_cdp.core.delivery import Delivery, Limits
    from mock_cdp.core.refusal import Refusal

    try:
        raw = file.read_bytes()
    except OSError as error:
        fail(f"{file}: cannot be read ({error.strerror}); name a JSON file with an event or an array of events")
    many = raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")
    delivery = Delivery(method="POST", path="", query="", headers=(), body=raw, received_at=0.0)
    limits = Limits(max_body_bytes=len(raw), max_events=len(raw))
    read = read_events(delivery, many=many, settings=BodySettings(limits=limits))
    if isinstance(read, Refusal):
        fail(f"{file}: {read.details or read.message}")
    return read.values


# -- printing ------------------------------------------------------------------------------------------------------------


def _print(found: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("place", "keyword", "expected", "kept", "broken", "")
    for rule in found["rules"]:
        place, mark = rule["place"] or "(event)", _MARKS[rule["kept"] > 0, rule["broken"] > 0]
        branch = _BRANCH.findall(rule["schemaPointer"])
        keyword = f"{rule['keyword']} in {branch[-1]}" if branch else rule["keyword"]
        cells = (place, keyword, rule["expected"], rule["kept"], rule["broken"], mark)
        table.add_row(*(Text(plain(str(cell)), overflow="fold") for cell in cells))
    console = Console()
    if not console.is_terminal:
        console.width = _PIPED_WIDTH
    console.print(table)
    for line in _lines(found):
        click.echo(plain(line))


def _lines(found: dict[str, Any]) -> Iterator[str]:
    """Yield what is said below the table, the summary last."""
    members = found["members"]
    for said, places in (
        ("never there", [member["place"] for member in members if not member["present"]]),
        ("always there", [member["place"] for member in members if member["present"] and not member["absent"]]),
    ):
        if places:
            yield f"optional and {said}: {', '.join(places)}"
    if unread := found.get("unread"):
        yield f"{unread} delivery(s) held no events that can be read"
    if evicted := found.get("evicted"):
        yield f"incomplete: {evicted} older receipt(s) were evicted, what they showed is not counted"
    summary = found["summary"]
    yield f"{summary['events']} event(s) looked at"
    yield (
        f"{found['event'].rsplit('/', 1)[-1]}: {summary['rules']} rules, {summary['kept']} seen kept, "
        f"{summary['broken']} seen broken, {summary['neither']} never exercised"
    )
