"""What became of an event's deliveries, as SAP's API shows it: status, history, received events. All from the tally."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Final

from flask import Response, g, request

from mock_cdp.configuration_refusals import Refused
from mock_cdp.contract.contract import Contract
from mock_cdp.contract.times import time_text
from mock_cdp.core.receipt import Counts, Filter
from mock_cdp.http import answers, bodies
from mock_cdp.http.places import EVENT, UNIT, filled
from mock_cdp.listener import Listener

_JOBS_SHOWN: Final = 100
# How a time is written for each granularity: the day as seen in one client, the others after its pattern (assumed).
_TIMES: Final[dict[str, Callable[[date], str]]] = {
    "day": lambda day: f"{day:%m-%d-%y}",
    "month": lambda day: f"{day:%m-%y}",
    "year": lambda day: f"{day:%Y}",
    "alltime": lambda _: "alltime",
}
_STATUSES: Final = {"accepted": "success", "rejected": "failed", "duplicate": "duplicate", "discarded": "discarded"}
_EPOCH: Final = date(1970, 1, 1)


class Processed:
    """The views; a session's key shows that session, any other key what came without one."""

    def __init__(self, listener: Listener) -> None:
        """Read the store of *listener*."""
        self._listener = listener

    def status(self, **ids: str) -> Response:
        """GET an event's status: NOT_RUN_YET before the first event, SUCCESS once one was accepted, else ERROR."""
        contract = self._contract(ids)
        counts = self._listener.store.tally(g.session).events.get(contract.path, Counts())
        state = "SUCCESS" if counts.accepted else "ERROR" if counts.received else "NOT_RUN_YET"
        newest = self._listener.store.receipts(self._filter(contract), limit=1).receipts
        started = {"startTime": time_text(newest[0].received_at)} if newest else {}
        return answers.bare({"status": state, "processedRecords": counts.accepted, **started, "recordLogs": {}})

    def history(self, **ids: str) -> Response:
        """GET an event's jobs: each delivery is one, named by its `x-callid`; the newest first."""
        page = self._listener.store.receipts(self._filter(self._contract(ids)), limit=_JOBS_SHOWN)
        return answers.bare({"totalJobs": page.total, "jobs": [receipt.call_id for receipt in page.receipts]})

    def received(self, **ids: str) -> Response:
        """GET how many events a business unit received, by status and time."""
        granularity = request.args.get("timeGranularity", "alltime")
        if granularity not in _TIMES:
            raise Refused(bodies.misfit("timeGranularity", f"timeGranularity is one of {', '.join(_TIMES)}"))
        by = request.args.get("aggregateBy", "status")
        if by != "status":
            raise Refused(bodies.misfit("aggregateBy", f"aggregateBy takes status, found {by[:40]!r}"))
        sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for day, counts in self._days(self._filtered(ids)):
            time = _TIMES[granularity](_EPOCH + timedelta(days=day))
            for outcome, status in _STATUSES.items():
                sums[status][time] += getattr(counts, outcome)
        results = [
            {"tags": {"status": status}, "values": [[time, number] for time, number in times.items() if number]}
            for status, times in sums.items()
            if any(times.values())
        ]
        return answers.bare({"columns": ["time", "sum"], "results": results})

    def _days(self, contracts: Iterable[Contract]) -> list[tuple[int, Counts]]:
        found = [pair for contract in contracts for pair in self._listener.store.daily(g.session, contract.path)]
        return sorted(found, key=lambda pair: pair[0])

    def _filtered(self, ids: dict[str, str]) -> list[Contract]:
        """Return the contracts that `filterTags=application:{id},event:{id}` leaves."""
        self._listener.configuration.resource(filled(UNIT, ids))
        tags = [tag.partition(":") for tag in request.args.get("filterTags", "").split(",") if tag]
        for name, _, _ in tags:
            if name not in {"application", "event"}:
                raise Refused(bodies.misfit("filterTags", f"filterTags takes application:ID and event:ID, found {name[:40]!r}"))
        wanted: dict[str, set[str]] = defaultdict(set)
        for name, _, value in tags:
            wanted[name].add(value)
        return [
            contract
            for contract in self._listener.catalog.contracts
            if contract.business_unit.id == ids["bu"]
            and ("application" not in wanted or contract.application.id in wanted["application"])
            and ("event" not in wanted or contract.event.id in wanted["event"])
        ]

    def _contract(self, ids: dict[str, str]) -> Contract:
        path = filled(EVENT, ids)
        self._listener.configuration.resource(path)
        return self._listener.catalog.listening[f"/api/{path}/event"].contract

    def _filter(self, contract: Contract) -> Filter:
        return Filter(session=g.session, event=contract.path)
