"""How much the journal keeps: beyond that the oldest receipts are evicted; what was counted stays counted."""

from typing import Any

import msgspec

from mock_cdp.store.entries import DAY_S
from mock_cdp.store.statements import LAST_SEQ, Statements


class JournalLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How much the journal keeps.

    Attributes:
        max_receipts: Receipts; when more arrive, the oldest are evicted, at most 64 late.
        max_bytes: Bytes of kept documents (compressed), likewise.
    """

    max_receipts: int = 100_000
    max_bytes: int = 512 * 1024 * 1024


class Bounds:
    """Evicts within the transaction that a journal has open."""

    def __init__(self, cursor: Any, statements: Statements, limits: JournalLimits) -> None:
        """Write through *cursor*, the journal's own."""
        self._cursor = cursor
        self._execute = cursor.execute
        self._sql = statements
        self._limits = limits
        self._check_every = min(64, max(1, limits.max_receipts // 100))
        self._unchecked = self._check_every

    def keep(self, added: int, last_seq: int) -> None:
        """Evict what is too much, if it is time to look.

        Args:
            added: Deliveries in this transaction.
            last_seq: Of the newest of them.
        """
        self._unchecked += added
        if self._unchecked < self._check_every:
            return
        self._unchecked = 0
        receipts, size = self._execute(self._sql.journal_size).fetchone()
        too_many = (receipts or 0) - self._limits.max_receipts
        too_large = (size or 0) - self._limits.max_bytes
        if too_many > 0 or too_large > 0:
            self._evict(too_many, too_large, last_seq)

    def _evict(self, too_many: int, too_large: int, last_seq: int) -> None:
        """Evict the oldest receipts until neither bound is exceeded."""
        last = 0
        rows = self._cursor.connection.execute("SELECT seq, bytes FROM receipts ORDER BY seq")
        for seq, size in rows:
            if too_many <= 0 and too_large <= 0:
                break
            last, too_many, too_large = seq, too_many - 1, too_large - size
        rows.close()
        # A huge receipt may evict everything, itself included; its seq must not be given again.
        self._execute(self._sql.note_value, (LAST_SEQ, last_seq))
        self._execute(
            "UPDATE tally SET evicted = tally.evicted + gone.n, evicted_bytes = tally.evicted_bytes + gone.b "
            "FROM (SELECT session, application, event, CAST(received_at / ? AS INTEGER) AS day, count(*) AS n, "
            "sum(bytes) AS b FROM receipts WHERE seq <= ? GROUP BY session, application, event, day) AS gone "
            "WHERE tally.session = gone.session AND tally.application = gone.application AND tally.event = gone.event "
            "AND tally.day = gone.day",
            (DAY_S, last),
        )
        self._execute("DELETE FROM receipt_codes WHERE seq <= ?", (last,))
        self._execute("DELETE FROM receipts WHERE seq <= ?", (last,))
