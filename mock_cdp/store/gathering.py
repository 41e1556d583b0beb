"""Deliveries that come close together share a transaction, without being handed from one thread to another."""

import logging
import threading
import time
from collections.abc import Callable

from mock_cdp.store.entries import Entry

log = logging.getLogger("mock_cdp")

PATIENCE_S = 0.002  # how long after its last delivery a group is thought complete; less than a client notices
FULL_GROUPS = 32  # so many full groups in a row let the next be larger
MOST_FULL_GROUPS = 4_096  # when larger ones did not fill, again and again
LARGEST_GROUP = 8


class Gathering:
    """A group being gathered.

    The caller whose delivery fills it writes it; a thread writes one that nobody adds to any more. How many make a group is
    learnt from how many come, so that a client that waits for each answer hardly ever waits for others: only now and then is a
    larger group tried, and the more seldom the oftener it did not fill.
    """

    def __init__(self, lock: threading.RLock, write: Callable[[list[Entry]], None]) -> None:
        """Gather under *lock*, and hand full groups to *write*, holding it."""
        self._lock = lock
        self._write = write
        self._gathered: list[Entry] = []
        self._size = 1
        self._full = 0
        self._needed = FULL_GROUPS
        self._trying = False  # a larger group, of which none was full yet
        self._added = 0  # deliveries ever
        self._watched = False
        self._begun = threading.Event()
        self._stopped = False
        self._late: threading.Thread | None = None

    def add(self, entry: Entry) -> None:
        """Take in *entry*; whoever submitted it is told once it is written."""
        with self._lock:
            self._gathered.append(entry)
            self._added += 1
            if len(self._gathered) < self._size:
                if not self._watched:
                    self._watch()
                return
            group = self._write_gathered()
            self._grow()
        _tell(group)

    def _write_gathered(self) -> list[Entry]:
        group, self._gathered = self._gathered, []
        if group:
            self._write(group)
        return group

    def _grow(self) -> None:
        if self._trying:
            self._trying, self._needed = False, FULL_GROUPS
        self._full += 1
        if self._full >= self._needed and self._size < LARGEST_GROUP:
            self._full = 0
            self._size += 1
            self._trying = True

    def _shrink(self) -> None:
        if self._trying:
            self._trying, self._needed = False, min(self._needed * 2, MOST_FULL_GROUPS)
        self._full = 0
        self._size = len(self._gathered)

    def _watch(self) -> None:
        """See to it that what was gathered is written even if nothing more comes."""
        self._watched = True
        if self._late is None:
            self._late = threading.Thread(target=self._write_late_groups, name="commit", daemon=True)
            self._late.start()
        self._begun.set()

    def _write_late_groups(self) -> None:
        """Look every now and then while deliveries come: waking this thread for each group cost more than writing it."""
        while not self._stopped:
            self._begun.wait()
            self._begun.clear()
            while self._watched and not self._stopped:
                added = self._added
                time.sleep(PATIENCE_S)
                if added == self._added:
                    _tell(self._late_group(added))

    def _late_group(self, added: int) -> list[Entry]:
        """Write the group that nothing was added to since *added*; with none there, watch no more."""
        with self._lock:
            if added != self._added:
                return []
            if not self._gathered:
                self._watched = False
                return []
            self._shrink()
            return self._write_gathered()

    def stop(self) -> None:
        """Write what was gathered and end the thread."""
        with self._lock:
            group = self._write_gathered()
        _tell(group)
        self._stopped = True
        self._begun.set()
        if self._late is not None:
            self._late.join()


def _tell(group: list[Entry]) -> None:
    """Tell those who submitted that their deliveries are kept; one that fails (its client may be gone) harms no other."""
    for entry in group:
        try:
            if entry.kept is not None:
                entry.kept(entry.error or entry.draft.receipt)
        except Exception:
            log.exception("a kept delivery (seq %d) could not be answered", entry.draft.receipt.seq)
