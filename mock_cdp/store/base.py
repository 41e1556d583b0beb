"""The port: what the listener and the control API may ask of a store."""

from collections.abc import Callable
from typing import Protocol

from mock_cdp.core.receipt import Draft, Filter, Page, Receipt, Session, Tally

Settle = Callable[[Receipt], None]
Kept = Callable[[Receipt | Exception], None]


class StoreError(Exception):
    """The store cannot be opened or used; the message says which, where and what to do, on one line."""


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

    def check(self) -> None:
        """Raise `StoreError` if the store cannot be written."""

    def close(self) -> None:
        """Release everything; what was acknowledged stays."""
