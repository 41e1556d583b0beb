"""Properties against events as a table, whichever way round fits a page."""

import msgspec

from mock_cdp.reports.report import CHECK_OUTCOMES, Check, CheckOutcome, Report
from mock_cdp.reports.texts import slug_of

MOST_COLUMNS = 6  # a page in a browser and a step summary hold so many beside the row's name

SIGNS: dict[CheckOutcome, str] = {"kept": "✓", "broken": "✗", "skipped": "–", "error": "!"}  # noqa: RUF001  (a dash, not a minus)
_GRAVITY: dict[CheckOutcome, int] = {"broken": 0, "error": 1, "kept": 2, "skipped": 3}


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one property for one event.

    Attributes:
        outcome: None where nothing was to be checked.
        trials: How many were made.
        reason: Why it was skipped or could not be made.
    """

    outcome: CheckOutcome | None = None
    trials: int = 0
    reason: str = ""


class Matrix(msgspec.Struct, frozen=True, kw_only=True):
    """The table.

    Attributes:
        corner: What the rows are.
        columns: Headings of the columns after the first.
        rows: Heading and cells of each row, one cell for each column.
    """

    corner: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]


def matrix(report: Report) -> Matrix:
    """Return properties as rows and events as columns, or the other way round when there are more events than fit."""
    titles = {check.property: check.title for check in report.checks}
    events = _named([check.event for check in report.checks])
    cells: dict[tuple[str, str], list[Check]] = {}
    for check in report.checks:
        cells.setdefault((check.property, check.event), []).append(check)
    if len(events) <= MOST_COLUMNS:
        rows = [(title, tuple(_cell(cells.get((name, event))) for event in events)) for name, title in titles.items()]
        return Matrix(corner="Property", columns=tuple(events.values()), rows=tuple(rows))
    rows = [(shown, tuple(_cell(cells.get((name, event))) for name in titles)) for event, shown in events.items()]
    return Matrix(corner="Event", columns=tuple(titles.values()), rows=tuple(rows))


def counted(report: Report) -> dict[CheckOutcome, int]:
    """Return how many checks came to which outcome, in the order to show them."""
    return {outcome: sum(check.outcome == outcome for check in report.checks) for outcome in CHECK_OUTCOMES}


def _named(events: list[str]) -> dict[str, str]:
    """Return each event once with its short name, or with its path where two share one."""
    paths = list(dict.fromkeys(events))
    slugs = [slug_of(path) for path in paths]
    return {path: (slug if slugs.count(slug) == 1 else path) or "all events" for path, slug in zip(paths, slugs, strict=True)}


def _cell(checks: list[Check] | None) -> Cell:
    if not checks:
        return Cell()
    worst = min(checks, key=lambda check: _GRAVITY[check.outcome])
    return Cell(outcome=worst.outcome, trials=sum(check.trials for check in checks), reason=worst.reason)
