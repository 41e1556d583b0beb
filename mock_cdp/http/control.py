"""Our own API below `/_mock`: counts, receipts, waiting, sessions. A GET never changes anything."""

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from mock_cdp import __version__
from mock_cdp.contract.contract import UnknownContract
from mock_cdp.contract.export import ExportError, folder_files
from mock_cdp.contract.fidelity import ledger
from mock_cdp.contract.files import MAX_FILE_BYTES
from mock_cdp.core.addressing import without_query
from mock_cdp.core.body import Events, read_again
from mock_cdp.core.delivery import Limits
from mock_cdp.core.explanation import suspicions
from mock_cdp.core.receipt import DEFAULT_SESSION, Filter, Receipt, Session
from mock_cdp.cpi.diagnosed import Diagnosis
from mock_cdp.http import openapi, views
from mock_cdp.http.coverage import CoverageQuery, coverage_view
from mock_cdp.http.parameters import FilterQuery, PageQuery, ResetBody, SessionBody, SessionQuery, body, query, waiting_queries
from mock_cdp.http.places import endpoint
from mock_cdp.http.problems import Problem, problem_response
from mock_cdp.http.public_keys import check_public_key
from mock_cdp.http.reading import read_delivery
from mock_cdp.listener import Listener
from mock_cdp.store.base import StoreError

MAX_WAIT_S = 600.0
SHOWN = 50

log = logging.getLogger("mock_cdp")


class Nothing(msgspec.Struct, frozen=True):
    """No parameters."""


def blueprint(listener: Listener, *, max_wait_s: float = MAX_WAIT_S) -> Blueprint:
    """Return the routes below `/_mock`.

    Args:
        listener: Whose store and contracts are shown.
        max_wait_s: Longest wait of one request, in seconds.
    """
    routes = Blueprint("control", __name__)
    waiting = waiting_queries(max_wait_s)
    control = _Control(listener, *waiting)
    gets: dict[str, Callable[..., Response]] = {
        "/counts": control.counts,
        "/receipts": control.receipts,
        "/receipts/<call_id>": control.receipt,
        "/await": control.await_,
        "/quiet": control.quiet,
        "/sessions": control.sessions,
        "/sessions/<session_id>": control.session,
        "/coverage": control.coverage,
        "/contracts": control.contracts,
        "/contracts/<unit>/<application>/<event>": control.contract,
        "/export": control.export,
        "/health/live": control.live,
        "/health/ready": control.ready,
        "/fidelity": control.fidelity,
        "/openapi.json": _constant(openapi.document(*waiting)),
    }
    changes: dict[tuple[str, str], Callable[..., Response]] = {
        ("POST", "/reset"): control.reset,
        ("POST", "/models/infer"): control.infer,
        ("POST", "/sessions"): control.open_session,
        ("DELETE", "/sessions/<session_id>"): control.drop_session,
    }
    for (method, rule), view in ({("GET", rule): view for rule, view in gets.items()} | changes).items():
        routes.add_url_rule(rule, endpoint(method, rule), view, methods=[method], provide_automatic_options=False)
    routes.register_error_handler(Problem, problem_response)
    routes.register_error_handler(StoreError, lambda error: problem_response(Problem(503, str(error))))
    routes.register_error_handler(HTTPException, http_problem)
    routes.register_error_handler(Exception, _failed)
    return routes


def http_problem(error: HTTPException) -> Response:
    """Write what Flask refuses below `/_mock` as a problem."""
    status = error.code or 500
    allow = {name: value for name, value in error.get_headers() if name == "Allow"}
    detail = f"{request.method} {without_query(request.path)[:300]} is not served; see /_mock/openapi.json"
    return problem_response(Problem(status, detail, headers=allow))


def _failed(error: Exception) -> Response:
    """Answer our own failure without its reason, which is in the log."""
    log.error("the mock failed on %s %s", request.method, request.path, exc_info=error)
    return problem_response(Problem(500, "the mock itself failed; see its log"))


