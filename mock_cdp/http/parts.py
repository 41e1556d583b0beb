"""Parts of entities that travel on paths of their own: mappings, purposes, credentials, matching rules, what was processed."""

import time
from collections.abc import Callable
from typing import Any

from flask import Response, request

from mock_cdp.configuration_refusals import Refused, unknown
from mock_cdp.contract.ids import random_id
from mock_cdp.contract.resources import Document
from mock_cdp.http import answers, bodies, processed
from mock_cdp.http.places import APPLICATION, CREDENTIALS, EVENT, UNIT, VIEW, filled
from mock_cdp.listener import Listener

Views = dict[str, Callable[..., Response]]


def routes(listener: Listener) -> dict[str, Views]:
    """Return the views by rule and method."""
    parts, done = _Parts(listener), processed.Processed(listener)
    return {
        f"{APPLICATION}/priority": parts.whole(APPLICATION, "dataQualityPriority", "dataQualityPriority", "medium"),
        CREDENTIALS: {"GET": parts.credentials},
        f"{EVENT}/mappings": {"GET": parts.mappings, "POST": parts.put_mappings, "PUT": parts.put_mappings},
        f"{EVENT}/purposes": parts.whole(EVENT, "requiredPurposeIds", "requiredPurposes", []),
        f"{EVENT}/schedules": parts.whole(EVENT, "schedules", "", []),
        f"{EVENT}/status": {"GET": done.status},
        f"{EVENT}/history": {"GET": done.history},
        f"{VIEW}/matchRules": {"GET": parts.rules, "POST": parts.add_rules, "PUT": parts.put_rules},
        f"{VIEW}/matchRules/<rule>": {"GET": parts.rule, "PUT": parts.put_rule, "DELETE": parts.delete_rule},
        f"{VIEW}/matchRulesPriority": parts.whole(VIEW, "matchRulesPriority", "rules", []),
        f"{VIEW}/mergeRules": parts.whole(VIEW, "mergeRules", "", {}),
        f"{UNIT}/metrics/receivedEvents": {"GET": done.received},
    }


