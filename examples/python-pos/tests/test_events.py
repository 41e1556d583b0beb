"""What CDP gets, on a real socket: the fixture `cdp` is this test's own space in a running mock."""

from pathlib import Path

from pos_to_cdp.reading import read
from sources import receipt

RECEIPTS = Path(__file__).parents[1] / "receipts"


def test_every_receipt_of_the_till_is_accepted(cdp, sender):
    """Of both files; the one that nobody can be told from is not sent."""
    sent = [sender.send(one) for name in ("saturday.csv", "returns.xml") for one in read(RECEIPTS / name)]
    cdp.assert_all_accepted()
    assert [one.outcome for one in sent] == ["taken", "taken", "skipped", "taken"]
    assert [one.event["receiptId"] for one in cdp.accepted()] == [
        "R101-20241130-3-1287",
        "R101-20241130-3-1288",
        "R101-20241201-1-17",
    ]


def test_the_event_holds_what_the_receipt_said(cdp, sender):
    """All of it: a model says what may be there, only this says that it is there."""
    sender.send(receipt())
    cdp.assert_all_accepted()
    [arrived] = cdp.accepted("pos-receipt")
    assert arrived.event == {
        "receiptId": "R101-20241130-3-1287",
        "crmId": "0000123456",
        "purchasedAt": "2024-11-30T17:50:12+01:00",
        "storeId": "R101",
        "currency": "EUR",
        "totalAmount": 22.4,
        "isReturn": False,
        "items": [
            {"sku": "4006381333931", "quantity": 1, "amount": 19.9, "text": "Textmarker gelb"},
            {"sku": "2000815", "quantity": 0.25, "amount": 2.5, "text": "Käse am Stück"},
        ],
    }
