"""What holds for every receipt that a till may print, without a socket: `router` answers httpx in this process."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mock_cdp.testing import router

from pos_to_cdp.reading import from_csv, from_xml
from pos_to_cdp.sending import Listener, Sender
from sources import as_csv, as_xml, receipts

WRITTEN_AND_READ = {"csv": lambda receipt: from_csv(as_csv(receipt)), "xml": lambda receipt: from_xml(as_xml(receipt))}


@pytest.fixture(scope="module")
def client():
    """Return one client for all examples: making one costs more than sending with it."""
    with httpx.Client() as client:
        yield client


@given(receipt=receipts(), form=st.sampled_from(sorted(WRITTEN_AND_READ)))
def test_every_receipt_is_accepted_and_its_values_survive(client, receipt, form):
    """From the till's file to CDP: the model is kept, amounts add up, names and digits are those of the till."""
    with router() as cdp:
        sender = Sender(Listener.from_environ(cdp.environ("pos-receipt")), client)
        for one in WRITTEN_AND_READ[form](receipt):
            sender.send(one)
        cdp.assert_all_accepted()
        [arrived] = cdp.accepted()
    assert arrived.event["totalAmount"] == float(receipt.total)
    names = [(item.sku, item.text) for item in receipt.items]
    assert [(item["sku"], item.get("text", "")) for item in arrived.event["items"]] == names
    assert arrived.event.get("crmId", "").lstrip("0") == receipt.customer
