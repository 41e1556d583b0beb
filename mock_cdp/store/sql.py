"""The store on SQLite: the journal writes, queries read a snapshot, a thread moves the log of writes into the file."""

import contextlib
import re
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Select, create_engine, delete, event, func, insert, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from mock_cdp.core.receipt import OUTCOMES, Counts, Draft, Filter, Page, Receipt, Session, Tally
from mock_cdp.store import configured
from mock_cdp.store.base import Change, Kept, Row, Settle, StoreError
from mock_cdp.store.documents import unpack
from mock_cdp.store.journal import Journal, JournalLimits
from mock_cdp.store.schema import make_tables
from mock_cdp.store.statements import Statements
from mock_cdp.store.tables import claims, meta, nonces, receipt_codes, receipts, sessions, tally, tally_codes

MEMORY = frozenset({"sqlite://", "sqlite:///:memory:", ":memory:"})
CHECKPOINT_S = 0.5
CHECKPOINT_BYTES = 1024 * 1024  # below that a checkpoint costs more than it saves
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
        self._engine = _engine(path, busy_timeout_s)
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
        self._journal = Journal(driver, self._sql, limits, dedup_window)
        self._mark = configured.Mark(path)
        self._grown = threading.Condition()
        self._waiting = 0
        self._stop = threading.Event()
        self._checkpoints = threading.Thread(target=self._checkpoint_now_and_then, name="checkpoint", daemon=True)
        if path:
            self._checkpoints.start()

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
        # Noted before receipts go, so that no call id is ever given twice.
        connection.exec_driver_sql(self._sql.note_value, ("last_seq", _last_seq(connection)))
        for name in [session] if session is not None else _all_sessions(connection):
            for statement in self._sql.forget_session:
                connection.exec_driver_sql(statement, (name,))
            connection.exec_driver_sql(self._sql.raise_epoch, (name, 1))

    def add_session(self, session: Session) -> None:
        """Remember a session."""
        with self._writing() as connection:
            connection.execute(
                insert(sessions).values(
                    id=session.id,
                    user_key=session.user_key,
                    created_at=session.created_at,
                    public_key=session.public_key,
                    label=session.label,
                )
            )

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
            rows = connection.execute(_of_session(select(tally), tally, session)).mappings().all()
            codes = connection.execute(
                _of_session(select(tally_codes.c.code, func.sum(tally_codes.c.events)), tally_codes, session)
                .group_by(tally_codes.c.code)
                .order_by(tally_codes.c.code)
            ).all()
        found = Tally(session=session or "", codes={code: int(number) for code, number in codes})
        for row in rows:
            _add(found, row)
            _add(found.applications.setdefault(row["application"], Counts()), row)
            _add(found.events.setdefault(row["event"], Counts()), row)
            found.deliveries += row["deliveries"]
            found.evicted += row["evicted"]
        found.kept = found.deliveries - found.evicted
        return found

    def daily(self, session: str | None, event: str | None) -> list[tuple[int, Counts]]:
        """Return the counts of an event, or of all, by day of arrival."""
        columns = [func.sum(tally.c[name]).label(name) for name in ("received", *OUTCOMES)]
        query = _of_session(select(tally.c.day, *columns), tally, session)
        if event is not None:
            query = query.where(tally.c.event == event)
        with self._reading() as connection:
            rows = connection.execute(query.group_by(tally.c.day).order_by(tally.c.day)).mappings().all()
        found = [(row["day"], Counts()) for row in rows]
        for (_, counts), row in zip(found, rows, strict=True):
            _add(counts, row)
        return found

    def receipts(self, wanted: Filter, *, limit: int, before: int | None = None) -> Page:
        """Return matching receipts, newest first."""
        with self._reading() as connection:
            query = _matching(select(receipts.c.seq, receipts.c.document), wanted)
            total = connection.scalar(_matching(select(func.count()).select_from(receipts), wanted)) or 0
            if before is not None:
                query = query.where(receipts.c.seq < before)
            rows = connection.execute(query.order_by(receipts.c.seq.desc()).limit(limit + 1)).all()
            evicted, oldest = _evicted(connection, wanted.session)
        shown = rows[:limit]
        return Page(
            receipts=[unpack(row.document) for row in shown],
            total=total,
            next_before=shown[-1].seq if len(rows) > limit else None,
            complete=not evicted or _begins_after(wanted, oldest),
            evicted=evicted,
        )

    def each(self, wanted: Filter) -> Iterator[Receipt]:
        """Yield every matching receipt, oldest first."""
        after = wanted.after or 0
        while True:
            query = _matching(select(receipts.c.seq, receipts.c.document), wanted).where(receipts.c.seq > after)
            with self._reading() as connection:
                rows = connection.execute(query.order_by(receipts.c.seq).limit(READ_AT_ONCE)).all()
            for row in rows:
                yield unpack(row.document)
            if len(rows) < READ_AT_ONCE:
                return
            after = rows[-1].seq

    def receipt(self, call_id: str) -> Receipt | None:
        """Return one receipt."""
        if not _CALL_ID.fullmatch(call_id):
            return None
        nonce, seq = call_id[:16], int(call_id[16:], 16)
        with self._reading() as connection:
            document = connection.scalar(select(receipts.c.document).where(receipts.c.seq == seq, receipts.c.nonce == nonce))
        return None if document is None else unpack(document)

    def count(self, wanted: Filter) -> int:
        """Return how many kept receipts match."""
        with self._reading() as connection:
            return connection.scalar(_matching(select(func.count()).select_from(receipts), wanted)) or 0

    def wait(self, seen: int, timeout_s: float) -> int:
        """Block until the journal has grown past *seen* or the time is up."""
        until = time.monotonic() + timeout_s
        while True:
            with self._reading() as connection:
                last = _last_seq(connection)
            left = until - time.monotonic()
            if last > seen or left <= 0:
                return last
            with self._grown:
                self._waiting += 1
                self._grown.wait(min(left, POLL_S))
                self._waiting -= 1

    def session(self, id_or_user_key: str) -> Session | None:
        """Return a session by its id or its user key."""
        wanted = (sessions.c.id == id_or_user_key) | (sessions.c.user_key == id_or_user_key)
        with self._reading() as connection:
            row = connection.execute(select(sessions).where(wanted)).mappings().first()
        return Session(**row) if row else None

    def sessions(self) -> list[Session]:
        """Return all sessions, oldest first."""
        with self._reading() as connection:
            rows = connection.execute(select(sessions).order_by(sessions.c.created_at, sessions.c.id)).mappings().all()
        return [Session(**row) for row in rows]

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
                connection.exec_driver_sql(self._sql.note_value, ("last_seq", _last_seq(connection)))
                gone = select(receipts.c.seq).where(receipts.c.event.in_(events))
                connection.execute(delete(receipt_codes).where(receipt_codes.c.seq.in_(gone)))
                for table in (receipts, tally, claims):
                    connection.execute(delete(table).where(table.c.event.in_(events)))
                for name in _all_sessions(connection):
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
        self._stop.set()
        self._journal.stop()
        if self._path:
            self._checkpoints.join()
        with self._journal.lock:
            self._writer.close()
            self._engine.dispose()

    def _checkpoint_now_and_then(self) -> None:
        """Move the log into the file in the background; under the lock only its end, so that the log starts over."""
        wal = Path(self._path + "-wal")
        with contextlib.closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
            connection.execute("PRAGMA busy_timeout = 50")
            while not self._stop.wait(CHECKPOINT_S):
                with contextlib.suppress(sqlite3.OperationalError, FileNotFoundError):
                    if wal.stat().st_size < CHECKPOINT_BYTES:
                        continue
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                    with self._journal.lock:
                        connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()


