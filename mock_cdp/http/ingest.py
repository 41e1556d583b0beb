"""Deliveries in Flask: everything sent to a listener's path goes to the listener, whatever the method."""

from itertools import product

from flask import Blueprint, Response, request

from mock_cdp.core.replies import Reply
from mock_cdp.http.fate import carry_out
from mock_cdp.http.reading import read_delivery
from mock_cdp.listener import Listener

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


def blueprint(listener: Listener) -> Blueprint:
    """Return the routes of listeners: whatever is sent there, with any method, is a matter of theirs."""
    routes = Blueprint("ingest", __name__)

    def ingest(**_ids: str) -> Response:
        return deliver(listener)

    for addressed, many in product(("dataevents", "external"), ("event", "events")):
        routes.add_url_rule(
            f"/api/businessunits/<bu>/applications/<app>/{addressed}/<event>/{many}",
            endpoint=f"{addressed}-{many}",
            view_func=ingest,
            methods=METHODS,
            provide_automatic_options=False,
        )
    return routes


def deliver(listener: Listener) -> Response:
    """Give the request to *listener*, which also explains a path where nothing is."""
    reply = listener.handle(read_delivery(request.environ, listener.limits))
    carry_out(reply, request.environ)
    return to_response(reply)


def to_response(reply: Reply) -> Response:
    """Write a reply as Flask's response."""
    response = Response(reply.body, status=reply.status)
    response.headers.clear()
    response.headers.extend(reply.headers)
    response.headers["Content-Length"] = str(len(reply.body))
    return response
