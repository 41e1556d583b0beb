"""The commands that talk to a running mock, against one on a real socket."""

import json
import re
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator

import click
import httpx
import pytest
from click.testing import CliRunner, Result
from werkzeug.serving import make_server

from mock_cdp.app import create_app
from mock_cdp.cli import control
from mock_cdp.contract.catalog import shipped_catalog
from mock_cdp.contract.folder import load
from mock_cdp.core.receipt import Draft, Receipt
from mock_cdp.listener import Listener
from mock_cdp.store.sql import JournalLimits
from running import MOCK_CDP, Running, contract_of, query_of, serving

POS = contract_of(load(shipped_catalog()), "pos-receipt")


@pytest.fixture
def url(listener: Listener) -> Iterator[str]:
    """Serve the application on a socket."""
    server = make_server("127.0.0.1", 0, create_app(listener), threaded=True)
    with serving(server) as base:
        yield base


@pytest.fixture
def run(url: str) -> Callable[..., Result]:
    """Return a function that runs a command against the mock."""

    def run(command: click.Command, *arguments: str) -> Result:
        return CliRunner().invoke(command, [*arguments, "--url", url])

    return run


@pytest.fixture
def post(url: str) -> Callable[..., str]:
    """Return a function that posts a pos-receipt and returns its call id."""

    def post(number: int = 1, query: str = query_of(POS), **changes) -> str:
        event = POS.accepted_samples[0].event | {"receiptId": f"R1-20241130-3-{number}"} | changes
        return httpx.post(f"{url}{POS.listener_path}/event?{query}", json=event).headers["x-callid"]

    return post


def test_counts_are_a_table_for_people_and_json_for_programs(run, post):
    """Both say the same."""
    post()
    post(storeId=7)
    shown = run(control.counts)
    assert shown.exit_code == 0
    row = next(line for line in shown.stdout.splitlines() if POS.path in line)
    assert [cell.strip() for cell in row.split("│")[2:-1]] == ["2", "1", "1", "0", "0"]
    assert "type: 1" in shown.stdout
    assert "2 deliveries, 2 kept, 0 evicted" in shown.stdout
    assert json.loads(run(control.counts, "--json").stdout)["received"] == 2


def test_receipts_show_why_and_can_be_copied(run, post):
    """The call id is whole and the violation is as the sender was told."""
    call_id = post(storeId=["[red]x[/red]"])
    shown = run(control.receipts)
    assert call_id in shown.stdout
    assert '/storeId must be string, found array ["[red]x[/red]"]' in shown.stdout
    assert "1 of 1" in shown.stdout


def test_a_receipt_with_many_violations_shows_the_first(run, post):
    """And how many more there are."""
    post(storeId=7, currency=7, totalAmount="x", purchasedAt=7, items=7)
    shown = run(control.receipts).stdout
    assert "T09 string sent as number:" in shown
    assert "T09: T09" not in shown
    assert re.search(r"and \d+ more", shown)


def test_receipts_are_filtered(run, post):
    """Each part of the filter reaches the mock."""
    first, second = post(1), post(2, storeId=7)
    filters = ("--outcome", "rejected", "--code", "type", "--event", "pos-receipt", "--session", "default")
    shown = run(control.receipts, *filters, "--since", "2024-11-30T17:50:12Z", "--until", "9999999999", "--json")
    assert [receipt["callId"] for receipt in json.loads(shown.stdout)["receipts"]] == [second]
    assert first in run(control.receipts, "--outcome", "accepted").stdout


def test_one_receipt_is_shown_whole(run, post):
    """By the call id its sender was given."""
    call_id = post()
    assert json.loads(run(control.receipts, "--call-id", call_id).stdout)["path"].endswith("/event")
    missing = run(control.receipts, "--call-id", "a/b")
    assert (missing.exit_code, missing.stdout) == (2, "")


def test_a_batch_is_summed_up(run, url: str):
    """`1 accepted, 1 duplicate`."""
    event = POS.accepted_samples[0].event
    httpx.post(f"{url}{POS.listener_path}/events?{query_of(POS)}", json=[event, event])
    assert "202 1 accepted, 1 duplicate" in run(control.receipts).stdout


def test_no_control_character_reaches_the_terminal(run, url: str):
    """A path a stranger sent is shown, not obeyed."""
    path = POS.listener_path.rsplit("/", 1)[0]
    httpx.post(f"{url}{path}/%1b%5B2J/event", json={})
    shown = run(control.receipts).stdout
    assert "�[2J" in shown
    assert "\x1b" not in shown


