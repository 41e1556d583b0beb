"""Reports on disk: each file whole or not at all. The only module here that touches one."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, Literal

from mock_cdp.contract.writing import write_file
from mock_cdp.reports.html import html
from mock_cdp.reports.json_file import json_report
from mock_cdp.reports.junit import junit
from mock_cdp.reports.markdown import markdown
from mock_cdp.reports.report import Report
from mock_cdp.reports.sarif import sarif

Format = Literal["junit", "sarif", "markdown", "json", "html"]
ALL: Final[tuple[Format, ...]] = ("junit", "sarif", "markdown", "json", "html")

_FILES: Final[dict[Format, tuple[str, Callable[[Report], bytes]]]] = {
    "junit": ("TEST-cdp-contract.xml", junit),
    "sarif": ("cdp-contract.sarif", sarif),
    "markdown": ("cdp-contract.md", lambda report: markdown(report).encode()),
    "json": ("cdp-contract.json", json_report),
    "html": ("cdp-contract.html", lambda report: html(report).encode()),
}


class ReportError(Exception):
    """A report cannot be written; the message says where and why."""


def write_reports(report: Report, folder: Path, *, formats: Iterable[Format] = ALL) -> list[Path]:
    """Write *report* into *folder* in each of *formats* and return the files, in that order.

    Raises:
        ReportError: The folder cannot be made or a file cannot be written; the others may be new already.
    """
    written = []
    for name, raw in [(_FILES[form][0], _FILES[form][1](report)) for form in formats]:
        path = folder / name
        try:
            write_file(path, raw)
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise ReportError(f"cannot write the report {path}: {why}; choose a folder that can be written") from error
        written.append(path)
    return written
