"""Serve with granian: the parent checks everything and prints where things are, each worker builds its own listener."""

import base64
import contextlib
import errno
import gc
import logging
import multiprocessing
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mock_cdp.configuration import Configuration
from mock_cdp.contract.catalog import shipped_catalog
from mock_cdp.contract.contract import Catalog
from mock_cdp.contract.entities import Credentials
from mock_cdp.contract.folder import load
from mock_cdp.contract.writing import write_resource
from mock_cdp.keys import ADMIN_VARIABLES, KEY_VARIABLE, admin_credentials, key_file, master_key
from mock_cdp.settings import Settings, load_settings, to_environ
from mock_cdp.store.sql import MEMORY, JournalLimits, SqlStore, open_store

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

    from mock_cdp.http.door import Door
    from mock_cdp.listener import Listener

STOP_S = 2
IDLE_CONNECTION_S = 320  # CPI keeps idle connections for 300 s; closing earlier gives it `Remotely closed`


class ServeError(Exception):
    """The mock cannot start; the message is one line."""


def contracts_folder(settings: Settings) -> Path:
    """Return the folder to serve: the one set, or the catalog that ships."""
    return Path(settings.contracts) if settings.contracts else shipped_catalog()


def build_listener(settings: Settings, master_key: bytes) -> "Listener":
    """Wire contracts, store and switches into a listener, top to bottom."""
    from mock_cdp.app import rules_of
    from mock_cdp.listener import Listener

    root = contracts_folder(settings)
    return Listener(
        load(root),
        open_settings_store(settings),
        rules=rules_of(settings),
        master_key=master_key,
        admin=admin_credentials(master_key, os.environ),
        write_folder=partial(write_resource, root) if settings.writable else None,
    )


def open_settings_store(settings: Settings) -> SqlStore:
    """Open the store that *settings* name."""
    limits = JournalLimits(max_receipts=settings.max_receipts, max_bytes=settings.max_journal_bytes)
    return open_store(settings.store, limits=limits, dedup_window=settings.dedup_window)


class Started(msgspec.Struct, frozen=True):
    """What is about to be served.

    Attributes:
        admin: May configure everything.
        is_new: Whether these credentials were just made, so that nobody was told yet.
    """

    settings: Settings
    catalog: Catalog
    admin: Credentials
    is_new: bool


def serve(settings: Settings, announce: Callable[[Started], None]) -> None:
    """Run the mock until it is told to stop.

    Args:
        settings: All of it.
        announce: Prints where things are, once everything was found in order and the port is ours.

    Raises:
        ServeError: The port is taken, the address is not ours, or a worker died.
        FolderError: The contracts are broken.
        StoreError: The store cannot be used.
        SettingsError: The key in the environment is not one.
    """
    if settings.workers > 1 and settings.store in MEMORY:
        raise ServeError(f"{settings.workers} workers cannot share a store in memory; name a file with --store")
    if settings.workers > 1 and settings.writable:
        raise ServeError(f"{settings.workers} workers cannot write one contract folder; leave out --writable or --workers")
    folder = load(contracts_folder(settings))
    settings, _address = _own_address(settings)
    with contextlib.closing(open_settings_store(settings)) as store:
        store.check()
        # The last of what may fail: a key that was made is told once, so nothing may keep it from being told.
        is_new = KEY_VARIABLE not in os.environ and not key_file(settings).exists()
        key = master_key(settings, os.environ)
        catalog = Configuration(folder, store, master_key=key).current()
    is_new = is_new and not any(name in os.environ for name in ADMIN_VARIABLES)
    announce(Started(settings, catalog, admin_credentials(key, os.environ), is_new))
    os.environ.update(to_environ(settings) | {KEY_VARIABLE: base64.b64encode(key).decode()})
    _granian(settings)


def _granian(settings: Settings) -> None:
    from granian import Granian
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings

    server = Granian(
        "mock_cdp.serve:worker_app",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=settings.threads,  # all but deliveries gets a thread of its own, see `_adapter`
        websockets=False,
        workers_kill_timeout=STOP_S,  # whatever a worker acknowledged is kept, so killing it loses nothing
        log_enabled=False,
        http1_settings=HTTP1Settings(header_read_timeout=IDLE_CONNECTION_S * 1_000),
    )
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as under nohup
        # A terminal that is closed ends what runs in it; granian would start new workers, and they would keep the port.
        setattr(server, "signal_handler_reload", server.signal_handler_interrupt)  # noqa: B010  # a method, to mypy
    try:
        server.serve()
    except SystemExit as ended:  # granian logs why, and its log is off: it would hold query strings
        if ended.code:
            raise ServeError("a worker ended unexpectedly; whatever was acknowledged is kept. Start it again") from None
        raise


