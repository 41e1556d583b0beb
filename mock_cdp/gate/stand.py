"""The test stand: one message through the integration, and what arrived because of it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from mock_cdp.contract.wording import json_text
from mock_cdp.core.receipt import DEFAULT_SESSION
from mock_cdp.gate.drivers import Driver, Handed
from mock_cdp.gate.expectation import Correlation, values_at
from mock_cdp.gate.message import Message
from mock_cdp.testing.arrived import Arrived
from mock_cdp.testing.cdp import Cdp

_TRIES = 3  # hand-overs of a message whose integration reports failure under trouble
_QUIET_S = 0.25  # that an integration of its own process gets to send something it should not

Trouble = Callable[[Cdp], object]


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one message.

    Attributes:
        arrived: Every event, in order, whatever its outcome.
        handed: What the integration said, one for each hand-over.
        strays: Where nothing arrived: deliveries of the whole run that had other credentials.
    """

    arrived: tuple[Arrived, ...]
    handed: tuple[Handed, ...]
    strays: int = 0

    @property
    def accepted(self) -> tuple[Arrived, ...]:
        """Return the accepted events."""
        return tuple(one for one in self.arrived if one.outcome == "accepted")

    @property
    def refused(self) -> tuple[Arrived, ...]:
        """Return the events that CDP would not take."""
        return tuple(one for one in self.arrived if one.outcome in {"rejected", "discarded"})

    def booked(self) -> "Counter[tuple[str, str]]":
        """Return what CDP would have booked: each accepted event with its contract, however often."""
        return Counter((one.contract, _canonical(one.event)) for one in self.accepted)


def _canonical(event: Any) -> str:
    return json_text(_sorted(event))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


class Stand:
    """An integration between a driver and a mock; every message starts from an empty session.

    Attributes:
        cdp: The session that the integration posts to.
        wanted: How many events of which contract a message should lead to.
        counts: What arrived in all runs, by outcome.
    """

    def __init__(
        self,
        cdp: Cdp,
        driver: Driver,
        *,
        wanted: Callable[[Message], Mapping[str, int]],
        correlation: Correlation | None = None,
        within_s: float,
        seen: Callable[[str, Any], object],
    ) -> None:
        """Put them together.

        Args:
            cdp: The session that the integration posts to.
            driver: Hands messages over.
            wanted: How many events of which contract a message should lead to.
            correlation: How an event is known to belong to its message; None: all that arrives while it is handed over.
            within_s: How long events of an integration in another process may take, in seconds.
            seen: Is told of every event that arrived: its contract and the event.
        """
        self.cdp = cdp
        self.counts: Counter[str] = Counter()
        self._keeping = False
        self._ids: set[str] = set()  # that went with the messages of this run
        self._seen = seen
        self.wanted = wanted
        self._driver = driver
        self._correlation = correlation
        self._within_s = within_s

    def run(self, messages: Sequence[Message], trouble: Trouble | None = None) -> Observed:
        """Hand *messages* over, one after the other, into an empty session with *trouble*; return what arrived.

        Raises:
            GateError: The integration cannot be reached.
        """
        if not self._keeping:
            self.cdp.reset()
        if trouble is not None:
            trouble(self.cdp)
        self._ids.clear()
        handed = tuple(self._hand_over(message, patience=_TRIES if trouble else 1) for message in messages)
        if not self._driver.synchronous:
            self._settle(messages)
        arrived = self._ours(messages)
        for one in arrived:
            self.counts[one.outcome] += 1
            if one.event is not None:
                self._seen(one.contract, one.event)
        strays = [] if arrived or self.cdp.session.id == DEFAULT_SESSION else list(self.cdp.strays())
        return Observed(arrived=arrived, handed=handed, strays=len(strays))

    def keep(self) -> None:
        """Leave in the session what arrives from now on: the last look at what was found."""
        self.cdp.reset()
        self._keeping = True

    def _hand_over(self, message: Message, *, patience: int) -> Handed:
        """Hand *message* over, again when the integration says that it failed: its sender would do so, too."""
        for _ in range(patience):
            handed = self._driver.hand_over(message)
            self._ids.add(handed.correlation)
            if handed.ok:
                break
        return handed

    def _settle(self, messages: Sequence[Message]) -> None:
        """Wait until as much arrived as should, or the time is up; then give more than that a chance."""
        wanted = sum(sum(self.wanted(message).values()) for message in messages)
        self.cdp.wait_until(lambda: len(self._ours(messages)) >= wanted, self._within_s)
        seen = self.cdp.tally().deliveries
        while self.cdp.wait_until(lambda: self.cdp.tally().deliveries > seen, _QUIET_S):  # noqa: B023  # asked at once
            seen = self.cdp.tally().deliveries

    def _ours(self, messages: Sequence[Message]) -> tuple[Arrived, ...]:
        """Return what belongs to *messages*: a late event of an earlier one is none of theirs."""
        arrived = tuple(self.cdp.arrived())
        if self._correlation is None:
            return arrived
        source = self._correlation.source
        keys = {str(value) for message in messages for value in values_at(message.value, source)} if source else self._ids
        return tuple(one for one in arrived if self._key(one) in keys or one.event is None)

    def _key(self, arrived: Arrived) -> str:
        if self._correlation is None:
            return ""
        if self._correlation.header:
            return dict(arrived.receipt.headers).get(self._correlation.header.lower().replace("_", "-"), "")
        return str(next(iter(values_at(arrived.event, self._correlation.event)), ""))
