"""`mock-cdp contracts`: exit codes, and output a person can act on."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from mock_cdp.cli.contracts import contracts
from mock_cdp.contract.catalog import shipped_catalog


def run(*arguments: object):
    """Run the command in this process."""
    return CliRunner().invoke(contracts, [str(argument) for argument in arguments])


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """Return a folder with one mistake."""
    folder = Path(shutil.copytree(shipped_catalog(), tmp_path / "contracts"))
    (folder / "retail/applications/sap-car/dataevents/pos-receipt/event.json").write_text("{")
    return folder


def test_check_exits_0_when_all_is_well():
    """And counts what it looked at."""
    done = run("check")
    assert (done.exit_code, "4 events, 29 samples, all is well" in done.output) == (0, True)


def test_check_exits_1_with_every_problem(broken: Path):
    """As text, and as JSON."""
    done = run("check", broken)
    assert done.exit_code == 1
    assert "pos-receipt/event.json: not JSON" in done.output
    problems = json.loads(run("check", broken, "--json").output)
    assert problems[0]["do"] == "mend the syntax"


def test_check_exits_2_without_a_folder(tmp_path: Path):
    """A typo in the path is no broken contract."""
    assert run("check", tmp_path / "none").exit_code == 2


def test_a_file_in_place_of_a_folder_is_called_a_file(broken: Path):
    """Exit 2, and the folder that was meant."""
    for command in ("check", "list"):
        done = run(command, broken / "retail/businessunit.json")
        assert done.exit_code == 2
        assert done.stderr == f"mock-cdp: {broken}/retail/businessunit.json is a file, no folder; did you mean {broken}/retail?\n"


def test_a_folder_without_contracts_is_named_in_full(broken: Path, monkeypatch: pytest.MonkeyPatch):
    """Exit 1, with the nearest one that holds some."""
    monkeypatch.chdir(broken.parent)
    done = run("check", ".")
    assert done.exit_code == 1
    assert done.output.startswith(f".: no contracts in {broken.parent}; did you mean {broken}?\n")


def test_list_names_every_event():
    """By path and name."""
    assert "retail/sap-car/pos-receipt" in run("list").output
    assert len(run("list").output.splitlines()) == 4


def test_list_of_a_broken_folder_exits_1(broken: Path):
    """With what is wrong."""
    done = run("list", broken)
    assert done.exit_code == 1
    assert "event.json" in done.output


def test_show_hides_the_secret_unless_asked():
    """Model, mappings, listener; the secret only with --keys."""
    shown = json.loads(run("show", "pos-receipt").output)
    assert shown["userKey"] == "AFAKEsapcar1"
    assert "FAKEsecret" not in shown["secret"]
    assert shown["model"]["type"] == "object"
    assert json.loads(run("show", "retail/sap-car/pos-receipt", "--keys").output)["secret"].startswith("FAKEsecret")


def test_show_prints_a_sample_ready_to_post():
    """The payload only, of either kind."""
    assert json.loads(run("show", "pos-receipt", "--sample", "one-item").output)["totalAmount"] == 19.9
    assert json.loads(run("show", "pos-receipt", "--sample", "amount-as-string").output)["totalAmount"] == "19.90"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "pos-reciept"), "did you mean pos-receipt?"),
        (("show", "zzz"), "choose one of: loyalty-movement"),
        (("show", "pos-receipt", "--sample", "none"), "choose one of: one-item"),
    ],
)
def test_show_suggests_the_right_name(arguments: tuple, said: str):
    """Exit 2 and the nearest name."""
    done = run(*arguments)
    assert done.exit_code == 2
    assert said in done.output


def test_the_schemas_of_the_files_are_written(tmp_path: Path, broken: Path):
    """For an editor; a message about a member names the schema and the command."""
    done = run("schemas", tmp_path / "schemas")
    assert (done.exit_code, "event.schema.json" in done.output) == (0, True)
    assert json.loads((tmp_path / "schemas/event.schema.json").read_text())["title"] == "Event"
    (broken / "retail/applications/sap-car/dataevents/pos-receipt/event.json").write_text("{}")
    assert "see event.schema.json, which `mock-cdp contracts schemas DIR` writes" in run("check", broken).output


def test_schemas_are_not_written_over_anything(tmp_path: Path):
    """Exit 2, and what to do."""
    (tmp_path / "mine.json").write_text("{}")
    done = run("schemas", tmp_path)
    assert (done.exit_code, "name a folder that is new or empty" in done.stderr) == (2, True)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.json"]