class _Parts:
    """Views that read and change a part of an entity's document."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.configuration = listener.configuration

    def whole(self, rule: str, member: str, name: str, default: Any) -> Views:
        """Return the views of a part that is read and replaced as a whole.

        Args:
            rule: Of the entity.
            member: Of its document.
            name: Of the only member that travels, or `""` when the value itself does.
            default: What is shown when it was never set.
        """

        def answer(document: Document) -> Response:
            value = document.get(member, default)
            return answers.bare({name: value} if name else value)

        def get(**ids: str) -> Response:
            return answer(self.configuration.resource(filled(rule, ids)).document)

        def put(**ids: str) -> Response:
            given = bodies.read_json(self.listener.limits)
            if name and not (isinstance(given, dict) and name in given):
                raise Refused(bodies.misfit(f"/{name}", f'send {{"{name}": …}}'))
            value = given[name] if name else given
            if not name and not isinstance(value, type(default)):
                raise Refused(bodies.misfit("", f"send a JSON {'array' if isinstance(default, list) else 'object'}"))
            return answer(self._set(filled(rule, ids), member, value))

        return {"GET": get, "PUT": put, "POST": put}

    def _set(self, path: str, member: str, value: Any) -> Document:
        return self._change(path, lambda document: document | {member: value})

    def _change(self, path: str, change: Callable[[Document], Document]) -> Document:
        made = self.configuration.change(
            path, lambda before: change(dict(before)), now=time.time(), if_match=bodies.if_match(), is_part=True
        )
        return made.document

    # -- applications ------------------------------------------------------------------------------------------------

    def credentials(self, **ids: str) -> Response:
        """GET an application's user key and secret."""
        path = filled(APPLICATION, ids)
        self.configuration.resource(path)
        application = next(a for a in self.configuration.unit(path).applications if a.id == ids["app"])
        keys = application.credentials
        return answers.bare({"userKey": keys.user_key, "userSecret": keys.user_secret} if keys else {})

    # -- mappings ----------------------------------------------------------------------------------------------------

    def mappings(self, **ids: str) -> Response:
        """GET all mappings, or those into one customer schema."""
        found = self.configuration.resource(filled(EVENT, ids)).document.get("mappings", [])
        target = request.args.get("targetId")
        return answers.bare([mapping for mapping in found if target in {None, mapping.get("target")}])

    def put_mappings(self, **ids: str) -> Response:
        """POST replaces the list."""
        given = bodies.read_json(self.listener.limits)
        if not isinstance(given, list):
            raise Refused(bodies.misfit("", "send all mappings of the event as a JSON array"))
        document = self._set(filled(EVENT, ids), "mappings", given)
        return answers.bare(document.get("mappings", []))

    # -- matching rules ----------------------------------------------------------------------------------------------

    def rules(self, **ids: str) -> Response:
        """GET all matching rules."""
        return answers.bare(self._rules(ids))

    def rule(self, **ids: str) -> Response:
        """GET one matching rule."""
        return answers.bare(_one(self._rules(ids), ids["rule"]))

    def add_rules(self, **ids: str) -> Response:
        """POST one rule adds it; POST of an array replaces all."""
        given = bodies.read_json(self.listener.limits)
        if isinstance(given, list):
            return self._put_all(ids, given)
        rule = _with_id(given, "")
        self._change(filled(VIEW, ids), lambda view: view | {"matchRules": [*view.get("matchRules", []), rule]})
        return answers.bare(rule, status=201)

    def put_rules(self, **ids: str) -> Response:
        """PUT replaces all rules."""
        given = bodies.read_json(self.listener.limits)
        if not isinstance(given, list):
            raise Refused(bodies.misfit("", "send all matching rules as a JSON array"))
        return self._put_all(ids, given)

    def put_rule(self, **ids: str) -> Response:
        """PUT one rule."""
        rule = _with_id(bodies.read_json(self.listener.limits), ids["rule"])

        def change(view: Document) -> Document:
            _one(view.get("matchRules", []), ids["rule"])
            return view | {"matchRules": [rule if r["id"] == ids["rule"] else r for r in view["matchRules"]]}

        self._change(filled(VIEW, ids), change)
        return answers.bare(rule)

    def delete_rule(self, **ids: str) -> Response:
        """DELETE one rule, also from the order of rules."""

        def change(view: Document) -> Document:
            _one(view.get("matchRules", []), ids["rule"])
            return _without_lost_rules(view | {"matchRules": [r for r in view["matchRules"] if r["id"] != ids["rule"]]})

        self._change(filled(VIEW, ids), change)
        return answers.done()

    def _rules(self, ids: dict[str, str]) -> list[Document]:
        found: list[Document] = self.configuration.resource(filled(VIEW, ids)).document.get("matchRules", [])
        return found

    def _put_all(self, ids: dict[str, str], given: list[Any]) -> Response:
        rules = with_ids(given, {rule["id"] for rule in self._rules(ids)})
        self._change(filled(VIEW, ids), lambda view: _without_lost_rules(view | {"matchRules": rules}))
        return answers.bare(rules)


def with_ids(given: list[Any], known: set[str]) -> list[Document]:
    """Return rules with an id each; those *known* are kept, once."""
    left = set(known)
    rules = []
    for rule in given:
        id_ = rule.get("id") if isinstance(rule, dict) else None
        rules.append(_with_id(rule, id_ if isinstance(id_, str) and id_ in left else ""))
        left.discard(str(id_))
    return rules


def _without_lost_rules(view: Document) -> Document:
    known = {rule["id"] for rule in view["matchRules"]}
    if "matchRulesPriority" not in view:
        return view
    return view | {"matchRulesPriority": [id_ for id_ in view["matchRulesPriority"] if id_ in known]}


def _with_id(rule: Any, id_: str) -> Document:
    """Return a rule with its id: the server's, like every id."""
    if not isinstance(rule, dict):
        raise Refused(bodies.misfit("", "a matching rule is a JSON object"))
    return {"id": id_ or random_id("matchRules")} | {name: value for name, value in rule.items() if name != "id"}


def _one(rules: list[Document], id_: str) -> Document:
    for rule in rules:
        if rule["id"] == id_:
            return rule
    raise Refused(unknown(f"no matching rule {id_[:64]!r} in this view; GET …/matchRules lists them"))
