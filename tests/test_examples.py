"""The walk that the project started from, run as a newcomer would."""

import os
import subprocess
from pathlib import Path

import httpx

from running import Running

EXAMPLES = Path(__file__).parents[1] / "examples"


def test_the_walk_ends_with_six_events_processed(mock: Running):
    """Each step prints what it does; a second walk beside the first ends alike."""
    for _ in range(2):
        environ = os.environ | {"MOCK_CDP_URL": mock.url, "NO_PROXY": "127.0.0.1"}
        done = subprocess.run([EXAMPLES / "seed_walkthrough.sh"], env=environ, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.endswith("\n6 events processed\n")
        assert "/total must be number, found string" in done.stdout
    counts = httpx.get(f"{mock.url}/_mock/counts").json()
    assert (counts["accepted"], counts["rejected"]) == (12, 2)
