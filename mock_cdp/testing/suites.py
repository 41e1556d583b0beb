"""Ready suites: any base URL, mock or tenant, held against contracts; as one call, and as tests for pytest."""

import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

import msgspec

from mock_cdp import __version__
from mock_cdp.contract.catalog import shipped_catalog
from mock_cdp.contract.contract import Catalog, Contract
from mock_cdp.contract.entities import Credentials
from mock_cdp.contract.folder import load
from mock_cdp.reports.report import Check, Report
from mock_cdp.reports.terminal import text
from mock_cdp.testing.conformance_subject import ConformanceError, Subject, UnreachableError, fresh_seed, opened
from mock_cdp.testing.suite_checks import CHECKS, Suite

__all__ = ["CHECKS", "ConformanceError", "UnreachableError", "conformance", "for_url"]

EXAMPLES: Final = 50


def conformance(
    url: str,
    contracts: Catalog,
    credentials: Credentials | None = None,
    *,
    send: bool = False,
    examples: int = EXAMPLES,
    seed: int | None = None,
    events: Collection[str] = (),
    strict: bool = False,
) -> Report:
    """Hold the server at *url* against *contracts*.

    On a server that is not on this machine no event is sent without *send*, and nothing is ever configured or deleted.
    A mock of ours on this machine is held in a session of its own, which is dropped at the end.

    Args:
        url: Base URL.
        contracts: What is expected there.
        credentials: To sign with, for every application; each contract's own when None, on this machine only.
        send: Whether to send events.
        examples: Events generated per check and event.
        seed: The same one sends the same requests; a fresh one, named in the report, when None.
        events: Paths of the contracts wanted; all when empty.
        strict: Whether what differs from an assumption counts as broken.

    Raises:
        UnreachableError: Nobody answers at *url*.
        ConformanceError: It is no URL, or there is nothing to sign with.
    """
    chosen_seed = fresh_seed() if seed is None else seed
    wanted = [contract for contract in contracts.contracts if not events or contract.path in events]
    started_at, since = time.time(), time.monotonic()
    with opened(url, credentials=credentials, send=send, strict=strict) as subject:
        suite = Suite(subject, contracts, examples=examples, seed=chosen_seed)
        checks = tuple(suite.check(name, contract) for contract in wanted for name in CHECKS)
        made = _report(suite, contracts, checks)
        notes = tuple(_notes(subject, credentials, checks))
    return msgspec.structs.replace(made, started_at=started_at, duration_s=time.monotonic() - since, notes=notes)


def _report(suite: Suite, catalog: Catalog, checks: tuple[Check, ...]) -> Report:
    return Report(
        kind="conformance",
        subject=suite.subject.url,
        started_at=time.time(),
        duration_s=sum(check.duration_s for check in checks),
        tool=f"mock-cdp {__version__}",
        revision=catalog.revision,
        seed=suite.seed,
        checks=checks,
    )


def _notes(subject: Subject, credentials: Credentials | None, checks: tuple[Check, ...]) -> Iterator[str]:
    if subject.is_ours:
        yield (
            "a mock-cdp on this machine: signed with a session of its own, dropped afterwards; what was refused for its "
            "credentials is counted in the default session"
        )
    elif credentials is None:
        yield "signed with the contracts' own credentials, which are made up"
    if subject.is_tenant and subject.url.startswith("http://"):
        yield "the credentials went over plain http"
    if subject.why_not:
        yield f"only what cannot bring in an event was sent: {subject.why_not}"
    excused = sorted(
        {finding.ledger for check in checks if check.outcome == "kept" for finding in check.findings if finding.ledger}
    )
    if excused:
        yield f"differs from what is assumed: {', '.join(excused)}"


def for_url(
    url: str = "",
    contracts: Path | Catalog | None = None,
    credentials: Credentials | None = None,
    *,
    send: bool = False,
    examples: int = EXAMPLES,
    seed: int = 0,
    strict: bool = False,
) -> type:
    """Return a class of pytest tests, one for each check and event; assign it to a name that starts with `Test`.

    Args:
        url: Base URL; when empty the tests ask for a fixture `conformance_url`, class- or session-scoped, that returns it.
        contracts: A folder, or a catalog; those that ship when None.
        credentials: As for `conformance`.
        send: As for `conformance`.
        examples: As for `conformance`.
        seed: As for `conformance`; fixed, so that tests repeat.
        strict: As for `conformance`.
    """
    import pytest

    catalog = contracts if isinstance(contracts, Catalog) else load(contracts or shipped_catalog())
    cases = [
        pytest.param(name, contract, id=f"{name}-{_named(contract, catalog)}")
        for contract in catalog.contracts
        for name in CHECKS
    ]

    class TestConformance:
        """The server keeps the contracts."""

        @pytest.fixture(scope="class")
        @classmethod
        def conformance_suite(cls, request: pytest.FixtureRequest) -> Iterator[Suite]:
            """Yield the suite over the open server."""
            base = url or request.getfixturevalue("conformance_url")
            with opened(base, credentials=credentials, send=send, strict=strict) as subject:
                yield Suite(subject, catalog, examples=examples, seed=seed)

        @pytest.mark.parametrize(("check", "contract"), cases)
        def test_conforms(self, conformance_suite: Suite, check: str, contract: Contract) -> None:
            """The check holds for the event."""
            done = conformance_suite.check(check, contract)
            if done.outcome == "skipped":
                pytest.skip(done.reason)
            if done.outcome != "kept":
                pytest.fail(text(_report(conformance_suite, catalog, (done,)), color=False), pytrace=False)

    return TestConformance


def _named(contract: Contract, catalog: Catalog) -> str:
    """Return an event's name, its path where several share it."""
    shared = [other for other in catalog.contracts if other.slug == contract.slug]
    return contract.slug if len(shared) == 1 else contract.path.replace("/", ".")
