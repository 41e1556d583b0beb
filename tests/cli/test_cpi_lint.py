"""`mock-cdp cpi lint`: blocks for people, JSON for programs, an exit code for pipelines."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from cpi import flows
from mock_cdp.cli.cpi_lint import lint
from mock_cdp.contract.catalog import shipped_catalog


def run(*arguments: object):
    """Run the command in this process."""
    return CliRunner().invoke(lint, [str(argument) for argument in arguments])


@pytest.fixture
def export(tmp_path: Path):
    """Return a function that writes an export."""

    def written(raw: bytes, name: str = "receipts.zip") -> Path:
        path = tmp_path / name
        path.write_bytes(raw)
        return path

    return written


NOT_SUPPRESSED = {"xmlJsonSuppressRootElement": "false", "xmlJsonPathTable": "<row><cell>/Receipt/items</cell></row>"}


def test_a_good_flow_exits_0_and_says_what_was_looked_at(export):
    """Also when it is held to a contract."""
    done = run(export(flows.artefact(flows.good_flow())), "--event", "pos-receipt")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == (
        "Receipts: 1 XML to JSON converter(s), 1 HTTP receiver(s), 0 finding(s)\n\n"
        "receipts.zip: 1 flow(s), 0 error(s), 0 warning(s)\n"
    )


def test_errors_exit_1_with_a_block_for_each_finding(export):
    """Code, place, why, fix, and the rows to paste."""
    done = run(export(flows.artefact(flows.good_flow(change=NOT_SUPPRESSED))), "--event", "retail/sap-car/pos-receipt")
    assert done.exit_code == 1
    block = done.stdout.split("\n\n")[2].splitlines()
    assert block[0] == "error   arrays-not-listed"
    assert block[1] == "  where  Convert step (Convert)"
    assert block[2].startswith("  why    where the message has the element once")
    assert block[3].startswith("  fix    turn Streaming on")
    assert block[4:] == ["         /Receipt/tenders"]
    assert done.stdout.endswith("\n\nreceipts.zip: 1 flow(s), 2 error(s), 0 warning(s)\n")


def test_warnings_alone_exit_0(export):
    """A pipeline is stopped by errors only."""
    done = run(export(flows.artefact(flows.good_flow(receiver={"httpRequestTimeout": "5000"}))))
    assert done.exit_code == 0
    assert "warning timeout-short" in done.stdout


def test_json_names_the_flow_of_each_finding(export):
    """A package has several."""
    inner = {"Good": flows.artefact(flows.good_flow()), "Bad": flows.artefact(flows.good_flow(change=NOT_SUPPRESSED))}
    done = run(export(flows.package(inner)), "--json")
    (finding,) = json.loads(done.stdout)
    assert (done.exit_code, finding["flow"], finding["code"], finding["severity"]) == (0, "Bad", "root-kept", "warning")
    assert list(finding) == ["flow", "place", "code", "severity", "step", "why", "fix"]
    assert json.loads(run(export(flows.artefact(flows.good_flow())), "--json").stdout) == []


def test_no_secret_reaches_the_terminal(export):
    """In either form."""
    path = export(flows.good_flow(receiver={"httpAddressQuery": "secret=n0tARealSecret"}), "f.iflw")
    for form in ([], ["--json"]):
        done = run(path, *form)
        assert (done.exit_code, "secret-written" in done.stdout, "n0tARealSecret" in done.output) == (1, True, False)


def test_names_in_an_export_do_not_steer_the_terminal(export):
    """They are anybody's."""
    done = run(export(flows.package({"\x1b[2JOops": flows.artefact(flows.good_flow())})))
    assert "\x1b" not in done.stdout
    assert "\N{REPLACEMENT CHARACTER}[2JOops" in done.stdout


def test_a_contract_folder_of_ones_own_is_used(export, tmp_path: Path):
    """Instead of the contracts that ship."""
    folder = Path(shutil.copytree(shipped_catalog(), tmp_path / "contracts"))
    model = folder / "retail/applications/sap-car/dataevents/pos-receipt/model.schema.json"
    schema = json.loads(model.read_text(encoding="utf-8"))
    schema["properties"]["coupons"] = {"type": "array"}
    model.write_text(json.dumps(schema), encoding="utf-8")
    done = run(export(flows.artefact(flows.good_flow())), "--contract", folder, "--event", "pos-receipt")
    assert (done.exit_code, "/Receipt/coupons" in done.stdout) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing.zip"], "missing.zip: cannot be read (No such file or directory); name an .iflw file or a zip"),
        (["broken.zip"], "broken.zip: a zip that is broken or cut off; export it again"),
        (["good.zip", "--contract", "."], "--contract needs --event"),
        (["good.zip", "--contract", "nowhere", "--event", "pos-receipt"], "contracts in nowhere cannot be served"),
        (["good.zip", "--event", "pos-reciept"], "no event is called pos-reciept; did you mean pos-receipt?"),
        (["good.zip", "--event", "zzz"], "no event is called zzz; choose one of: "),
    ],
)
def test_what_cannot_be_read_exits_2_with_what_to_do(
    export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
):
    """On stderr, nothing on stdout."""
    monkeypatch.chdir(tmp_path)
    export(b"PK\x03\x04", "broken.zip")
    export(flows.artefact(flows.good_flow()), "good.zip")
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"mock-cdp: {said}")


def test_an_event_of_several_applications_is_asked_for_by_its_path(export, tmp_path: Path):
    """The name alone does not say which."""
    folder = Path(shutil.copytree(shipped_catalog(), tmp_path / "contracts"))
    shutil.copytree(folder / "retail", folder / "other")
    unit = folder / "other/businessunit.json"
    unit.write_text(json.dumps({"name": "Other"}), encoding="utf-8")
    done = run(export(flows.artefact(flows.good_flow())), "--contract", folder, "--event", "pos-receipt")
    assert done.exit_code == 2
    assert (
        "several events are called pos-receipt; choose one of: other/sap-car/pos-receipt, retail/sap-car/pos-receipt"
        in done.stderr
    )
