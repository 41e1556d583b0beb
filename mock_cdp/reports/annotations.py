"""The causes as lines that GitHub and Azure pin to files; nothing in a text can become a command of its own."""

from typing import Final

from mock_cdp.reports.causes import Cause, causes
from mock_cdp.reports.report import Level, Report, doubt, outcome
from mock_cdp.reports.texts import excerpt, mapped, one_line, relative, slug_of, visible

_GITHUB: Final[dict[Level, str]] = {"error": "error", "warning": "warning", "note": "notice"}
_CHARACTERS: Final = 1_000  # of one message; GitHub cuts an annotation at 4 KB


def github(report: Report) -> list[str]:
    """Return one workflow command for each cause, and one for a run that proves nothing."""
    lines = []
    for cause in causes(mapped(report, visible)):
        place = {"file": _file(cause), "line": "1" if _file(cause) else "", "title": _title(cause)}
        given = ",".join(f"{name}={_github_property(value)}" for name, value in place.items() if value)
        lines.append(f"::{_GITHUB[cause.level]} {given}::{_github_data(_message(cause))}")
    if outcome(report) == "error":
        lines.append(f"::error title=Nothing proven::{_github_data(visible(doubt(report)))}")
    return lines


def azure(report: Report) -> list[str]:
    """Return one logging command for each cause that is more than a note, and one for a run that proves nothing."""
    lines = []
    for cause in causes(mapped(report, visible)):
        if cause.level == "note":  # Azure knows only errors and warnings
            continue
        place = {
            "type": cause.level,
            "sourcepath": _file(cause),
            "linenumber": "1" if _file(cause) else "",
            "code": cause.finding.code,
        }
        given = ";".join(f"{name}={_azure_property(value)}" for name, value in place.items() if value)
        lines.append(f"##vso[task.logissue {given}]{_azure_data(f'{_title(cause)}: {_message(cause)}')}")
    if outcome(report) == "error":
        lines.append(f"##vso[task.logissue type=error]{_azure_data(f'Nothing proven: {visible(doubt(report))}')}")
    return lines


def _file(cause: Cause) -> str:
    return relative(cause.finding.model_file) or relative(cause.finding.case_file)


def _title(cause: Cause) -> str:
    event = f" ({slug_of(cause.finding.event)})" if cause.finding.event else ""
    return one_line(f"{cause.finding.code} {cause.finding.title}{event}", 120) or cause.level


def _message(cause: Cause) -> str:
    finding = cause.finding
    parts = [finding.message, f"Sent: {finding.sent}" if finding.sent else "", f"Fix: {finding.fix}" if finding.fix else ""]
    return "\n".join(excerpt(part, characters=_CHARACTERS, lines=20) for part in parts if part) or _title(cause)


def _github_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _github_property(text: str) -> str:
    return _github_data(text).replace(":", "%3A").replace(",", "%2C")


def _azure_data(text: str) -> str:
    return text.replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A")


def _azure_property(text: str) -> str:
    return _azure_data(text).replace(";", "%3B").replace("]", "%5D")