def test_await_says_by_its_exit_code_whether_enough_came(run, post, listener: Listener):
    """0 when it did, 1 when the time was up; and that evicted receipts do not count."""
    post()
    enough, few = run(control.await_), run(control.await_, "2", "--timeout", "0.05")
    assert (enough.exit_code, enough.stdout) == (0, "1 received, 1 awaited\n")
    assert (few.exit_code, few.stdout) == (1, "1 received, 2 awaited\n")
    listener.store._journal._bounds._limits = JournalLimits(max_receipts=1)
    for _ in range(300):
        listener.store.append(Draft(receipt=Receipt(call_id="", session="default", outcomes=["accepted"])), lambda _: None)
    few = run(control.await_, "400", "--timeout", "0")
    assert few.stdout.endswith(" received, 400 awaited, not counting evicted ones\n")
    as_json = run(control.await_, "--outcome", "rejected", "--timeout", "0", "--json")
    assert (as_json.exit_code, json.loads(as_json.stdout)["satisfied"]) == (1, False)


def test_reset_forgets(run, post):
    """All of it, or one session's."""
    post()
    session = json.loads(run(control.sessions, "new", "--json").stdout)["id"]
    assert run(control.reset, "--session", session).stdout == f"reset {session}\n"
    assert json.loads(run(control.counts, "--json").stdout)["received"] == 1
    assert json.loads(run(control.reset, "--json").stdout)["received"] == 0
    assert run(control.reset).stdout == "reset all sessions\n"


def test_a_session_is_made_listed_and_dropped(run, post):
    """What is printed is enough to send with."""
    made = run(control.sessions, "new", "--label", "build 17").stdout
    (_, session), (_, user_key), (_, secret) = (line.split() for line in made.splitlines()[:3])
    assert f"{POS.listener_path}/event" in made
    call_id = post(query=f"userKey={user_key}&secret={secret}")
    assert call_id in run(control.receipts, "--session", session).stdout
    listed = run(control.sessions, "list")
    assert session in listed.stdout
    assert "build 17" in listed.stdout
    assert secret not in listed.stdout
    assert [found["id"] for found in json.loads(run(control.sessions, "list", "--json").stdout)] == [session]
    assert run(control.sessions, "drop", session).stdout == f"dropped {session}\n"
    other = json.loads(run(control.sessions, "new", "--json").stdout)["id"]
    assert json.loads(run(control.sessions, "drop", other, "--json").stdout) == {"dropped": other}


def test_a_refusal_is_one_line(run):
    """The mock's own words, exit 2."""
    refused = run(control.counts, "--session", "nobody")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr == "mock-cdp: no session 'nobody'; GET /_mock/sessions lists them\n"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:1", "start one with `mock-cdp serve`"),
        ("http://127.0.0.1:abc", "nonnumeric port"),
        ("http:// x", "no mock answers"),
        ("ftp://127.0.0.1", "must start with http:// or https://"),
        ("127.0.0.1:8080", "must start with http:// or https://"),
    ],
)
def test_a_mock_that_is_not_there_is_one_line(url: str, said: str):
    """No traceback; what to do; exit 2."""
    result = CliRunner().invoke(control.counts, ["--url", url])
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def answering_once(raw: bytes) -> str:
    """Return the URL of a server that answers one request with *raw*."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with server, server.accept()[0] as connection:
            connection.recv(65_536)
            connection.sendall(raw)

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\n<x/>", "is probably no mock-cdp"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n[]", "is probably no mock-cdp"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 99\r\n\r\n{}", "is probably no mock-cdp"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<x/>", "no mock answers"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}", "no mock answers"),
        (b"SSH-2.0-nothing\r\n", "no mock answers"),
        (b"", "no mock answers"),
    ],
)
def test_something_else_that_answers_is_told_apart(raw: bytes, said: str):
    """A server that is no mock-cdp, or no HTTP server at all."""
    result = CliRunner().invoke(control.counts, ["--url", answering_once(raw)])
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_proxy_is_not_asked_for_a_mock_on_this_machine(run, monkeypatch):
    """Companies set http_proxy for everything; the loopback address is not theirs."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    assert run(control.counts).exit_code == 0


def test_the_installed_command_finds_its_mock_by_environment(mock: Running, tmp_path):
    """MOCK_CDP_URL names the mock for every command."""
    command = [MOCK_CDP, "counts", "--json"]
    environ = {"MOCK_CDP_URL": mock.url, "PATH": ""}
    done = subprocess.run(command, env=environ, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, json.loads(done.stdout)["received"]) == (0, 0)
