"""Commands that talk to a running mock over its own API: counts, receipts, await, reset, sessions."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import quote

import rich_click as click

from mock_cdp.cli.calls import DEFAULT_URL, call
from mock_cdp.cli.saying import plain
from mock_cdp.core.receipt import OUTCOMES

SHOWN_VIOLATIONS = 3
PIPED_WIDTH = 160  # characters; without a terminal there is no width to keep to


def _common(command: Callable[..., None]) -> Callable[..., None]:
    """Add what every command here takes."""
    command = click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")(command)
    return click.option("--url", envvar="MOCK_CDP_URL", default=DEFAULT_URL, show_default=True, help="Base URL of the mock.")(
        command
    )


def _filters(command: Callable[..., None]) -> Callable[..., None]:
    """Add the parts of a filter."""
    for name, text in (
        ("until", "Only before this time."),
        ("since", "Only from this time on (RFC 3339 or Unix seconds)."),
        ("code", "Only with a violation or warning of this code."),
        ("event", "Only of this event, such as pos-receipt."),
        ("session", "Only of this session."),
    ):
        command = click.option(f"--{name}", help=text)(command)
    return click.option("--outcome", type=click.Choice(OUTCOMES), help="Only with an event of this outcome.")(command)


@click.command()
@click.option("--session", help="Only of this session.")
@_common
def counts(url: str, session: str | None, *, as_json: bool) -> None:
    """Show how many events a running mock accepted and refused."""
    found = call(url, "GET", "counts", {"session": session})
    if as_json:
        _print_json(found)
        return
    kinds = ("received", *OUTCOMES)
    events = [(event or "(no event)", numbers) for event, numbers in found["events"].items()]
    _print_table(("event", *kinds), [(name, *(numbers[kind] for kind in kinds)) for name, numbers in [*events, ("all", found)]])
    for code, number in found["codes"].items():
        click.echo(f"  {code}: {number}")
    click.echo(f"{found['deliveries']} deliveries, {found['kept']} kept, {found['evicted']} evicted")


@click.command()
@click.option("--call-id", help="One receipt, whole: what x-callid said.")
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True, help="Newest ones to show.")
@_filters
@_common
def receipts(url: str, call_id: str | None, limit: int, *, as_json: bool, **filters: str | None) -> None:
    """Show what a running mock received, newest first."""
    if call_id:
        _print_json(call(url, "GET", f"receipts/{quote(call_id, safe='')}"))
        return
    page = call(url, "GET", "receipts", {"limit": str(limit), **filters})
    if as_json:
        _print_json(page)
        return
    _print_table(("call id, time", "event, answer", "causes and violations"), [_row(found) for found in page["receipts"]])
    click.echo(f"{len(page['receipts'])} of {page['total']}" + ("" if page["complete"] else f", {page['evicted']} evicted"))


@click.command("await")
@click.argument("n", type=click.IntRange(1), default=1)
@click.option("--timeout", "timeout_s", type=click.FloatRange(0, 600), default=30.0, show_default=True, help="Seconds.")
@_filters
@_common
def await_(url: str, n: int, timeout_s: float, *, as_json: bool, **filters: str | None) -> None:
    """Wait until a running mock has received N matching deliveries. Exit 0: it has, 1: the time is up."""
    wanted = {"n": str(n), "timeout_s": str(timeout_s), **filters}
    found = call(url, "GET", "await", wanted, timeout_s=timeout_s + 10)
    if as_json:
        _print_json(found)
    else:
        click.echo(f"{found['matched']} received, {n} awaited" + ("" if found["complete"] else ", not counting evicted ones"))
    sys.exit(0 if found["satisfied"] else 1)


@click.command()
@click.option("--session", help="Only this session.")
@_common
def reset(url: str, session: str | None, *, as_json: bool) -> None:
    """Forget what a running mock received: receipts, counts and deduplication keys, at once."""
    found = call(url, "POST", "reset", body={"session": session} if session else {})
    if as_json:
        _print_json(found)
    else:
        click.echo(f"reset {session or 'all sessions'}")


@click.group()
def sessions() -> None:
    """Make, list and drop sessions of a running mock."""


@sessions.command("new")
@click.option("--label", default="", help="What you call it.")
@_common
def new(url: str, label: str, *, as_json: bool) -> None:
    """Make a session and print its credentials and listener URLs."""
    made = call(url, "POST", "sessions", body={"label": label})
    if as_json:
        _print_json(made)
        return
    click.echo(f"session {made['id']}\nuserKey {made['userKey']}\nsecret  {made['secret']}")
    for event, listener in made["listeners"].items():
        click.echo(f"  {event}\n    {listener}")


@sessions.command("list")
@_common
def list_(url: str, *, as_json: bool) -> None:
    """List sessions."""
    found = call(url, "GET", "sessions")
    if as_json:
        _print_json(found)
        return
    for session in found:
        click.echo(f"{session['id']}  {session['createdAt']}  {session['userKey']}  {session['label']}")


@sessions.command("drop")
@click.argument("session")
@_common
def drop(url: str, session: str, *, as_json: bool) -> None:
    """Forget a session and everything in it."""
    call(url, "DELETE", f"sessions/{quote(session, safe='')}")
    if as_json:
        _print_json({"dropped": session})
    else:
        click.echo(f"dropped {session}")


def _summary(outcomes: list[str]) -> str:
    """Write `accepted` or `98 accepted, 2 rejected`."""
    if len(outcomes) == 1:
        return outcomes[0]
    return ", ".join(f"{outcomes.count(kind)} {kind}" for kind in OUTCOMES if kind in outcomes)


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def _row(receipt: dict[str, Any]) -> tuple[Any, ...]:
    """Write a receipt as a row, with its causes and the first of its violations."""
    causes = [cause["message"] for cause in receipt["diagnoses"]]
    messages = [*causes, *(violation["message"] for violation in receipt["violations"])]
    more = [f"and {len(messages) - SHOWN_VIOLATIONS} more"] if len(messages) > SHOWN_VIOLATIONS else []
    event = receipt["event"].rsplit("/", 1)[-1] or receipt["path"]
    return (
        f"{receipt['callId']}\n{receipt['receivedAt']}",
        f"{event}\n{receipt['status']} {_summary(receipt['outcomes'])}",
        "\n".join([*messages[:SHOWN_VIOLATIONS], *more]),
    )


def _print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table; the first column is never cut, so that a call id can be copied."""
    from rich.console import Console
    from rich.table import Column, Table

    table = Table(*(Column(name, overflow="fold", no_wrap=name == columns[0]) for name in columns), show_lines=True)
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    console = Console()
    if not console.is_terminal:
        console.width = PIPED_WIDTH
    console.print(table)


def _cell(value: Any) -> Any:
    """Write what a sender sent as it is, without markup."""
    from rich.text import Text

    return Text("\n".join(plain(line) for line in str(value).split("\n")))
