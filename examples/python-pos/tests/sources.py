"""Receipts of a till, made up: one for examples, and a strategy for all the others; and how a till writes them down."""

import csv
import io
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from xml.sax.saxutils import escape

from hypothesis import strategies as st

from pos_to_cdp.receipt import Item, Receipt

HEADER = ["store", "register", "number", "time", "customer", "card", "currency", "sku", "text", "quantity", "amount"]


def receipt() -> Receipt:
    """Return the receipt of most examples: two items, a customer number without its leading zeros."""
    return Receipt(
        store="R101",
        register=3,
        number=1287,
        purchased_at=datetime(2024, 11, 30, 17, 50, 12, tzinfo=timezone(timedelta(hours=1))),
        currency="EUR",
        customer="123456",
        items=(
            Item(sku="4006381333931", quantity=Decimal(1), amount=Decimal("19.90"), text="Textmarker gelb"),
            Item(sku="2000815", quantity=Decimal("0.25"), amount=Decimal("2.50"), text="Käse am Stück"),
        ),
    )


TEXTS = st.text("aäöüßÄÖÜéłČ€'&<>;\"% ", max_size=20).map(str.strip)
AMOUNTS = st.decimals("-9999.99", "9999.99", places=2)
OFFSETS = st.sampled_from([UTC, timezone(timedelta(hours=1)), timezone(timedelta(hours=-5, minutes=-30))])
CUSTOMERS = st.integers(1, 9_999_999_999).map(str)
CARDS = st.integers(0, 10**13 - 1).map("{:013}".format)

ITEMS = st.builds(
    Item,
    sku=st.text("0123456789", min_size=1, max_size=18),
    quantity=st.decimals("-99.999", "99.999", places=3),
    amount=AMOUNTS,
    text=TEXTS,
)


@st.composite
def receipts(draw: st.DrawFn) -> Receipt:
    """Draw any receipt that belongs to somebody: with a customer number, with a card, or with both."""
    customer, card = draw(st.tuples(CUSTOMERS, st.just("") | CARDS) | st.tuples(st.just(""), CARDS))
    return Receipt(
        store=draw(st.sampled_from(["R101", "R7"])),
        register=draw(st.integers(1, 99)),
        number=draw(st.integers(1, 99_999)),
        purchased_at=draw(st.datetimes(datetime(2024, 1, 1), datetime(2030, 12, 31), timezones=OFFSETS)).replace(microsecond=0),  # noqa: DTZ001 (Hypothesis adds the zone)
        currency=draw(st.sampled_from(["EUR", "CHF"])),
        items=tuple(draw(st.lists(ITEMS, min_size=1, max_size=5))),
        customer=customer,
        card=card,
    )


def as_csv(receipt: Receipt) -> str:
    """Write it as a German till does."""
    written = io.StringIO()
    rows = csv.writer(written, delimiter=";")
    rows.writerow(HEADER)
    for item in receipt.items:
        numbers = [str(number).replace(".", ",") for number in (item.quantity, item.amount)]
        rows.writerow([*_head(receipt).values(), item.sku, item.text, *numbers])
    return written.getvalue()


def as_xml(receipt: Receipt) -> str:
    """Write it as a file of one receipt."""
    items = [{"sku": item.sku, "text": item.text, "quantity": item.quantity, "amount": item.amount} for item in receipt.items]
    lines = "".join(f"<item>{_elements(item)}</item>" for item in items)
    return f"<receipts><receipt>{_elements(_head(receipt))}<items>{lines}</items></receipt></receipts>"


def _head(receipt: Receipt) -> dict[str, object]:
    return {
        "store": receipt.store,
        "register": receipt.register,
        "number": receipt.number,
        "time": receipt.purchased_at.isoformat(),
        "customer": receipt.customer,
        "card": receipt.card,
        "currency": receipt.currency,
    }


def _elements(values: dict[str, object]) -> str:
    return "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in values.items())
