"""Making the tables, and refusing files that are not ours to write."""

from sqlalchemy import Connection, Engine, insert, inspect, select

from mock_cdp.store.base import StoreError
from mock_cdp.store.tables import SCHEMA_VERSION, meta, metadata


def make_tables(engine: Engine, path: str) -> None:
    """Make the tables in an empty database; leave one of ours as it is.

    Raises:
        StoreError: Another version made it, or it belongs to another program. Nothing was changed in it.
    """
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # two processes may open a new file at once
        try:
            if not _is_ours(connection, path):
                metadata.create_all(connection)
                connection.execute(insert(meta).values(name="schema", value=SCHEMA_VERSION))
            connection.exec_driver_sql("COMMIT")
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise


def _is_ours(connection: Connection, path: str) -> bool:
    """Return whether our tables are there; False for an empty database."""
    found = set(inspect(connection).get_table_names())
    if not found:
        return False
    if meta.name not in found or "receipts" not in found:
        names = ", ".join(sorted(found)[:3])
        raise StoreError(f"store {path}: holds another program's tables ({names}); choose another file with --store")
    version = connection.scalar(select(meta.c.value).where(meta.c.name == "schema"))
    if version != SCHEMA_VERSION:
        raise StoreError(
            f"store {path}: made by another version (schema {version}, this one writes {SCHEMA_VERSION}); "
            "choose another file with --store"
        )
    return True
