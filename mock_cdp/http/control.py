"""Our own API below `/_mock`: counts, receipts, waiting, sessions. A GET never changes anything."""

import time
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from flask import Blueprint, Response, request
from flask import json as flask_json
from msgspec import Meta
from werkzeug.exceptions import HTTPException

from mock_cdp import __version__
from mock_cdp.contract.fidelity import ledger
from mock_cdp.core.receipt import DEFAULT_SESSION
from mock_cdp.http import openapi, views
from mock_cdp.http.parameters import FilterQuery, PageQuery, ResetBody, SessionBody, SessionQuery, body, query
from mock_cdp.http.problems import Problem, problem_response
from mock_cdp.listener import Listener
from mock_cdp.store.base import StoreError

MAX_WAIT_S = 600.0
SHOWN = 50


class Nothing(msgspec.Struct, frozen=True):
    """No parameters."""


def waiting_queries(max_wait_s: float) -> tuple[type[FilterQuery], type[FilterQuery]]:
    """Return the parameters of `await` and `quiet`; nobody may hold a connection longer than *max_wait_s*."""
    seconds = Annotated[float, Meta(ge=0, le=max_wait_s)]
    await_query = msgspec.defstruct(
        "AwaitQuery",
        [
            ("n", Annotated[int, Meta(ge=1, le=1_000_000, description="Receipts to wait for.")], 1),
            ("timeout_s", seconds, min(30.0, max_wait_s)),
        ],
        bases=(FilterQuery,), frozen=True, kw_only=True,
    )  # fmt: skip
    quiet_query = msgspec.defstruct(
        "QuietQuery", [("for_s", seconds, min(1.0, max_wait_s))], bases=(FilterQuery,), frozen=True, kw_only=True
    )
    return await_query, quiet_query  # type: ignore[return-value]  # made from FilterQuery just above


def blueprint(listener: Listener, *, max_wait_s: float = MAX_WAIT_S) -> Blueprint:
    """Return the routes below `/_mock`.

    Args:
        listener: Whose store and contracts are shown.
        max_wait_s: Longest wait of one request, in seconds.
    """
    routes = Blueprint("control", __name__)
    control = _Control(listener, *waiting_queries(max_wait_s))
    document = openapi.document(*waiting_queries(max_wait_s))
    gets: dict[str, Callable[..., Response]] = {
        "/counts": control.counts,
        "/receipts": control.receipts,
        "/receipts/<call_id>": control.receipt,
        "/await": control.await_,
        "/quiet": control.quiet,
        "/sessions": control.sessions,
        "/sessions/<session_id>": control.session,
        "/contracts": control.contracts,
        "/contracts/<unit>/<application>/<event>": control.contract,
        "/health/live": control.live,
        "/health/ready": control.ready,
        "/fidelity": control.fidelity,
        "/openapi.json": lambda: _json(document, query(request, Nothing)),
    }
    for rule, view in gets.items():
        routes.add_url_rule(rule, f"get {rule}".replace(".", "-"), view, methods=["GET"], provide_automatic_options=False)
    for rule, method, view in (
        ("/reset", "POST", control.reset),
        ("/sessions", "POST", control.open_session),
        ("/sessions/<session_id>", "DELETE", control.drop_session),
    ):
        routes.add_url_rule(rule, f"{method} {rule}", view, methods=[method], provide_automatic_options=False)
    routes.register_error_handler(Problem, problem_response)
    routes.register_error_handler(StoreError, lambda error: problem_response(Problem(503, str(error))))
    return routes


def http_problem(error: HTTPException) -> Response:
    """Write what Flask refuses below `/_mock` as a problem."""
    status = error.code or 500
    allow = {name: value for name, value in error.get_headers() if name == "Allow"}
    detail = f"{request.method} {request.path[:300]} is not served; see /_mock/openapi.json"
    return problem_response(Problem(status, detail, headers=allow))


