"""The gate, wired top to bottom: settings in, report out."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import msgspec
from hypothesis.strategies import nothing

from mock_cdp.contract.contract import Catalog, Contract, UnknownContract
from mock_cdp.contract.coverage import Coverage
from mock_cdp.contract.folder import FolderError
from mock_cdp.core.receipt import OUTCOMES, Counts
from mock_cdp.gate import reporting
from mock_cdp.gate.cases import Case, known_cases, source_of, write_case
from mock_cdp.gate.drivers import Driver, in_process, open_driver
from mock_cdp.gate.expectation import expected
from mock_cdp.gate.failure import GateError
from mock_cdp.gate.handed import secrets_of
from mock_cdp.gate.message import Message
from mock_cdp.gate.rounds import Round, rounds
from mock_cdp.gate.runner import Found, Known, Played, Runner, Step
from mock_cdp.gate.settings import GateSettings
from mock_cdp.gate.sources import Source, open_source
from mock_cdp.gate.stand import Stand
from mock_cdp.reports.report import Check, CoveredRule, Report
from mock_cdp.settings import Settings
from mock_cdp.testing.cdp import Cdp
from mock_cdp.testing.hiding import Secrets
from mock_cdp.testing.pool import prepared
from mock_cdp.testing.routing import router
from mock_cdp.testing.server import MockCDP

CI_SEED: Final = 0  # the same messages in every run
INTERRUPTED: Final = "interrupted"


def run_gate(settings: GateSettings, mock: Settings, folder: Path, progress: Callable[[Step], None]) -> Report:
    """Put messages through the integration until all properties were looked at or the time is up.

    Ctrl-C ends it early with a report of what was found so far.

    Args:
        settings: Of the gate.
        mock: Of the mock that the integration posts to.
        folder: What relative paths are relative to.
        progress: Is told of every trial.

    Raises:
        GateError: The gate cannot run: contracts, source, driver or integration are not there.
    """
    began = time.monotonic()
    seed = _seed(settings)
    with _opened(settings, mock, folder) as bench:
        runner = Runner(bench.stand, bench.source, until=began + settings.seconds, go_on=settings.go_on, report=progress)
        known = list(known_cases(folder / settings.cases))
        stopped = ""
        try:
            for one in bench.rounds:
                most = settings.trouble_trials if one.slow else settings.trials
                runner.play(one, _of(one, known, folder), most=most, with_seed=seed)
            runner.settle()
        except KeyboardInterrupt:
            stopped = INTERRUPTED
        return bench.report(runner.played, seed=seed, began=began, stopped=stopped)


def replay(case: Case, settings: GateSettings, mock: Settings, folder: Path) -> Report:
    """Hand the message of *case* over again, three times, in the round that found it.

    Raises:
        GateError: The gate cannot run, or there is no such round any more.
    """
    began = time.monotonic()
    with _opened(settings, mock, folder) as bench:
        one = next((one for one in bench.rounds if one.name == case.round), None)
        if one is None or one.skipped:
            raise GateError(f"the case is of the round {case.round}: {one.skipped if one else 'there is no such round'}")
        runner = Runner(bench.stand, _only(source_of(case)), until=began + settings.seconds, go_on=True, report=lambda _: None)
        runner.play(one, [], most=1, with_seed=0)
        runner.settle()
        return bench.report(runner.played, seed=case.seed or 0, began=began, stopped="")


def _only(message: Message) -> Source:
    """Return a source of one message."""
    return Source(strategy=nothing(), first=(message,), endless=False, described="a case file")


def _seed(settings: GateSettings) -> int:
    if settings.seed is not None:
        return settings.seed
    return CI_SEED if settings.profile == "ci" else secrets.randbits(32)


def _of(one: Round, known: list[tuple[Path, Case]], folder: Path) -> list[tuple[Known, Message]]:
    return [
        (Known(file=_relative(path, folder), signature=(case.property, case.code)), source_of(case))
        for path, case in known
        if case.round == one.name
    ]


def _relative(path: Path, folder: Path) -> str:
    """Return *path* as reports name it: relative to the project, with forward slashes."""
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()


class _Bench:
    """All that a run needs, opened."""

    def __init__(self, settings: GateSettings, contracts: str, folder: Path, *, cdp: Cdp, driver: Driver, source: Source) -> None:
        self._contracts = contracts
        self._settings = settings
        self._folder = folder
        self._cdp = cdp
        self._driver = driver
        self.source = source
        self.contract = _contract(cdp.catalog, settings.event)
        self._clean = Secrets(*secrets_of(cdp)).hidden
        self._coverage = Coverage(self.contract.model)
        self.stand = Stand(
            cdp,
            driver,
            wanted=lambda message: expected(settings.expect, settings.event, cdp.catalog, message),
            correlation=settings.correlate,
            within_s=settings.within_s,
            seen=self._see,
        )
        self.rounds = rounds(settings, {contract.path: contract for contract in cdp.catalog.contracts})

    def _see(self, contract: str, event: object) -> None:
        if contract == self.contract.path:
            self._coverage.see(event)

    def report(self, played: list[Played], *, seed: int, began: float, stopped: str) -> Report:
        """Write down what came of it, and a case file for each finding."""
        settings, catalog = self._settings, self._cdp.catalog
        if settings.keep:
            self.stand.keep()
            for one in played:
                for found in one.found.values():
                    one.round.look(self.stand, found.message)
        checks: list[Check] = []
        model_file = self._model_file(catalog)
        for one in played:
            checks += reporting.checks_of(
                one, self.contract.path, lambda *of: self._case(*of, seed=seed), model_file, self._clean
            )
        numbers = self.stand.counts
        return Report(
            kind="gate",
            subject=settings.name or self._driver.described,
            started_at=time.time() - (time.monotonic() - began),
            duration_s=time.monotonic() - began,
            tool=reporting.TOOL,
            revision=catalog.revision,
            seed=seed,
            profile=settings.profile,
            checks=tuple(checks),
            counts=Counts(received=numbers.total(), **{name: numbers[name] for name in OUTCOMES}),
            coverage=tuple(self._covered()),
            notes=self._driver.notes,
            stopped=stopped,
        )

    def _case(self, played: Played, found: Found, *, seed: int) -> str:
        if found.case_file:
            return found.case_file
        case = reporting.case_for(
            played, found, self.contract.path, seed=seed, revision=self._cdp.catalog.revision, clean=self._clean
        )
        return _relative(write_case(self._folder / self._settings.cases, case), self._folder)

    def _model_file(self, catalog: Catalog) -> str:
        """Return where the model is; empty for contracts that are not the project's own."""
        placed = next((one.file for one in catalog.placed if one.value is self.contract), None)
        if placed is None or not self._contracts:
            return ""
        return _relative(self._folder / self._contracts / placed / "model.schema.json", self._folder)

    def _covered(self) -> Iterator[CoveredRule]:
        for rule in self._coverage.rules():
            yield CoveredRule(
                event=self.contract.path,
                place=rule.place,
                keyword=rule.keyword,
                expected=rule.expected,
                kept=rule.kept,
                broken=rule.broken,
            )


