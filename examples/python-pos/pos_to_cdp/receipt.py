"""A receipt as the till knows it, before anybody thinks of CDP."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of a receipt.

    Attributes:
        quantity: Pieces, or kilograms of what is weighed; negative when it is taken back.
        amount: What the line costs in the receipt's currency, two decimals.
    """

    sku: str
    quantity: Decimal
    amount: Decimal
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One receipt.

    Attributes:
        number: The till's own running number: with store, day and register it is this receipt's name for ever.
        purchased_at: With the store's offset from UTC.
        customer: Customer number, as many digits as the till shows; `""` if nobody gave one.
        card: Number of the loyalty card, or `""`.
    """

    store: str
    register: int
    number: int
    purchased_at: datetime
    currency: str
    items: tuple[Item, ...]
    customer: str = ""
    card: str = ""

    @property
    def total(self) -> Decimal:
        """Return the sum of its lines."""
        return sum((item.amount for item in self.items), Decimal(0))

    @property
    def is_anonymous(self) -> bool:
        """Return whether nobody can be told from it."""
        return not (self.customer or self.card)