def _json(value: Any, *, status: int = 200) -> Response:
    response = Response(msgspec.json.encode(value), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _constant(value: Any) -> Callable[[], Response]:
    """Return a view that always answers *value*."""

    def constant() -> Response:
        query(request, Nothing)
        return _json(value)

    return constant


class _Control:
    """The views; each reads its parameters, makes one call, and answers."""

    def __init__(self, listener: Listener, await_query: type[Any], quiet_query: type[Any]) -> None:
        self.listener = listener
        self.store = listener.store
        self.await_query = await_query
        self.quiet_query = quiet_query

    def counts(self) -> Response:
        session = self._known(query(request, SessionQuery).session)
        return _json(self.store.tally(session))

    def receipts(self) -> Response:
        wanted = query(request, PageQuery)
        return _json(views.page_view(self.store.receipts(self._filter(wanted), limit=wanted.limit, before=wanted.before)))

    def receipt(self, call_id: str) -> Response:
        query(request, Nothing)
        found = self.store.receipt(call_id)
        if found is None:
            evicted = self.store.tally(None).evicted
            gone = f"it never was, was reset, or may be among the {evicted} that were evicted"
            raise Problem(404, f"no receipt {call_id[:64]!r} is kept: {gone}", where="callId")
        return _json(views.receipt_view(found, self._suspicions(found)))

    def _suspicions(self, receipt: Receipt) -> list[Diagnosis]:
        """Return what is odd in events that were accepted: by the contract in force, if there is one still."""
        found = ((unit, one) for unit in self.listener.catalog.units for one in unit.contracts if one.path == receipt.event)
        unit, contract = next(found, (None, None))
        if unit is None or contract is None or not {"accepted", "duplicate"} & set(receipt.outcomes):
            return []
        events = read_again(receipt)
        return suspicions(contract, unit, events.values, receipt) if isinstance(events, Events) else []

    def await_(self) -> Response:
        wanted = query(request, self.await_query)
        found = self._filter(wanted)
        until = time.monotonic() + wanted.timeout_s
        mark = 0
        while (matched := self.store.count(found)) < wanted.n and (left := until - time.monotonic()) > 0:
            mark = self.store.wait(mark, left)
        page = self.store.receipts(found, limit=min(SHOWN, wanted.n))
        return _json(
            views.Awaited(
                satisfied=matched >= wanted.n,
                matched=matched,
                complete=page.complete,
                receipts=views.receipt_views(page.receipts),
            )
        )

    def quiet(self) -> Response:
        wanted = query(request, self.quiet_query)
        found = self._filter(wanted)
        mark = self.store.wait(-1, 0)
        found = msgspec.structs.replace(found, after=max(found.after or 0, mark))
        until = time.monotonic() + wanted.for_s
        while not self.store.count(found) and (left := until - time.monotonic()) > 0:
            mark = self.store.wait(mark, left)
        page = self.store.receipts(found, limit=SHOWN)
        return _json(views.Quiet(quiet=page.total == 0, receipts=views.receipt_views(page.receipts)))

    def reset(self) -> Response:
        asked, named = query(request, SessionQuery).session, body(request, ResetBody).session
        if asked and named and asked != named:
            raise Problem(409, f"the query names session {asked}, the body {named}; name one", where="session")
        session = self._known(asked or named)
        self.store.reset(session)
        return _json(self.store.tally(session))

    def open_session(self) -> Response:
        query(request, Nothing)
        wanted = body(request, SessionBody)
        check_public_key(wanted.public_key)
        session = self.listener.sessions.open(label=wanted.label, public_key=wanted.public_key, now=time.time())
        urls = views.listener_urls(self.listener.catalog, _base())
        return _json(views.opened_session_view(session, self.listener.sessions.secret_of(session), urls), status=201)

    def sessions(self) -> Response:
        query(request, Nothing)
        return _json([views.session_view(session) for session in self.store.sessions()])

    def session(self, session_id: str) -> Response:
        query(request, Nothing)
        return _json(views.session_view(self._session(session_id)))

    def drop_session(self, session_id: str) -> Response:
        query(request, Nothing)
        if not self.listener.close_session(session_id):
            raise _no_session(session_id)
        return Response(status=204, headers={"Cache-Control": "no-store"})

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

    def coverage(self) -> Response:
        wanted = query(request, CoverageQuery)
        self._known(wanted.session)
        return _json(coverage_view(self.listener, wanted))

    def infer(self) -> Response:
        from mock_cdp.contract.inference import infer  # genson is not needed before
        from mock_cdp.contract.sample_texts import InferenceError

        query(request, Nothing)
        read = read_delivery(request.environ, Limits(max_body_bytes=MAX_FILE_BYTES))
        if read.oversized:
            raise Problem(413, f"at most {MAX_FILE_BYTES} bytes are taken; send fewer samples")
        if read.broken_off:
            raise Problem(400, "the body ended before its end", where="body")
        try:
            return _json(infer([("body", read.body)]))
        except InferenceError as error:
            raise Problem(400, str(error), where=error.pointer or "body") from None

    def export(self) -> Response:
        query(request, Nothing)
        configuration = self.listener.configuration
        try:
            files = folder_files(configuration.current(), configuration.resources())
        except ExportError as error:
            raise Problem(409, str(error)) from None
        return _json(views.ContractFolder(files={name: raw.decode() for name, raw in files.items()}))

    def live(self) -> Response:
        query(request, Nothing)
        return _json(views.Live(status="live", version=__version__))

    def ready(self) -> Response:
        query(request, Nothing)
        self.store.check()
        catalog, trouble = self.listener.catalog, self.listener.trouble
        contracts = views.ContractsHealth(revision=catalog.revision, count=len(catalog.contracts), trouble=trouble)
        return _json(views.Ready(status="degraded" if trouble else "ready", contracts=contracts))

    def fidelity(self) -> Response:
        query(request, Nothing)
        return _json(ledger())

    def _known(self, session: str | None) -> str | None:
        """Return *session* if there is such a one.

        Raises:
            Problem: 404; a typo must not look like an empty session.
        """
        return session if session in {None, DEFAULT_SESSION} else self._session(str(session)).id

    def _filter(self, wanted: FilterQuery) -> Filter:
        """Return the store's filter, if there is such a session and such an event.

        Raises:
            Problem: 404; waiting for an event that nobody knows would only end when the time is up.
        """
        self._known(wanted.session)
        self._known_event(wanted.event)
        return wanted.filter()

    def _known_event(self, name: str | None) -> None:
        catalog = self.listener.catalog
        if name is None or _is_called(name, (contract.path for contract in catalog.contracts)):
            return
        if not _is_called(name, self.store.tally(None).events):  # of contracts that are gone receipts may be left
            try:
                catalog.named(name)
            except UnknownContract as error:
                raise Problem(404, str(error), where="event") from None

    def _session(self, session_id: str) -> Session:
        """Return the session with this id; its user key would find it too, and names no session here."""
        found = self.store.session(session_id)
        if found is None or found.id != session_id:
            raise _no_session(session_id)
        return found


def _is_called(name: str, paths: Iterable[str]) -> bool:
    """Return whether *name* is one of *paths*, or its last parts."""
    return any(f"/{path}".endswith(f"/{name}") for path in paths)


def _no_session(session_id: str) -> Problem:
    return Problem(404, f"no session {session_id[:64]!r}; GET /_mock/sessions lists them", where="session")


def _base() -> str:
    return request.host_url.rstrip("/")
