"""The driver `http`: posts each message to an endpoint, such as that of an iFlow."""

import os
import ssl
import time
import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Final, Self

import httpx
import msgspec
from msgspec import Meta

from mock_cdp.gate.failure import GateError
from mock_cdp.gate.handed import Handed, basic, secrets_of
from mock_cdp.gate.message import Message
from mock_cdp.testing.cdp import Cdp
from mock_cdp.testing.hiding import Secrets

_ANSWER_LIMIT: Final = 65_536  # bytes read of an answer
_TOKEN_SPARE_S: Final = 30.0  # a token that ends sooner is asked for anew
_TOKEN_LIFETIME_S: Final = 300.0  # of a token whose answer does not say
_LIKELY_LENGTH: Final = 8  # of a secret in the query


class HttpSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="http"):
    """An endpoint that takes source messages. Passwords and secrets come from environment variables only."""

    url: Annotated[str, Meta(description="Where messages are sent, such as the endpoint of an iFlow.")]
    method: Annotated[str, Meta(description="HTTP method.")] = "POST"
    headers: Annotated[dict[str, str], Meta(description="Headers, by name. Content-Type is the message's own unless given.")] = {}
    secret_headers: Annotated[
        dict[str, str], Meta(description="Headers with secret values: name of the header to name of the environment variable.")
    ] = {}
    user: Annotated[str, Meta(description="User for HTTP Basic.")] = ""
    password_env: Annotated[str, Meta(description="Environment variable that holds the user's password.")] = ""
    token_url: Annotated[str, Meta(description="Where a bearer token is asked for (OAuth 2.0 client credentials).")] = ""
    client_id: Annotated[str, Meta(description="Client id for *token_url*.")] = ""
    client_secret_env: Annotated[str, Meta(description="Environment variable that holds the client secret.")] = ""
    timeout_s: Annotated[float, Meta(description="Longest wait for the answer, in seconds.", gt=0)] = 60.0
    accepted: Annotated[tuple[int, ...], Meta(description="Statuses that are no complaint; empty: 200 to 299.")] = ()
    ca_file: Annotated[str, Meta(description="Certificates (PEM) to trust besides the system's.")] = ""
    correlation_header: Annotated[str, Meta(description="Header that carries a new id with each message; empty: none.")] = ""


