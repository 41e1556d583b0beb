"""What is held against contracts: a base URL, who we are there, and how far a difference is excused. The only sender here."""

import contextlib
import secrets
from collections.abc import Iterator
from typing import Any, Final, Literal
from urllib.parse import quote, urlencode, urlsplit

import httpx
import msgspec

from mock_cdp.contract.contract import Contract
from mock_cdp.contract.entities import Credentials
from mock_cdp.testing.conformance_answers import Answer, Difference, Sent, entry_of

Who = Literal["nobody", "stranger", "impostor", "sender"]

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
JSON: Final = "application/json"
_TIMEOUT_S: Final = 15.0
_PATIENCE: Final = 3  # requests in a row that nobody answers
_STRANGER: Final = "Astranger000"  # a user key in CDP's shape that nobody holds
_WRONG_SECRET: Final = "this0is0not0the0secret0000000000"
_SAID: Final[dict[Who, str]] = {
    "nobody": "without credentials",
    "stranger": "with an unknown user key",
    "impostor": "with a wrong secret",
    "sender": "with valid credentials",
}


class ConformanceError(Exception):
    """Nothing can be said of this URL: it cannot be reached, or there is nothing to sign with."""


class UnreachableError(ConformanceError):
    """Nobody answers there."""


def on_this_machine(url: str) -> bool:
    """Return whether *url* names this machine."""
    return urlsplit(url).hostname in LOOPBACK


class Subject:
    """A server held against contracts.

    Attributes:
        url: Base URL, without a closing slash.
        is_tenant: Whether it may be a real CDP: whatever is not on this machine.
        is_ours: Whether it is a mock-cdp on this machine.
        sends: Whether events may be sent.
        why_not: Why they may not.
        strict: Whether nothing is excused.
        has_answered: Whether anything ever came back.
    """

    def __init__(
        self,
        client: httpx.Client,
        url: str,
        *,
        credentials: Credentials | None,
        session: Credentials | None,
        send: bool,
        strict: bool,
    ) -> None:
        """Keep who we are; *session* stands for both when it is one of ours."""
        self._client = client
        self._credentials = session or credentials
        self.url = url
        self.is_tenant = not on_this_machine(url)
        self.is_ours = session is not None
        self.strict = strict
        # Keys of a contract folder are made up; with them, what listens on this machine is a mock and no tunnel to a tenant.
        self.sends = send or self.is_ours or (not self.is_tenant and credentials is None)
        self.why_not = "" if self.sends else "events are sent only with --send"
        self.has_answered = session is not None
        self._silent = 0  # requests in a row without an answer

    def excuses(self, found: Difference) -> bool:
        """Return whether *found* is worth knowing but nothing broken.

        What is assumed of SAP says something about a tenant, not against it; a mock of ours may have a switch set. Any
        other server on this machine imitates CDP and is held to all of it.
        """
        if self.strict:
            return False
        if found.tolerated:
            return True
        if found.basis != "assumed":
            return False
        return self.is_tenant or (self.is_ours and bool(found.entry) and bool(entry_of(found.entry).switch))

    def deliver(
        self, contract: Contract, body: bytes, *, what: str = "", many: bool = False, who: Who = "sender", media_type: str = JSON
    ) -> Answer:
        """POST *body* to the listener of *contract*.

        Raises:
            UnreachableError: Nobody answers.
        """
        kind = "events" if many else "event"
        said = f"POST …/{kind} {_SAID[who]}{what and f': {what}'}"
        path = f"{contract.listener_path}/{kind}"
        sent = Sent(what=said, body=_shown(body), media_type=media_type)
        return self._ask("POST", _written(path, self._query(contract, who)), body, sent)

    def request(self, method: Literal["GET", "PUT", "PATCH", "POST"], path: str, what: str, body: bytes = b"") -> Answer:
        """Send a request without credentials, so that it can change nothing."""
        sent = Sent(what=what, body=_shown(body), media_type=JSON if body else "")
        return self._ask(method, _written(path, {}), body, sent)

    def secrets_of(self, contract: Contract) -> tuple[str, str]:
        """Return user key and secret as sent for *contract*: what no report may show."""
        keys = self._credentials or contract.credentials
        return keys.user_key, keys.user_secret

    def _query(self, contract: Contract, who: Who) -> dict[str, str]:
        user_key, secret = self.secrets_of(contract)
        purposes = {"purposeIds": ",".join(sorted(contract.purposes_missing))} if contract.purposes_missing else {}
        match who:
            case "nobody":
                return {}
            case "stranger":
                return {"userKey": _STRANGER, "secret": _WRONG_SECRET}
            case "impostor":
                return {"userKey": user_key, "secret": _WRONG_SECRET}
            case "sender":
                return {"userKey": user_key, "secret": secret} | purposes

    def _ask(self, method: str, target: str, body: bytes, sent: Sent) -> Answer:
        headers = {"Content-Type": sent.media_type} if sent.media_type else {}
        try:
            found = self._client.request(method, self.url + target, content=body or None, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.ProxyError) as error:
            raise UnreachableError(f"nobody answers at {self.url} ({_reason(error)})") from None
        except httpx.TimeoutException:
            self._silent += 1
            if self._silent >= _PATIENCE:  # each further request would take as long
                said = f"{self.url} left {_PATIENCE} requests in a row unanswered for {_TIMEOUT_S:g} s each"
                raise UnreachableError(said) from None
            return Answer(sent=sent, status=0, body=f"nothing within {_TIMEOUT_S:g} s".encode())
        except httpx.HTTPError as error:  # somebody took the request and did not answer it
            return Answer(sent=sent, status=0, body=_reason(error).encode())
        self._client.cookies.clear()  # whoever comes next is a stranger again
        self.has_answered, self._silent = True, 0
        lowered = tuple((name.lower(), value) for name, value in found.headers.multi_items())
        return Answer(sent=sent, status=found.status_code, headers=lowered, body=found.content)


