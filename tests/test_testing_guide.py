"""The guide to testing tells the truth: each snippet is a file that runs as it stands, and the failure it shows is a real one."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.examples

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs/testing.md").read_text()
PAGES = GUIDE + (ROOT / "README.md").read_text()
SNIPPETS = dict(re.findall(r"```(?:python|js)\n(?:#|//) (\S+)\n(.*?)```", PAGES, re.DOTALL))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Write the snippets into a project of their own, beside a contract folder."""
    folder = tmp_path_factory.mktemp("project")
    for name, text in SNIPPETS.items():
        (folder / name).write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    shutil.copytree(ROOT / "contracts", folder / "contracts")
    return folder


def run(project: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run Python in *project*, as a user would."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "MOCK_CDP_"))}
    return subprocess.run([sys.executable, *arguments], cwd=project, env=clean, capture_output=True, text=True, timeout=120)


def test_every_snippet_names_its_file():
    """So that none is left out by the tests below."""
    assert len(SNIPPETS) == len(re.findall(r"```(?:python|js)\n", PAGES))


def test_every_test_file_passes(project):
    """In parallel, as the guide promises; only what needs Node may be skipped, and only without it."""
    done = run(project, "-m", "pytest", "-n", "2", "-ra", "-p", "no:cacheprovider", "-p", "no:schemathesis")
    assert done.returncode == 0, done.stdout
    tests = sum(text.count("def test_") for text in SNIPPETS.values())
    in_node = SNIPPETS["test_node.py"].count("def test_") if shutil.which("node") is None else 0
    assert f"{tests - in_node} passed" in done.stdout
    assert "events arrived" in done.stdout


def test_the_notebook_runs(project):
    """Cell by cell, and it prints what was wrong."""
    done = run(project, "notebook.py")
    assert done.returncode == 0, done.stderr
    assert '/totalAmount must be number, found string "19,90"' in done.stdout
    assert "decimal comma" in done.stdout


def test_every_linked_file_exists():
    """No link of the guide leads nowhere."""
    for target in re.findall(r"\]\(([^)#:]+)\)", GUIDE):
        assert (ROOT / "docs" / target).exists(), target


def test_every_fixture_is_documented():
    """The plugin has none that the guide does not list."""
    source = (ROOT / "mock_cdp/pytest_plugin.py").read_text()
    for name in re.findall(r"@pytest\.fixture.*\ndef ([a-z]\w*)\(", source):
        assert f"| `{name}` |" in GUIDE
