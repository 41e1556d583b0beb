"""Receipts as bytes."""

import pytest
from store_drafts import draft

from mock_cdp.store.documents import PLAIN, ZSTD, Documents, unpack


@pytest.mark.parametrize(("body", "kind"), [(b"{}", PLAIN), (b"x" * 50_000, ZSTD), (bytes(range(256)) * 8, ZSTD)])
def test_a_receipt_survives(body, kind):
    """Small ones are written plainly, large ones compressed; both come back equal."""
    receipt = draft("k", body=body, codes=[("type", 0)]).receipt
    document = Documents().pack(receipt)
    assert document[:1] == kind
    assert unpack(document) == receipt