class HttpDriver:
    """Sends messages over HTTP; redirects are not followed."""

    synchronous = False
    in_process = False
    notes: tuple[str, ...] = ()

    def __init__(self, settings: HttpSettings, folder: Path, cdp: Cdp) -> None:
        """Read what the settings name; nothing is sent yet.

        Raises:
            GateError: A setting cannot be, a variable is not set, a file cannot be read.
        """
        self._settings = settings
        self._url = _url("url", settings.url)
        password, client_secret = _credentials(settings)
        secret_headers = {name: _variable("secret_headers", variable) for name, variable in settings.secret_headers.items()}
        self._headers = settings.headers | secret_headers
        self._client_secret = client_secret
        if settings.user:
            self._headers["Authorization"] = f"Basic {basic(settings.user, password)}"
        in_query = [value for _, value in self._url.params.multi_items() if len(value) >= _LIKELY_LENGTH]
        self._known = [*secrets_of(cdp), password, client_secret, basic(settings.user, password), *in_query]
        self._known += secret_headers.values()
        self.secrets = Secrets(*self._known)
        self._tls = _trusting(folder, settings.ca_file)
        self._token, self._token_until = "", 0.0
        self._open = ExitStack()
        self.described = f"http: {settings.method} {self._url.copy_with(query=None, fragment=None)}"

    def __enter__(self) -> Self:
        """Open a client."""
        timeout = httpx.Timeout(self._settings.timeout_s)
        self._client = self._open.enter_context(httpx.Client(verify=self._tls, timeout=timeout, follow_redirects=False))
        return self

    def __exit__(self, *_error: object) -> None:
        """Close its connections."""
        self._open.close()

    def hand_over(self, message: Message) -> Handed:
        """Send *message* and return the answer, whatever its status.

        Raises:
            GateError: Nothing answers there, or no token is to be had.
        """
        correlation = uuid.uuid4().hex if self._settings.correlation_header else ""
        try:
            status, answer = self._sent(message, self._headers_for(message, correlation))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, httpx.ProxyError) as error:
            raise GateError(self._unreachable("url", error)) from None
        except httpx.TransportError as error:
            return Handed(ok=False, said=self.secrets.said(self._silence(error)), correlation=correlation)
        accepted = status in self._settings.accepted if self._settings.accepted else httpx.codes.is_success(status)
        return Handed(ok=accepted, said=self.secrets.said(answer), status=status, correlation=correlation)

    def _headers_for(self, message: Message, correlation: str) -> httpx.Headers:
        headers = httpx.Headers({"Content-Type": message.media_type})
        headers.update(self._headers)
        if correlation:
            headers[self._settings.correlation_header] = correlation
        if self._settings.token_url:
            headers["Authorization"] = f"Bearer {self._bearer()}"
        return headers

    def _sent(self, message: Message, headers: httpx.Headers) -> tuple[int, bytes]:
        """Send, and read as much of the answer as a report shows."""
        until = time.monotonic() + self._settings.timeout_s
        with self._client.stream(self._settings.method, self._url, headers=headers, content=message.body) as response:
            answer = b""
            for piece in response.iter_bytes():
                answer += piece
                if len(answer) > _ANSWER_LIMIT or time.monotonic() > until:
                    break
            return response.status_code, answer[:_ANSWER_LIMIT]

    def _silence(self, error: httpx.TransportError) -> str:
        if isinstance(error, httpx.TimeoutException):
            return f"no answer within {self._settings.timeout_s:g} s"
        return f"{type(error).__name__}: {error}"

    def _unreachable(self, setting: str, error: Exception) -> str:
        why = self.secrets.hidden(str(error) or type(error).__name__)
        return f"[gate.driver] {setting}: cannot be reached ({why}); is the integration running, and the address right?"

    # -- token -------------------------------------------------------------------------------------------------------

    def _bearer(self) -> str:
        if time.monotonic() >= self._token_until:
            self._token, lifetime_s = self._new_token()
            self._token_until = time.monotonic() + lifetime_s - _TOKEN_SPARE_S
            self.secrets = Secrets(*self._known, self._token)
        return self._token

    def _new_token(self) -> tuple[str, float]:
        """Ask for a token, the client named as OAuth 2.0 wants every server to take it: with HTTP Basic."""
        try:
            answer = self._client.post(
                _url("token_url", self._settings.token_url),
                data={"grant_type": "client_credentials"},
                auth=(self._settings.client_id, self._client_secret),
            )
        except httpx.TransportError as error:
            raise GateError(self._unreachable("token_url", error)) from None
        try:
            given = answer.json()
            return str(given["access_token"]), float(given.get("expires_in", _TOKEN_LIFETIME_S))
        except (ValueError, TypeError, KeyError, AttributeError):
            found = f"answered {answer.status_code} without an access_token"
            raise GateError(f"[gate.driver] token_url: {found}; check client_id and {self._settings.client_secret_env}") from None


def _credentials(settings: HttpSettings) -> tuple[str, str]:
    """Return the password and the client secret, each empty where none is asked for."""
    if settings.user and settings.token_url:
        raise GateError("[gate.driver] user and token_url: an endpoint takes one kind of credentials; remove one of the two")
    for switch, others in (("user", ("password_env",)), ("token_url", ("client_id", "client_secret_env"))):
        missing = [name for name in others if bool(getattr(settings, name)) != bool(getattr(settings, switch))]
        if missing:
            raise GateError(f"[gate.driver] {missing[0]}: goes with {switch}; give both or neither")
    password = _variable("password_env", settings.password_env) if settings.user else ""
    return password, _variable("client_secret_env", settings.client_secret_env) if settings.token_url else ""


def _variable(setting: str, name: str) -> str:
    """Return what an environment variable holds."""
    if not (value := os.environ.get(name, "")):
        raise GateError(f"[gate.driver] {setting}: the environment variable {name} is not set; set it to the secret")
    return value


def _url(setting: str, text: str) -> httpx.URL:
    """Return an address that may be shown but for its query."""
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise GateError(f"[gate.driver] {setting}: no URL ({error}); write https://host/path") from None
    if url.scheme not in {"http", "https"} or not url.host:
        raise GateError(f"[gate.driver] {setting}: no http or https URL; write https://host/path")
    if url.userinfo:
        raise GateError(f"[gate.driver] {setting}: holds a user or a password; give user and password_env instead")
    return url


def _trusting(folder: Path, ca_file: str) -> ssl.SSLContext:
    """Return what certificates are trusted: the system's, and those of *ca_file*."""
    context = ssl.create_default_context()
    if ca_file:
        try:
            context.load_verify_locations(folder / ca_file)
        except OSError as error:  # ssl.SSLError is one too
            raise GateError(f"[gate.driver] ca_file: {ca_file} cannot be read ({error.strerror}); name a PEM file") from None
    return context
