"""The report as a value: what was checked and what came of it. How it is written down is each format's own matter."""

from typing import Final, Literal

import msgspec

from mock_cdp.contract.violation import Violation
from mock_cdp.core.receipt import Counts

Kind = Literal["gate", "conformance"]
CheckOutcome = Literal["kept", "broken", "skipped", "error"]
ReportOutcome = Literal["kept", "broken", "error"]
Level = Literal["error", "warning", "note"]

CHECK_OUTCOMES: Final[tuple[CheckOutcome, ...]] = ("kept", "broken", "skipped", "error")
EXIT_CODES: Final[dict[ReportOutcome, int]] = {"kept": 0, "broken": 1, "error": 2}


class Finding(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One way in which a check was broken, with the smallest message that shows it. Holds no secret: texts come redacted.

    Attributes:
        code: Of the cause (`T01`) or of what went wrong (`lost`, `twice`, `accepts-invalid`).
        title: The code in a few words.
        message: What happened, in the sender's terms.
        fix: What to change; of several lines: lines to paste.
        event: Contract path, or `""`.
        pointers: JSON Pointers into the event, array indexes as `*`.
        sent: The smallest source message that shows it.
        sent_type: Its media type.
        arrived: What reached the mock because of it, or what was answered, in order.
        violations: Of what arrived.
        case_file: Where it can be replayed from, or `""`.
        model_file: The model it breaks, as a path in the repository, or `""`.
        flaky: It did not happen each time it was tried.
        seen: How many trials showed it.
        ledger: Id of the fidelity entry it differs from, or `""`.
    """

    code: str
    title: str
    message: str
    fix: str = ""
    event: str = ""
    pointers: tuple[str, ...] = ()
    sent: str = ""
    sent_type: str = ""
    arrived: tuple[str, ...] = ()
    violations: tuple[Violation, ...] = ()
    case_file: str = ""
    model_file: str = ""
    flaky: bool = False
    seen: int = 1
    ledger: str = ""


class Check(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One property held against one event.

    Attributes:
        property: Kebab case.
        title: The property as a sentence of a few words.
        event: Contract path, or `""` for a property of no single event.
        outcome: `error` is a check that could not be made.
        trials: How many were made.
        reason: Why it was skipped or could not be made.
        findings: Why it is broken; of a kept check: what is worth knowing all the same.
        duration_s: Seconds.
    """

    property: str
    title: str
    event: str
    outcome: CheckOutcome
    trials: int = 0
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    duration_s: float = 0.0


class CoveredRule(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One rule of a model and how often it was put to the test.

    Attributes:
        event: Contract path.
        place: JSON Pointer of the rule's value in the event, array indexes as `*`.
        keyword: As the model writes it.
        expected: What it demands, shortened.
        kept: Events that kept it.
        broken: Events that broke it.
    """

    event: str
    place: str
    keyword: str
    expected: str
    kept: int
    broken: int


class Report(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One run.

    Attributes:
        subject: What was checked: an integration's name or a base URL.
        started_at: Unix seconds.
        duration_s: Seconds.
        tool: Name and version, `mock-cdp 0.1.0`.
        revision: Of the contracts.
        seed: Of what was generated; None where nothing was.
        profile: Name of the settings it ran with.
        counts: What the mock counted; None where no mock took part.
        coverage: Of the models, in the order to show.
        notes: Sentences on the side.
        stopped: Why the run ended before it was through, or `""`. A spent budget is no such reason, an interruption is.
    """

    kind: Kind
    subject: str
    started_at: float
    duration_s: float
    tool: str
    revision: str
    seed: int | None = None
    profile: str = ""
    checks: tuple[Check, ...] = ()
    counts: Counts | None = None
    coverage: tuple[CoveredRule, ...] = ()
    notes: tuple[str, ...] = ()
    stopped: str = ""


def outcome(report: Report) -> ReportOutcome:
    """Return what the run says of its subject.

    `broken` as soon as one check is. `kept` only when something was checked, all of it could be, and, where the mock
    counted, something arrived; anything else says nothing about the subject and is an `error`.
    """
    outcomes = {check.outcome for check in report.checks}
    if "broken" in outcomes:
        return "broken"
    return "kept" if "kept" in outcomes and not doubt(report) else "error"


def doubt(report: Report) -> str:
    """Return why nothing can be said of the subject although nothing is broken, or `""`."""
    outcomes = {check.outcome for check in report.checks}
    if report.stopped:
        return f"The run ended early: {report.stopped}"
    if "error" in outcomes:
        return "A check could not be made."
    if not outcomes & {"kept", "broken"}:
        return "Nothing was checked."
    if report.counts is not None and not report.counts.received:
        return "Nothing arrived."
    return ""


def level_of(check: Check, finding: Finding) -> Level:
    """Return how grave *finding* is: an error breaks the check, a warning may not be there next time, a note only informs."""
    if check.outcome != "broken":
        return "note"
    return "warning" if finding.flaky else "error"
