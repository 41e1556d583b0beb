"""Judged deliveries for the store's tests, and the sums every store must keep."""

from mock_cdp.contract.violation import Violation
from mock_cdp.core.receipt import DEFAULT_SESSION, OUTCOMES, Draft, Filter, Receipt

EVENT = "retail/sap-car/pos-receipt"


def draft(*keys, session=DEFAULT_SESSION, event=EVENT, outcomes=None, codes=(), received_at=1000.0, body=b"{}"):
    """Return a judged delivery: one accepted event a key, unless *outcomes* says otherwise."""
    outcomes = outcomes or ["accepted"] * max(1, len(keys))
    return Draft(
        receipt=Receipt(
            call_id="",
            session=session,
            application=event.rpartition("/")[0],
            event=event,
            received_at=received_at,
            body=body,
            outcomes=list(outcomes),
            violations=[Violation(code=code, pointer="/x", message="wrong", index=index) for code, index in codes],
        ),
        keys=list(keys),
    )


def settle(receipt):
    """Complete a receipt as the listener would."""
    receipt.status = 202 if "accepted" in receipt.outcomes else 400


def everything(store, wanted=None):
    """Return all matching receipts, newest first, page by page."""
    wanted = wanted or Filter()
    found, before = [], None
    while True:
        page = store.receipts(wanted, limit=100, before=before)
        found += page.receipts
        before = page.next_before
        if before is None:
            return found


def assert_sums_hold(store, session=None):
    """Check that the four outcomes add up, and that the tally says what the journal holds when nothing was evicted."""
    tally = store.tally(session)
    assert tally.received == tally.accepted + tally.rejected + tally.duplicate + tally.discarded
    for part in (tally.applications, tally.events):
        assert sum(counts.received for counts in part.values()) == tally.received
    kept = everything(store, Filter(session=session))
    assert len(kept) == tally.kept
    if not tally.evicted:
        outcomes = [outcome for receipt in kept for outcome in receipt.outcomes]
        assert {name: outcomes.count(name) for name in OUTCOMES} == {name: getattr(tally, name) for name in OUTCOMES}
