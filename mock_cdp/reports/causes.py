"""Findings of one cause brought together: a person reads each cause once, however many checks it breaks."""

from collections.abc import Iterable

import msgspec

from mock_cdp.reports.report import Check, Finding, Level, Report, level_of

_GRAVITY: dict[Level, int] = {"error": 0, "warning": 1, "note": 2}


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """One cause.

    Attributes:
        finding: The one with the smallest message.
        level: Of the gravest finding.
        properties: Titles of the properties it breaks, each once.
        seen: Trials that showed it, over all checks.
    """

    finding: Finding
    level: Level
    properties: tuple[str, ...]
    seen: int


def causes(report: Report) -> list[Cause]:
    """Return each cause once: the gravest first, otherwise in the order of the checks."""
    found: dict[tuple[object, ...], list[tuple[Check, Finding]]] = {}
    for check in report.checks:
        for finding in check.findings:
            found.setdefault(identity(finding), []).append((check, finding))
    return sorted(map(_cause, found.values()), key=lambda cause: _GRAVITY[cause.level])


def identity(finding: Finding) -> tuple[str, str, tuple[str, ...]]:
    """Return what makes two findings the same cause, on every machine and in every run."""
    return finding.code, finding.event, tuple(sorted(set(finding.pointers)))


def _cause(found: Iterable[tuple[Check, Finding]]) -> Cause:
    pairs = list(found)
    return Cause(
        finding=min((finding for _, finding in pairs), key=lambda one: (not one.sent, len(one.sent))),
        level=min((level_of(*pair) for pair in pairs), key=_GRAVITY.__getitem__),
        properties=tuple(dict.fromkeys(check.title for check, _ in pairs)),
        seen=sum(finding.seen for _, finding in pairs),
    )
