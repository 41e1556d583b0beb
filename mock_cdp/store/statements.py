"""The statements of the append path, compiled once: SQLAlchemy writes them, the driver runs them."""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Dialect, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from mock_cdp.store.tables import claims, epochs, meta, nonces, receipt_codes, receipts, tally, tally_codes

LAST_SEQ: Final = "last_seq"  # name in `meta` of a seq that was given, should its receipt be gone
COUNTED = ("deliveries", "received", "accepted", "rejected", "duplicate", "discarded", "bytes")


class Statements:
    """SQL texts with positional parameters, in the order of the tables' columns."""

    def __init__(self, dialect: Dialect) -> None:
        """Compile for *dialect*."""
        upsert: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[dialect.name]

        def text(statement: Any) -> str:
            return str(statement.compile(dialect=dialect))

        self.insert_receipt = text(insert(receipts))
        self.insert_code = text(insert(receipt_codes))
        self.insert_claims = text(insert(claims))
        self.prune_claims = text(delete(claims).where(claims.c.session == "", claims.c.event == "", claims.c.seq < 0))
        self.claims_after = text(
            select(claims.c.seq, claims.c["keys"])
            .where(claims.c.session == "", claims.c.event == "", claims.c.seq > 0)
            .order_by(claims.c.seq)
        )
        self.epoch = text(select(epochs.c.epoch).where(epochs.c.session == ""))
        self.add_to_tally = text(_adding(upsert(tally), tally, COUNTED))
        self.add_to_codes = text(_adding(upsert(tally_codes), tally_codes, ("events",)))
        self.raise_epoch = text(_adding(upsert(epochs), epochs, ("epoch",)))
        kept_last = select(func.max(receipts.c.seq)).scalar_subquery()
        self.last_seq = text(select(kept_last, select(meta.c.value).where(meta.c.name == "").scalar_subquery()))
        self.note_value = text(_setting(upsert(meta)))
        # Tests begin with an empty session: what takes one away is run as often as what fills it.
        codes = receipt_codes.c.seq.in_(select(receipts.c.seq).where(receipts.c.session == ""))
        kept = (receipts, tally, tally_codes, claims)
        self.forget_session = (
            text(delete(receipt_codes).where(codes)),
            *(text(delete(table).where(table.c.session == "")) for table in kept),
        )
        self.insert_nonce = text(upsert(nonces).on_conflict_do_nothing())
        self.journal_size = text(
            select(func.sum(tally.c.deliveries - tally.c.evicted), func.sum(tally.c.bytes - tally.c.evicted_bytes))
        )


def highest(found: Iterable[int | None]) -> int:
    """Return the highest seq of what `last_seq` found: that of a kept receipt, and the one noted."""
    return max(seq or 0 for seq in found)


def _setting(statement: Any) -> Any:
    """Insert a named value, or put it in the place of the one that is there."""
    return statement.on_conflict_do_update(index_elements=[meta.c.name], set_={"value": statement.excluded.value})


def _adding(statement: Any, table: Any, names: tuple[str, ...]) -> Any:
    """Insert a row, or add its numbers to the one that is there."""
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key), set_={name: table.c[name] + statement.excluded[name] for name in names}
    )