def _reason(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).splitlines()[0]


def _engine(path: str, busy_timeout_s: float) -> Engine:
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


def _of_session(statement: Select[Any], table: Any, session: str | None) -> Select[Any]:
    return statement if session is None else statement.where(table.c.session == session)


def _matching(statement: Select[Any], wanted: Filter) -> Select[Any]:
    columns = receipts.c
    if wanted.session is not None:
        statement = statement.where(columns.session == wanted.session)
    if wanted.event is not None:
        statement = statement.where((columns.event == wanted.event) | columns.event.endswith("/" + wanted.event, autoescape=True))
    if wanted.outcome is not None:
        statement = statement.where(columns.outcomes.op("&")(1 << OUTCOMES.index(wanted.outcome)) != 0)
    if wanted.code is not None:
        statement = statement.where(columns.seq.in_(select(receipt_codes.c.seq).where(receipt_codes.c.code == wanted.code)))
    if wanted.since is not None:
        statement = statement.where(columns.received_at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(columns.received_at < wanted.until)
    if wanted.after is not None:
        statement = statement.where(columns.seq > wanted.after)
    return statement


def _add(counts: Counts, row: Any) -> None:
    for name in ("received", *OUTCOMES):
        setattr(counts, name, getattr(counts, name) + row[name])


def _evicted(connection: Connection, session: str | None) -> tuple[int, tuple[int, float] | None]:
    """Return how many receipts were evicted, and seq and time of the oldest one kept."""
    evicted = connection.scalar(_of_session(select(func.sum(tally.c.evicted)), tally, session)) or 0
    row = connection.execute(select(receipts.c.seq, receipts.c.received_at).order_by(receipts.c.seq).limit(1)).first()
    return int(evicted), None if row is None else (row.seq, row.received_at)


def _begins_after(wanted: Filter, oldest: tuple[int, float] | None) -> bool:
    """Whether the filter asks only for what is surely still kept."""
    if oldest is None:
        return False
    seq, received_at = oldest
    return (wanted.after is not None and wanted.after >= seq - 1) or (wanted.since is not None and wanted.since > received_at)


def _last_seq(connection: Connection) -> int:
    kept = connection.scalar(select(func.max(receipts.c.seq))) or 0
    noted = connection.scalar(select(meta.c.value).where(meta.c.name == "last_seq")) or 0
    return max(kept, noted)


def _all_sessions(connection: Connection) -> list[str]:
    return list(connection.scalars(select(tally.c.session).distinct().union(select(claims.c.session).distinct())))
