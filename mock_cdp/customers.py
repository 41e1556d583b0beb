"""Which customers accepted events reached: the journal read once, through mapping and matching rules, and kept up to date."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any, Final

from mock_cdp.contract.contract import Catalog, Contract, Unit
from mock_cdp.contract.entities import View
from mock_cdp.core.body import Events, read_again
from mock_cdp.core.credentials import parameters, purpose_ids
from mock_cdp.core.identity import Identity
from mock_cdp.core.profile import Accepted
from mock_cdp.core.receipt import Filter, Receipt
from mock_cdp.store.base import Store

REMEMBERED: Final = 16  # views and sessions; others are read again when asked for


class Customers:
    """The customers of each view, as far as the journal still holds their events."""

    def __init__(self, store: Store) -> None:
        """Read events from *store*."""
        self._store = store
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], _Known] = {}

    @contextlib.contextmanager
    def of(self, catalog: Catalog, unit: Unit, view: View, session: str) -> Iterator[Identity]:
        """Hold the customers of *view* in *session*, up to date, while nobody else changes them.

        Args:
            catalog: Events are mapped as it says now, however they were mapped when they came.
            unit: Of the view.
            view: Says who is the same customer.
            session: Whose events.
        """
        with self._lock:
            known = self._known.pop((view.id, session), None)
            if known is None or known.catalog is not catalog or known.was_reset(self._store):
                known = _Known(catalog, unit, view)
            self._known[view.id, session] = known
            while len(self._known) > REMEMBERED:
                del self._known[next(iter(self._known))]
            known.read_on(self._store, session)
            yield known.identity


class _Known:
    """The customers of one view and session so far."""

    def __init__(self, catalog: Catalog, unit: Unit, view: View) -> None:
        self.catalog = catalog
        self.identity = Identity(unit, view)
        self._contracts = {contract.path: contract for contract in unit.contracts}
        self._newest = Receipt(call_id="")

    def was_reset(self, store: Store) -> bool:
        """Return whether the newest receipt is gone: by a reset, or evicted, and then reading anew does no harm."""
        return bool(self._newest.call_id) and store.receipt(self._newest.call_id) is None

    def read_on(self, store: Store, session: str) -> None:
        """Take in what was accepted since."""
        for receipt in store.each(Filter(session=session, outcome="accepted", after=self._newest.seq)):
            contract = self._contracts.get(receipt.event)
            if contract is not None:
                for accepted in _accepted(receipt, contract):
                    self.identity.add(accepted)
            self._newest = receipt


def _accepted(receipt: Receipt, contract: Contract) -> Iterator[Accepted]:
    granted = frozenset(purpose_ids(parameters(receipt.query)))
    for index, (event, outcome) in enumerate(zip(_events(receipt), receipt.outcomes, strict=True)):
        if outcome == "accepted":
            yield Accepted(
                call_id=receipt.call_id,
                index=index,
                received_at=receipt.received_at,
                contract=contract,
                event=event,
                granted=granted,
            )


def _events(receipt: Receipt) -> list[Any]:
    found = read_again(receipt)
    if not isinstance(found, Events):
        raise TypeError(f"receipt {receipt.call_id} was taken and cannot be read again: {found.code}")
    return found.values
