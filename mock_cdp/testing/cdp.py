"""A test's own space in a mock: where to post, what arrived, and the trouble it asks for."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from mock_cdp.contract.contract import Catalog
from mock_cdp.core.receipt import DEFAULT_SESSION, OUTCOMES, Filter, Outcome, Receipt, Session, Tally
from mock_cdp.listener import Listener
from mock_cdp.testing.arrived import Arrived, arrived_in, described
from mock_cdp.testing.trouble import Trouble, Wanted, programme_of

Where = Callable[[Any], Any]


class Unmet(AssertionError):  # noqa: N818  # pytest prints the name before the text
    """What a test expected of its mock did not happen; the text says what did."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Where the events of one contract are posted to, and with which credentials.

    Attributes:
        url: Takes one event.
        events_url: Takes several, as a JSON array.
        user_key: Of this test's session.
        secret: Of this test's session.
    """

    url: str
    events_url: str
    user_key: str
    secret: str

    @property
    def params(self) -> dict[str, str]:
        """Return the credentials as query parameters, the way SAP's own client sends them."""
        return {"userKey": self.user_key, "secret": self.secret}


class Cdp:
    """A session of a mock: credentials, receipts, counts, deduplication and faults of its own.

    Attributes:
        url: Base URL of the mock.
        secret: Of this session.
        session: The session; its id is what `/_mock` wants as `session`.
    """

    def __init__(
        self, listener: Listener, session: Session, url: str, variables: dict[str, str], *, secret: str | None = None
    ) -> None:
        """Look at *session* of the mock at *url*.

        Args:
            listener: Judges and keeps.
            session: Opened before.
            url: Base URL, without a closing slash.
            variables: Further environment variables that a client needs, such as where the certificate is.
            secret: That goes with the session's user key; by default the session's own.
        """
        self.secret = listener.sessions.secret_of(session) if secret is None else secret
        self._listener = listener
        self._store = listener.store
        self._variables = variables
        self._opened_at = time.time()
        self.session = session
        self.url = url

    @property
    def catalog(self) -> Catalog:
        """Return the contracts in force."""
        return self._listener.catalog

    # -- where to post -----------------------------------------------------------------------------------------------

    @property
    def user_key(self) -> str:
        """Return this session's user key."""
        return self.session.user_key

    def listener(self, event: str) -> Target:
        """Return where *event* is posted to; by its folder name, or by path where two share a name.

        Raises:
            UnknownContract: There is no such event; names the nearest.
        """
        base = self.url + self._listener.catalog.named(event).listener_path
        return Target(url=f"{base}/event", events_url=f"{base}/events", user_key=self.user_key, secret=self.secret)

    def environ(self, event: str | None = None) -> dict[str, str]:
        """Return environment variables for a client in a process of its own: `os.environ | cdp.environ("pos-receipt")`.

        `CDP_URL`, `CDP_USER_KEY`, `CDP_SECRET`; with *event* (or where there is just one) `CDP_LISTENER_URL` and
        `CDP_EVENTS_URL` too; over TLS, where the certificate authority is, in the names that Python, Node and curl look at.
        """
        contracts = self._listener.catalog.contracts
        event = contracts[0].path if event is None and len(contracts) == 1 else event
        variables = {"CDP_URL": self.url, "CDP_USER_KEY": self.user_key, "CDP_SECRET": self.secret, **self._variables}
        if event is not None:
            target = self.listener(event)
            variables |= {"CDP_LISTENER_URL": target.url, "CDP_EVENTS_URL": target.events_url}
        return variables

    # -- what arrived ------------------------------------------------------------------------------------------------

    def arrived(self, event: str | None = None) -> list[Arrived]:
        """Return every event that arrived, in order; of one event by its name."""
        return [one for receipt in self.receipts(event) for one in arrived_in(receipt)]

    def accepted(self, event: str | None = None) -> list[Arrived]:
        """Return the events that were accepted, in order."""
        return self._with("accepted", event)

    def rejected(self, event: str | None = None) -> list[Arrived]:
        """Return the events that were rejected, in order; a delivery refused as a whole counts as one."""
        return self._with("rejected", event)

    def receipts(self, event: str | None = None) -> list[Receipt]:
        """Return the deliveries as they were kept, in order."""
        return list(self._store.each(Filter(session=self.session.id, event=self._path(event))))

    def tally(self) -> Tally:
        """Return the counts: `received`, `accepted`, `rejected`, `duplicate`, `discarded`, `deliveries`, by event and by code."""
        return self._store.tally(self.session.id)

    def _with(self, outcome: Outcome, event: str | None) -> list[Arrived]:
        return [one for one in self.arrived(event) if one.outcome == outcome]

    def _path(self, event: str | None) -> str | None:
        return None if event is None else self._listener.catalog.named(event).path

    # -- what is expected --------------------------------------------------------------------------------------------

    def await_events(
        self,
        n: int = 1,
        *,
        where: Where | None = None,
        event: str | None = None,
        outcome: Outcome = "accepted",
        timeout_s: float = 5.0,
    ) -> list[Arrived]:
        """Wait until *n* events have arrived, and return all that match by then.

        Args:
            n: How many, at least.
            where: Only events for which this is true; called with the event as sent.
            event: Only of this event.
            outcome: Only with this outcome.
            timeout_s: Longest wait, in seconds.

        Raises:
            Unmet: Fewer arrived in time; says what did.
        """
        __tracebackhide__ = True
        if outcome not in OUTCOMES:
            raise ValueError(f"outcome is one of {', '.join(OUTCOMES)}; found {outcome!r}")
        enough = self.wait_until(lambda: len(self._matching(where, event, outcome)) >= n, timeout_s)
        found = self._matching(where, event, outcome)
        if not enough:
            wanted = f"{n} {outcome} event{'s' * (n != 1)}{f' of {event}' if event else ''}{' that match' if where else ''}"
            raise Unmet(self._too_few(wanted, found, timeout_s))
        return found

    def wait_until(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        """Wait until *condition* holds, looking whenever something arrives; whether it did within *timeout_s* seconds."""
        until = time.monotonic() + timeout_s
        mark = self._store.wait(-1, 0)
        while not condition():
            left = until - time.monotonic()
            if left <= 0:
                return False
            mark = self._store.wait(mark, left)
        return True

    def _matching(self, where: Where | None, event: str | None, outcome: Outcome) -> list[Arrived]:
        found = self._with(outcome, event)
        return found if where is None else [one for one in found if one.event is not None and where(one.event)]

    def _too_few(self, wanted: str, found: Sequence[Arrived], timeout_s: float) -> str:
        others = [one for one in self.arrived() if one not in found]
        rest = f"What arrived besides:\n\n{described(others)}" if others else self._nothing(besides=bool(found))
        return f"waited {timeout_s:g} s for {wanted}; {len(found)} came. {rest}"

    def assert_quiet(self, seconds: float) -> None:
        """Check that nothing arrives for so long.

        Raises:
            Unmet: Something did; says what.
        """
        __tracebackhide__ = True
        seen = self._newest()
        if self.wait_until(lambda: bool(self._after(seen)), seconds):
            came = described(self._after(seen))
            raise Unmet(f"something arrived while {seconds:g} s should have been quiet:\n\n{came}")

    def _newest(self) -> int:
        page = self._store.receipts(Filter(session=self.session.id), limit=1)
        return page.receipts[0].seq if page.receipts else 0

    def _after(self, seq: int) -> list[Arrived]:
        found = self._store.each(Filter(session=self.session.id, after=seq))
        return [one for receipt in found for one in arrived_in(receipt)]

    def assert_all_accepted(self, *, at_least: int = 1) -> None:
        """Check that events arrived and that every one was accepted; a duplicate of an accepted one is taken too.

        Raises:
            Unmet: Says which rules were broken, where, why, and what to change; or that too few arrived.
        """
        __tracebackhide__ = True
        counts = self.tally()
        bad = counts.rejected + counts.discarded
        if bad:
            refused = [one for one in self.arrived() if one.outcome in {"rejected", "discarded"}]
            raise Unmet(f"{bad} of {counts.received} events were not accepted:\n\n{described(refused)}")
        if counts.accepted < at_least:
            wanted = f"at least {at_least} accepted event{'s' * (at_least != 1)}"
            raise Unmet(f"expected {wanted}, found {counts.accepted}. {self._nothing(besides=counts.accepted > 0)}")

    def _nothing(self, *, besides: bool) -> str:
        """Say that nothing (else) arrived, and what reached this mock with credentials that are not this test's."""
        strays = [one for receipt in self.strays() for one in arrived_in(receipt)]
        nothing = "Nothing else arrived." if besides else "Nothing arrived."
        if not strays:
            return f"{nothing} Does the integration post to cdp.listener(…).url with cdp.listener(…).params?"
        wrong = "But this mock was sent what belongs to no session, as its credentials or its URL are wrong"
        return f"{nothing} {wrong}:\n\n{described(strays)}"

    def strays(self) -> Iterator[Receipt]:
        """Return what reached this mock meanwhile with credentials of no session: a contract's own, or wrong ones."""
        return self._store.each(Filter(session=DEFAULT_SESSION, since=self._opened_at))

    def describe(self) -> str:
        """Say what arrived, for a report; empty when nothing did."""
        return described(self.arrived())

    # -- trouble -----------------------------------------------------------------------------------------------------

    def fault(
        self,
        *,
        status: int | None = None,
        statuses: Sequence[int] = (),
        times: int = 1,
        retry_after: float | datetime | None = None,
        delay_s: float = 0.0,
        drop: bool = False,
        close: bool = False,
        garbage: bool = False,
        event: str | None = None,
    ) -> Trouble:
        """Make trouble for the next deliveries of this session; after that all is as usual.

        Args:
            status: Answer this HTTP status (400-599) without judging or keeping.
            statuses: One after the other, instead of *status*.
            times: How often, all of *statuses* together counting as once.
            retry_after: With a status: seconds, or a moment (sent as an HTTP date).
            delay_s: Hold the answer back, in seconds; the event is kept before.
            drop: Judge and keep, then end the connection without an answer.
            close: End the connection before anything is kept.
            garbage: Answer something that is no HTTP; nothing is kept.
            event: Only deliveries to this event.

        Raises:
            ValueError: The combination makes no sense; says why.
        """
        wanted = Wanted(
            status=status,
            statuses=tuple(statuses),
            times=times,
            retry_after=retry_after,
            delay_s=delay_s,
            drop=drop,
            close=close,
            garbage=garbage,
        )
        programme = programme_of(wanted, self._path(event) or "")
        self._listener.faults.add(self.session.id, programme)
        return Trouble(programme)

    def reset(self) -> None:
        """Forget what arrived, the counts, the deduplication and the faults of this session."""
        self._store.reset(self.session.id)
        self._listener.faults.drop(self.session.id)
