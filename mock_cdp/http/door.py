"""The door ahead of Flask: plain JSON deliveries to a known listener. Anything else it leaves to Flask."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from mock_cdp.core.delivery import Limits
from mock_cdp.core.replies import Reply, reason
from mock_cdp.http.reading import read_delivery
from mock_cdp.listener import Listener

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

_PLAIN = frozenset(
    {
        "",
        "application/json",
        "application/json;charset=utf-8",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "application/json; charset=UTF-8",
        "text/plain",
        "text/plain;charset=UTF-8",
    }
)


class Door:
    """A WSGI application that answers the hot path itself and hands the rest to *app*.

    Attributes:
        app: Where everything else goes.
    """

    def __init__(self, listener: Listener, app: "WSGIApplication") -> None:
        """Stand before *app*; both enter at *listener*."""
        self._listener = listener
        self.app = app

    @property
    def limits(self) -> Limits:
        """Return how much a delivery may hold."""
        return self._listener.limits

    def answer(self, environ: Mapping[str, Any]) -> Reply | None:
        """Answer a plain JSON delivery to a known listener; None for anything else, with its body unread."""
        if (
            environ["REQUEST_METHOD"] != "POST"
            or not self._listener.listens(environ["PATH_INFO"])
            or environ.get("CONTENT_TYPE", "") not in _PLAIN
            or "HTTP_CONTENT_ENCODING" in environ
            or not environ.get("CONTENT_LENGTH")
        ):
            return None
        return self._listener.handle(read_delivery(environ, self._listener.limits))

    def __call__(self, environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        """Serve one request as WSGI."""
        reply = self.answer(environ)
        if reply is None:
            return self.app(environ, start_response)
        headers = [*reply.headers, ("Content-Length", str(len(reply.body)))]
        start_response(f"{reply.status} {reason(reply.status)}", headers)
        return [reply.body]
