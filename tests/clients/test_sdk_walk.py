"""SAP's command line, played in Node, from an empty business unit to customers read back."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from running import Running

pytestmark = pytest.mark.clients
WALK = Path(__file__).parents[2] / "examples" / "sdk_walk.mjs"


def test_the_walk_reads_its_customers_back(mock: Running):
    """Twice: what the first left does not disturb the second."""
    if shutil.which("node") is None:
        pytest.fail("node is missing: install Node.js 18 or newer (Debian: apt-get install nodejs)")
    for _ in range(2):
        environ = os.environ | {"MOCK_CDP_URL": mock.url}
        done = subprocess.run(["node", WALK], env=environ, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.endswith("10 customers read back\n")
