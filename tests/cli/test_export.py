"""`mock-cdp export`: to stdout or to files, secrets for their owner's eyes only."""

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from mock_cdp.cli.export import export


def run(*arguments: object):
    """Run the command in this process."""
    return CliRunner().invoke(export, [str(argument) for argument in arguments])


def test_openapi_goes_to_stdout():
    """For the contracts that ship, at the mock's usual address."""
    described = json.loads(run("openapi").stdout)
    assert described["openapi"] == "3.1.0"
    assert described["servers"] == [{"url": "http://127.0.0.1:8080"}]


@pytest.mark.parametrize("kind", ["openapi", "postman"])
def test_the_server_is_named_and_the_file_written(tmp_path: Path, kind: str):
    """Then nothing is printed."""
    done = run(kind, "--server", "https://mock.test", "--out", tmp_path / "out.json")
    assert (done.exit_code, done.output) == (0, "")
    assert "https://mock.test" in (tmp_path / "out.json").read_text()


def test_the_environment_is_private_also_when_it_was_not(tmp_path: Path):
    """It holds secrets; the collection does not."""
    path = tmp_path / "environment.json"
    path.write_text("an older and longer one " * 1000)
    path.chmod(0o644)
    done = run("postman", "--environment", path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "FAKEsecretForSapCar" in path.read_text()
    assert json.loads(path.read_text())["_postman_variable_scope"] == "environment"
    assert "FAKEsecret" not in done.stdout
    assert json.loads(done.stdout)["info"]["schema"].endswith("/v2.1.0/collection.json")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--contracts", "none"), 2, "no such folder: none"),
        (("--contracts", "broken"), 1, "businessunit.json"),
        (("--out", "none/out.json"), 2, "cannot write none/out.json"),
    ],
    ids=["no-folder", "broken-folder", "no-place-to-write"],
)
def test_trouble_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple, code: int, said: str):
    """With what to look at."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/businessunit.json").write_text("{")
    done = run("openapi", *arguments)
    assert (done.exit_code, said in done.stderr) == (code, True)
