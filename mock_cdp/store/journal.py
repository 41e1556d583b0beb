"""Appending: everything queued is written in one transaction (group commit), within bounds.

Whoever holds the lock writes for all. A thread of its own for writing was slower: handing a delivery from one Python
thread to another costs as much as its transaction.
"""

import random
import threading
from collections import deque
from typing import Any

import orjson

from mock_cdp.core.receipt import OUTCOMES, Draft, Outcome, Receipt
from mock_cdp.store.base import Kept, Settle, StoreError
from mock_cdp.store.bounds import Bounds, JournalLimits
from mock_cdp.store.documents import Documents
from mock_cdp.store.engine import OpenedFile
from mock_cdp.store.entries import DAY_S, Claimed, Entry, Group, TallyKey
from mock_cdp.store.gathering import Gathering
from mock_cdp.store.known_keys import KnownKeys
from mock_cdp.store.statements import LAST_SEQ, Statements, highest

SCOPES_REMEMBERED = 256  # sessions and events whose keys a process holds in memory; others are read again when needed
_BIT = {outcome: 1 << place for place, outcome in enumerate(OUTCOMES)}


class Journal:
    """The writing side of a store, on one connection of its own.

    Attributes:
        lock: Held while writing; a checkpoint or a reset takes it too.
    """

    def __init__(
        self, connection: Any, file: OpenedFile, statements: Statements, limits: JournalLimits, dedup_window: int
    ) -> None:
        """Write through *connection*, a driver connection to *file* in autocommit mode."""
        self._file = file
        self.lock = threading.RLock()
        self._cursor = connection.cursor()
        self._execute = self._cursor.execute
        # Locked, full, broken: trouble of the store, not of one delivery. DB-API drivers name their errors here.
        self._store_trouble = (StoreError, connection.OperationalError)
        self._driver_error = connection.Error
        self._sql = statements
        self._bounds = Bounds(self._cursor, statements, limits)
        self._window = dedup_window
        self._queue: deque[Entry] = deque()
        self._gathering = Gathering(self.lock, self._write_group)
        self._documents = Documents()
        # Tells call ids of different runs apart, no more; asking the system for each cost a tenth of a delivery.
        self._random = random.Random().getrandbits  # noqa: S311
        self._known: dict[tuple[str, str], KnownKeys] = {}
        self._next_seq = 0  # 0: to be read
        self._version = -1

    def append(self, draft: Draft, settle: Settle) -> Receipt:
        """Keep *draft*; see `Store.append`."""
        entry = Entry(draft, settle)
        self._queue.append(entry)
        with self.lock:
            if not entry.done:
                self._write_queued()
        if entry.error is not None:
            raise entry.error
        return draft.receipt

    def submit(self, draft: Draft, settle: Settle, kept: Kept) -> None:
        """Queue *draft*; see `Store.submit`."""
        self._gathering.add(Entry(draft, settle, kept))

    def stop(self) -> None:
        """Write what was submitted."""
        self._gathering.stop()

    def _write_queued(self) -> None:
        group: list[Entry] = []
        while self._queue:
            group.append(self._queue.popleft())
        self._write_group(group)

    def _write_group(self, group: list[Entry]) -> None:
        try:
            self._commit(group)
        except Exception as error:  # noqa: BLE001  # handed to the callers whose deliveries they are
            self._fail(group, error)
        except BaseException:  # Ctrl-C while leading: nothing was written, and no follower may think it was
            for entry in group:
                entry.error = StoreError("the store was interrupted before this delivery was kept")
            raise
        finally:
            for entry in group:
                entry.done = True

    def _fail(self, group: list[Entry], error: Exception) -> None:
        """Give each of a failed group its own transaction, so that one bad entry does not take the others with it.

        When the store itself is in trouble all have failed: trying each would wait for the lock once per delivery.
        """
        if len(group) == 1 or isinstance(error, self._store_trouble):
            for entry in group:
                entry.error = self._as_store_error(error)
            return
        for entry in group:
            try:
                self._commit([entry])
            except Exception as own:  # noqa: BLE001  # handed to its caller
                entry.error = self._as_store_error(own)

    def _as_store_error(self, error: Exception) -> Exception:
        if not isinstance(error, self._driver_error):
            return error
        wrapped = StoreError(f"the store cannot be written: {error}")
        wrapped.__cause__ = error
        return wrapped

    def _commit(self, entries: list[Entry]) -> None:
        before = [list(entry.draft.receipt.outcomes) for entry in entries]
        while len(self._known) > SCOPES_REMEMBERED:  # between transactions: one that is open may still need its keys
            del self._known[next(iter(self._known))]
        self.begin()
        try:
            group = Group()
            for entry in entries:
                self._add(entry, group)
            self._write(group)
            self._bounds.keep(len(entries), self._next_seq - 1)
            self._execute("COMMIT")
        except BaseException:
            self.rollback()
            for entry, outcomes in zip(entries, before, strict=True):
                entry.draft.receipt.outcomes = outcomes
            raise

    def begin(self) -> None:
        """Start a transaction that may write, and see what other processes have done."""
        self._file.require()
        try:
            self._execute("BEGIN IMMEDIATE")
        except Exception as error:
            raise StoreError(f"the store cannot be written: {error}") from error
        version = self._execute("PRAGMA data_version").fetchone()[0]
        if version != self._version or not self._next_seq:
            self._version = version
            self._next_seq = self.last_seq() + 1

    def rollback(self) -> None:
        """Undo the transaction and forget what was learnt in it."""
        self._known.clear()
        self._next_seq = 0
        if self._cursor.connection.in_transaction:
            self._execute("ROLLBACK")

    def last_seq(self) -> int:
        """Return the highest seq ever given, whether or not its receipt is still kept."""
        return highest(self._execute(self._sql.last_seq, (LAST_SEQ,)).fetchone())

    # -- one receipt -------------------------------------------------------------------------------------------------

    def _write(self, group: Group) -> None:
        """Write what a group gathered: receipts, keys and counts."""
        if len(group.rows) == 1:
            self._execute(self._sql.insert_receipt, group.rows[0])
        else:
            self._cursor.executemany(self._sql.insert_receipt, group.rows)
        for (session, event), claimed in group.claims.items():
            self._execute(self._sql.insert_claims, (session, event, claimed.seq, orjson.dumps(claimed.keys)))
        for key, numbers in group.counts.items():
            self._execute(self._sql.add_to_tally, (*key, *numbers, 0, 0))

    def _add(self, entry: Entry, group: Group) -> None:
        draft, receipt = entry.draft, entry.draft.receipt
        seq = self._next_seq
        self._next_seq += 1
        nonce = f"{self._random(64):016x}"
        receipt.seq = seq
        receipt.call_id = f"{nonce}{seq:016x}"
        if draft.keys:
            self._claim(draft, seq, group)
        entry.settle(receipt)
        document = self._documents.pack(receipt)
        outcomes = receipt.outcomes
        numbers, bits = _numbers(outcomes)
        group.rows.append(
            (
                seq,
                nonce,
                receipt.session,
                receipt.application,
                receipt.event,
                receipt.received_at,
                bits,
                len(document),
                document,
            )
        )
        if receipt.violations or receipt.warnings:  # diagnoses explain violations
            self._write_codes(receipt)
        self._count(group.counts, receipt, (1, len(outcomes), *numbers, len(document)))

    def _count(self, counts: dict[TallyKey, list[int]], receipt: Receipt, numbers: tuple[int, ...]) -> None:
        key = (receipt.session, receipt.application, receipt.event, int(receipt.received_at // DAY_S))
        known = counts.get(key)
        counts[key] = list(numbers) if known is None else [a + b for a, b in zip(known, numbers, strict=True)]

    def _write_codes(self, receipt: Receipt) -> None:
        found = [*receipt.violations, *receipt.warnings]
        by_code: dict[str, set[int]] = {}
        for violation in found:
            by_code.setdefault(violation.code, set()).add(violation.index)
        for diagnosis in receipt.diagnoses:
            by_code.setdefault(diagnosis.code, set()).update(diagnosis.indexes or (0,))
        for code, events in by_code.items():
            self._execute(self._sql.insert_code, (receipt.seq, code))
            self._execute(self._sql.add_to_codes, (receipt.session, code, len(events)))

    # -- deduplication -----------------------------------------------------------------------------------------------

    def _claim(self, draft: Draft, seq: int, group: Group) -> None:
        """Turn accepted events whose key is taken into duplicates, and take the other keys."""
        keys = [key for key in draft.keys if key is not None]
        if not keys:
            return
        receipt = draft.receipt
        known = self._known_keys(receipt.session, receipt.event)
        if not (known.knows_none_of(keys) and len(set(keys)) == len(keys)):
            keys = _first_ones(draft, known)
            if not keys:
                return
        claimed = group.claims.get((receipt.session, receipt.event))
        if claimed is None:
            claimed = group.claims[receipt.session, receipt.event] = Claimed()
        claimed.seq = seq
        claimed.keys.extend(keys)
        if prune_below := known.add(keys, seq):
            self._execute(self._sql.prune_claims, (receipt.session, receipt.event, prune_below))

    def _known_keys(self, session: str, event: str) -> KnownKeys:
        """Return the keys used so far, up to date with what other processes wrote."""
        known = self._known.get((session, event))
        if known is not None and known.checked == self._version:
            return known
        row = self._execute(self._sql.epoch, (session,)).fetchone()
        epoch = row[0] if row else 0
        if known is None or known.epoch != epoch:
            known = self._remember(session, event, epoch)
        for seq, keys in self._execute(self._sql.claims_after, (session, event, known.last_seq)).fetchall():
            known.add(orjson.loads(keys), seq)
        known.checked = self._version
        return known

    def _remember(self, session: str, event: str, epoch: int) -> KnownKeys:
        self._known.pop((session, event), None)
        known = self._known[session, event] = KnownKeys(self._window, epoch)
        return known

    def forget_keys(self) -> None:
        """Read keys again when next needed; called under the lock after a reset in this process."""
        self._known.clear()


def _numbers(outcomes: list[Outcome]) -> tuple[list[int], int]:
    """Return how often each outcome occurs, and the bits of those that do."""
    accepted = outcomes.count("accepted")
    if accepted == len(outcomes):  # the everyday case
        return [accepted, 0, 0, 0], _BIT["accepted"]
    numbers = [outcomes.count(outcome) for outcome in OUTCOMES]
    return numbers, sum(_BIT[outcome] for outcome, number in zip(OUTCOMES, numbers, strict=True) if number)


def _first_ones(draft: Draft, known: KnownKeys) -> list[str]:
    """Mark duplicates in the receipt; return the keys that are new, each once."""
    outcomes = draft.receipt.outcomes
    fresh: dict[str, None] = {}
    for index, key in enumerate(draft.keys):
        if key is None:
            continue
        if key in fresh or key in known:
            outcomes[index] = "duplicate"
        else:
            fresh[key] = None
    return list(fresh)
