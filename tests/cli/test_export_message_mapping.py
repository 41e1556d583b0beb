"""`mock-cdp export message-mapping`: the document on stdout or in a file, what it cannot hold on stderr."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from mock_cdp.cli.message_mapping import message_mapping
from mock_cdp.contract.catalog import shipped_catalog

MODEL = "retail/applications/sap-car/dataevents/pos-receipt/model.schema.json"


def run(*arguments: object):
    """Run the command in this process."""
    return CliRunner().invoke(message_mapping, [str(argument) for argument in arguments])


@pytest.mark.parametrize("event", ["pos-receipt", "retail/sap-car/pos-receipt"])
def test_the_document_goes_to_stdout_and_the_notes_to_stderr(event: str):
    """The event may be named by its folder or by its path."""
    done = run("--event", event)
    assert done.exit_code == 0
    assert json.loads(done.stdout)["openapi"] == "3.0.3"
    first, last = done.stderr.splitlines()
    assert first.startswith("note: /anyOf: left out;")
    assert "Basic Data Type Handling" in last


def test_the_file_is_written(tmp_path: Path):
    """Then nothing is printed to stdout."""
    done = run("--event", "web-order", "--out", tmp_path / "order.json")
    assert (done.exit_code, done.stdout) == (0, "")
    assert json.loads((tmp_path / "order.json").read_text())["info"]["title"]


def test_a_model_outside_the_subset_is_refused(tmp_path: Path):
    """In one line: the event, the place, what stands there, what to write instead. No file is made."""
    folder = tmp_path / "contracts"
    shutil.copytree(shipped_catalog(), folder)
    model = json.loads((folder / MODEL).read_text())
    model["properties"]["isReturn"] = {"anyOf": [{"type": "boolean"}, {"type": "null"}]}
    (folder / MODEL).write_text(json.dumps(model))
    done = run("--contracts", folder, "--event", "pos-receipt", "--out", tmp_path / "out.json")
    assert (done.exit_code, done.stdout, (tmp_path / "out.json").exists()) == (1, "", False)
    (line,) = done.stderr.splitlines()
    assert "retail/sap-car/pos-receipt: /properties/isReturn/anyOf: " in line
    assert line.endswith('write "type": ["boolean","null"]')


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--event", "pos-recipt"), "did you mean pos-receipt?"),
        (("--event", "web-order", "--contracts", "none"), "no such folder: none"),
        (("--event", "web-order", "--out", "none/out.json"), "cannot write none/out.json"),
        ((), "--event"),
    ],
    ids=["no-such-event", "no-folder", "no-place-to-write", "no-event"],
)
def test_trouble_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple, said: str):
    """With exit code 2."""
    monkeypatch.chdir(tmp_path)
    done = run(*arguments)
    assert (done.exit_code, said in done.stderr) == (2, True)
