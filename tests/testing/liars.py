"""Servers that lie: each keeps the contracts but for one thing, on a real socket."""

import contextlib
import socket
from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl

import msgspec
import orjson
from werkzeug.serving import WSGIRequestHandler, make_server

from mock_cdp.core.delivery import Delivery
from mock_cdp.core.replies import Reply
from mock_cdp.http.reading import read_delivery
from mock_cdp.listener import Listener
from running import query_of, serving

Honest = Callable[[Delivery], Reply]
Lie = Callable[[Delivery, Honest], Reply]

TAKEN = orjson.dumps({"callId": "0" * 32, "errorCode": 0, "statusCode": 202, "statusReason": "Accepted"})
PAGE = b"<!DOCTYPE html><title>Error</title><h1>Something went wrong</h1>"
PLAIN = [("Content-Type", "application/json"), ("x-callid", "0" * 32)]
TOO_DEAR = orjson.dumps({"callId": "1" * 32, "errorCode": 400009, "errorMessage": "too dear", "statusCode": 400})
DEAR = 10  # a total above which one of the liars refuses


def is_error(reply: Reply) -> bool:
    """Return whether *reply* refuses."""
    return reply.status >= 400


def honest(delivery: Delivery, handle: Honest) -> Reply:
    """Tell the truth, without saying that a mock does."""
    reply = handle(delivery)
    kept = [(name, value) for name, value in reply.headers if not name.lower().startswith("x-contract")]
    return msgspec.structs.replace(reply, headers=kept)


def accepts_everything(delivery: Delivery, handle: Honest) -> Reply:
    """Answer 202 to whatever comes."""
    return Reply(202, PLAIN, TAKEN)


def answers_html_errors(delivery: Delivery, handle: Honest) -> Reply:
    """Refuse with a page."""
    reply = honest(delivery, handle)
    others = [(name, value) for name, value in reply.headers if name != "Content-Type"]
    return Reply(reply.status, [*others, ("Content-Type", "text/html")], PAGE) if is_error(reply) else reply


def redirects(delivery: Delivery, handle: Honest) -> Reply:
    """Send whoever is refused to a page to log on."""
    reply = honest(delivery, handle)
    return Reply(302, [("Location", "/login"), ("Set-Cookie", "session=1"), *PLAIN], b"{}") if is_error(reply) else reply


def writes_error_codes_as_text(delivery: Delivery, handle: Honest) -> Reply:
    """Refuse with the errorCode "0"."""
    reply = honest(delivery, handle)
    body = orjson.dumps(orjson.loads(reply.body) | {"errorCode": "0"})
    return msgspec.structs.replace(reply, body=body) if is_error(reply) else reply


def lacks_allow(delivery: Delivery, handle: Honest) -> Reply:
    """Answer 405 and do not say what is taken."""
    reply = honest(delivery, handle)
    return msgspec.structs.replace(reply, headers=[(name, value) for name, value in reply.headers if name != "Allow"])


def refuses_the_valid(delivery: Delivery, handle: Honest) -> Reply:
    """Refuse what keeps its model, as what breaks it."""
    reply = honest(delivery, handle)
    return Reply(400, PLAIN, TOO_DEAR) if reply.status == 202 else reply


def refuses_the_dear(delivery: Delivery, handle: Honest) -> Reply:
    """Refuse receipts above a total that the model does not limit."""
    reply = honest(delivery, handle)
    event = orjson.loads(delivery.body) if reply.status == 202 else {}
    is_dear = isinstance(event, dict) and event.get("totalAmount", 0) > DEAR
    return Reply(400, PLAIN, TOO_DEAR) if is_dear else reply


def needs_no_credentials(delivery: Delivery, handle: Honest) -> Reply:
    """Let everybody in."""
    listening = needs_no_credentials.catalog.listening.get(delivery.path)
    query = query_of(listening.contract) if listening else ""
    return honest(msgspec.structs.replace(delivery, query=query), handle)


def fails_later(delivery: Delivery, handle: Honest) -> Reply:
    """Take what breaks its model, as CDP itself may do, and keep everything else."""
    reply = honest(delivery, handle)
    is_broken = is_error(reply) and orjson.loads(reply.body)["errorCode"] == 400009
    return Reply(202, PLAIN, TAKEN) if is_broken else reply


def echoes_the_secret(delivery: Delivery, handle: Honest) -> Reply:
    """Write the query into every refusal, which is a page."""
    reply = honest(delivery, handle)
    said = " ".join(value for _, value in parse_qsl(delivery.query)).encode()
    return Reply(reply.status, [("Content-Type", "text/html")], PAGE + said) if is_error(reply) else reply


def hangs_up(delivery: Delivery, handle: Honest) -> Reply:
    """End the connection on every method but POST; the server sees to it."""
    return honest(delivery, handle)


class Quiet(WSGIRequestHandler):
    """Requests are not logged, and connections are kept."""

    protocol_version = "HTTP/1.1"

    def log(self, *_) -> None:
        """Write nothing."""


@contextlib.contextmanager
def lying(lie: Lie, listener: Listener, host: str = "127.0.0.1") -> Iterator[str]:
    """Serve *lie* over *listener* and yield the base URL; another host stands for a tenant: nobody knows it as this machine."""
    needs_no_credentials.catalog = listener.catalog

    def app(environ, start_response):
        delivery = read_delivery(environ, listener.limits)
        if lie is hangs_up and delivery.method != "POST":
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        reply = lie(delivery, listener.handle)
        headers = [*reply.headers, ("Content-Length", str(len(reply.body)))]
        start_response(f"{reply.status} Said", headers)
        return [reply.body]

    server = make_server(host, 0, app, threaded=True, request_handler=Quiet)
    with serving(server) as base:
        yield base
