"""What other processes do in the store's tests."""

import itertools

from store_drafts import draft, settle

from mock_cdp.store.sql import JournalLimits, open_store


def append_keys(path, first, deliveries, results):
    """Append *deliveries* of three keys each, half of which other workers use too; send back every call id."""
    store = open_store(path, limits=JournalLimits())
    call_ids = []
    for number in range(first, first + deliveries):
        keys = [f"shared-{number - first}", f"own-{number}", f"shared-{number - first}"]
        call_ids.append(store.append(draft(*keys), settle).call_id)
    store.close()
    results.send(call_ids)
    results.close()


def append_until_killed(path, acknowledged):
    """Append for ever, from two sides, and say each call id once it is durable."""
    store = open_store(path, limits=JournalLimits())
    for number in itertools.count():
        receipt = store.append(draft(f"a{number}", f"b{number}", codes=[("type", 0)] if number % 3 == 0 else []), settle)
        acknowledged.send(receipt.call_id)
        store.submit(draft(f"c{number}"), settle, lambda kept: acknowledged.send(kept.call_id))


def append_one(path, go):
    """Append one delivery when told to."""
    store = open_store(path, limits=JournalLimits())
    go.recv()
    store.append(draft("from-elsewhere"), settle)
    store.close()
