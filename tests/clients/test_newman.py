"""Newman, Postman's runner from npm at an exact version, passes the whole exported collection against a real mock."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from mock_cdp.contract.catalog import shipped_catalog
from mock_cdp.contract.folder import load
from mock_cdp.exports.postman import collection, environment
from running import Running, start_mock

pytestmark = pytest.mark.clients

HERE = Path(__file__).parent
VARIABLE = "{{baseUrl}} and {{$guid}}"


@pytest.fixture(scope="module")
def newman(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install newman as locked, beside the repository; return the folder."""
    if shutil.which("npm") is None:
        pytest.fail("npm is missing: install Node.js 18 or newer with npm (Debian: apt-get install nodejs npm)")
    folder = tmp_path_factory.mktemp("clients")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder)
    npm("ci", "--no-audit", "--no-fund", cwd=folder)
    return folder


def npm(*arguments: str, cwd: Path) -> None:
    """Run npm and see that it succeeds."""
    done = subprocess.run(["npm", *arguments], cwd=cwd, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def run_newman(newman: Path, mock: Running, folder: Path) -> dict:
    """Run the collection of *folder* against *mock*; return newman's summary."""
    catalog = load(folder)
    (newman / "collection.json").write_text(json.dumps(collection(catalog, server=mock.url)))
    (newman / "environment.json").write_text(json.dumps(environment(catalog, with_secrets=True)))
    report = newman / "report.json"
    report.unlink(missing_ok=True)
    files = ["collection.json", "-e", "environment.json", "--reporters", "cli,json", "--reporter-json-export", str(report)]
    environ = os.environ | {"NO_PROXY": "127.0.0.1"}
    command = ["npx", "--no-install", "newman", "run", *files, "--color", "off"]
    done = subprocess.run(command, cwd=newman, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(report.read_text())["run"]["stats"]


def test_newman_passes_twice(newman: Path, mock: Running):
    """Every sample of the contracts that ship; the second time every accepted event is a duplicate."""
    catalog = load(shipped_catalog())
    samples = sum(len(contract.accepted_samples) + len(contract.rejected_samples) for contract in catalog.contracts)
    first, second = (run_newman(newman, mock, shipped_catalog()) for _ in range(2))
    assert first["requests"] == second["requests"] == {"total": samples + len(catalog.contracts), "pending": 0, "failed": 0}
    assert first["assertions"]["failed"] == 0
    assert first["assertions"]["total"] == second["assertions"]["total"] >= 2 * samples


@pytest.fixture
def odd_folder(tmp_path: Path) -> Path:
    """Return the shipped contracts with a disabled event, one that lacks a purpose, and samples that look like variables."""
    folder = Path(shutil.copytree(shipped_catalog(), tmp_path / "odd"))
    applications = folder / "retail/applications"
    change(applications / "s4hana/dataevents/business-partner/event.json", enabled=False)
    change(applications / "loyalty-engine/dataevents/loyalty-movement/event.json", requiredPurposeIds=["marketing"])
    samples = applications / "sap-commerce/dataevents/web-order/samples"
    change(samples / "accepted/one-item.json", orderCode=VARIABLE)
    (samples / "rejected/not-an-object.json").write_text('{"event": [1], "violations": [{"code": "type", "pointer": ""}]}')
    return folder


def change(path: Path, **members: object) -> None:
    """Change members of a JSON file."""
    path.write_text(json.dumps(json.loads(path.read_text()) | members))


def test_newman_passes_an_odd_folder(newman: Path, odd_folder: Path, tmp_path: Path):
    """Disabled events refuse, purposes go along, and a payload arrives as it is written."""
    mock = start_mock("--contracts", str(odd_folder), cwd=tmp_path)
    try:
        stats = run_newman(newman, mock, odd_folder)
        receipts = httpx.get(f"{mock.url}/_mock/receipts", params={"limit": 100}).text
    finally:
        mock.stop()
    assert stats["assertions"]["failed"] == 0
    assert "baseUrl" in receipts
    assert "$guid" in receipts
