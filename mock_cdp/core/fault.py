"""Faults: programmed trouble for the deliveries of a session. Which one is next is decided here, carrying it out is not."""

import threading
from datetime import UTC, datetime
from email.utils import format_datetime
from math import ceil
from typing import Literal

import msgspec

from mock_cdp.core.refusal import ErrorCode, Refusal

Fate = Literal["answered", "dropped", "closed", "garbled"]

_CODES = {
    400: ErrorCode.INVALID_FORMAT,
    401: ErrorCode.UNAUTHORIZED_USER,
    403: ErrorCode.FORBIDDEN,
    404: ErrorCode.NOT_FOUND,
    413: ErrorCode.TOO_LARGE,
    429: ErrorCode.RATE_LIMIT,
    500: ErrorCode.SERVER_ERROR,
    504: ErrorCode.TIMEOUT,
}


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What happens to one delivery.

    Attributes:
        status: Answer this HTTP status instead of judging; nothing is kept. None judges and keeps as usual.
        retry_after: Value of the Retry-After header that goes with *status*: seconds or an HTTP date; or empty.
        delay_s: The answer is held back so long; what is kept is kept before.
        fate: `answered`; `dropped`: judged and kept, then the connection ends without an answer; `closed`: it ends before
            anything is kept; `garbled`: nothing is kept, and the answer is no HTTP.
        event: Only deliveries to this event, by contract path; empty for all.
    """

    status: int | None = None
    retry_after: str = ""
    delay_s: float = 0.0
    fate: Fate = "answered"
    event: str = ""

    @property
    def keeps(self) -> bool:
        """Return whether the delivery is judged and kept all the same."""
        return self.status is None and self.fate in {"answered", "dropped"}


class Programme:
    """Faults in order, for one session: each is used once, then deliveries are as usual again.

    Attributes:
        used: How many deliveries were hit.
    """

    def __init__(self, faults: list[Fault]) -> None:
        """Keep *faults* for the next deliveries."""
        self._left = faults
        self._lock = threading.Lock()
        self.used = 0

    @property
    def left(self) -> int:
        """Return how many faults are still to come."""
        return len(self._left)

    def take(self, event: str) -> Fault | None:
        """Return what happens to the delivery to *event* that just came in, if anything."""
        with self._lock:
            fault = next((one for one in self._left if one.event in {"", event}), None)
            if fault is not None:
                self._left.remove(fault)
                self.used += 1
            return fault


class Faults:
    """The programmes of all sessions, in this process only: one that was given earlier is used up first."""

    def __init__(self) -> None:
        """Start without any."""
        self._programmes: dict[str, list[Programme]] = {}

    def __bool__(self) -> bool:
        """Return whether any session has a programme."""
        return bool(self._programmes)

    def add(self, session: str, programme: Programme) -> None:
        """Use *programme* for the next deliveries of *session*."""
        self._programmes.setdefault(session, []).append(programme)

    def drop(self, session: str) -> None:
        """Forget the programmes of *session*."""
        self._programmes.pop(session, None)

    def take(self, session: str, event: str) -> Fault | None:
        """Return what happens to the next delivery of *session* to *event*, if anything."""
        programmes = tuple(self._programmes.get(session, ()))
        return next((fault for programme in programmes if (fault := programme.take(event)) is not None), None)


def retry_after_text(when: float | datetime | None) -> str:
    """Write a Retry-After header: whole seconds, or an HTTP date."""
    if when is None:
        return ""
    if isinstance(when, datetime):
        return format_datetime(when.astimezone(UTC), usegmt=True)
    return str(ceil(when))


def refusal_of(fault: Fault) -> Refusal:
    """Return what a delivery hears that *fault* keeps from being judged."""
    status = fault.status or 503
    code = _CODES.get(status, status * 1_000)
    return Refusal(
        code="fault",
        error_code=code,
        message="Programmed fault",
        details=f"this mock was told to answer {status} to this delivery; nothing was judged or kept",
        status=status,
    )
