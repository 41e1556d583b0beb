"""The report as Markdown that fits a CI step's summary: the verdict, the table, each cause once, no markup of others."""

import re
from typing import Final

from mock_cdp.reports.causes import Cause, causes
from mock_cdp.reports.matrix import SIGNS, Cell, counted, matrix
from mock_cdp.reports.report import Report, ReportOutcome, doubt, outcome
from mock_cdp.reports.texts import excerpt, mapped, one_line, relative, slug_of, visible

MOST_BYTES: Final = 60_000  # GitHub takes 1 MiB a step, Azure and GitLab less; nobody reads further

_VERDICTS: Final[dict[ReportOutcome, str]] = {
    "kept": "✅ Contract kept",
    "broken": "❌ Contract broken",
    "error": "⚠️ Nothing proven",
}
_ACTIVE: Final = re.compile(r"[\\`*_\[\]<>|~&$#!]")  # what GitHub's Markdown gives a meaning within a line
_CHARACTERS: Final = 2_000  # of one message
_LINES: Final = 60
_MOST_ROWS: Final = 100
_LONGEST_FENCE: Final = 100  # of a message that is all backticks


def markdown(report: Report) -> str:
    """Return the summary, at most `MOST_BYTES` long in UTF-8; what did not fit is counted at the end."""
    shown = mapped(report, visible)
    parts = [_head(shown), _table(shown)]
    found = causes(shown)
    foot = _foot(shown)
    room = MOST_BYTES - sum(_size(part) for part in (*parts, foot)) - 200
    for number, cause in enumerate(found):
        part = _cause(cause)
        if (room := room - _size(part)) < 0:
            parts.append(f"*{len(found) - number} more causes did not fit here: see the HTML report.*\n")
            break
        parts.append(part)
    return "\n".join([*parts, foot])


def fenced(text: str, language: str = "") -> str:
    """Return *text* as a code block that nothing in it can end."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    if longest >= _LONGEST_FENCE:  # a fence as long as the message would say nothing
        text, longest = re.sub(f"`{{{_LONGEST_FENCE},}}", "`" * (_LONGEST_FENCE - 1), text), _LONGEST_FENCE - 1
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}\n"


def escaped(text: str) -> str:
    """Return *text* on one line, each character meaning itself, also within a table."""
    return _ACTIVE.sub(lambda found: f"\\{found[0]}", one_line(text))


def _size(part: str) -> int:
    return len(part.encode()) + 1


def _head(report: Report) -> str:
    counts = ", ".join(f"{number} {name}" for name, number in counted(report).items() if number) or "no checks"
    lines = [f"## {_VERDICTS[outcome(report)]}: {escaped(report.subject)}", "", f"{counts} in {report.duration_s:.1f} s"]
    if report.counts:
        each = report.counts
        refused = f"{each.rejected:,} rejected, {each.duplicate:,} duplicate, {each.discarded:,} discarded"
        lines[-1] += f" · {each.received:,} events received, {each.accepted:,} accepted, {refused}"
    if outcome(report) != "kept" and doubt(report):
        lines += ["", f"**{escaped(doubt(report))}**"]
    return "\n".join(lines) + "\n"


def _table(report: Report) -> str:
    if not report.checks:
        return ""
    table = matrix(report)
    lines = [_row([table.corner, *map(escaped, table.columns)]), _row(["---"] * (len(table.columns) + 1))]
    lines += [_row([escaped(name), *map(_shown, cells)]) for name, cells in table.rows[:_MOST_ROWS]]
    if len(table.rows) > _MOST_ROWS:
        lines.append(_row([f"… {len(table.rows) - _MOST_ROWS} more", *[""] * len(table.columns)]))
    return "\n".join(lines) + "\n"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _shown(cell: Cell) -> str:
    if cell.outcome is None:
        return ""
    word = f"**{cell.outcome}**" if cell.outcome in {"broken", "error"} else cell.outcome
    why = f"{cell.trials:,}" if cell.trials else escaped(one_line(cell.reason, 60))
    return f"{SIGNS[cell.outcome]} {word}" + (f" ({why})" if why else "")


def _cause(cause: Cause) -> str:
    finding = cause.finding
    event = f" · {escaped(slug_of(finding.event))}" if finding.event else ""
    sign = {"error": "❌", "warning": "⚠️ flaky:", "note": "ℹ️"}[cause.level]  # noqa: RUF001  (the sign for information)
    parts = [f"### {sign} {escaped(finding.code)} {escaped(finding.title)}{event}\n", f"{escaped(finding.message)}\n"]
    parts.append(f"Breaks: {', '.join(map(escaped, cause.properties))} · seen {_times(cause.seen)}\n")
    if finding.sent:
        parts += ["Smallest message:\n", _message(finding.sent)]
    for text in finding.arrived[:3]:
        parts += ["Arrived:\n", _message(text)]
    if len(finding.arrived) > 3:  # noqa: PLR2004  (as shown above)
        parts.append(f"… and {len(finding.arrived) - 3} more.\n")
    if finding.violations:
        parts.append(_violations(cause))
    if finding.fix:
        parts.append(f"**Fix:**\n\n{_message(finding.fix)}" if "\n" in finding.fix else f"**Fix:** {escaped(finding.fix)}\n")
    if finding.case_file:
        parts.append(f"Case: {escaped(relative(finding.case_file))}\n")
    return "\n".join(parts)


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number:,} times"


def _violations(cause: Cause) -> str:
    shown = cause.finding.violations[:20]
    lines = [_row(["Path", "Expected", "Found", "What is wrong"]), _row(["---"] * 4)]
    lines += [_row([escaped(v.pointer) or "the event", escaped(v.expected), escaped(v.found), escaped(v.message)]) for v in shown]
    if missing := len(cause.finding.violations) - len(shown):
        lines.append(_row([f"… {missing} more", "", "", ""]))
    return "\n".join(lines) + "\n"


def _message(text: str) -> str:
    return fenced(excerpt(text, characters=_CHARACTERS, lines=_LINES))


def _foot(report: Report) -> str:
    notes = [f"- {escaped(note)}" for note in report.notes[:20]]
    facts = [report.tool, f"contracts {report.revision}", f"profile {report.profile}" if report.profile else ""]
    facts.append("" if report.seed is None else f"seed {report.seed}")
    return "\n".join([*notes, *([""] if notes else []), " · ".join(escaped(fact) for fact in facts if fact)]) + "\n"
