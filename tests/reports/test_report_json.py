"""The JSON report and its published schema."""

import json

import jsonschema_rs
import msgspec
import pytest
from hypothesis import given, settings
from sample_reports import BROKEN, COLLAPSED, KEPT, SILENT, STOPPED, reports

from mock_cdp.contract.violation import Violation
from mock_cdp.core.receipt import Counts
from mock_cdp.reports.json_file import VERSION, json_report, schema
from mock_cdp.reports.report import Check, CoveredRule, Finding, Report

PUBLISHED = jsonschema_rs.Draft7Validator(schema(), validate_formats=True, offline=True)


@pytest.mark.parametrize("report", [BROKEN, KEPT, SILENT, STOPPED], ids=["broken", "kept", "silent", "stopped"])
def test_it_keeps_the_published_schema(report):
    """Every kind of report; and the schema is one that refuses something."""
    document = json.loads(json_report(report))
    PUBLISHED.validate(document)
    assert document["version"] == VERSION == schema()["properties"]["version"]["const"]
    assert not PUBLISHED.is_valid(document | {"version": 2})
    assert not PUBLISHED.is_valid(document | {"checks": [{}]})


@pytest.mark.parametrize("kind", [Report, Check, Finding, CoveredRule, Violation, Counts], ids=lambda kind: kind.__name__)
def test_the_schema_knows_every_member(kind):
    """A field that is added to the report is added to what we publish."""
    published = schema() if kind is Report else schema()["definitions"][kind.__name__]
    names = {field.encode_name for field in msgspec.structs.fields(kind)} | ({"version", "outcome"} if kind is Report else set())
    assert set(published["properties"]) == names
    if kind is not Violation:  # of a violation, as everywhere, what says nothing is left out
        assert set(published["required"]) == names


def test_nothing_is_shortened_and_the_report_can_be_read_back():
    """The JSON report is the one that has it all: 200 KB arrive as they were, and so do integers beyond 64 bits."""
    finding = msgspec.structs.replace(COLLAPSED, sent="x" * 200_000)
    check = msgspec.structs.replace(BROKEN.checks[0], findings=(finding,))
    report = msgspec.structs.replace(BROKEN, checks=(check,), seed=2**100)
    assert msgspec.json.decode(json_report(report), type=Report) == report


def test_no_path_names_the_machine():
    """Files are told as seen from the repository, here too."""
    finding = msgspec.structs.replace(COLLAPSED, model_file="/home/me/model.json", case_file="cases\\a.json")
    check = msgspec.structs.replace(BROKEN.checks[0], findings=(finding,))
    told = json.loads(json_report(msgspec.structs.replace(BROKEN, checks=(check,))))["checks"][0]["findings"][0]
    assert (told["modelFile"], told["caseFile"]) == ("model.json", "cases/a.json")


@settings(max_examples=60, deadline=None)
@given(report=reports())
def test_hostile_texts_keep_the_schema(report):
    """Halves of characters are replaced; everything else is JSON's own business."""
    PUBLISHED.validate(json.loads(json_report(report)))
