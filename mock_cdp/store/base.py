"""The port: what the listener and the control API may ask of a store."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import msgspec

from mock_cdp.core.receipt import Counts, Draft, Filter, Page, Receipt, Session, Tally

Settle = Callable[[Receipt], None]
Kept = Callable[[Receipt | Exception], None]


class StoreError(Exception):
    """The store cannot be opened or used; the message says which, where and what to do, on one line."""


class ChangedMeanwhile(Exception):  # noqa: N818  # what happened, not a failure of the store
    """Somebody else changed the configuration since it was looked at. Nothing was written."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """Something made through the configuration API.

    Attributes:
        path: Below `/api`, such as `businessunits/4_…/applications/H…`.
        revision: Of the configuration when it last changed.
        place: Of the configuration when it was made.
        slug: What it is called in paths of ours; set when it was made.
        document: JSON; None when it was deleted.
    """

    path: str
    revision: int
    place: int
    slug: str
    document: bytes | None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A row to write.

    Attributes:
        document: JSON; None deletes.
    """

    path: str
    slug: str
    document: bytes | None


class Store(Protocol):
    """A journal, its tallies and its sessions. Safe to call from many threads; read-your-writes from any process."""

    def append(self, draft: Draft, settle: Settle) -> Receipt:
        """Keep a judged delivery: receipt, tally and deduplication keys in one transaction; durable on return.

        In that transaction, events whose key is taken (by an earlier event of the same session and contract, or earlier
        in the same delivery) turn from accepted to duplicate; then *settle* is called once with the receipt to
        complete `status` and `error_code`; then all is written. The first event with a key wins.
        """

    def submit(self, draft: Draft, settle: Settle, kept: Kept) -> None:
        """Do as `append`, but return at once; *kept* is called with the receipt, or the error, once that is durable."""

    def tally(self, session: str | None) -> Tally:
        """Return the counts of one session, or of all, from one moment."""

    def receipts(self, wanted: Filter, *, limit: int, before: int | None = None) -> Page:
        """Return matching receipts, newest first, with `seq` below *before*."""

    def each(self, wanted: Filter) -> Iterator[Receipt]:
        """Yield every matching receipt, oldest first, a snapshot for each few hundred."""

    def receipt(self, call_id: str) -> Receipt | None:
        """Return one receipt, or None if it never was or has been evicted."""

    def count(self, wanted: Filter) -> int:
        """Return how many kept receipts match."""

    def wait(self, seen: int, timeout_s: float) -> int:
        """Block until the journal has grown past *seen* (a value this method returned; 0 at first) or the time is up.

        Wakes for appends of any process. Returns a mark to pass next time.
        """

    def reset(self, session: str | None) -> None:
        """Forget receipts, tally and deduplication keys of one session, or of all, at once."""

    def add_session(self, session: Session) -> None:
        """Remember a session; every process knows it on return."""

    def session(self, id_or_user_key: str) -> Session | None:
        """Return a session by its id or its user key."""

    def sessions(self) -> list[Session]:
        """Return all sessions, oldest first; the default session is not among them."""

    def drop_session(self, session: str) -> bool:
        """Forget a session and everything in it; whether there was one."""

    def claim_nonce(self, user_key: str, nonce: str, *, expires_at: float, now: float) -> bool:
        """Use a nonce (jti) once: False if it was used before and has not expired. True for the first, in any process."""

    def configuration_mark(self) -> bytes:
        """Return what changes whenever any process changes the configuration or drops a session; cheap to ask each time."""

    def rows_after(self, revision: int) -> tuple[int, list[Row]]:
        """Return the revision of the configuration, and the rows changed after *revision*, deleted ones included."""

    def change_rows(self, changes: Sequence[Change], *, based_on: int) -> int:
        """Write all of *changes* or none; every process sees them on return. Returns the new revision.

        Args:
            changes: Judged by the configuration at revision *based_on*.
            based_on: That revision.

        Raises:
            ChangedMeanwhile: The configuration has another revision by now.
        """

    def forget_events(self, events: Sequence[str]) -> None:
        """Forget receipts, counts and deduplication keys of events by their paths, in every session.

        How often each code occurred in a session stays: that is not counted by event.
        """

    def daily(self, session: str | None, event: str | None) -> list[tuple[int, Counts]]:
        """Return the counts of an event (of all, unless named by its path), by day of arrival (UTC, from 1970-01-01)."""

    def check(self) -> None:
        """Raise `StoreError` if the store cannot be written."""

    def close(self) -> None:
        """Release everything; what was acknowledged stays."""
