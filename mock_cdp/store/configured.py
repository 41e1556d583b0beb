"""Rows of the configuration in the database, and the mark that tells every process when they changed."""

import mmap
import struct
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, insert, select, update

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


def change_rows(connection: Connection, changes: Sequence[Change], note: str, *, based_on: int) -> int:
    """Write *changes* in the open transaction; return the new revision.

    Args:
        connection: Its transaction is rolled back by the caller should this raise.
        changes: What to write.
        note: The statement that sets a value in `meta`.
        based_on: Revision they were judged by.

    Raises:
        ChangedMeanwhile: It is another one by now.
    """
    revision = (connection.scalar(select(meta.c.value).where(meta.c.name == _REVISION)) or 0) + 1
    if revision != based_on + 1:
        raise ChangedMeanwhile(changes[0].path)
    for change in changes:
        _write(connection, change, revision)
    connection.exec_driver_sql(note, (_REVISION, revision))
    return revision


def _write(connection: Connection, change: Change, revision: int) -> None:
    # The row of what was deleted stays, so that other processes hear of it.
    values = {"revision": revision, "slug": change.slug, "document": change.document}
    if not connection.execute(update(resources).where(resources.c.path == change.path).values(values)).rowcount:
        connection.execute(insert(resources).values(path=change.path, place=revision, **values))
