"""A draft on its way into the journal, and what one transaction adds for a group of them."""

from typing import Any, Final

from mock_cdp.core.receipt import Draft
from mock_cdp.store.base import Kept, Settle

DAY_S: Final = 86_400  # what the tally counts by

TallyKey = tuple[str, str, str, int]  # session, application, event, day


class Entry:
    """A draft on its way through the queue."""

    __slots__ = ("done", "draft", "error", "kept", "settle")

    def __init__(self, draft: Draft, settle: Settle, kept: Kept | None = None) -> None:
        """Wait to be written; *kept* is called afterwards."""
        self.draft = draft
        self.settle = settle
        self.kept = kept
        self.done = False
        self.error: Exception | None = None


class Claimed:
    """The keys a group takes in one session and event: one row of the log.

    Attributes:
        seq: Of the last delivery that took some.
    """

    __slots__ = ("keys", "seq")

    def __init__(self) -> None:
        """Nothing yet."""
        self.seq = 0
        self.keys: list[str] = []


class Group:
    """What one transaction adds beside its receipts."""

    __slots__ = ("claims", "counts", "rows")

    def __init__(self) -> None:
        """Nothing yet."""
        self.rows: list[tuple[Any, ...]] = []
        self.counts: dict[TallyKey, list[int]] = {}
        self.claims: dict[tuple[str, str], Claimed] = {}
