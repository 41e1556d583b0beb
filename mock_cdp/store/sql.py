"""The store on SQLite: the journal writes on one connection, queries read snapshots on others."""

import contextlib
import re
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import SQLAlchemyError

from mock_cdp.core.receipt import Counts, Draft, Filter, Page, Receipt, Session, Tally
from mock_cdp.store import configured, queries
from mock_cdp.store.base import Change, Kept, Row, Settle, StoreError
from mock_cdp.store.bounds import JournalLimits
from mock_cdp.store.documents import unpack
from mock_cdp.store.engine import Checkpoints, OpenedFile, make_engine
from mock_cdp.store.journal import Journal
from mock_cdp.store.schema import make_tables
from mock_cdp.store.statements import LAST_SEQ, Statements, highest
from mock_cdp.store.tables import claims, nonces, receipt_codes, receipts, sessions, tally

MEMORY = frozenset({"sqlite://", "sqlite:///:memory:", ":memory:"})
READ_AT_ONCE = 500  # receipts in one snapshot
POLL_S = 0.025  # how late an append of another process may be noticed
_CALL_ID = re.compile(r"[0-9a-f]{16}[0-7][0-9a-f]{15}")  # a random part, and the receipt's seq (63 bits)

__all__ = ["JournalLimits", "SqlStore", "open_store"]


def open_store(url: str, *, limits: JournalLimits, dedup_window: int = 1_000_000, busy_timeout_s: float = 10.0) -> "SqlStore":
    """Open a store, making it if it is not there.

    Args:
        url: `sqlite://` for memory, `sqlite:///FILE`, or a file's path.
        limits: Of the journal.
        dedup_window: Deduplication keys remembered per session and event: the newest, at least half as many.
        busy_timeout_s: How long to wait for another process that is writing before giving up.

    Raises:
        StoreError: One line: which store, what is wrong, what to do.
    """
    if url in MEMORY:
        return SqlStore("", limits=limits, dedup_window=dedup_window, busy_timeout_s=busy_timeout_s)
    if "://" in url and not url.startswith("sqlite:///"):
        scheme = url.split("://", maxsplit=1)[0]  # the rest may hold a password
        raise StoreError(f"store {scheme}://… is not supported; name a SQLite file or sqlite:// for memory")
    path = Path(url.removeprefix("sqlite:///"))
    if not path.parent.is_dir():
        raise StoreError(f"store {path}: there is no folder {path.parent}; make it or choose another file with --store")
    try:
        return SqlStore(str(path), limits=limits, dedup_window=dedup_window, busy_timeout_s=busy_timeout_s)
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:  # OSError: of the mark beside it
        raise StoreError(f"store {path}: {_reason(error)}; choose another file with --store") from None


