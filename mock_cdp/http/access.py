"""Who may call the configuration API: keys of the business unit, the admin key, and this machine where that is allowed."""

import ipaddress
from urllib.parse import urlsplit

from flask import Response, g, request

from mock_cdp.core.auth_refusals import CREDENTIALS_MISSING
from mock_cdp.core.receipt import DEFAULT_SESSION
from mock_cdp.core.refusal import ErrorCode, Refusal
from mock_cdp.http import answers, places
from mock_cdp.http.reading import read_delivery
from mock_cdp.listener import Listener

_OF_PROXIES = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP")
_CREDENTIALS = f"configuration.{places.endpoint('GET', places.CREDENTIALS)}"


class Access:
    """The check before each configuration call."""

    def __init__(self, listener: Listener, *, open_on_loopback: bool) -> None:
        """Check against the keys that *listener* knows.

        Args:
            listener: Knows the keys.
            open_on_loopback: Whether callers on this machine need no key.
        """
        self._listener = listener
        self._open_on_loopback = open_on_loopback

    def check(self) -> Response | None:
        """Let the request pass, or answer why not. Called before each request."""
        g.units, g.session = None, DEFAULT_SESSION
        delivery = read_delivery(request.environ | {"CONTENT_LENGTH": "", "wsgi.input_terminated": False}, self._listener.limits)
        who = self._listener.authenticated(delivery, None)
        if isinstance(who, Refusal):
            return None if self._needs_no_key(who) else answers.refused(who)
        holder = who.holder
        g.session = holder.session
        if holder.admin:
            return None
        if holder.applications is None:  # a session's key, which whoever reaches the mock can get
            reads = request.method in {"GET", "HEAD"} and request.endpoint != _CREDENTIALS
            return None if reads or self._trusts_the_caller() else answers.refused(_denied(holder.user_key, None))
        g.units = {path.split("/", 1)[0] for path in holder.applications}
        given = request.view_args or {}
        unit = given.get("bu") or given.get("id_")  # the item of a business unit itself
        making_units = unit is None and request.method not in {"GET", "HEAD"}
        if making_units or (unit is not None and not self.allows(unit)):
            return answers.refused(_denied(holder.user_key, unit))
        return None

    def allows(self, unit: str) -> bool:
        """Return whether the caller may see the business unit with this id; one that is not there is answered 404."""
        if g.units is None:
            return True
        slug = next((u.slug for u in self._listener.catalog.units if u.business_unit.id == unit), None)
        return slug is None or slug in g.units

    def _needs_no_key(self, refusal: Refusal) -> bool:
        return refusal.code == CREDENTIALS_MISSING and self._trusts_the_caller()

    def _trusts_the_caller(self) -> bool:
        return self._open_on_loopback and _from_this_machine() and _not_from_a_page()


def _from_this_machine() -> bool:
    """Return whether the caller is on this machine; behind a proxy everybody seems to be, so its headers count as a no."""
    return _is_loopback(request.environ.get("REMOTE_ADDR", "")) and not any(name in request.headers for name in _OF_PROXIES)


def _is_loopback(address: str) -> bool:
    """Return whether *address*, with or without a port, is one of this machine."""
    for host in (address, address.rpartition(":")[0].strip("[]")):
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            continue
    return False


def _names_this_machine(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost") or _is_loopback(host)


def _not_from_a_page() -> bool:
    """Return whether no web page of another origin makes this call from the user's browser."""
    if not _names_this_machine(urlsplit(f"//{request.host}").hostname or ""):
        return False  # a name that its owner made point here (DNS rebinding): Origin would be the same
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host


def _denied(user_key: str, unit: str | None) -> Refusal:
    what = f"business unit {unit[:64]!r}" if unit else "making business units"
    return Refusal(
        code="permission-denied",
        error_code=ErrorCode.PERMISSION_DENIED,
        message="Permission denied",
        details=f"user key {user_key} is not good for {what}; use a key of that business unit, or the admin key",
    )
