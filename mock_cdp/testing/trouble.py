"""Trouble that a test asks for: what makes sense, and the faults that come of it."""

from datetime import datetime
from typing import Final

import msgspec

from mock_cdp.core.fault import Fate, Fault, Programme, retry_after_text

_LONGEST_DELAY_S: Final = 3_600.0


class Trouble:
    """Faults that were asked for."""

    def __init__(self, programme: Programme) -> None:
        """Show *programme*."""
        self._programme = programme

    @property
    def used(self) -> int:
        """Return how many deliveries were hit."""
        return self._programme.used

    @property
    def left(self) -> int:
        """Return how many are still to be hit."""
        return self._programme.left


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for; see `Cdp.fault`."""

    status: int | None
    statuses: tuple[int, ...]
    times: int
    retry_after: float | datetime | None
    delay_s: float
    drop: bool
    close: bool
    garbage: bool

    @property
    def answers(self) -> list[int]:
        """Return the HTTP statuses to answer, one after the other."""
        return [*self.statuses] or ([self.status] if self.status is not None else [])

    @property
    def fates(self) -> list[Fate]:
        """Return how the connection is to end; more than one makes no sense."""
        flags: list[tuple[Fate, bool]] = [("dropped", self.drop), ("closed", self.close), ("garbled", self.garbage)]
        return [fate for fate, wanted in flags if wanted]


def programme_of(wanted: Wanted, event: str) -> Programme:
    """Return the faults for the next deliveries to *event*, or to any if it is empty.

    Raises:
        ValueError: The combination makes no sense; says why.
    """
    _check(wanted)
    fault = Fault(
        retry_after=retry_after_text(wanted.retry_after),
        delay_s=wanted.delay_s,
        fate=wanted.fates[0] if wanted.fates else "answered",
        event=event,
    )
    each = [msgspec.structs.replace(fault, status=code) for code in wanted.answers] or [fault]
    return Programme(each * wanted.times)


def _check(wanted: Wanted) -> None:
    answers, fates, times, delay_s = wanted.answers, wanted.fates, wanted.times, wanted.delay_s
    if wanted.statuses and wanted.status is not None:
        raise ValueError("give status or statuses, not both")
    if len(fates) > 1 or (fates and answers):
        raise ValueError("a delivery has one end: give one of status, statuses, drop, close, garbage")
    if odd := [code for code in answers if not 400 <= code <= 599]:  # noqa: PLR2004  # what HTTP calls errors
        raise ValueError(f"status {odd[0]} is no error; a fault answers 400 to 599")
    if times < 1 or not 0 <= delay_s <= _LONGEST_DELAY_S:
        raise ValueError(f"times must be 1 or more and delay_s 0 to {_LONGEST_DELAY_S:g}, found times={times}, delay_s={delay_s}")
    if wanted.retry_after is not None and not answers:
        raise ValueError("retry_after goes with a status, such as status=429")
    if isinstance(wanted.retry_after, int | float) and not 0 <= wanted.retry_after <= _LONGEST_DELAY_S:
        raise ValueError(f"retry_after is seconds from 0 to {_LONGEST_DELAY_S:g}, or a moment; found {wanted.retry_after}")
    if not answers and not fates and not delay_s:
        raise ValueError("name the trouble: status=, delay_s=, drop=True, close=True or garbage=True")
