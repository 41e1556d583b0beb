"""Customers read back: `…/views/{view}/customers` and their activities, so that a tester sees whom an event reached."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from flask import Response, g, request

from mock_cdp.configuration import unit_of
from mock_cdp.configuration_refusals import Refused, unknown
from mock_cdp.contract.contract import Unit
from mock_cdp.contract.entities import View
from mock_cdp.core.customer_documents import activity_document, profile_document
from mock_cdp.core.customer_query import Query
from mock_cdp.core.customer_query_matching import matching, shown
from mock_cdp.core.customer_query_reading import QueryError, parse
from mock_cdp.core.identity import Identity
from mock_cdp.core.mapping import ACTIVITY, customer_schema
from mock_cdp.core.profile import Profile, Unplaced
from mock_cdp.core.refusal import ErrorCode, Refusal
from mock_cdp.customers import Customers
from mock_cdp.http import answers, bodies
from mock_cdp.http.places import VIEW, filled
from mock_cdp.listener import Listener

_EVERY_PROFILE: Final = "select * from profile limit 100"
_UNPLACED_SHOWN: Final = 20


class CustomerViews:
    """The views; a session's key shows that session, any other key what came without one."""

    def __init__(self, listener: Listener) -> None:
        """Read what *listener* kept."""
        self._listener = listener
        self._customers = Customers(listener.store)

    def customers(self, **ids: str) -> Response:
        """GET the customers that `query` selects."""
        query = _query(_EVERY_PROFILE)
        if query.source.casefold() != "profile":
            raise Refused(bodies.misfit("query", f"customers are selected from profile, found {query.source[:40]!r}"))
        with self._identity(ids) as (_, view, identity):
            found = matching(query, [profile_document(profile, view) for profile in identity.profiles()])
            body = _page(query, found, "profiles") | {
                "unmapped": _unplaced(identity.unmapped),
                "discarded": _unplaced(identity.discarded),
            }
        return answers.bare(body)

    def customer(self, **ids: str) -> Response:
        """GET one customer."""
        with self._identity(ids) as (_, view, identity):
            return answers.bare(profile_document(_profile(identity, ids["customer"]), view))

    def activities(self, **ids: str) -> Response:
        """GET a customer's activities: of the schema that `query` names, of all without a query."""
        with self._identity(ids) as (unit, _, identity):
            profile = _profile(identity, ids["customer"])
            if not request.args.get("query"):
                found = [a for schema in unit.customer_schemas if schema.schema_type == ACTIVITY
                         for a in identity.activities(profile.id, schema.id)]  # fmt: skip
                documents = [activity_document(a) for a in sorted(found, key=lambda a: (a.number, a.schema_id))]
                return answers.bare({"activities": documents, "count": len(documents), "totalCount": len(documents)})
            query = _query("")
            schema = customer_schema(unit, query.source)
            if schema is None or schema.schema_type != ACTIVITY:
                known = ", ".join(s.name for s in unit.customer_schemas if s.schema_type == ACTIVITY)
                raise Refused(bodies.misfit("query", f"no activity schema {query.source[:60]!r}; there are: {known or 'none'}"))
            documents = [activity_document(activity) for activity in identity.activities(profile.id, schema.id)]
            return answers.bare(_page(query, matching(query, documents), "activities"))

    @contextmanager
    def _identity(self, ids: dict[str, str]) -> Iterator[tuple[Unit, View, Identity]]:
        path = filled(VIEW, ids)
        self._listener.configuration.resource(path)
        catalog = self._listener.catalog
        unit = unit_of(path, catalog)
        view = next(view for view in unit.views if view.id == ids["view"])
        with self._customers.of(catalog, unit, view, g.session) as identity:
            yield unit, view, identity


def _query(otherwise: str) -> Query:
    try:
        return parse(request.args.get("query") or otherwise)
    except QueryError as error:
        raise Refused(
            Refusal(
                code="invalid-query",
                error_code=ErrorCode.INVALID_PARAMETER,
                message="Invalid parameter",
                details=f"query: {error}",
                pointer="query",
            )
        ) from None


def _page(query: Query, found: list[Any], name: str) -> dict[str, Any]:
    """Return a page of what matched; `nextCursorId` leads to the next one, given as `cursorId` (that name is assumed)."""
    start = _position(request.args.get("cursorId", ""))
    documents = [shown(query, document) for document in found[start : start + query.limit]]
    end = start + len(documents)
    more = {"nextCursorId": _cursor(end)} if end < len(found) and documents else {}
    return {name: documents, "count": len(documents), "totalCount": len(found)} | more


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(f"c{position}".encode()).decode().rstrip("=")


def _position(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        if text[:1] == "c" and text[1:].isdecimal():
            return int(text[1:])
    except (ValueError, UnicodeError):
        pass
    raise Refused(bodies.misfit("cursorId", f"cursorId must be what nextCursorId said, found {cursor[:40]!r}"))


def _unplaced(found: list[Unplaced]) -> dict[str, Any]:
    """Return how many events reached no customer, and the newest of them with the reason."""
    newest = [
        {"callId": one.call_id, "index": one.index, "event": one.event, "reason": one.reason}
        for one in reversed(found[-_UNPLACED_SHOWN:])
    ]
    return {"count": len(found), "events": newest}


def _profile(identity: Identity, id_: str) -> Profile:
    profile = identity.profile(id_)
    if profile is not None:
        return profile
    details = f"no customer {id_[:64]!r} in this view (merged into an older one?); GET …/customers lists them"
    raise Refused(unknown(details))
