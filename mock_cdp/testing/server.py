"""A mock on a real socket in a thread of this process, for tests, notebooks and clients in any language."""

import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from werkzeug.serving import DechunkedInput, WSGIRequestHandler, make_server

from mock_cdp.core import replies
from mock_cdp.core.refusal import Refusal
from mock_cdp.listener import new_call_id
from mock_cdp.settings import Settings
from mock_cdp.testing.cdp import Cdp
from mock_cdp.testing.kept import Kept, settings_for
from mock_cdp.testing.tls import Authority

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_HANDSHAKE_S = 10.0
_POLL_S = 0.01  # how long stopping may take; werkzeug's own default is half a second


class _Chunks(DechunkedInput):
    """A chunked body that may end in the middle of a chunk.

    Werkzeug then makes the buffer shorter but says that it is full, and Python reads memory that is not the buffer's.
    """

    def readinto(self, buf: bytearray) -> int:  # type: ignore[override]  # typed as werkzeug types it
        """Fill *buf*.

        Raises:
            OSError: The chunks are none, or end too early.
        """
        try:
            return super().readinto(memoryview(buf))  # type: ignore[arg-type]  # it cannot be made shorter
        except ValueError as error:
            raise OSError("a chunk ends before its announced length") from error


class _Handler(WSGIRequestHandler):
    """Speaks HTTP/1.1, answers at once, and says nothing: query strings hold secrets."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Shake hands here, in the connection's own thread: a client that does not must hold nobody else up."""
        if isinstance(self.connection, ssl.SSLSocket):
            self.connection.settimeout(_HANDSHAKE_S)
            try:
                self.connection.do_handshake()
            except OSError:  # it went away, or speaks no TLS
                return
            self.connection.settimeout(None)
        super().handle()

    def make_environ(self) -> "WSGIEnvironment":
        """Keep the path as it was sent, and read chunks so that a client which goes away does not end this process."""
        environ = super().make_environ()
        target = self.requestline.partition(" ")[2]  # of which Python drops all slashes but one: a wrong URL would work here
        environ["PATH_INFO"] = "/" * (len(target) - len(target.lstrip("/")) - 1) + environ["PATH_INFO"]
        if isinstance(environ["wsgi.input"], DechunkedInput):
            environ["wsgi.input"] = _Chunks(self.rfile)  # type: ignore[arg-type]  # as werkzeug does
        return environ

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Refuse what is no HTTP request, as JSON; *message* repeats it, secrets and all, so it is not passed on."""
        status = HTTPStatus(code)
        refusal = Refusal(
            code="no-request",
            error_code=code * 1000,
            message=status.phrase,
            details=f"the request cannot be read: {status.description or status.phrase}",
            status=code,
        )
        reply = replies.unkept(new_call_id(), time.time(), refusal, (("Connection", "close"),))
        self.send_response(code, status.phrase)
        for name, value in (*reply.headers, ("Content-Length", str(len(reply.body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  # as werkzeug calls it
        """Write nothing."""


class MockCDP:
    """A mock that runs while a block does, or between `start` and `stop`.

    As a context manager it gives a session: `with MockCDP() as cdp: …`. Between `start` and `stop`, `session` gives as many as
    wanted.

    Attributes:
        settings: Of the mock.
        url: Where it answers.
        closing: Is told of every session before it is gone; set it before `start`.
    """

    def __init__(self, contracts: str | Path | None = None, *, tls: bool = False, **switches: Any) -> None:
        """Prepare; nothing runs yet.

        Args:
            contracts: A contract folder; without it the contracts that ship.
            tls: Serve https, with a certificate authority made for this mock; `Cdp.environ` says where it is.
            switches: Any setting of the mock by its name, such as `answer="later"`.

        Raises:
            SettingsError: A setting nobody knows; names the nearest.
        """
        self.settings = settings_for(contracts, **switches)  # on a free port of this machine
        self.closing: Callable[[Cdp], object] = lambda _: None
        self._tls = tls
        self._running: ExitStack | None = None
        self._kept: Kept | None = None
        self._variables: Mapping[str, str] = {}
        self.url = ""

    @classmethod
    def of(cls, settings: Settings, *, tls: bool = False) -> Self:
        """Return a mock with *settings*, of which host, port and store count too."""
        made = cls(tls=tls)
        made.settings = settings
        return made

    def start(self) -> Self:
        """Serve; returns when it answers.

        Raises:
            FolderError: The contracts are broken; lists every problem.
            RuntimeError: It is running.
        """
        if self._running is not None:
            raise RuntimeError(f"this mock is running at {self.url}: stop() it first, or make another")
        with ExitStack() as running:
            kept = Kept(self.settings)
            kept.closing = self.closing
            running.callback(kept.close)
            authority = running.enter_context(Authority.made()) if self._tls else None
            context = authority.server_context if authority else None
            server = make_server(
                self.settings.host, self.settings.port, kept.door, threaded=True, request_handler=_Handler, ssl_context=context
            )
            if isinstance(server.socket, ssl.SSLSocket):
                setattr(server.socket, "do_handshake_on_connect", False)  # noqa: B010  # see `_Handler.handle`; no type knows it
            running.callback(server.server_close)
            thread = threading.Thread(target=server.serve_forever, args=(_POLL_S,), name="mock-cdp", daemon=True)
            thread.start()
            running.callback(thread.join)
            running.callback(server.shutdown)
            self._kept, self._running = kept, running.pop_all()
            self._variables = authority.variables if authority else {}
            self.url = f"{'https' if self._tls else 'http'}://127.0.0.1:{server.server_port}"
        return self

    def stop(self) -> None:
        """Stop serving and forget everything; does nothing when it is not running."""
        running, self._running = self._running, None
        if running is not None:
            running.close()

    @contextmanager
    def session(self, label: str = "", *, keep: bool = False) -> Iterator[Cdp]:
        """Open a session, such as for one Hypothesis example; it is gone when the block ends.

        Args:
            label: What it is called in lists of sessions.
            keep: Leave it in the store, for a store that outlives this mock.

        Raises:
            RuntimeError: The mock is not running.
        """
        if self._running is None or self._kept is None:
            raise RuntimeError("this mock is not running: call start(), or use it as `with MockCDP() as cdp:`")
        with self._kept.session(self.url, label, self._variables, keep=keep) as cdp:
            yield cdp

    def unsessioned(self, event: str) -> Cdp:
        """Return what is sent with the credentials of *event*'s own application: for a client that has its keys fixed.

        There is one such space in a mock, so tests that use it cannot run at the same time.

        Raises:
            RuntimeError: The mock is not running.
            UnknownContract: There is no such event; names the nearest.
        """
        if self._kept is None or self._running is None:
            raise RuntimeError("this mock is not running: call start() first")
        return self._kept.unsessioned(self.url, event, self._variables)

    def __enter__(self) -> Cdp:
        """Start, and open a session."""
        with ExitStack() as opened:
            self.start()
            opened.callback(self.stop)
            cdp = opened.enter_context(self.session())
            self._opened = opened.pop_all()
        return cdp

    def __exit__(self, *_error: object) -> None:
        """Close the session and stop."""
        self._opened.close()
