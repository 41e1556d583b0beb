"""Paths of SAP's configuration API, as Flask's rules write them, and filled in. The description is made from the same rules."""

import re
from typing import Final

from mock_cdp.contract.resources import Kind

UNIT: Final = "businessunits/<bu>"
APPLICATION: Final = f"{UNIT}/applications/<app>"
EVENT: Final = f"{APPLICATION}/dataevents/<event>"
VIEW: Final = f"{UNIT}/views/<view>"
CREDENTIALS: Final = f"{APPLICATION}/credentials"
_WITHIN: Final = {"": "", "businessunits": UNIT, "applications": APPLICATION}


def above(kind: Kind) -> str:
    """Return the rule of what an entity of *kind* is in, or `""`."""
    return _WITHIN[kind.within]


def collection(kind: Kind) -> str:
    """Return the rule of the collection of *kind*."""
    return f"{above(kind)}/{kind.collection}".lstrip("/")


def filled(rule: str, ids: dict[str, str]) -> str:
    """Return *rule* with its placeholders replaced."""
    for name, value in ids.items():
        rule = rule.replace(f"<{name}>", value)
    return rule


def described(rule: str) -> str:
    """Return the path of *rule* as OpenAPI writes it, from the root."""
    return "/api/" + re.sub(r"<(\w+)>", r"{\1}", rule)


def endpoint(method: str, rule: str) -> str:
    """Return what Flask calls the view of *rule*, within its blueprint."""
    return f"{method} {rule}".replace(".", "-")
