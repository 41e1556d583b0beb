"""The report for the terminal it was started in: a line for each check, and below it what broke it."""

import re
from collections.abc import Iterator
from typing import Final

from mock_cdp.reports.causes import identity
from mock_cdp.reports.matrix import SIGNS, counted
from mock_cdp.reports.report import Check, CheckOutcome, Finding, Report, ReportOutcome, doubt, outcome
from mock_cdp.reports.texts import excerpt, mapped, relative, slug_of, visible

_COLOURS: Final[dict[CheckOutcome, str]] = {"kept": "32", "broken": "31", "skipped": "2", "error": "33"}
_VERDICTS: Final[dict[ReportOutcome, str]] = {"kept": "Contract kept", "broken": "Contract broken", "error": "Nothing proven"}
# What a CI server obeys in anything a step prints: Azure `##vso[…]` and `##[…]` anywhere, GitHub `::…` at the start of a line.
_COMMAND: Final = re.compile(r"(#)(?=#(?:vso)?\[)|(?m:^(\s*:)(?=:))")
_CHARACTERS: Final = 4_000  # of one message
_LINES: Final = 40
_MOST_VIOLATIONS: Final = 20


def text(report: Report, *, color: bool) -> str:
    """Return the summary.

    Args:
        report: The run.
        color: Whether to paint it with ANSI sequences; the texts themselves never hold any.
    """
    shown = mapped(report, _harmless)
    told: set[object] = set()
    lines = [line for check in shown.checks for line in _check(check, told, color=color)]
    return "\n".join([*lines, *([""] if lines else []), *_last(shown, color=color)]) + "\n"


def _harmless(words: str) -> str:
    return _COMMAND.sub(lambda found: f"{found[0]} ", visible(words))


def _painted(words: str, colour: str, *, color: bool) -> str:
    return f"\x1b[{colour}m{words}\x1b[0m" if color and words else words


def _check(check: Check, told: set[object], *, color: bool) -> Iterator[str]:
    """Yield the lines of *check*; what is in *told* already was told in full by an earlier one."""
    sign = _painted(f"{SIGNS[check.outcome]} {check.title}", _COLOURS[check.outcome], color=color)
    facts = [slug_of(check.event), f"{check.trials:,} trials" if check.trials else "", " ".join(check.reason.split())]
    yield "  ".join([sign, " · ".join(fact for fact in facts if fact)]).rstrip()
    for finding in check.findings:
        yield ""
        lines = [_heading(finding, color=color) + " (as above)"] if identity(finding) in told else _finding(finding, color=color)
        yield from (f"    {line}".rstrip() for line in lines)
        told.add(identity(finding))
    if check.findings:
        yield ""


def _heading(finding: Finding, *, color: bool) -> str:
    flaky = " (flaky: not each time)" if finding.flaky else ""
    return _painted(f"{finding.code} {finding.title}{flaky}", "1", color=color)


def _finding(finding: Finding, *, color: bool) -> Iterator[str]:
    yield _heading(finding, color=color)
    yield from finding.message.split("\n")
    yield from _part("smallest message", finding.sent)
    if finding.sent and not finding.arrived:
        yield "nothing arrived"
    for number, arrived in enumerate(finding.arrived, 1):
        yield from _part("arrived" if len(finding.arrived) == 1 else f"arrived, {number} of {len(finding.arrived)}", arrived)
    for violation in finding.violations[:_MOST_VIOLATIONS]:
        yield f"  {SIGNS['broken']} {violation.pointer or '(the event)'}: {' '.join(violation.message.split())}"
    if len(finding.violations) > _MOST_VIOLATIONS:
        yield f"    and {len(finding.violations) - _MOST_VIOLATIONS} more"
    yield from _part("fix", finding.fix)
    if finding.case_file:
        yield f"case: {relative(finding.case_file)}"


def _part(name: str, body: str) -> Iterator[str]:
    """Yield *body* under its name, behind a rule, so that it is told from what is said about it."""
    if body:
        yield f"{name}:"
        yield from (f"  │ {line}" for line in excerpt(body, characters=_CHARACTERS, lines=_LINES).split("\n"))


def _last(report: Report, *, color: bool) -> Iterator[str]:
    said = outcome(report)
    numbers = ", ".join(f"{number} {name}" for name, number in counted(report).items() if number) or "no checks"
    colour: CheckOutcome = said
    yield f"{_painted(_VERDICTS[said], f'1;{_COLOURS[colour]}', color=color)}: {numbers} in {report.duration_s:.1f} s"
    if said != "kept" and doubt(report):
        yield " ".join(doubt(report).split())
    if report.seed is not None:
        yield f"seed {report.seed}"
    yield from (" ".join(note.split()) for note in report.notes)