def _contract(catalog: Catalog, event: str) -> Contract:
    try:
        return catalog.named(event)
    except UnknownContract as error:
        raise GateError(f"[gate]: event: {error}") from None


@contextmanager
def _opened(settings: GateSettings, mock: Settings, folder: Path) -> Iterator[_Bench]:
    """Open mock, driver and source; all is closed again when the block ends, and the session gone.

    Raises:
        GateError: One of them cannot be opened.
    """
    if settings.keep and settings.credentials == "contract":
        raise GateError('[gate]: keep leaves a session, and with credentials = "contract" there is none; leave one of them out')
    kept_in = mock.store if settings.keep else "sqlite://"
    wanted = msgspec.structs.replace(prepared(mock, folder), store=kept_in)
    source = open_source(settings.source, folder)
    with ExitStack() as opened:
        try:
            if in_process(settings.driver):
                cdp = opened.enter_context(router.of(wanted, keep=settings.keep))
            else:
                server = MockCDP.of(msgspec.structs.replace(wanted, port=settings.port), tls=settings.tls).start()
                opened.callback(server.stop)
                own = settings.credentials == "contract"
                cdp = (
                    server.unsessioned(settings.event)
                    if own
                    else opened.enter_context(server.session("mock-cdp gate", keep=settings.keep))
                )
        except (FolderError, UnknownContract) as error:
            raise GateError(str(error)) from None
        event = _contract(cdp.catalog, settings.event).path
        driver = opened.enter_context(open_driver(settings.driver, folder, cdp, event))
        yield _Bench(settings, mock.contracts, folder, cdp=cdp, driver=driver, source=source)