def _end_with_parent(parent: "BaseProcess") -> None:
    """End this worker when its parent was killed outright: nobody else would, and it would keep the port."""
    parent.join()
    os._exit(1)  # what was acknowledged is kept


def _own_address(settings: Settings) -> tuple[Settings, socket.socket | None]:
    """Return *settings* with an address and a port that are free now, and what keeps other mocks from them until closed.

    A host's name becomes its address; port 0 picks a port.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
            host, port = probe.getsockname()[:2]
            return msgspec.structs.replace(settings, host=host, port=port), _claim(host, port)
        except OSError as error:
            what = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
            hint = "choose another address with --host, or another port with --port"
            if error.errno == errno.EADDRINUSE:
                hint = "stop what listens there or choose another with --port"
            elif isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
                hint = "name an address of this machine with --host"
            raise ServeError(f"{settings.host}:{settings.port} {what}; {hint}") from None


def _claim(host: str, port: int) -> socket.socket | None:
    """Hold a name that only one process can hold: on Linux granian's workers share a port with whoever asks, another mock too."""
    if sys.platform != "linux":
        return None
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0mock-cdp {host}:{port}")
    except OSError:
        claim.close()
        raise
    return claim


# -- a worker ----------------------------------------------------------------------------------------------------------


def worker_app() -> "Door":
    """Build one worker's application; called by granian in each worker process."""
    import granian.server.mp as granian_server

    from mock_cdp.app import create_app
    from mock_cdp.http.door import Door
    from mock_cdp.watch import Watch

    # Ctrl-C reaches worker and parent at once, and the parent then sends SIGTERM; granian's worker can hang on two signals.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    if parent := multiprocessing.parent_process():
        threading.Thread(target=_end_with_parent, args=(parent,), name="parent", daemon=True).start()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    given = {KEY_VARIABLE: os.environ.pop(KEY_VARIABLE)}
    settings = load_settings({})
    key = master_key(settings, given)
    listener = build_listener(settings, key)
    if settings.watch:
        Watch(listener, contracts_folder(settings))
    # granian's WSGI adapter waits for the application in the one thread that serves deliveries; ours does not.
    setattr(granian_server, "_wsgi_call_wrap", _adapter)  # noqa: B010  # private, and no type says that it may be set
    app = create_app(listener, open_on_loopback=settings.configuration_access == "loopback")
    door = Door(listener, app.wsgi_app)
    # Deliveries make no reference cycles; looking for them after every batch costs more than it finds.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)
    return door


def _adapter(door: "Door", _options: dict[str, Any], _access_log: str | None = None) -> Callable[[Any, Any], None]:
    """Judge deliveries in granian's thread and answer them when they are kept; give anything else its own thread.

    A long poll may take minutes, and granian's thread is the one that takes deliveries.
    """
    from mock_cdp.http.reading import buffered

    def run(request: Any, scope: dict[str, Any]) -> None:
        if door.takes(scope):
            door.submit(scope, lambda reply: request.response_bytes(reply.status, reply.headers, reply.body))
        else:
            # The stream ends when this call returns, so the body is read before.
            scope["wsgi.input"] = buffered(scope, door.limits)
            threading.Thread(target=_run_wsgi, args=(door, request, scope), daemon=True).start()

    return run


_WSGI_BASE: dict[str, Any] = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
    "wsgi.input_terminated": True,  # granian ends the stream where the body ends
}


def _run_wsgi(door: "Door", request: Any, scope: dict[str, Any]) -> None:
    import sys

    answered: list[tuple[int, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> Callable[[bytes], object]:
        answered[:] = [(int(status.split(" ", 1)[0]), headers)]
        return lambda _: None

    chunks = door.app({**_WSGI_BASE, "wsgi.errors": sys.stderr, **scope}, start_response)
    try:
        body = b"".join(chunks)
    finally:
        getattr(chunks, "close", lambda: None)()
    request.response_bytes(*answered[0], body)
