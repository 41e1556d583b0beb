"""The door ahead of Flask: plain JSON deliveries to a known listener. Anything else it leaves to Flask."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from mock_cdp.core.delivery import Limits
from mock_cdp.core.replies import Reply, reason
from mock_cdp.http.fate import carry_out
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

    def takes(self, environ: Mapping[str, Any]) -> bool:
        """Return whether this is a plain JSON delivery to a known listener; its body is not touched."""
        return bool(
            environ["REQUEST_METHOD"] == "POST"
            and self._listener.listens(environ["PATH_INFO"])
            and environ.get("CONTENT_TYPE", "") in _PLAIN
            and "HTTP_CONTENT_ENCODING" not in environ
            and environ.get("CONTENT_LENGTH")
        )

    def submit(self, environ: Mapping[str, Any], answer: Callable[[Reply], None]) -> None:
        """Take a delivery; *answer* is called, maybe from another thread, once it is kept."""
        self._listener.submit(read_delivery(environ, self._listener.limits), answer)

    def __call__(self, environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        """Serve one request as WSGI."""
        if not self.takes(environ):
            return self.app(environ, start_response)
        reply = self._listener.handle(read_delivery(environ, self._listener.limits))
        carry_out(reply, environ)
        headers = [*reply.headers, ("Content-Length", str(len(reply.body)))]
        start_response(f"{reply.status} {reason(reply.status)}", headers)
        return [reply.body]