def _json(value: Any, _checked: Any = None, status: int = 200) -> Response:
    response = Response(flask_json.dumps(value), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


class _Control:
    """The views; each reads its parameters, makes one call, and answers."""

    def __init__(self, listener: Listener, await_query: type[Any], quiet_query: type[Any]) -> None:
        self.listener = listener
        self.store = listener.store
        self.await_query = await_query
        self.quiet_query = quiet_query

    def counts(self) -> Response:
        session = self._known(query(request, SessionQuery).session)
        return _json(views.tally_view(self.store.tally(session)))

    def receipts(self) -> Response:
        wanted = query(request, PageQuery)
        self._known(wanted.session)
        return _json(views.page_view(self.store.receipts(wanted.filter(), limit=wanted.limit, before=wanted.before)))

    def receipt(self, call_id: str) -> Response:
        query(request, Nothing)
        found = self.store.receipt(call_id)
        if found is None:
            evicted = self.store.tally(None).evicted
            raise Problem(404, f"no receipt {call_id[:64]!r} is kept; {evicted} older ones were evicted", where="callId")
        return _json(views.receipt_view(found))

    def await_(self) -> Response:
        wanted = query(request, self.await_query)
        self._known(wanted.session)
        found = wanted.filter()
        until = time.monotonic() + wanted.timeout_s
        mark = 0
        while (matched := self.store.count(found)) < wanted.n and (left := until - time.monotonic()) > 0:
            mark = self.store.wait(mark, left)
        page = self.store.receipts(found, limit=min(SHOWN, wanted.n))
        return _json(
            {
                "satisfied": matched >= wanted.n,
                "matched": matched,
                "complete": page.complete,
                "receipts": views.page_view(page)["receipts"],
            }
        )

    def quiet(self) -> Response:
        wanted = query(request, self.quiet_query)
        self._known(wanted.session)
        mark = self.store.wait(-1, 0)
        start = wanted.after if wanted.after is not None else mark
        found = msgspec.structs.replace(wanted.filter(), after=max(start, mark))
        until = time.monotonic() + wanted.for_s
        while not self.store.count(found) and (left := until - time.monotonic()) > 0:
            mark = self.store.wait(mark, left)
        page = self.store.receipts(found, limit=SHOWN)
        return _json({"quiet": page.total == 0, "receipts": views.page_view(page)["receipts"]})

    def reset(self) -> Response:
        query(request, Nothing)
        session = self._known(body(request, ResetBody).session)
        self.store.reset(session)
        return _json(views.tally_view(self.store.tally(session)))

    def open_session(self) -> Response:
        query(request, Nothing)
        wanted = body(request, SessionBody)
        _check_public_key(wanted.public_key)
        session = self.listener.open_session(label=wanted.label, public_key=wanted.public_key, now=time.time())
        shown = views.session_view(session) | {
            "secret": self.listener.secret_of(session),
            "listeners": views.listener_urls(self.listener.catalog, _base()),
        }
        return _json(shown, status=201)

    def sessions(self) -> Response:
        query(request, Nothing)
        return _json([views.session_view(session) for session in self.store.sessions()])

    def session(self, session_id: str) -> Response:
        query(request, Nothing)
        found = self.store.session(session_id)
        if found is None or found.id != session_id:
            raise _no_session(session_id)
        return _json(views.session_view(found))

    def drop_session(self, session_id: str) -> Response:
        query(request, Nothing)
        if not self.listener.close_session(session_id):
            raise _no_session(session_id)
        return Response(status=204)

    def contracts(self) -> Response:
        query(request, Nothing)
        catalog = self.listener.catalog
        return _json([views.contract_view(contract, catalog.revision, _base()) for contract in catalog.contracts])

    def contract(self, unit: str, application: str, event: str) -> Response:
        query(request, Nothing)
        catalog, path = self.listener.catalog, f"{unit}/{application}/{event}"
        for contract in catalog.contracts:
            if contract.path == path:
                return _json(views.contract_in_full(contract, catalog.revision, _base()))
        raise Problem(404, f"no contract {path[:200]!r}; GET /_mock/contracts lists them", where="path")

    def live(self) -> Response:
        query(request, Nothing)
        return _json({"status": "live", "version": __version__})

    def ready(self) -> Response:
        query(request, Nothing)
        self.store.check()
        catalog, trouble = self.listener.catalog, self.listener.trouble
        contracts = {"revision": catalog.revision, "count": len(catalog.contracts), "trouble": list(trouble)}
        return _json({"status": "degraded" if trouble else "ready", "contracts": contracts})

    def fidelity(self) -> Response:
        query(request, Nothing)
        return _json(msgspec.to_builtins(ledger()))

    def _known(self, session: str | None) -> str | None:
        """Return *session* if there is such a one.

        Raises:
            Problem: 404; a typo must not look like an empty session.
        """
        if session in {None, DEFAULT_SESSION}:
            return session
        found = self.store.session(str(session))
        if found is None or found.id != session:
            raise _no_session(str(session))
        return session


def _no_session(session_id: str) -> Problem:
    return Problem(404, f"no session {session_id[:64]!r}; GET /_mock/sessions lists them", where="session")


def _check_public_key(pem: str) -> None:
    if not pem:
        return
    from joserfc.errors import JoseError
    from joserfc.jwk import RSAKey

    try:
        private = RSAKey.import_key(pem).is_private
    except (JoseError, ValueError, TypeError):
        raise Problem(400, "publicKey must be the PEM of an RSA public key", where="publicKey") from None
    if private:
        raise Problem(400, "publicKey holds a private key; send the public one and keep this to yourself", where="publicKey")


def _base() -> str:
    return request.host_url.rstrip("/")
