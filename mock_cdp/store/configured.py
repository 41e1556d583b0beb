"""Rows of the configuration in the database, and the mark that tells every process when they changed."""

import mmap
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from mock_cdp.store.base import Change, ChangedMeanwhile, Row
from mock_cdp.store.tables import meta, resources

_REVISION = "configuration"
_SIZE = 8  # bytes of a mark


class Mark:
    """Eight bytes that all processes of a store share; reading them costs less than asking the database."""

    def __init__(self, path: str) -> None:
        """Share the file beside the store at *path*; `""` is a store in memory, which has one process."""
        self._shared: mmap.mmap | bytearray = bytearray(_SIZE)
        if path:
            with Path(f"{path}.mark").open("a+b") as file:
                if file.tell() < _SIZE:
                    file.write(bytes(_SIZE - file.tell()))
                    file.flush()
                self._shared = mmap.mmap(file.fileno(), _SIZE)

    def read(self) -> bytes:
        """Return the mark."""
        return bytes(self._shared[:_SIZE])

    def change(self) -> None:
        """Make it another one. Called under the store's write lock."""
        (number,) = struct.unpack("<Q", self._shared[:_SIZE])
        self._shared[:_SIZE] = struct.pack("<Q", (number + 1) % 2**64)


def rows_after(connection: Connection, revision: int) -> tuple[int, list[Row]]:
    """Return the revision now, and the rows changed after *revision*."""
    now = connection.scalar(select(meta.c.value).where(meta.c.name == _REVISION)) or 0
    if now == revision:
        return now, []
    found = connection.execute(select(resources).where(resources.c.revision > revision)).mappings().all()
    return now, [Row(**row) for row in found]


def change_rows(connection: Connection, changes: Sequence[Change], note: str) -> int:
    """Write *changes* in the open transaction; return the new revision.

    Args:
        connection: Its transaction is rolled back by the caller should this raise.
        changes: What to write.
        note: The statement that sets a value in `meta`.

    Raises:
        ChangedMeanwhile: A row is not as expected.
    """
    revision = (connection.scalar(select(meta.c.value).where(meta.c.name == _REVISION)) or 0) + 1
    for change in changes:
        _write(connection, change, revision)
    connection.exec_driver_sql(note, (_REVISION, revision))
    return revision


def _write(connection: Connection, change: Change, revision: int) -> None:
    # The slug of what was deleted is free again; the row stays, so that other processes hear of it.
    slug = change.slug if change.document is not None else f"deleted {change.path}"
    values: dict[str, Any] = {"revision": revision, "slug": slug, "document": change.document}
    try:
        if not change.expected:
            connection.execute(insert(resources).values(path=change.path, place=revision, collection=change.collection, **values))
            return
        row = (resources.c.path == change.path) & (resources.c.revision == change.expected) & resources.c.document.is_not(None)
        if not connection.execute(update(resources).where(row).values(values)).rowcount:
            raise ChangedMeanwhile(change.path)
    except IntegrityError:
        raise ChangedMeanwhile(change.path) from None
