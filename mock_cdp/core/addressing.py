"""Where a delivery was sent, and what is wrong with that: path, method, data centre, a contract that does not listen."""

import difflib
import re

from mock_cdp.contract.contract import Contract, Listening
from mock_cdp.core.delivery import Delivery
from mock_cdp.core.refusal import ErrorCode, Refusal

LISTENER_SHAPE = re.compile(  # also with what sending it went wrong by: a slash or blank too many, capitals
    r"/+api/+businessunits/[^/]+/+applications/[^/]+/+(?:dataevents|external)/[^/]+/+events?[/\s]*", re.IGNORECASE
)
_NAMED = re.compile(r"/api/businessunits/([^/]+)/applications/([^/]+)/(dataevents|external)/([^/]+)/(events?)", re.IGNORECASE)
_DATA_CENTRE = re.compile(r"cdp\.([a-z]{2}\d)(?:-prod|-st1)?\.gigya\.com(?::\d+)?")
_QUERY = re.compile(
    r"(?:[?&;/ ]|%3F|%26|%2F){0,9}(?:user_?key|secret|sig)(?:=|%3D)", re.IGNORECASE
)  # `?` forgotten, or percent-encoded
_LONGEST_GUESSED = 500
_MOST_GUESSED_FROM = 1_000


def wrong_method(delivery: Delivery) -> Refusal:
    """Return the refusal of a method that a listener does not take."""
    return Refusal(
        code="wrong-method",
        error_code=ErrorCode.INVALID_METHOD,
        message="Invalid HTTP method",
        details=f"a listener takes POST, found {delivery.method}",
    )


def disabled(contract: Contract) -> Refusal | None:
    """Return why *contract* does not listen, or None."""
    if contract.enabled:
        return None
    return Refusal(
        code="event-disabled",
        error_code=ErrorCode.FORBIDDEN,
        message="The event is disabled",
        details=f'{contract.path} has "enabled": false, in its own file, its application or its business unit',
    )


def wrong_data_centre(contract: Contract, host: str) -> Refusal | None:
    """Return the refusal of a host in another data centre than the business unit's, or None."""
    here = contract.business_unit.data_centre
    named = _DATA_CENTRE.fullmatch(host)
    if not here or named is None or named[1] == here:
        return None
    return Refusal(
        code="wrong-data-centre",
        error_code=ErrorCode.WRONG_DATA_CENTRE,
        message="Wrong data centre",
        details=f"the business unit lives in {here}, the host names {named[1]}",
        status=400,  # the family's 301 would be a redirect without a target; clients must not follow it
    )


def unknown_path(path: str, listening: dict[str, Listening]) -> Refusal:
    """Return the refusal of a path where nothing listens, with the nearest one that does."""
    bare = without_query(path)
    details = f"nothing listens at {bare[:300]}"
    if bare != path:
        details += " and more: the credentials are part of the path; write an unencoded ? between path and query"
        path = bare
    details += f"; {_other_way(path, listening) or _nearest(path, listening) or 'GET /_mock/contracts lists what listens'}"
    return Refusal(
        code="unknown-listener" if LISTENER_SHAPE.fullmatch(path) else "unknown-path",
        error_code=ErrorCode.NOT_FOUND,
        message="Not found",
        details=details,
    )


def without_query(path: str) -> str:
    """Return *path* up to credentials that got into it: neither an answer nor a receipt shows them."""
    found = _QUERY.search(path)
    return path[: found.start()] if found else path


def _other_way(path: str, listening: dict[str, Listening]) -> str:
    """Say that *path* names an event that listens, only not as a listener's path does; `""` if it names none."""
    parts = _NAMED.fullmatch(path)
    if parts is None:
        return ""
    given, kind = parts.group(1, 2, 4), parts[5].lower()
    for contract in {id(one.contract): one.contract for one in listening.values()}.values():
        ids = (contract.business_unit.id, contract.application.id, contract.event.id)
        right = f"{contract.listener_path}/{kind} ({contract.path})"
        if given != ids and sorted(given) == sorted(ids):
            return f"the ids are in another order; post to {right}"
        if given == tuple(contract.path.split("/")):
            return f"the path holds names where the ids belong; post to {right}"
        if given != ids and given[2] == contract.event.id:
            wrong = "business unit" if given[0] != ids[0] else "application"
            return f"that event belongs to another {wrong}; post to {right}"
    return ""


def _nearest(path: str, listening: dict[str, Listening]) -> str:
    if path in listening:
        return f"post to {path} ({listening[path].contract.path})"
    if len(path) > _LONGEST_GUESSED or len(listening) > _MOST_GUESSED_FROM:  # a guess must not cost more than the delivery
        return ""
    near = difflib.get_close_matches(path, listening, n=1, cutoff=0.8)
    return f"did you mean {near[0]} ({listening[near[0]].contract.path})?" if near else ""
