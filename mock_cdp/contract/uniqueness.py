"""What may stand only once in a contract folder: ids, user keys, and the external ids of an application's events."""

from collections.abc import Iterable, Iterator

import msgspec

from mock_cdp.contract.contract import Contract, Placed
from mock_cdp.contract.entities import Application, View
from mock_cdp.contract.problem import Problem


class Claim(msgspec.Struct, frozen=True):
    """One use of a value that nothing else may use.

    Attributes:
        space: Where the value must be unique.
        what: What the value is, for a sentence.
    """

    space: str
    value: str
    what: str
    file: str
    pointer: str


def not_unique(placed: Iterable[Placed]) -> Iterator[Problem]:
    """Yield a problem for every use of a value that an earlier file already uses."""
    first: dict[tuple[str, str], Claim] = {}
    for claim in (claim for one in placed for claim in _claims(one)):
        other = first.setdefault((claim.space, claim.value), claim)
        if other is not claim:
            found = f"the {claim.what} {claim.value!r} is also used by {other.file}"
            yield Problem(claim.file, claim.pointer, found, "make it unique, or leave it out")


def _claims(one: Placed) -> Iterator[Claim]:
    match one.value:
        case Contract(event=event, application=application):
            file = f"{one.file}/event.json"
            yield Claim("id", event.id, "id", file, "/id")
            # Two events of one application would listen at the same URL, and only one of them would hear.
            yield Claim(f"{application.id} external", event.external_id, "external id", file, "/externalId")
        case Application(id=id_, credentials=credentials):
            yield Claim("id", id_, "id", one.file, "/id")
            if credentials:
                yield Claim("user key", credentials.user_key, "user key", one.file, "/credentials/userKey")
        case View(id=id_, match_rules=rules):
            yield Claim("id", id_, "id", one.file, "/id")
            for place, rule in enumerate(rules):
                yield Claim("id", rule.id, "id", one.file, f"/matchRules/{place}/id")
        case entity:
            yield Claim("id", entity.id, "id", one.file, "/id")
