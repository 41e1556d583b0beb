"""The report as JSON for other programs: all of it, in a version whose schema is published beside this module."""

from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec

from mock_cdp.reports.report import Report, outcome
from mock_cdp.reports.texts import encodable, mapped, relative

VERSION: Final = 1  # raised when a reader of the last one could no longer read it


def json_report(report: Report) -> bytes:
    """Return the whole report as JSON text, nothing shortened."""
    clean = mapped(report, encodable)
    document: dict[str, Any] = {"version": VERSION, "outcome": outcome(report), **msgspec.to_builtins(clean)}
    for check in document["checks"]:
        for finding in check["findings"]:
            finding |= {name: relative(finding[name]) for name in ("caseFile", "modelFile")}
    return msgspec.json.format(msgspec.json.encode(document), indent=1)


@cache
def schema() -> dict[str, Any]:
    """Return the JSON Schema of what `json_report` writes."""
    found: dict[str, Any] = msgspec.json.decode(files("mock_cdp.reports").joinpath("report.schema.json").read_bytes())
    return found
