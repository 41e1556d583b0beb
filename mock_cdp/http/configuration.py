"""SAP's configuration API: create = POST collection, list = GET collection, read, update, delete = item; bare JSON."""

import time
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response

from mock_cdp.configuration_refusals import Refused, stale
from mock_cdp.contract.resources import KINDS, Document, Kind, Resource, replaced, wire
from mock_cdp.core.refusal import Refusal
from mock_cdp.http import answers, bodies, parts, places
from mock_cdp.http.access import Access
from mock_cdp.http.bodies import if_match
from mock_cdp.http.customers import CustomerViews
from mock_cdp.http.places import VIEW, filled
from mock_cdp.listener import Listener


def blueprint(listener: Listener, access: Access) -> Blueprint:
    """Return the routes below `/api` that configure."""
    routes = Blueprint("configuration", __name__)
    routes.before_request(access.check)
    routes.register_error_handler(Refused, lambda error: answers.refused(error.refusal, error.violations))
    for kind in KINDS.values():
        collection = places.collection(kind)
        view = _Collection(listener, access, kind)
        gets = {"GET": view.list, "POST": view.create}
        if kind.collection == "purposes":  # SAP's CLI updates a purpose here, its id in the body
            gets["PUT"] = view.update_named
        _add(routes, collection, gets)
        _add(routes, f"{collection}/<id_>", {"GET": view.read, "PUT": view.update, "DELETE": view.delete})
    for rule, methods in parts.routes(listener).items():
        _add(routes, rule, methods)
    customers = CustomerViews(listener)
    _add(routes, f"{VIEW}/customers", {"GET": customers.customers})
    _add(routes, f"{VIEW}/customers/<customer>", {"GET": customers.customer})
    _add(routes, f"{VIEW}/customers/<customer>/activities", {"GET": customers.activities})
    return routes


def _add(routes: Blueprint, rule: str, views: dict[str, Callable[..., Response]]) -> None:
    for method, view in views.items():
        name = places.endpoint(method, rule)
        routes.add_url_rule(f"/api/{rule}", name, view, methods=[method], provide_automatic_options=False)


class _Collection:
    """The views of one kind of entity."""

    def __init__(self, listener: Listener, access: Access, kind: Kind) -> None:
        self.listener = listener
        self.configuration = listener.configuration
        self.access = access
        self.kind = kind

    def list(self, **ids: str) -> Response:
        """GET the collection."""
        found = self.configuration.children(self._parent(ids), self.kind.collection)
        if self.kind.collection == "businessunits":
            found = [unit for unit in found if self.access.allows(unit.id)]
        return answers.bare([wire(resource) for resource in found])

    def create(self, **ids: str) -> Response:
        """POST to the collection."""
        given = self._with_rule_ids(_entity(self.listener, self.kind), {})
        made = self.configuration.create(self._parent(ids), self.kind.collection, given, now=time.time())
        return shown(made, status=201)

    def read(self, **ids: str) -> Response:
        """GET an item."""
        return shown(self.configuration.resource(self._path(ids)))

    def update(self, **ids: str) -> Response:
        """PUT an item: a full update."""
        return self._update(self._path(ids), _entity(self.listener, self.kind))

    def update_named(self, **ids: str) -> Response:
        """PUT the item that the body names."""
        given = _entity(self.listener, self.kind)
        id_ = given.get("id")
        if not isinstance(id_, str) or not id_:
            raise Refused(bodies.misfit("/id", "name the item by its id in the body, or in the URL"))
        return self._update(self._path(ids | {"id_": id_}), given)

    def delete(self, **ids: str) -> Response:
        """DELETE an item with everything in it."""
        self.configuration.delete(self._path(ids), if_match=if_match())
        return answers.done()

    def _update(self, path: str, given: Document) -> Response:
        def change(before: Document) -> Document:
            claimed = given.get("updated")
            # A body with our id and an older time was read here, before somebody else wrote: neither is lost silently.
            if given.get("id") == before["id"] and isinstance(claimed, str) and claimed != before.get("updated"):
                raise stale(self.configuration.resource(path), claimed)
            return replaced(self._with_rule_ids(given, before), before, self.kind)

        return shown(self.configuration.change(path, change, now=time.time(), if_match=if_match()))

    def _with_rule_ids(self, given: Document, before: Document) -> Document:
        """Return a view with an id for each rule within it; those it had are kept."""
        if self.kind.collection != "views" or not isinstance(given.get("matchRules"), list):
            return given
        known = {rule["id"] for rule in before.get("matchRules", [])}
        return given | {"matchRules": parts.with_ids(given["matchRules"], known)}

    def _parent(self, ids: dict[str, str]) -> str:
        return filled(places.above(self.kind), ids)

    def _path(self, ids: dict[str, str]) -> str:
        return f"{filled(places.collection(self.kind), ids)}/{ids['id_']}"


def shown(resource: Resource, *, status: int = 200) -> Response:
    """Answer an entity with its revision as ETag."""
    return answers.bare(wire(resource), status=status, headers={"ETag": f'"{resource.revision}"'})


def _entity(listener: Listener, kind: Kind) -> Document:
    """Return the body as the document of an entity.

    Raises:
        Refused: It is no JSON object, or holds what only the server makes.
    """
    given: Any = bodies.read_json(listener.limits)
    if not isinstance(given, dict):
        raise Refused(bodies.misfit("", "send the entity as a JSON object"))
    if "credentials" in given:  # of whatever: no secret is stored
        raise Refused(
            Refusal(
                code="credentials-given",
                error_code=400006,
                message="Invalid parameter",
                details="the server makes the credentials of an application; leave them out and GET …/credentials afterwards",
                pointer="/credentials",
            )
        )
    if "schema" in given and kind.collection in {"dataevents", "customerschemas"}:
        given["schema"] = bodies.schema(given["schema"])
    return given
