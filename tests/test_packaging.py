"""The built wheel: what is in it, and that it serves from an empty environment."""

import json
import subprocess
import sys
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest

from mock_cdp.contract.contract import Catalog
from running import contract_of, query_of

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel."""
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", out, ROOT]
    subprocess.run(command, check=True)
    return next(out.glob("mock_cdp-*.whl"))


def test_the_wheel_carries_catalog_and_schemas(wheel: Path):
    """Every contract file and every published schema is inside; tests and benchmarks are not."""
    names = set(zipfile.ZipFile(wheel).namelist())
    shipped = {f"mock_cdp/catalog/{path.relative_to(ROOT / 'contracts')}" for path in (ROOT / "contracts").rglob("*.json")}
    schemas = {str(path.relative_to(ROOT)) for path in (ROOT / "mock_cdp/contract/schemas").glob("*.json")}
    assert shipped
    assert schemas
    assert shipped | schemas | {"mock_cdp/contract/fidelity.toml"} <= names
    assert {name.split("/")[0] for name in names} == {
        "mock_cdp",
        next(n.split("/")[0] for n in names if "dist-info" in n),
    }


def test_it_serves_from_an_empty_environment(wheel: Path, tmp_path: Path, catalog: Catalog):
    """Installed alone, with nothing of the checkout in sight, it accepts an event."""
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env/bin/python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel], check=True)
    process = subprocess.Popen(
        [tmp_path / "env/bin/mock-cdp", "serve", "--port", "0"], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    try:
        url = process.stdout.readline().split(" at ")[1].split()[0]
        contract = contract_of(catalog, "pos-receipt")
        body = json.dumps(contract.accepted_samples[0].event).encode()
        request = urllib.request.Request(f"{url}{contract.listener_path}/event?{query_of(contract)}", data=body)
        assert _patiently(request) == 202
        checked = subprocess.run([tmp_path / "env/bin/mock-cdp", "contracts", "check"], cwd=tmp_path, check=False)
        assert checked.returncode == 0
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


OUTSIDE = """
import httpx
from hypothesis import given
from mock_cdp.strategies import valid_events
from mock_cdp.testing import contract

@given(event=valid_events(contract("pos-receipt")))
def test_every_receipt_is_taken(cdp_server, event):
    with cdp_server.session() as cdp:
        target = cdp.listener("pos-receipt")
        httpx.post(target.url, params=target.params, json=event)
        cdp.assert_all_accepted()

def test_the_router_answers(cdp_router):
    target = cdp_router.listener("pos-receipt")
    assert httpx.post(target.url, params=target.params, json={}).status_code == 400
"""


def test_a_project_elsewhere_tests_with_it(wheel: Path, tmp_path: Path):
    """Installed with its extra and pytest-xdist into an empty environment, the fixtures are there without a conftest."""
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env/bin/python"
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"{wheel}[test]", "pytest-xdist"]
    subprocess.run(install, check=True)
    project = tmp_path / "project"
    project.mkdir()
    (project / "test_pos.py").write_text(OUTSIDE)
    command = [python, "-m", "pytest", "-n", "2", "-W", "error"]
    run = subprocess.run(command, cwd=project, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "2 passed" in run.stdout
    assert "1 rejected" in run.stdout


def _patiently(request: urllib.request.Request) -> int:
    """Post as soon as the server answers."""
    import time
    import urllib.error

    until = time.monotonic() + 15
    while True:
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status
        except urllib.error.HTTPError:
            raise
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.05)