def _written(path: str, query: dict[str, str]) -> str:
    """Write path and query, strictly percent-encoded: keys hold `+ / =`."""
    return quote(path, safe="/-_.~") + (f"?{urlencode(query, quote_via=quote, safe='')}" if query else "")


def _shown(body: bytes) -> str:
    return body.decode("utf-8", "replace")


# -- opening one -------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def opened(url: str, *, credentials: Credentials | None, send: bool, strict: bool) -> Iterator[Subject]:
    """Yield the server at *url*; a mock of ours on this machine in a session of its own, which is dropped at the end.

    Args:
        url: Base URL.
        credentials: To sign with; each contract's own when None.
        send: Whether events may be sent to whatever is there.
        strict: Whether nothing is excused.

    Raises:
        ConformanceError: The URL is none, a tenant is to be asked without credentials, or nobody answers on this machine.
    """
    base = url.rstrip("/")
    if urlsplit(base).scheme not in {"http", "https"} or not urlsplit(base).hostname:
        raise ConformanceError(f"a base URL starts with http:// or https://, found {url}")
    here = on_this_machine(base)
    if not here and credentials is None:
        raise ConformanceError(f"no credentials for {base}: set CDP_USER_KEY and CDP_SECRET in the environment")
    # A company's proxy cannot reach this machine; its own certificates (SSL_CERT_FILE) count everywhere.
    client = httpx.Client(verify=httpx.create_ssl_context(), timeout=_TIMEOUT_S, trust_env=not here, follow_redirects=False)
    with client, _session(client, base, here=here) as session:
        yield Subject(client, base, credentials=credentials, session=session, send=send, strict=strict)


@contextlib.contextmanager
def _session(client: httpx.Client, base: str, *, here: bool) -> Iterator[Credentials | None]:
    """Yield credentials of a session of its own if a mock of ours answers; None otherwise."""
    if not here or not _is_ours(client, base):
        yield None
        return
    made = _object(client.post(f"{base}/_mock/sessions", json={"label": "mock-cdp conformance"}))
    try:
        keys = msgspec.convert({"userKey": made.get("userKey"), "userSecret": made.get("secret")}, Credentials)
    except msgspec.ValidationError:
        raise ConformanceError(f"the mock at {base} opens no session: {made.get('detail', 'it does not say why')}") from None
    try:
        yield keys
    finally:
        with contextlib.suppress(httpx.HTTPError):  # a mock that has gone took its sessions along
            client.delete(f"{base}/_mock/sessions/{made['id']}")


def _is_ours(client: httpx.Client, base: str) -> bool:
    try:
        found = _object(client.get(f"{base}/_mock/health/live"))
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise UnreachableError(f"nobody answers at {base} ({_reason(error)})") from None
    except httpx.HTTPError:  # it listens and does not answer: not ours, and the checks will say so
        return False
    return found.get("status") == "live" and isinstance(found.get("version"), str)


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def fresh_seed() -> int:
    """Return a seed that nobody chose, short enough to type."""
    return secrets.randbelow(1_000_000)
