"""The documents tell the truth: every README command runs and does what the text says, every setting and code is listed."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mock_cdp.settings import FIELDS
from running import answers, free_port, wait_until

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def blocks(text: str) -> list[str]:
    """Return the shell blocks of a Markdown text."""
    return re.findall(r"```sh\n(.*?)```", text, re.DOTALL)


@pytest.fixture
def newcomer(tmp_path: Path):
    """Serve as the README says, from this checkout, and return how to run its other commands in an empty folder."""
    port = free_port()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MOCK_CDP_", "MAKE"))}
    environ = clean | {
        "MOCK_CDP_PORT": str(port),
        "MOCK_CDP_STORE": str(tmp_path / "newcomer.db"),
        "MOCK_CDP_URL": f"http://127.0.0.1:{port}",
    }
    for name in ("contracts", "examples"):  # copies: what the documents tell to change must not be the repository's
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    server = subprocess.Popen(["make", "serve"], cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, start_new_session=True)
    wait_until(lambda: answers(f"http://127.0.0.1:{port}"), "make serve to answer", 60)

    def run(script: str) -> str:
        script = script.replace("127.0.0.1:8080", f"127.0.0.1:{port}")
        done = subprocess.run(["bash", "-euc", script], cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=200)
        assert done.returncode == 0, (script, done.stdout, done.stderr)
        return done.stdout

    yield run
    os.killpg(server.pid, signal.SIGINT)
    server.wait(20)


def test_every_command_of_the_readme_runs(newcomer):
    """In order, as a newcomer would, and the answers are those the text shows."""
    scripts = blocks(README)
    assert scripts[:2] == ["make serve\n", "make test\n"]
    said = [newcomer(script) for script in scripts[2:]]
    assert '"outcome":"accepted"' in said[0]
    assert '"errorCode":400009' in said[1]
    assert '/totalAmount must be number, found string \\"19.90\\"' in said[1]
    assert '"accepted": 1' in said[2] or '"accepted":1' in said[2]
    assert "secret" in said[3]
    assert "all is well" in said[4]
    assert said[5].endswith("6 events processed\n")
    assert "Contract kept" in said[7]
    assert said[8].endswith("broken, as it should be\n")
    assert "T04 decimal comma or grouping" in said[8]


def test_every_command_of_the_configuration_page_runs(newcomer):
    """In order, in an empty folder, and the answers are those the text tells of."""
    walked, exported, inferred, customers, _ = [
        newcomer(script) for script in blocks((ROOT / "docs/configuration.md").read_text())
    ]
    assert walked.endswith("6 events processed\n")
    assert exported.count("all is well") == 2
    assert '"$schema"' in inferred
    assert "5 events" in inferred
    assert "all is well" in inferred
    assert '"unmapped"' in customers


def test_make_test_is_a_target():
    """The second command exists; running it here would run this test within itself."""
    subprocess.run(["make", "-n", "test"], cwd=ROOT, check=True, capture_output=True)


def test_every_setting_is_documented():
    """Name, default and meaning of each stand in the table."""
    text = (ROOT / "docs/settings.md").read_text()
    for field in FIELDS.values():
        assert f"| `{field.name}` | `{field.default}` | {field.type.__metadata__[0].description} |" in text


def test_every_linked_file_exists():
    """No link of the README leads nowhere."""
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target


def test_every_code_of_a_refused_body_is_documented():
    """A sender finds the code of the answer in the table."""
    text = (ROOT / "docs/listener.md").read_text()
    for module in ("body", "encoding", "json_faults"):
        source = (ROOT / f"mock_cdp/core/{module}.py").read_text()
        for code in re.findall(r'broken\(\s*"([a-z0-9-]+)"', source):
            assert f"`{code}`" in text, code


def test_every_command_of_the_coverage_page_runs(newcomer):
    """A mock that received two events and the files with them say the same, and it is what the page shows."""
    text = (ROOT / "docs/coverage.md").read_text()
    received, files = [newcomer(script) for script in blocks(text)]
    shown = text.split("```\n│", 1)[1].split("\n…\n")[1].split("```")[0]
    assert received.endswith(shown)
    assert files.endswith(shown)


def test_every_command_of_the_testing_page_runs(newcomer):
    """The example's own suite passes, as the page says."""
    [tested] = [newcomer(script) for script in blocks((ROOT / "docs/testing.md").read_text())]
    assert "21 passed" in tested


def test_every_command_of_the_conformance_page_runs(newcomer):
    """Our own mock conforms, and the reports are where the page says."""
    text = (ROOT / "docs/conformance.md").read_text()
    [said] = [newcomer(script + "ls conformance\n") for script in blocks(text)]
    assert said.count("✓") == 7
    assert "TEST-cdp-contract.xml" in said


def test_every_command_of_the_cpi_page_runs(newcomer):
    """In order; the story ends with the event accepted, and every cause on the way is named."""
    checked, converted, story, _ = [newcomer(script) for script in blocks((ROOT / "docs/cpi.md").read_text())]
    assert "T01" in checked
    assert "json.dataTypeConvertor.decimal=totalAmount" in checked
    assert {"T01", "T03", "T04", "D03"} <= set(re.findall(r"[A-Z]\d\d", converted))
    assert story.rstrip().endswith("pos-receipt: accepted")
    assert {"S10", "S01", "S02", "T01", "T02", "T03", "T04", "D03"} <= set(re.findall(r"\b[A-Z]\d\d\b", story))


def test_every_command_of_the_contracts_page_runs(newcomer):
    """In order; the answers are those the text tells of."""
    checked, judged, schemas, made = [newcomer(script) for script in blocks((ROOT / "docs/contracts.md").read_text())]
    assert "all is well" in checked
    assert '"pointer": "/totalAmount"' in judged
    assert "event.schema.json" in schemas
    assert "5 events" in made
    assert "retail/sap-car/till-receipt" in made


@pytest.mark.parametrize("of", [[], ["--lint"]], ids=["diagnoses", "lint"])
def test_every_code_is_in_the_table(of: list[str]):
    """The page holds what the code says, word for word."""
    done = subprocess.run([Path(sys.executable).parent / "mock-cdp", "cpi", "codes", *of], capture_output=True, text=True)
    assert done.stdout in (ROOT / "docs/cpi.md").read_text()
