"""JUnit XML: valid by a strict schema, readable by an independent reader, whatever texts stand in it."""

import io
import re
from pathlib import Path

import msgspec
import pytest
import xmlschema
from defusedxml.ElementTree import fromstring
from hypothesis import given, settings
from junitparser import Error, Failure, JUnitXml, Skipped
from sample_reports import BROKEN, COLLAPSED, KEPT, ORDER, POS, SILENT, STOPPED, reports

from mock_cdp.reports.junit import junit
from mock_cdp.reports.report import Check

FORBIDDEN = re.compile(r"&#(x[0-9a-f]+|\d+);", re.IGNORECASE)


@pytest.fixture(scope="module")
def xsd() -> xmlschema.XMLSchema:
    """Return the schema, read once."""
    return xmlschema.XMLSchema(Path(__file__).parent / "junit.xsd")


def _cases(raw: bytes) -> dict:
    (suite,) = JUnitXml.fromroot(JUnitXml.fromstring(raw)._elem)
    return {(case.classname, case.name): case.result for case in suite}


@pytest.mark.parametrize("report", [BROKEN, KEPT, SILENT, STOPPED], ids=["broken", "kept", "silent", "stopped"])
def test_it_is_valid_and_counts_right(report, xsd):
    """Every kind of report keeps the schema, and the suite's numbers are those of its cases."""
    raw = junit(report)
    xsd.validate(io.BytesIO(raw))
    suite = fromstring(raw)[0]
    for attribute, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.get(attribute)) == len(list(suite.iter(tag)))
    assert {one.get("name"): one.get("value") for one in suite.iter("property")} == {
        "tool": "mock-cdp 0.1.0",
        "revision": "9f2c4e",
        "seed": "42",
        "profile": "ci",
    }


def test_a_case_for_each_property_of_each_event():
    """Kept passes, broken fails, skipped is skipped, what could not be made is an error."""
    cases = _cases(junit(BROKEN))
    pos, order = POS.replace("/", "."), ORDER.replace("/", ".")
    kinds = {name: [type(one) for one in result] for name, result in cases.items()}
    assert kinds == {
        (pos, "Everything is accepted"): [Failure],
        (order, "Everything is accepted"): [],
        (pos, "Nothing is lost"): [Failure],
        (order, "Nothing is lost"): [],
        (pos, "Nothing arrives twice"): [Skipped],
        (order, "Nothing arrives twice"): [Failure],
        (pos, "The order of items is irrelevant"): [Error],
    }
    failure = cases[pos, "Nothing is lost"][0]
    assert failure.type == "T01"
    for told in (COLLAPSED.message, COLLAPSED.sent, *COLLAPSED.arrived, COLLAPSED.fix, COLLAPSED.violations[0].message):
        assert told in failure.text


@pytest.mark.parametrize("report", [SILENT, STOPPED], ids=["silent", "stopped"])
def test_a_run_that_proves_nothing_is_not_green(report):
    """All checks may be kept and still nothing arrived: a case of its own says so."""
    suite = fromstring(junit(report))[0]
    assert suite.get("errors") == "1"
    assert fromstring(junit(KEPT))[0].get("errors") == "0"


def test_a_broken_check_without_findings_still_fails():
    """The outcome decides, not what could be told of it."""
    checks = (Check(property="p", title="P", event="", outcome="broken", reason="no idea"),)
    cases = _cases(junit(msgspec.structs.replace(KEPT, checks=checks)))
    assert [type(one) for one in cases["gate", "P"]] == [Failure]


@settings(max_examples=60, deadline=None)
@given(report=reports())
def test_hostile_texts_stay_texts(xsd, report):
    """The schema holds, and no character is left that XML 1.0 forbids, neither raw nor as a reference."""
    raw = junit(report)
    xsd.validate(io.BytesIO(raw))
    text = raw.decode()
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", text)
    assert {found.lower() for found in FORBIDDEN.findall(text)} <= {"9", "09", "10"}  # tab and newline within an attribute
