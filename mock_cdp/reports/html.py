"""The report as one HTML file: nothing is fetched, nothing runs, everything of others is escaped."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from itertools import groupby
from typing import Final

import jinja2
import msgspec

from mock_cdp.reports.causes import Cause, causes
from mock_cdp.reports.charts import Bar, stacked
from mock_cdp.reports.comparison import Comparison, compared
from mock_cdp.reports.matrix import SIGNS, Matrix, counted, matrix
from mock_cdp.reports.report import CoveredRule, Finding, Report, ReportOutcome, doubt, outcome
from mock_cdp.reports.texts import excerpt, mapped, relative, slug_of, visible

_VERDICTS: Final[dict[ReportOutcome, str]] = {"kept": "Contract kept", "broken": "Contract broken", "error": "Nothing proven"}
_KINDS: Final = {"gate": "Contract gate", "conformance": "Conformance"}
_MOST_FINDINGS: Final = 50  # told in full; a page of more is not read
_MOST_ARRIVED: Final = 5
_MOST_VIOLATIONS: Final = 50
_MOST_RULES: Final = 500  # of one event
_LONGEST: Final = 4_000  # characters of a sentence: anything but a message


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A cause told in full.

    Attributes:
        anchor: Where the table of causes links to.
        sent: Whether a message was sent at all.
        comparison: The smallest message beside what arrived.
        model_file: As seen from the repository.
        replay: Command that repeats it, or `""`.
        hidden: What is left out: arrived messages and violations.
    """

    anchor: str
    sent: bool
    cause: Cause
    comparison: Comparison
    model_file: str
    replay: str
    hidden: tuple[int, int]


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of one event's model, each with its bar.

    Attributes:
        summary: How many rules were seen kept and broken, only one of both, or never.
        hidden: How many rules are left out.
    """

    event: str
    summary: Bar
    rules: tuple[tuple[CoveredRule, Bar], ...]
    hidden: int


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """All that the template shows.

    Attributes:
        report: With every text fit to be shown.
        doubt: Why nothing is proven, or `""`.
        started: ISO 8601, UTC.
        charts: Bars of outcomes.
        told: Causes, the gravest first.
        hidden: How many causes are left out.
        facts: Name and value of what one needs to know to repeat the run.
    """

    report: Report
    kind: str
    outcome: ReportOutcome
    verdict: str
    doubt: str
    started: str
    charts: tuple[Bar, ...]
    matrix: Matrix
    told: tuple[Told, ...]
    hidden: int
    coverage: tuple[Coverage, ...]
    facts: tuple[tuple[str, str], ...]


def html(report: Report) -> str:
    """Return the page."""
    page = page_of(report)
    return _templates().get_template("report.html").render({name: getattr(page, name) for name in page.__struct_fields__})


def page_of(report: Report) -> Page:
    """Return what the page shows, from messages as they came: they are cut and cleaned where they are laid out."""
    shown = mapped(report, lambda text: excerpt(visible(text), characters=_LONGEST, lines=200))
    said = outcome(report)
    found = causes(report)
    return Page(
        report=shown,
        kind=_KINDS[report.kind],
        outcome=said,
        verdict=_VERDICTS[said],
        doubt=doubt(shown) if said != "kept" else "",
        started=datetime.fromtimestamp(report.started_at, UTC).isoformat(timespec="seconds"),
        charts=tuple(_charts(report)),
        matrix=matrix(shown),
        told=tuple(_told(number, cause, report) for number, cause in enumerate(found[:_MOST_FINDINGS], 1)),
        hidden=max(len(found) - _MOST_FINDINGS, 0),
        coverage=tuple(_coverage(shown.coverage)),
        facts=tuple(_facts(shown)),
    )


@cache
def _templates() -> jinja2.Environment:
    loader = jinja2.PackageLoader("mock_cdp.reports")
    found = jinja2.Environment(
        loader=loader,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters["slug"] = slug_of
    found.globals["signs"] = SIGNS
    return found


def _charts(report: Report) -> Iterable[Bar]:
    yield stacked("Checks", list(counted(report).items()))
    if report.counts:
        each = report.counts
        named = {"accepted": each.accepted, "rejected": each.rejected, "duplicate": each.duplicate, "discarded": each.discarded}
        yield stacked("Events received", list(named.items()))


def _told(number: int, cause: Cause, report: Report) -> Told:
    finding = cause.finding
    case = visible(relative(finding.case_file))
    return Told(
        anchor=f"cause-{number}",
        sent=bool(finding.sent),
        cause=mapped(msgspec.structs.replace(cause, finding=_cut(finding)), visible),
        comparison=compared(finding.sent, finding.arrived[:_MOST_ARRIVED], finding.violations),
        model_file=visible(relative(finding.model_file)),
        replay=f"mock-cdp gate replay {case}" if case and report.kind == "gate" else "",
        hidden=(max(len(finding.arrived) - _MOST_ARRIVED, 0), max(len(finding.violations) - _MOST_VIOLATIONS, 0)),
    )


def _cut(finding: Finding) -> Finding:
    """Return *finding* without messages, which the comparison shows, and with nothing endless."""
    short = mapped(finding, lambda text: excerpt(text, characters=_LONGEST, lines=200))
    return msgspec.structs.replace(short, sent="", arrived=(), violations=short.violations[:_MOST_VIOLATIONS])


def _coverage(rules: Iterable[CoveredRule]) -> Iterable[Coverage]:
    for event, found in groupby(sorted(rules, key=lambda rule: rule.event), key=lambda rule: rule.event):
        named = list(found)
        seen = [(bool(rule.kept), bool(rule.broken)) for rule in named]
        sides = {"both": (True, True), "kept": (True, False), "broken": (False, True), "never": (False, False)}
        bars = [(rule, stacked("Events", [("kept", rule.kept), ("broken", rule.broken)])) for rule in named[:_MOST_RULES]]
        summary = stacked("Rules", [(name, seen.count(side)) for name, side in sides.items()])
        yield Coverage(event=event, summary=summary, rules=tuple(bars), hidden=max(len(named) - _MOST_RULES, 0))


def _facts(report: Report) -> Iterable[tuple[str, str]]:
    yield "Subject", report.subject
    yield "Duration", f"{report.duration_s:,.1f} s"
    yield "Trials", f"{sum(check.trials for check in report.checks):,}"
    yield "Contracts", report.revision
    yield "Tool", report.tool
    if report.seed is not None:
        yield "Seed", str(report.seed)
    if report.profile:
        yield "Profile", report.profile
