"""The Flask application: SAP's interface and ours around one listener, wired top to bottom."""

import logging
import time

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from mock_cdp import __version__
from mock_cdp.core import replies
from mock_cdp.core.addressing import LISTENER_SHAPE, without_query
from mock_cdp.core.body import BodySettings
from mock_cdp.core.delivery import Limits
from mock_cdp.core.keyholder import AuthSettings
from mock_cdp.core.refusal import ErrorCode, Refusal
from mock_cdp.exports.openapi import document
from mock_cdp.http import configuration, control, ingest, oauth
from mock_cdp.http.access import Access
from mock_cdp.http.ingest import to_response
from mock_cdp.listener import Listener, Rules, new_call_id
from mock_cdp.settings import Settings

log = logging.getLogger("mock_cdp")


def create_app(listener: Listener, *, open_on_loopback: bool = True, max_wait_s: float = control.MAX_WAIT_S) -> Flask:
    """Build the application; every part of it enters at *listener*.

    Args:
        listener: What is served.
        open_on_loopback: Whether callers on this machine may configure without a key.
        max_wait_s: Longest wait of one request, in seconds.
    """
    app = Flask("mock_cdp", static_folder=None)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False  # a redirect would be followed by no CPI channel
    app.register_blueprint(ingest.blueprint(listener))
    app.register_blueprint(configuration.blueprint(listener, Access(listener, open_on_loopback=open_on_loopback)))
    app.register_blueprint(oauth.blueprint(listener))
    app.register_blueprint(control.blueprint(listener, max_wait_s=max_wait_s), url_prefix="/_mock")
    app.add_url_rule("/", "index", _index)
    app.add_url_rule("/openapi.json", "openapi", lambda: jsonify(document(listener.catalog, server=request.host_url.rstrip("/"))))
    app.register_error_handler(HTTPException, lambda error: _http_error(listener, error))
    app.register_error_handler(Exception, lambda error: _failed(listener, error))
    return app


def rules_of(settings: Settings) -> Rules:
    """Return the listener's switches as *settings* say."""
    limits = Limits(max_body_bytes=settings.max_body_bytes, max_events=settings.max_events, max_depth=settings.max_depth)
    return Rules(
        answer_later=settings.answer == "later",
        all_or_nothing=settings.batch == "all-or-nothing",
        refuse_duplicates=settings.duplicate_answer == "refuse",
        check_data_centre=settings.data_centre == "check",
        auth=AuthSettings(
            plain_http_secret=settings.plain_http_secret,
            plus_in_credentials=settings.plus_in_credentials,
            basic_auth=settings.basic_auth,
            clock_skew_s=settings.clock_skew_s,
            token_lifetime_s=settings.token_lifetime_s,
            token_request=settings.token_request,
        ),
        body=BodySettings(limits=limits, batch_body=settings.batch_body, duplicate_members=settings.duplicate_members),
    )


def _index() -> Response:
    return jsonify(
        name="mock-cdp",
        version=__version__,
        contracts="/_mock/contracts",
        counts="/_mock/counts",
        receipts="/_mock/receipts",
        listeners="/openapi.json",
        openapi="/_mock/openapi.json",
    )


def _failed(listener: Listener, error: Exception) -> Response:
    """Answer our own failure without its reason, which is in the log."""
    log.error("the mock failed on %s %s", request.method, request.path, exc_info=error)
    return to_response(listener.failed(time.time()))


def _meant(listener: Listener) -> str:
    """Return where an event goes that was posted to the event itself, or `""`."""
    target = f"{request.path.rstrip('/')}/event"
    is_event = request.method == "POST" and target in listener.catalog.listening
    return f" This is the event's settings; post events to {target}" if is_event else ""


def _why(error: HTTPException, allow: tuple[tuple[str, str], ...]) -> str:
    """Say it in our words where the framework's do not help."""
    if allow:
        return f"it takes {', '.join(sorted(allow[0][1].split(', ')))}."
    if error.code == 404:  # noqa: PLR2004
        return "nothing is served there. SAP's interface begins with /api, the mock's own with /_mock."
    return str(error.description)


def _http_error(listener: Listener, error: HTTPException) -> Response:
    """Answer what Flask itself refuses (a path or method nobody serves) in CDP's envelope, as JSON."""
    if request.path.startswith("/_mock"):
        return control.http_problem(error)
    status = error.code or 500
    if status == 404 and request.path.lower().startswith("/api"):  # noqa: PLR2004
        return ingest.deliver(listener)
    if status == 405 and LISTENER_SHAPE.fullmatch(request.path):  # noqa: PLR2004  # a method that Flask was not told of
        return ingest.deliver(listener)
    allow = tuple((name, value) for name, value in error.get_headers() if name == "Allow")
    refusal = Refusal(
        code="wrong-method" if status == 405 else "unknown-path",  # noqa: PLR2004
        error_code={404: ErrorCode.NOT_FOUND, 405: ErrorCode.INVALID_METHOD, 413: ErrorCode.TOO_LARGE}.get(status, status * 1000),
        message=error.name,
        details=f"{request.method} {without_query(request.path)[:300]}: {_why(error, allow)}{_meant(listener)}",
        status=status,
    )
    return to_response(replies.unkept(new_call_id(), time.time(), refusal, allow))
