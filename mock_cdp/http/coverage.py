"""Coverage of a contract by what a mock kept: every event of its receipts is looked at again, by the model in force now."""

from collections.abc import Iterable
from typing import Annotated

from msgspec import Meta

from mock_cdp.contract.contract import Catalog, Contract, UnknownContract
from mock_cdp.contract.coverage import Coverage, Member, Rule, Summary
from mock_cdp.core.body import Events, read_again
from mock_cdp.core.receipt import Filter, Receipt
from mock_cdp.http.parameters import EventName, SessionQuery
from mock_cdp.http.problems import Problem
from mock_cdp.http.views import View
from mock_cdp.listener import Listener


class CoverageQuery(SessionQuery, frozen=True, kw_only=True):
    """Of which event, and of which session; all of them when left out."""

    event: EventName | None = None


class ContractCoverage(View, frozen=True, kw_only=True):
    """By how many events each rule of a model was kept and broken."""

    event: Annotated[str, Meta(description="The contract's folder path.")]
    revision: Annotated[str, Meta(description="Of the contracts that the events were judged by again.")]
    complete: Annotated[bool, Meta(description="False when evicted receipts might have shown more.")]
    evicted: Annotated[int, Meta(description="Receipts of the session, or of all, that were evicted; of any event.")]
    unread: Annotated[int, Meta(description="Deliveries whose body holds no events that can be read.")]
    summary: Summary
    rules: Annotated[list[Rule], Meta(description="In the model's reading order.")]
    members: Annotated[list[Member], Meta(description="Members that the model describes and does not require.")]


def coverage_of(contract: Contract, receipts: Iterable[Receipt]) -> tuple[Coverage, int]:
    """Return what the events of *receipts* show of the model, whatever their outcome, and how many deliveries are unreadable."""
    coverage, unread = Coverage(contract.model), 0
    for receipt in receipts:
        read = read_again(receipt)
        if isinstance(read, Events):
            for event in read.values:
                coverage.see(event)
        else:
            unread += 1
    return coverage, unread


def coverage_view(listener: Listener, wanted: CoverageQuery) -> ContractCoverage:
    """Return the coverage of one contract by what *listener* kept.

    Raises:
        Problem: 400 without an event, 404 when no event or several are called so.
    """
    catalog = listener.catalog
    contract = _named(catalog, wanted.event)
    coverage, unread = coverage_of(contract, listener.store.each(Filter(event=contract.path, session=wanted.session)))
    evicted = listener.store.tally(wanted.session).evicted
    report = coverage.report()
    return ContractCoverage(
        event=contract.path,
        revision=catalog.revision,
        complete=evicted == 0,
        evicted=evicted,
        unread=unread,
        summary=report.summary,
        rules=report.rules,
        members=report.members,
    )


def _named(catalog: Catalog, event: str | None) -> Contract:
    if event is None:
        raise Problem(400, "event must be given; GET /_mock/contracts lists them", where="event")
    try:
        return catalog.named(event)
    except UnknownContract as error:
        raise Problem(404, str(error), where="event") from None