class SqlStore:
    """A journal, its tallies and sessions in one database. See `store.base.Store` for what each method promises."""

    def __init__(self, path: str, *, limits: JournalLimits, dedup_window: int, busy_timeout_s: float) -> None:
        """Open the SQLite file at *path*; `""` is memory."""
        self._path = path
        self._engine = make_engine(path, busy_timeout_s)
        try:
            make_tables(self._engine, path)
        except BaseException:
            self._engine.dispose()
            raise
        # One connection for all writes; readers have their own, but for memory, where there is only this one.
        self._writer = self._engine.raw_connection()
        driver: Any = self._writer.driver_connection
        if path:
            driver.execute("PRAGMA wal_autocheckpoint = 0")  # the checkpoint thread does that, off the answer's path
        self._sql = Statements(self._engine.dialect)
        self._file = OpenedFile(path)
        self._journal = Journal(driver, self._file, self._sql, limits, dedup_window)
        self._mark = configured.Mark(path)
        self._grown = threading.Condition()
        self._waiting = 0
        self._checkpoints = Checkpoints(path, self._file, self._journal.lock) if path else None

    # -- writing -----------------------------------------------------------------------------------------------------

    def append(self, draft: Draft, settle: Settle) -> Receipt:
        """Keep a judged delivery."""
        receipt = self._journal.append(draft, settle)
        self._wake()
        return receipt

    def submit(self, draft: Draft, settle: Settle, kept: Kept) -> None:
        """Keep a judged delivery soon."""

        def and_wake(result: Receipt | Exception) -> None:
            kept(result)
            self._wake()

        self._journal.submit(draft, settle, and_wake)

    def _wake(self) -> None:
        if self._waiting:
            with self._grown:
                self._grown.notify_all()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Hold the journal's lock and a transaction on a SQLAlchemy connection."""
        with self._journal.lock, self._trouble_as_store_error(), self._engine.connect() as connection:
            self._file.look()
            self._file.require()
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.exec_driver_sql("COMMIT")
            except BaseException:
                if connection.connection.driver_connection.in_transaction:  # type: ignore[union-attr]  # it is open
                    connection.exec_driver_sql("ROLLBACK")
                raise

    @contextlib.contextmanager
    def _trouble_as_store_error(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error) as error:
            name = self._path or "in memory"
            raise StoreError(f"store {name}: cannot be written: {_reason(error)}") from error

    def reset(self, session: str | None) -> None:
        """Forget receipts, tally and keys of one session, or of all, at once."""
        with self._journal.lock:
            with self._writing() as connection:
                self._forget(connection, session)
            self._journal.forget_keys()

    def _forget(self, connection: Connection, session: str | None) -> None:
        self._note_last_seq(connection)
        for name in [session] if session is not None else queries.used_sessions(connection):
            for statement in self._sql.forget_session:
                connection.exec_driver_sql(statement, (name,))
            connection.exec_driver_sql(self._sql.raise_epoch, (name, 1))

    def _note_last_seq(self, connection: Connection) -> None:
        """Note it before receipts go, so that no call id is ever given twice."""
        connection.exec_driver_sql(self._sql.note_value, (LAST_SEQ, self._last_seq(connection)))

    def _last_seq(self, connection: Connection) -> int:
        return highest(connection.exec_driver_sql(self._sql.last_seq, (LAST_SEQ,)).one())

    def add_session(self, session: Session) -> None:
        """Remember a session."""
        with self._writing() as connection:
            connection.execute(insert(sessions).values(msgspec.structs.asdict(session)))

    def drop_session(self, session: str) -> bool:
        """Forget a session and everything in it; whether there was one."""
        with self._journal.lock:
            with self._writing() as connection:
                found = connection.execute(delete(sessions).where(sessions.c.id == session)).rowcount > 0
                if found:
                    self._forget(connection, session)
                    self._mark.change()  # as in `change_rows`
            if found:
                self._mark.change()
            self._journal.forget_keys()
        return found

    def claim_nonce(self, user_key: str, nonce: str, *, expires_at: float, now: float) -> bool:
        """Use a nonce once."""
        with self._writing() as connection:
            connection.execute(delete(nonces).where(nonces.c.expires_at < now))
            return connection.exec_driver_sql(self._sql.insert_nonce, (user_key, nonce, expires_at)).rowcount == 1

    # -- reading -----------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Connection]:
        """Hold one snapshot."""
        lock = contextlib.nullcontext() if self._path else self._journal.lock
        with lock, self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            try:
                yield connection
            finally:
                connection.exec_driver_sql("COMMIT")

    def tally(self, session: str | None) -> Tally:
        """Return the counts of one session, or of all, from one moment."""
        with self._reading() as connection:
            return queries.tally_of(connection, session)

    def daily(self, session: str | None, event: str | None) -> list[tuple[int, Counts]]:
        """Return the counts of an event, or of all, by day of arrival."""
        with self._reading() as connection:
            return queries.daily(connection, session, event)

    def receipts(self, wanted: Filter, *, limit: int, before: int | None = None) -> Page:
        """Return matching receipts, newest first."""
        with self._reading() as connection:
            return queries.page(connection, wanted, limit=limit, before=before)

    def each(self, wanted: Filter) -> Iterator[Receipt]:
        """Yield every matching receipt, oldest first."""
        after = wanted.after or 0
        while True:
            with self._reading() as connection:
                rows = queries.some(connection, wanted, after=after, limit=READ_AT_ONCE)
            for row in rows:
                yield unpack(row.document)
            if len(rows) < READ_AT_ONCE:
                return
            after = rows[-1].seq

    def receipt(self, call_id: str) -> Receipt | None:
        """Return one receipt."""
        if not _CALL_ID.fullmatch(call_id):
            return None
        with self._reading() as connection:
            document = queries.document(connection, seq=int(call_id[16:], 16), nonce=call_id[:16])
        return None if document is None else unpack(document)

    def count(self, wanted: Filter) -> int:
        """Return how many kept receipts match."""
        with self._reading() as connection:
            return queries.count(connection, wanted)

    def wait(self, seen: int, timeout_s: float) -> int:
        """Block until the journal has grown past *seen* or the time is up."""
        until = time.monotonic() + timeout_s
        while True:
            with self._reading() as connection:
                last = self._last_seq(connection)
            left = until - time.monotonic()
            if last > seen or left <= 0:
                return last
            with self._grown:
                self._waiting += 1
                self._grown.wait(min(left, POLL_S))
                self._waiting -= 1

    def session(self, id_or_user_key: str) -> Session | None:
        """Return a session by its id or its user key."""
        with self._reading() as connection:
            return queries.session_of(connection, id_or_user_key)

    def sessions(self) -> list[Session]:
        """Return all sessions, oldest first."""
        with self._reading() as connection:
            return queries.all_sessions(connection)

    # -- configuration -----------------------------------------------------------------------------------------------

    def configuration_mark(self) -> bytes:
        """Return what changes with the configuration."""
        return self._mark.read()

    def rows_after(self, revision: int) -> tuple[int, list[Row]]:
        """Return the revision of the configuration, and the rows changed after *revision*."""
        with self._reading() as connection:
            return configured.rows_after(connection, revision)

    def change_rows(self, changes: Sequence[Change], *, based_on: int) -> int:
        """Write all of *changes* or none."""
        with self._journal.lock:
            with self._writing() as connection:
                revision = configured.change_rows(connection, changes, self._sql.note_value, based_on=based_on)
                self._mark.change()  # should this process die right after its commit, others look all the same
            self._mark.change()
        return revision

    def forget_events(self, events: Sequence[str]) -> None:
        """Forget receipts, counts and deduplication keys of events."""
        if not events:
            return
        with self._journal.lock:
            with self._writing() as connection:
                self._note_last_seq(connection)
                gone = select(receipts.c.seq).where(receipts.c.event.in_(events))
                connection.execute(delete(receipt_codes).where(receipt_codes.c.seq.in_(gone)))
                for table in (receipts, tally, claims):
                    connection.execute(delete(table).where(table.c.event.in_(events)))
                for name in queries.used_sessions(connection):
                    connection.exec_driver_sql(self._sql.raise_epoch, (name, 1))
            self._journal.forget_keys()

    # -- housekeeping ------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Raise `StoreError` if the store cannot be written."""
        with self._writing() as connection:
            # Always another value: SQLite writes nothing for the same one, and only writing tells that the disk is full.
            connection.exec_driver_sql(self._sql.note_value, ("checked", time.time_ns()))

    def close(self) -> None:
        """Move everything into the file and let go of it."""
        self._journal.stop()
        if self._checkpoints is not None:
            self._checkpoints.stop()
        with self._journal.lock:
            self._writer.close()
            self._engine.dispose()


def _reason(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).splitlines()[0]
