"""Microseconds per append to a file store: a single event, and a batch of 100."""

import tempfile
import time

from mock_cdp.core.receipt import Draft, Receipt
from mock_cdp.store.sql import JournalLimits, open_store


def settle(receipt):
    """Answer 202."""
    receipt.status = 202


def main():
    """Measure both."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"{folder}/cost.db", limits=JournalLimits())
        for count, repeat, size in ((1, 5000, 450), (100, 1000, 45_000)):
            drafts = [
                Draft(
                    receipt=Receipt(
                        call_id="",
                        event="retail/sap-car/pos-receipt",
                        application="retail/sap-car",
                        outcomes=["accepted"] * count,
                        body=b"x" * size,
                    ),
                    keys=[f"R101-20241130-{count}-{n * count + i}" for i in range(count)],
                )
                for n in range(repeat)
            ]
            began = time.perf_counter()
            for draft in drafts:
                store.append(draft, settle)
            print(f"{count:4} events: {(time.perf_counter() - began) / repeat * 1e6:6.1f} µs per delivery")
        print(store.tally(None))
        store.close()


if __name__ == "__main__":
    main()
