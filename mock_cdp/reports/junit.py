"""The report as JUnit XML: one test case for each property of each event, as every CI server shows them."""

from datetime import UTC, datetime
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from mock_cdp.reports.report import Check, CheckOutcome, Finding, Report, doubt
from mock_cdp.reports.texts import excerpt, mapped, one_line, visible

_HOST: Final = "localhost"  # Ant's schema wants one; a machine's own name is nobody's business
_CHARACTERS: Final = 10_000  # of one message; Jenkins and Azure cut far later
_LINES: Final = 300
_COUNTED: Final[dict[str, CheckOutcome]] = {"failures": "broken", "errors": "error", "skipped": "skipped"}


def junit(report: Report) -> bytes:
    """Return the document, UTF-8 with declaration; no character in it that XML 1.0 forbids."""
    shown = mapped(report, visible)
    checks = [*shown.checks, *_undecided(shown)]
    root = Element("testsuites")
    suite = SubElement(root, "testsuite", _head(shown, checks))
    properties = SubElement(suite, "properties")
    for name, value in _facts(shown).items():
        SubElement(properties, "property", name=name, value=value)
    for check in checks:
        _add_case(suite, check, shown.kind)
    SubElement(suite, "system-out").text = "\n".join(shown.notes)
    SubElement(suite, "system-err").text = shown.stopped
    raw: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return raw


def _head(report: Report, checks: list[Check]) -> dict[str, str]:
    """Return the attributes of the suite: those that Ant's schema requires, in its format, and the skipped ones."""
    outcomes = [check.outcome for check in checks]
    return {
        "name": f"{report.kind}: {report.subject}",
        "package": report.kind,
        "id": "0",
        "timestamp": datetime.fromtimestamp(report.started_at, UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "hostname": _HOST,
        "tests": str(len(checks)),
        **{name: str(outcomes.count(outcome)) for name, outcome in _COUNTED.items()},
        "time": f"{report.duration_s:.3f}",
    }


def _facts(report: Report) -> dict[str, str]:
    seed = "" if report.seed is None else str(report.seed)
    facts = {"tool": report.tool, "revision": report.revision, "seed": seed, "profile": report.profile}
    return {name: value for name, value in facts.items() if value}


def _undecided(report: Report) -> list[Check]:
    """Return a check for a run that proves nothing although no check says so: a CI server must not show it green."""
    why = doubt(report)
    if not why or any(check.outcome in {"broken", "error"} for check in report.checks):
        return []
    return [Check(property="proven", title="The run proves something", event="", outcome="error", reason=why)]


def _add_case(suite: Element, check: Check, kind: str) -> None:
    name = check.event.replace("/", ".") or kind
    case = SubElement(suite, "testcase", name=check.title, classname=name, time=f"{check.duration_s:.3f}")
    if check.outcome == "skipped":
        SubElement(case, "skipped", message=one_line(check.reason) or "skipped")
    elif check.outcome == "error":
        error = SubElement(case, "error", message=one_line(check.reason) or "the check could not be made", type="error")
        error.text = check.reason
    elif check.outcome == "broken":
        _add_failure(case, check)


def _add_failure(case: Element, check: Check) -> None:
    """Add one failure that tells all findings: the schemas allow no second one."""
    found = check.findings or (Finding(code="broken", title=check.title, message=check.reason),)
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    message = one_line(f"{found[0].code} {found[0].title}: {found[0].message}") + more
    failure = SubElement(case, "failure", message=message, type=found[0].code)
    failure.text = "\n\n".join(map(_told, found))


def _told(finding: Finding) -> str:
    """Return *finding* as text, part after part."""
    flaky = " (flaky: not each time)" if finding.flaky else ""
    parts = [("", f"{finding.code} {finding.title}{flaky}\n{finding.message}"), ("Sent", finding.sent)]
    parts += [("Arrived", text) for text in finding.arrived]
    parts += [("Violations", "\n".join(f"{one.pointer or '(the event)'}: {one.message}" for one in finding.violations))]
    parts += [("Fix", finding.fix), ("Case", finding.case_file)]
    told = ((name, excerpt(text, characters=_CHARACTERS, lines=_LINES)) for name, text in parts if text)
    return "\n\n".join(f"{name}:\n{text}" if name else text for name, text in told)
