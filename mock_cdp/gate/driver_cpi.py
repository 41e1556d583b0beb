"""The driver `cpi`: imitates an exported flow in this process, and posts as CPI's HTTP receiver does.

Framing, headers, retries and redirects are SAP's documentation of the adapter; what that leaves open is assumed, and said where
it is done.
"""

import ssl
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Annotated, Final, Self
from urllib.parse import quote, urlsplit

import httpx
import msgspec
from msgspec import Meta

from mock_cdp.cpi.converter import ConversionError, convert, encoded
from mock_cdp.gate.handed import Handed, secrets_of
from mock_cdp.gate.message import Message
from mock_cdp.gate.surrogate import Surrogate, read_surrogate
from mock_cdp.testing.cdp import Cdp
from mock_cdp.testing.hiding import Secrets

_CHUNK: Final = 8_192  # bytes; assumed, a receiver cannot tell
_CONNECT_S: Final = 10.0  # documented limit of the TLS handshake


class CpiSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="cpi"):
    """An exported integration flow: its XML to JSON converter and its HTTP receiver are imitated, its other steps are not."""

    iflow: Annotated[str, Meta(description="The export: a zip or an `.iflw` file.")]
    channel: Annotated[str, Meta(description="Name or id of the HTTP receiver channel; empty if there is one.")] = ""
    step: Annotated[str, Meta(description="Name or id of the XML to JSON converter; empty if there is one before the call.")] = ""
    content_type: Annotated[str, Meta(description="Content-Type to send; empty: what the flow sets, else none.")] = ""
    pause_at_most_s: Annotated[
        float, Meta(description="Longest wait between attempts, in seconds, whatever flow or Retry-After say.", ge=0)
    ] = 60.0


class CpiDriver:
    """Converts a message and posts it."""

    synchronous = True
    in_process = True

    def __init__(self, settings: CpiSettings, folder: Path, cdp: Cdp, event: str) -> None:
        """Read the export.

        Raises:
            GateError: It cannot be read, or what of it is meant is not clear.
        """
        self._flow = read_surrogate(folder / settings.iflow, channel=settings.channel, step=settings.step)
        self._pause_at_most_s = settings.pause_at_most_s
        self._headers = _headers(self._flow, settings.content_type)
        self._secrets = Secrets(*secrets_of(cdp))
        target = cdp.listener(event)
        self._shown_url = target.events_url if self._flow.batch else target.url
        self._url = httpx.URL(f"{self._shown_url}?{_query(target.params, self._flow.query)}")
        self._open = ExitStack()
        self.described = f"cpi: imitates {self._flow.flow} ({settings.iflow})"
        self.notes = (*self._flow.notes, *_elsewhere(self._flow.path, self._shown_url, event))

    def __enter__(self) -> Self:
        """Open a client; it trusts no certificate, so nothing it sends can leave this machine."""
        timeout = httpx.Timeout(self._flow.timeout_s, connect=min(_CONNECT_S, self._flow.timeout_s))
        trusting_none = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._client = self._open.enter_context(httpx.Client(verify=trusting_none, trust_env=False, timeout=timeout))
        return self

    def __exit__(self, *_error: object) -> None:
        """Close it."""
        self._open.close()

    def hand_over(self, message: Message) -> Handed:
        """Send *message* through the flow; a refusal fails it unless the channel says otherwise."""
        try:
            body = self._converted(message.body)
        except ConversionError as error:
            return Handed(ok=False, said=self._secrets.said(f"XML to JSON converter: {error}"))
        correlation = uuid.uuid4().hex
        try:
            response = self._sent(body, correlation)
        except httpx.TransportError as error:
            said = self._secrets.said(f"{type(error).__name__}: {error}")
            return Handed(ok=False, said=said, correlation=correlation)
        failure = "" if response.is_success else self._failure(response.status_code)
        said = self._secrets.said(failure, response.content)
        ok = response.is_success or not self._flow.throws
        return Handed(ok=ok, said=said, status=response.status_code, correlation=correlation)

    def _converted(self, source: bytes) -> bytes:
        converter = self._flow.converter
        return source if converter is None else encoded(convert(source, converter.settings), self._flow.encoding)

    def _failure(self, status: int) -> str:
        """Return what the message monitor would show."""
        failed = f"HTTP operation failed invoking {self._shown_url} with statusCode: {status}"
        return failed if self._flow.throws else f"{failed}; Throw Exception on Failure is off, so the flow went on"

    def _sent(self, body: bytes, correlation: str) -> httpx.Response:
        """Send, again as often as the channel says; the ids of the message stay the same (assumed).

        Raises:
            httpx.TransportError: There was no answer.
        """
        ids = (
            {"SAP_MplCorrelationId": correlation, "SAP_MessageProcessingLogID": uuid.uuid4().hex} if self._flow.monitoring else {}
        )
        retry, left = self._flow.retry, self._flow.retry.times
        while True:
            retry_after = None
            try:
                response = self._client.send(self._request(body, self._headers | ids))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if not left or not retry.unconnected:
                    raise
            else:
                if not left or response.status_code not in retry.statuses:
                    return response
                retry_after = response.headers.get("Retry-After")
            left -= 1
            self._pause(retry_after)

    def _request(self, body: bytes, headers: dict[str, str]) -> httpx.Request:
        """Return a request with these headers, the host and nothing that httpx would add; a body goes in chunks."""
        content = _chunks(body) if self._flow.body else None
        return httpx.Request(self._flow.method, self._url, headers=headers, content=content)

    def _pause(self, retry_after: str | None) -> None:
        seconds = _seconds(retry_after) if retry_after else None
        time.sleep(min(self._flow.retry.interval_s if seconds is None else seconds, self._pause_at_most_s))


def _headers(flow: Surrogate, content_type: str) -> dict[str, str]:
    if not content_type:
        return flow.headers
    others = {name: value for name, value in flow.headers.items() if name.casefold() != "content-type"}
    return {"Content-Type": content_type, **others}


def _query(params: dict[str, str], others: str) -> str:
    """Return the credentials, percent-encoded, and what else the channel sends."""
    credentials = "&".join(f"{name}={quote(value, safe='')}" for name, value in params.items())
    return f"{credentials}&{others}" if others else credentials


def _elsewhere(path: str, url: str, event: str) -> Iterator[str]:
    if path and path.rstrip("/") != urlsplit(url).path:
        yield f"The channel's address ends in {path}, which is not where {event} is posted to; here it is posted there."


def _chunks(body: bytes) -> Iterator[bytes]:
    return (body[at : at + _CHUNK] for at in range(0, len(body), _CHUNK))


def _seconds(retry_after: str) -> float | None:
    """Return how long a `Retry-After` says to wait, in seconds or until a date; None when it says neither."""
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, until.replace(tzinfo=until.tzinfo or UTC).timestamp() - time.time())
