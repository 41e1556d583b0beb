"""Listeners and processes for tests: a listener over contracts, a `mock-cdp serve` that answers, a wait that ends."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from socketserver import BaseServer
from urllib.parse import quote

import msgspec
import pytest

from mock_cdp.contract.contract import Catalog, Contract
from mock_cdp.listener import Listener, Rules
from mock_cdp.store.sql import JournalLimits, open_store

MOCK_CDP = Path(sys.executable).parent / "mock-cdp"
MASTER_KEY = b"not-a-real-key-only-for-tests!!!"


def contract_of(catalog: Catalog, slug: str) -> Contract:
    """Return the contract called *slug*."""
    return next(contract for contract in catalog.contracts if contract.slug == slug)


def query_of(contract: Contract) -> str:
    """Return the query that authenticates a delivery to *contract*, strictly percent-encoded."""
    keys = contract.credentials
    return f"userKey={quote(keys.user_key, safe='')}&secret={quote(keys.user_secret, safe='')}"


def make_listener(catalog: Catalog, store: str = "sqlite://", rules: Rules | None = None) -> Listener:
    """Return a listener on its own store."""
    return Listener(catalog, open_store(store, limits=JournalLimits()), rules=rules, master_key=MASTER_KEY)


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def serving(server: BaseServer) -> Iterator[str]:
    """Run *server*, which is bound already, in a thread until the block ends; yield its base URL."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        host, port = server.server_address[:2]
        yield f"http://{host}:{port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Running(msgspec.Struct):
    """A `mock-cdp serve` process that answers.

    Attributes:
        url: Base URL.
        output: What it printed on start.
    """

    process: subprocess.Popen
    url: str
    output: str

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(20)
        self.process.stdout.close()


def start_mock(*arguments: str, cwd: Path, environ: dict[str, str] | None = None) -> Running:
    """Start `mock-cdp serve` on a free port and wait until it answers."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MOCK_CDP_")}
    process = subprocess.Popen(
        [MOCK_CDP, "serve", "--port", "0", *arguments],
        cwd=cwd,
        env=clean | (environ or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    first = process.stdout.readline()
    if " at http://" not in first:
        rest = process.stdout.read() if process.wait(10) is not None else ""
        pytest.fail(f"mock-cdp serve did not start: {first}{rest}")
    url = first.split(" at ")[1].split()[0]
    running = Running(process=process, url=url, output=first + _printed(process))
    wait_until(lambda: answers(url), f"{url} to answer")
    return running


def _printed(process: subprocess.Popen) -> str:
    """Read the rest of the banner."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("  store"):
            break
    return "".join(lines)


def answers(url: str) -> bool:
    """Return whether something answers HTTP at *url*."""
    import httpx

    with contextlib.suppress(httpx.TransportError):
        return httpx.get(f"{url}/_mock/health/live", timeout=5).status_code == 200
    return False


def wait_until(condition, what: str, timeout_s: float = 15) -> None:
    """Wait until *condition()* holds; fail naming *what* when the time is up."""
    until = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > until:
            pytest.fail(f"waited {timeout_s} s for {what}")
        time.sleep(0.01)
