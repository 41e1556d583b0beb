"""A mock without a socket: httpx (and httpx2) clients, sync and async, are answered in this process for every CDP host."""

import io
import re
import time
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import anyio
import httpx
import respx
from werkzeug.test import run_wsgi_app

from mock_cdp.core.replies import Reply
from mock_cdp.http.reading import read_delivery
from mock_cdp.settings import Settings
from mock_cdp.testing.cdp import Cdp
from mock_cdp.testing.kept import Kept, settings_for
from mock_cdp.testing.mockers import mockers

# A name that exists nowhere (RFC 2606): a client that respx does not answer finds nobody, instead of SAP.
URL: Final = "https://cdp.mock-cdp.invalid"
# Documented and seen in client code, and our own.
CDP_HOST: Final = re.compile(r"(cdp|oauth2)\.[a-z0-9-]+\.gigya\.com|cdp\.mock-cdp\.invalid", re.IGNORECASE)
LOOPBACK: Final = re.compile(r"127\.\d+\.\d+\.\d+|localhost|\[?::1\]?")
_LISTENER: Final = re.compile(r"/api/businessunits/.+/events?")
_DELAY: Final = "mock_cdp_delay_s"


class Router(respx.MockRouter):
    """A respx router that waits where a fault says so, in the way of the client that asks."""

    def handler(self, request: httpx.Request) -> httpx.Response:
        """Answer a sync client."""
        response = super().handler(request)
        if delay_s := response.extensions.get(_DELAY):
            time.sleep(delay_s)
        return response

    async def async_handler(self, request: httpx.Request) -> httpx.Response:
        """Answer an async client."""
        response = await super().async_handler(request)
        if delay_s := response.extensions.get(_DELAY):
            await anyio.sleep(delay_s)
        return response


class router:  # noqa: N801  # used like a function: `with router() as cdp:`
    """While the block runs, httpx clients reach a mock in this process instead of CDP: `with router() as cdp: …`.

    Works with sync and async clients, in plain and `async` blocks, and inside `@given`: entering it opens a session, no more.
    Requests to loopback addresses go where they always go; those to any other host fail, unless another respx router answers.
    """

    def __init__(self, contracts: str | Path | None = None, **switches: Any) -> None:
        """Prepare.

        Args:
            contracts: A contract folder; without it the contracts that ship.
            switches: Any setting of the mock by its name, such as `answer="later"`.

        Raises:
            SettingsError: A setting nobody knows; names the nearest.
            FolderError: The contracts are broken; lists every problem.
        """
        self._kept = kept_for(settings_for(contracts, **switches))
        self._keep = False
        self._open: list[ExitStack] = []

    @classmethod
    def of(cls, settings: Settings, *, keep: bool = False) -> "router":
        """Return a router with *settings*; to *keep* the session leaves it in a store that outlives this process."""
        made = cls.__new__(cls)
        made._kept, made._keep, made._open = kept_for(settings), keep, []  # noqa: SLF001  # its own
        return made

    def __enter__(self) -> Cdp:
        """Answer from now on, in a session of its own."""
        with ExitStack() as opened:
            cdp = opened.enter_context(self._kept.session(URL, "", {}, keep=self._keep))
            for mocker in mockers():
                routes = opened.enter_context(_answering(self._kept, mocker))
                _ask_first(routes)
            self._open.append(opened.pop_all())
        return cdp

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool | None:
        """Leave httpx as it was."""
        return self._open.pop().__exit__(kind, error, trace)

    async def __aenter__(self) -> Cdp:
        """Do as `__enter__`."""
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        """Do as `__exit__`."""
        return self.__exit__(kind, error, trace)


@lru_cache(maxsize=32)
def kept_for(settings: Settings) -> Kept:
    """Return the listener for *settings*, built once in a process: what is in it is kept apart by sessions."""
    return Kept(settings)


def _ask_first(routes: respx.MockRouter) -> None:
    """Let *routes*, the newest, answer before those of blocks around it."""
    known = routes.Mocker.routers if routes.Mocker else []
    known.insert(0, known.pop())


def _answering(kept: Kept, mocker: str) -> Router:
    routes = Router(assert_all_called=False, using=mocker)
    routes.route(host__regex=f"^(?:{CDP_HOST.pattern})$").mock(side_effect=lambda request: _answer(kept, request))
    routes.route(host__regex=f"^(?:{LOOPBACK.pattern})$").pass_through()
    return routes


def _answer(kept: Kept, request: httpx.Request) -> httpx.Response:
    """Answer one request by the same listener that every door enters at."""
    environ = _environ(request)
    if _LISTENER.fullmatch(environ["PATH_INFO"]):
        return _response(request, kept.listener.handle(read_delivery(environ, kept.listener.limits)))
    chunks, status, headers = run_wsgi_app(kept.door.app, environ, buffered=True)
    return httpx.Response(int(status.split()[0]), headers=list(headers), content=b"".join(chunks))


def _environ(request: httpx.Request) -> dict[str, Any]:
    """Write a request as PEP 3333 says."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": request.url.path.encode().decode("latin-1"),
        "QUERY_STRING": request.url.query.decode("ascii"),
        "SERVER_NAME": request.url.host,
        "SERVER_PORT": str(request.url.port or (443 if request.url.scheme == "https" else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": request.url.scheme,
        "wsgi.input": io.BytesIO(request.content),
        "wsgi.input_terminated": True,
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.multi_items():
        key = name.upper().replace("-", "_")
        key = key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    return environ


def _response(request: httpx.Request, reply: Reply) -> httpx.Response:
    """Write a reply as a response, or as the error that its fate gives a client.

    Raises:
        httpx.ReadTimeout: It is held back for longer than the client waits; raised at once, nobody has to sit that out.
        httpx.RemoteProtocolError: The connection ended without an answer, or the answer was no HTTP.
    """
    patience_s = request.extensions.get("timeout", {}).get("read")
    if patience_s is not None and reply.delay_s > patience_s:
        raise httpx.ReadTimeout("The read operation timed out", request=request)
    match reply.fate:
        case "dropped" | "closed":
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)
        case "garbled":
            raise httpx.RemoteProtocolError("illegal status line", request=request)
    extensions = {_DELAY: reply.delay_s} if reply.delay_s else {}
    return httpx.Response(reply.status, headers=reply.headers, content=reply.body, extensions=extensions)
