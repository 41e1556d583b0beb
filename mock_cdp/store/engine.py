"""The SQLite engine behind a store, and what goes on beside it: its log moved into the file in the background."""

import contextlib
import sqlite3
import threading
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.pool import StaticPool

from mock_cdp.store.base import StoreError

CHECKPOINT_S: Final = 0.5
CHECKPOINT_BYTES: Final = 1024 * 1024  # below that a checkpoint costs more than it saves


def make_engine(path: str, busy_timeout_s: float) -> Engine:
    """Return the engine of the SQLite file at *path*; `""` is memory."""
    if path:
        url = URL.create("sqlite", database=path)  # not a text: a path may hold `?`
        engine = create_engine(url, isolation_level="AUTOCOMMIT", pool_size=8, max_overflow=64)
    else:
        engine = create_engine(
            "sqlite://", isolation_level="AUTOCOMMIT", poolclass=StaticPool, connect_args={"check_same_thread": False}
        )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        for pragma in (
            f"busy_timeout = {round(busy_timeout_s * 1000)}",
            "journal_mode = WAL",
            "synchronous = NORMAL",
            "secure_delete = OFF",  # evicting must not write what it frees; no secret is stored
            "cache_size = -65536",
        ):
            connection.execute(f"PRAGMA {pragma}")

    return engine


class OpenedFile:
    """The file that was opened at a path. SQLite goes on writing to it after it was removed, where nobody finds it again."""

    def __init__(self, path: str) -> None:
        """Remember the file at *path*; `""` is memory, which does not go."""
        self._path = path
        self._identity = self._seen()
        self._gone = False

    def look(self) -> None:
        """Look whether it is still there."""
        self._gone = self._gone or self._seen() != self._identity

    def require(self) -> None:
        """Raise `StoreError` if it was gone when last looked for."""
        if self._gone:
            raise StoreError(f"store {self._path}: the file was removed or replaced while it was in use; start the mock again")

    def _seen(self) -> tuple[int, int] | None:
        try:
            found = Path(self._path).stat() if self._path else None
        except OSError:
            return None
        return (found.st_dev, found.st_ino) if found else None


class Checkpoints:
    """A thread that moves the log of writes into the file, off the answers' path; ends with `stop`."""

    def __init__(self, path: str, file: OpenedFile, lock: threading.RLock) -> None:
        """Start for the *file* at *path*, and look after it; *lock* keeps everybody from writing."""
        self._path = path
        self._file = file
        self._lock = lock
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkpoint", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        """Move the log now and then; under the lock only its end, so that it starts over."""
        wal = Path(self._path + "-wal")
        with contextlib.closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
            connection.execute("PRAGMA busy_timeout = 50")
            while not self._stop.wait(CHECKPOINT_S):
                self._file.look()
                with contextlib.suppress(sqlite3.OperationalError, FileNotFoundError):
                    if wal.stat().st_size < CHECKPOINT_BYTES:
                        continue
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                    with self._lock:
                        connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
