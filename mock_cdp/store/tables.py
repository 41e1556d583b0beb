"""The tables, in SQLAlchemy Core: one definition for every database."""

from sqlalchemy import (
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

SCHEMA_VERSION = 2

metadata = MetaData()

meta = Table("meta", metadata, Column("name", String, primary_key=True), Column("value", Integer, nullable=False))

receipts = Table(
    "receipts",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("nonce", String(16), nullable=False),
    Column("session", String, nullable=False),
    Column("application", String, nullable=False),
    Column("event", String, nullable=False),
    Column("received_at", Float, nullable=False),
    Column("outcomes", Integer, nullable=False),  # one bit per outcome, in the order of OUTCOMES
    Column("bytes", Integer, nullable=False),
    Column("document", LargeBinary, nullable=False),
)

receipt_codes = Table(
    "receipt_codes",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("code", String, primary_key=True),
    sqlite_with_rowid=False,
)
Index("receipt_codes_by_code", receipt_codes.c.code, receipt_codes.c.seq)

tally = Table(
    "tally",
    metadata,
    Column("session", String, primary_key=True),
    Column("application", String, primary_key=True),
    Column("event", String, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),  # of arrival, UTC, counted from 1970-01-01
    *(
        Column(name, Integer, nullable=False)
        for name in (
            "deliveries", "received", "accepted", "rejected", "duplicate", "discarded",
            "bytes", "evicted", "evicted_bytes",
        )
    ),
    sqlite_with_rowid=False,
)  # fmt: skip

tally_codes = Table(
    "tally_codes",
    metadata,
    Column("session", String, primary_key=True),
    Column("code", String, primary_key=True),
    Column("events", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# Deduplication keys as a log, one row a delivery: a row per key cost more than judging its event.
claims = Table(
    "claims",
    metadata,
    Column("session", String, primary_key=True),
    Column("event", String, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("keys", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

# How often a session was reset: tells another process that the keys it remembers are void.
epochs = Table("epochs", metadata, Column("session", String, primary_key=True), Column("epoch", Integer, nullable=False))

sessions = Table(
    "sessions",
    metadata,
    Column("id", String, primary_key=True),
    Column("user_key", String, nullable=False, unique=True),
    Column("created_at", Float, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("label", Text, nullable=False),
)

# What was made through the configuration API. A row without a document was deleted: other processes have to hear of it.
resources = Table(
    "resources",
    metadata,
    Column("path", String, primary_key=True),
    Column("revision", Integer, nullable=False, index=True),  # of the configuration when this row last changed
    Column("place", Integer, nullable=False),  # of the configuration when it was made
    Column("slug", String, nullable=False),
    Column("document", LargeBinary),
)

nonces = Table(
    "nonces",
    metadata,
    Column("user_key", String, primary_key=True),
    Column("nonce", String, primary_key=True),
    Column("expires_at", Float, nullable=False, index=True),
    sqlite_with_rowid=False,
)
