"""The report as SARIF 2.1.0: a rule for each code, its help the fix, a result for each finding at the file to look into."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from mock_cdp.reports.causes import identity
from mock_cdp.reports.markdown import fenced
from mock_cdp.reports.report import EXIT_CODES, Check, Finding, Report, doubt, level_of, outcome
from mock_cdp.reports.texts import encodable, excerpt, mapped, relative

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_ROOT: Final = "%SRCROOT%"
_CHARACTERS: Final = 2_000  # of one message inside a result; viewers show a line or two


def sarif(report: Report) -> bytes:
    """Return the log as JSON text."""
    return json.dumps(_log(mapped(report, encodable)), ensure_ascii=False, indent=1).encode()


def _log(report: Report) -> dict[str, Any]:
    found = [(check, finding) for check in report.checks for finding in check.findings]
    codes = list(dict.fromkeys(finding.code for _, finding in found))
    rules = [_rule(next(finding for _, finding in found if finding.code == code)) for code in codes]
    name, _, version = report.tool.partition(" ")
    facts = {"subject": report.subject, "revision": report.revision, "profile": report.profile, "seed": report.seed}
    run = {
        "tool": {"driver": {"name": name or "mock-cdp", "version": version or "unknown", "rules": rules}},
        "automationDetails": {"id": f"mock-cdp/{report.kind}/"},
        "invocations": [_invocation(report)],
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
        "columnKind": "utf16CodeUnits",
        "results": [_result(check, finding, codes.index(finding.code)) for check, finding in found],
        "properties": {name: value for name, value in facts.items() if value not in {"", None}},
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(finding: Finding) -> dict[str, Any]:
    fix = finding.fix or finding.title
    return {
        "id": finding.code,
        "shortDescription": {"text": finding.title or finding.code},
        "help": {"text": fix or finding.code, "markdown": fenced(fix) if "\n" in fix else fix or finding.code},
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["contract"]},
    }


def _result(check: Check, finding: Finding, rule: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": level_of(check, finding),
        "message": {"text": _message(check, finding)},
        "occurrenceCount": max(finding.seen, 1),
        "partialFingerprints": {"cause/v1": hashlib.sha256(json.dumps(identity(finding)).encode()).hexdigest()},
    }
    if location := _location(finding):
        found["locations"] = [location]
    facts = {"property": check.property, "caseFile": relative(finding.case_file), "fidelityEntry": finding.ledger}
    return found | {"properties": {name: value for name, value in facts.items() if value}}


def _message(check: Check, finding: Finding) -> str:
    parts = [finding.message or finding.title or finding.code, f"Breaks: {check.title}" if check.outcome == "broken" else ""]
    parts += [f"Sent:\n{finding.sent}" if finding.sent else "", *(f"Arrived:\n{text}" for text in finding.arrived[:2])]
    parts += [f"Fix: {finding.fix}" if finding.fix else ""]
    return "\n".join(excerpt(part, characters=_CHARACTERS, lines=60) for part in parts if part)


def _location(finding: Finding) -> dict[str, Any]:
    """Return where to look: the model in the repository, or the case that shows it; and which part of which event."""
    found: dict[str, Any] = {}
    if place := relative(finding.model_file) or relative(finding.case_file):
        artifact = {"uri": quote(place, safe="/"), "uriBaseId": _ROOT}
        # The line is not known; without one, GitHub does not show the result at all.
        found["physicalLocation"] = {"artifactLocation": artifact, "region": {"startLine": 1}}
    if finding.event:
        places = [f"{finding.event}#{pointer}" for pointer in sorted(set(finding.pointers))] or [finding.event]
        found["logicalLocations"] = [{"fullyQualifiedName": place, "kind": "member"} for place in places]
    return found


def _invocation(report: Report) -> dict[str, Any]:
    said = outcome(report)
    troubles = [
        f"{check.title} ({check.event or 'all events'}): {check.reason}" for check in report.checks if check.outcome == "error"
    ]
    if not troubles and said == "error":
        troubles = [doubt(report)]
    found: dict[str, Any] = {
        "executionSuccessful": said != "error",
        "exitCode": EXIT_CODES[said],
        "exitCodeDescription": {"kept": "contract kept", "broken": "contract broken", "error": "nothing proven"}[said],
        "startTimeUtc": _time(report.started_at),
        "endTimeUtc": _time(report.started_at + report.duration_s),
    }
    notifications = [{"level": "error", "message": {"text": text}} for text in troubles]
    notifications += [{"level": "note", "message": {"text": text}} for text in report.notes if text]
    return found | ({"toolExecutionNotifications": notifications} if notifications else {})


def _time(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
