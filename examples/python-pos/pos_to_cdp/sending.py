"""Sends receipts to CDP's listener, again when that may help. An event keeps its receiptId: CDP ingests only the first."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import count
from typing import Any, Literal

import httpx

from pos_to_cdp import bugs
from pos_to_cdp.mapping import receipt_id, to_event
from pos_to_cdp.receipt import Receipt

TAKEN = 202
TRY_AGAIN = {429, 503}
ATTEMPTS = 4
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Where events go.

    Attributes:
        url: Ends in `/event`.
    """

    url: str
    user_key: str
    secret: str = field(repr=False)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Listener":
        """Return what CDP_LISTENER_URL, CDP_USER_KEY and CDP_SECRET name.

        Raises:
            KeyError: One of them is missing.
        """
        return cls(url=environ["CDP_LISTENER_URL"], user_key=environ["CDP_USER_KEY"], secret=environ["CDP_SECRET"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of a receipt.

    Attributes:
        outcome: `skipped` is an anonymous receipt; `unanswered` means that CDP never took it, and never said no.
        reasons: Why it was not taken, a line each.
        attempts: How often it was sent.
    """

    receipt_id: str
    outcome: Literal["taken", "refused", "unanswered", "skipped"]
    reasons: tuple[str, ...] = ()
    attempts: int = 0


class Sender:
    """Sends receipts one by one."""

    def __init__(self, listener: Listener, client: httpx.Client, *, sleep: Callable[[float], None] = time.sleep) -> None:
        """Send to *listener* over *client*, which stays the caller's to close; *sleep* waits that many seconds."""
        self._listener = listener
        self._client = client
        self._sleep = sleep
        self._running_number = count(1)

    def send(self, receipt: Receipt) -> Sent:
        """Send *receipt* until CDP takes or refuses it, at most ATTEMPTS times; raises nothing that a network can cause."""
        name = receipt_id(receipt)
        if receipt.is_anonymous:
            return Sent(receipt_id=name, outcome="skipped", reasons=("neither customer number nor loyalty card",))
        event, problem = to_event(receipt), ""
        for attempt in range(1, ATTEMPTS + 1):
            answer = self._post(event)
            if isinstance(answer, httpx.Response) and answer.status_code not in TRY_AGAIN:
                return _judged(name, answer, attempt)
            problem = answer if isinstance(answer, str) else f"HTTP {answer.status_code}"
            if attempt < ATTEMPTS:
                self._sleep(_wait_s(answer, attempt))
            if bugs.switched_on("twice"):
                event = event | {"receiptId": f"{name.rpartition('-')[0]}-{next(self._running_number)}"}
        return Sent(receipt_id=name, outcome="unanswered", reasons=(problem,), attempts=ATTEMPTS)

    def _post(self, event: dict[str, Any]) -> httpx.Response | str:
        """Return CDP's answer, or what kept it from coming: then the event may be there or not."""
        keys = {"userKey": self._listener.user_key, "secret": self._listener.secret}
        try:
            return self._client.post(self._listener.url, params=keys, json=event)
        except httpx.TransportError as error:
            return f"{type(error).__name__}: {error}"


def _judged(name: str, answer: httpx.Response, attempts: int) -> Sent:
    if answer.status_code == TAKEN:
        return Sent(receipt_id=name, outcome="taken", attempts=attempts)
    return Sent(receipt_id=name, outcome="refused", reasons=_reasons(answer), attempts=attempts)


def _reasons(answer: httpx.Response) -> tuple[str, ...]:
    """Return what the answer says: CDP's own words, then the causes that mock-cdp adds."""
    try:
        said = answer.json()
    except ValueError:
        said = None
    if not isinstance(said, dict):
        return (f"HTTP {answer.status_code}: {answer.text[:200]}",)
    details = said.get("errorDetails") or said.get("errorMessage") or f"HTTP {answer.status_code}"
    causes = [f"{cause['code']} {cause['title']}: {cause['message']}" for cause in said.get("diagnoses", [])]
    return (details, *causes)


def _wait_s(answer: httpx.Response | str, attempt: int) -> float:
    """Return how long to wait: as the answer asks (seconds, or a date), else twice as long each time."""
    asked = "" if isinstance(answer, str) else answer.headers.get("Retry-After", "").strip()
    wait = _asked_s(asked) if asked else None
    return min(max(FIRST_WAIT_S * 2 ** (attempt - 1) if wait is None else wait, 0.0), LONGEST_WAIT_S)


def _asked_s(retry_after: str) -> float | None:
    if retry_after.isdecimal():
        return float(retry_after)
    try:
        return (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):  # TypeError: a date without a zone
        return None
