"""What is read of a store, each from one snapshot: an open connection in, values out."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from mock_cdp.core.receipt import OUTCOMES, Counts, Filter, Page, Session, Tally
from mock_cdp.store.documents import unpack
from mock_cdp.store.tables import claims, receipt_codes, receipts, sessions, tally, tally_codes


def tally_of(connection: Connection, session: str | None) -> Tally:
    """Return the counts of one session, or of all."""
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


def daily(connection: Connection, session: str | None, event: str | None) -> list[tuple[int, Counts]]:
    """Return the counts of an event, or of all, by day of arrival."""
    columns = [func.sum(tally.c[name]).label(name) for name in ("received", *OUTCOMES)]
    query = _of_session(select(tally.c.day, *columns), tally, session)
    if event is not None:
        query = query.where(tally.c.event == event)
    rows = connection.execute(query.group_by(tally.c.day).order_by(tally.c.day)).mappings().all()
    found = [(row["day"], Counts()) for row in rows]
    for (_, counts), row in zip(found, rows, strict=True):
        _add(counts, row)
    return found


def page(connection: Connection, wanted: Filter, *, limit: int, before: int | None) -> Page:
    """Return matching receipts, newest first."""
    query = _matching(select(receipts.c.seq, receipts.c.document), wanted)
    if before is not None:
        query = query.where(receipts.c.seq < before)
    rows = connection.execute(query.order_by(receipts.c.seq.desc()).limit(limit + 1)).all()
    evicted, oldest = _evicted(connection, wanted.session)
    shown = rows[:limit]
    return Page(
        receipts=[unpack(row.document) for row in shown],
        total=count(connection, wanted),
        next_before=shown[-1].seq if len(rows) > limit else None,
        complete=not evicted or _begins_after(wanted, oldest),
        evicted=evicted,
    )


def some(connection: Connection, wanted: Filter, *, after: int, limit: int) -> Sequence[Row[Any]]:
    """Return seq and document of the oldest matching receipts beyond *after*."""
    query = _matching(select(receipts.c.seq, receipts.c.document), wanted).where(receipts.c.seq > after)
    return connection.execute(query.order_by(receipts.c.seq).limit(limit)).all()


def document(connection: Connection, seq: int, nonce: str) -> bytes | None:
    """Return one receipt as it is kept, or None."""
    found: bytes | None = connection.scalar(select(receipts.c.document).where(receipts.c.seq == seq, receipts.c.nonce == nonce))
    return found


def count(connection: Connection, wanted: Filter) -> int:
    """Return how many kept receipts match."""
    return connection.scalar(_matching(select(func.count()).select_from(receipts), wanted)) or 0


def session_of(connection: Connection, id_or_user_key: str) -> Session | None:
    """Return a session by its id or its user key."""
    wanted = (sessions.c.id == id_or_user_key) | (sessions.c.user_key == id_or_user_key)
    row = connection.execute(select(sessions).where(wanted)).mappings().first()
    return Session(**row) if row else None


def all_sessions(connection: Connection) -> list[Session]:
    """Return all sessions, oldest first."""
    rows = connection.execute(select(sessions).order_by(sessions.c.created_at, sessions.c.id)).mappings().all()
    return [Session(**row) for row in rows]


def used_sessions(connection: Connection) -> list[str]:
    """Return the id of every session that anything was counted or claimed in, the default one included."""
    return list(connection.scalars(select(tally.c.session).distinct().union(select(claims.c.session).distinct())))


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
