"""The command, in a process of its own: `cdp.environ` tells it where the mock is."""

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[1]


def run(cdp, *files: Path) -> "subprocess.CompletedProcess[str]":
    """Run `python -m pos_to_cdp` on *files* against this test's space."""
    return subprocess.run(
        [sys.executable, "-m", "pos_to_cdp", *files],
        cwd=PROJECT,
        env=os.environ | cdp.environ("pos-receipt"),
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_prints_a_line_per_receipt(cdp):
    """And exits with 0; what nobody can be told from is no failure."""
    done = run(cdp, PROJECT / "receipts/saturday.csv")
    cdp.assert_all_accepted()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "R101-20241130-3-1287 taken",
        "R101-20241130-3-1288 taken",
        "R101-20241130-3-1289 skipped",
        "  neither customer number nor loyalty card",
    ]


def test_it_prints_why_cdp_refused(cdp, tmp_path):
    """With the rule that was broken, and exits with 1."""
    source = tmp_path / "wrong.csv"
    source.write_text((PROJECT / "receipts/saturday.csv").read_text().replace(";EUR;", ";Euro;", 1))
    done = run(cdp, source)
    assert done.returncode == 1
    assert "R101-20241130-3-1287 refused" in done.stdout
    assert "/currency" in done.stdout
    assert done.stdout.count(" taken") == 1


def test_it_says_what_is_wrong_with_a_file(cdp, tmp_path):
    """Before anything is sent."""
    done = run(cdp, PROJECT / "receipts/saturday.csv", tmp_path / "nothing.csv")
    assert done.returncode == 2
    assert "nothing.csv" in done.stderr
    assert cdp.tally().received == 0
