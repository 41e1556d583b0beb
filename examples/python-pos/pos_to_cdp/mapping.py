"""From a receipt to the event `pos-receipt`. Knows no file and no network."""

from decimal import Decimal
from typing import Any

from pos_to_cdp import bugs
from pos_to_cdp.receipt import Item, Receipt

CUSTOMER_DIGITS = 10


def to_event(receipt: Receipt) -> dict[str, Any]:
    """Return the event for *receipt*, which must not be anonymous."""
    items: Any = [_item(item) for item in receipt.items]
    if bugs.switched_on("collapse") and len(items) == 1:
        items = items[0]
    return {
        "receiptId": receipt_id(receipt),
        **_customer(receipt),
        "purchasedAt": receipt.purchased_at.isoformat(timespec="seconds"),
        "storeId": receipt.store,
        "currency": receipt.currency,
        "totalAmount": _amount(receipt.total),
        "isReturn": receipt.total < 0,
        "items": items,
    }


def receipt_id(receipt: Receipt) -> str:
    """Return what CDP deduplicates by: the same for the same receipt, however often and by whomever it is sent."""
    return f"{receipt.store}-{receipt.purchased_at:%Y%m%d}-{receipt.register}-{receipt.number}"


def _customer(receipt: Receipt) -> dict[str, str]:
    """Return who bought; the till drops the leading zeros of a customer number, CDP wants all ten digits."""
    crm_id = {"crmId": receipt.customer.zfill(CUSTOMER_DIGITS)} if receipt.customer else {}
    card = {"loyaltyCardNo": receipt.card} if receipt.card else {}
    return crm_id | card


def _item(item: Item) -> dict[str, Any]:
    text = {"text": item.text} if item.text else {}
    return {"sku": item.sku, "quantity": float(item.quantity), "amount": _amount(item.amount), **text}


def _amount(amount: Decimal) -> Any:  # noqa: ANN401 (a string when the bug is on)
    if bugs.switched_on("comma"):
        return f"{amount:.2f}".replace(".", ",")
    return float(amount)
