"""SAP's side of the mock in Flask: everything under `/api` goes to the listener, whatever the method."""

from flask import Blueprint, Response, request

from mock_cdp.core.replies import Reply
from mock_cdp.http.reading import read_delivery
from mock_cdp.listener import Listener

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


def blueprint(listener: Listener) -> Blueprint:
    """Return the routes below `/api`."""
    routes = Blueprint("ingest", __name__)

    def ingest(path: str = "") -> Response:  # noqa: ARG001  # the delivery reads it from the environ
        return to_response(listener.handle(read_delivery(request.environ, listener.limits)))

    for rule in ("/api", "/api/", "/api/<path:path>"):
        routes.add_url_rule(
            rule,
            endpoint="ingest",
            view_func=ingest,
            methods=METHODS,
            provide_automatic_options=False,
        )
    return routes


def to_response(reply: Reply) -> Response:
    """Write a reply as Flask's response."""
    response = Response(reply.body, status=reply.status)
    response.headers.clear()
    response.headers.extend(reply.headers)
    response.headers["Content-Length"] = str(len(reply.body))
    return response
