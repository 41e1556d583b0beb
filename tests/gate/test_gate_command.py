"""`mock-cdp gate`: exit codes, reports, annotations, and one line for what cannot be."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from till import make_till

from running import MOCK_CDP


@pytest.fixture
def till(tmp_path: Path) -> Path:
    return make_till(tmp_path)


def gate(till: Path, *arguments: str, bug: str = "") -> subprocess.CompletedProcess:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MOCK_CDP_")} | {"TILL_BUG": bug}
    return subprocess.run([MOCK_CDP, "gate", *arguments], cwd=till, env=environ, capture_output=True, text=True, timeout=120)


def test_a_kept_contract_exits_0_and_writes_reports(till: Path):
    done = gate(till, "--trials", "20", "--property", "accepted", "--property", "nothing-lost")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✓ every event is accepted" in done.stdout
    assert "Contract kept" in done.stdout
    assert "plain: 1 of 20" in done.stderr
    names = {path.name for path in (till / "gate-reports").iterdir()}
    assert names == {"TEST-cdp-contract.xml", "cdp-contract.sarif", "cdp-contract.md", "cdp-contract.json", "cdp-contract.html"}


def test_a_broken_contract_exits_1_and_can_be_replayed(till: Path):
    done = gate(till, "--trials", "20", "--seed", "7", "--annotations", "github", bug="comma")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "T04 decimal comma or grouping" in done.stdout
    assert "::error" in done.stdout
    report = json.loads((till / "gate-reports/cdp-contract.json").read_text())
    assert report["seed"] == 7
    [case] = (till / "gate-cases").iterdir()
    assert gate(till, "replay", str(case.relative_to(till)), bug="comma").returncode == 1
    assert gate(till, "replay", str(case.relative_to(till))).returncode == 0


def test_the_same_seed_tries_the_same_messages(till: Path):
    (till / "integration.py").write_text("def send(body):\n    open('log', 'ab').write(body + b'\\n')\n")

    def tried(*options: str) -> str:
        (till / "log").unlink(missing_ok=True)
        gate(till, "--property", "accepted", "--trials", "20", *options)
        return (till / "log").read_text()

    assert tried() == tried("--profile", "ci")
    assert tried("--seed", "5") == tried("--seed", "5", "--profile", "nightly") != tried("--seed", "6")
    assert tried("--profile", "nightly") != tried("--profile", "nightly")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--project", "nowhere"), "nowhere/mock-cdp.toml: there is no such file"),
        (("--property", "accept"), "there is no property accept; did you mean accepted?"),
        (("replay", "nowhere.json"), "nowhere.json: the case cannot be read"),
        (("--reports", "till.schema.json", "--trials", "1", "--property", "accepted"), "cannot write the report"),
    ],
    ids=["folder", "property", "case", "reports"],
)
def test_what_cannot_be_is_one_line_and_exit_2(till: Path, arguments: tuple[str, ...], said: str):
    done = gate(till, *arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
