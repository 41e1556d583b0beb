"""Edited contracts, live: the folder is watched, a good edit is put in force, a broken one is said loudly and left out."""

import logging
import threading
from pathlib import Path

from mock_cdp.contract.folder import read_folder
from mock_cdp.listener import Listener

log = logging.getLogger("mock_cdp")

DEBOUNCE_MS = 100  # an editor writes a file in several steps; together with STEP_MS an edit is live well within a second
STEP_MS = 25


def take_up(listener: Listener, root: Path) -> None:
    """Read *root* again and put it in force, unless it is broken: then the last good contracts stay."""
    catalog, problems = read_folder(root)
    if problems:
        listener.trouble = tuple(str(problem) for problem in problems)
        log.error("contracts in %s are broken; still serving revision %s", root, listener.folder_revision)
        for problem in problems:
            log.error("  %s", problem)
        return
    if listener.trouble or catalog.revision != listener.folder_revision:
        listener.use(catalog)
        log.warning("contracts reloaded: revision %s, %d events", catalog.revision, len(catalog.contracts))


class Watch:
    """A running watch over a contract folder; ends with `stop`."""

    def __init__(self, listener: Listener, root: Path) -> None:
        """Start watching *root* for *listener*, in a thread of its own."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(listener, root), name="contract-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the watch and wait for it."""
        self._stop.set()
        self._thread.join()

    def _run(self, listener: Listener, root: Path) -> None:
        from watchfiles import watch  # not needed before the first request is answered

        for _ in watch(root, debounce=DEBOUNCE_MS, step=STEP_MS, stop_event=self._stop, rust_timeout=1_000):
            take_up(listener, root)
