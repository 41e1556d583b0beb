"""The Python example: its suite passes as it is, and with each seeded bug the failure alone says what is wrong and what to do."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.examples

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples/python-pos"
SOUND = ""
SAYS = {
    SOUND: ["21 passed", "1 rejected, 1 duplicate"],
    "collapse": [
        "/items must be array, found object",
        "cause S02 array collapsed: /items",
        "fix: Set Streaming, Convert Specific",
        "3 failed, 18 passed",
    ],
    "comma": [
        '/totalAmount must be number, found string "19,90"',
        "cause T04 decimal comma or grouping: /totalAmount, /items/*/amount",
        "fix: Replace comma and grouping in the mapping",
    ],
    "twice": [
        "one receipt was booked 2 times, as R101-20241130-3-1287 and R101-20241130-3-1.",
        "a retry must send the receiptId of the first attempt",
        "take it from the till's own number",
        "1 failed",
    ],
}

ONLY = {
    "comma": "tests/test_events.py",
    "twice": "tests/test_retries.py",
}  # enough to fail; the rest takes time


@pytest.fixture(scope="module")
def suites(tmp_path_factory):
    """Start `make test` in a copy of the example for each bug, all at once; what it says goes to a file."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "PYTEST_", "MOCK_CDP_"))}
    running = {}
    for bug in SAYS:
        copied = tmp_path_factory.mktemp(bug or "sound") / "python-pos"
        said = copied.with_name("said.txt")
        shutil.copytree(EXAMPLE, copied, ignore=shutil.ignore_patterns("__pycache__", ".hypothesis", ".pytest_cache", ".venv"))
        command = ["make", "test", f"PYTHON={sys.executable}", f"ARGS={ONLY.get(bug, '')}"]
        with said.open("w") as output:
            running[bug] = subprocess.Popen(command, cwd=copied, env=clean | {"BUG": bug}, stdout=output, stderr=output), said
    yield running
    for process, _ in running.values():
        process.kill()
        process.wait()


@pytest.mark.parametrize("bug", SAYS, ids=lambda bug: bug or "sound")
def test_the_suite_tells_each_bug(suites, bug):
    """It ends well only without one, and names the cause and what to change."""
    process, said = suites[bug]
    sound = process.wait(timeout=240) == 0
    output = said.read_text()
    assert sound == (bug == SOUND), output
    for phrase in SAYS[bug]:
        assert phrase in output


def test_the_guide_shows_what_is_really_said(suites):
    """Line by line: the failure in the guide is that of `BUG=collapse`."""
    process, said = suites["collapse"]
    process.wait(timeout=240)
    [shown] = re.findall(r"```text\n(.*?)```", (ROOT / "docs/testing.md").read_text(), re.DOTALL)
    for line in shown.splitlines():
        assert line in said.read_text()


def test_the_service_needs_no_mock():
    """Nothing that runs in production imports mock-cdp."""
    for source in (EXAMPLE / "pos_to_cdp").glob("*.py"):
        assert "mock_cdp" not in source.read_text()


def test_a_bug_that_does_not_exist_is_named():
    """A typing error must not pass for a sound service."""
    code = "from pos_to_cdp.bugs import switched_on; switched_on('comma')"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=EXAMPLE, env=os.environ | {"BUG": "coma"}, capture_output=True, text=True
    )
    assert "BUG=coma: no such bug; there are collapse, comma, twice" in done.stderr
