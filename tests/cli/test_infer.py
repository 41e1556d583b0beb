"""`mock-cdp contracts infer`: a model to pipe on, or an event's folder that `contracts check` accepts."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from mock_cdp.cli.infer import infer
from mock_cdp.contract.catalog import shipped_catalog
from mock_cdp.contract.check import check_folder
from mock_cdp.contract.files import MAX_FILE_BYTES
from running import contract_of


def run(*arguments: object):
    """Run the command in this process."""
    return CliRunner().invoke(infer, [str(argument) for argument in arguments])


@pytest.fixture
def contracts(tmp_path: Path) -> Path:
    """Return a copy of the contracts that ship."""
    return Path(shutil.copytree(shipped_catalog(), tmp_path / "contracts"))


@pytest.fixture
def application(contracts: Path) -> Path:
    """Return the folder of an application."""
    return contracts / "retail/applications/sap-car"


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """Return a file with one sample, integers beyond 64 bits and letters beyond ASCII included."""
    path = tmp_path / "order.json"
    path.write_text(json.dumps({"orderId": 2**70, "city": "Köln", "at": "2026-01-31"}, ensure_ascii=False), encoding="utf-8")
    return path


def files_in(folder: Path) -> dict[str, object]:
    """Return what every file in *folder* holds."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): json.loads(path.read_text(encoding="utf-8")) for path in found}


def test_the_model_goes_to_stdout_and_guesses_to_stderr(sample: Path):
    """So that it can be piped into a file."""
    done = run(sample)
    assert done.exit_code == 0
    schema = json.loads(done.stdout)
    assert schema["properties"]["at"] == {"type": "string", "format": "date"}
    assert "guessed format at /properties/at: " in done.stderr
    assert "guessed required at the event: " in done.stderr


def test_an_event_is_made_with_its_samples(sample: Path, contracts: Path, application: Path):
    """And `contracts check` finds nothing wrong, where before it found nothing wrong either."""
    done = run(sample, "--event", "web-order", "--into", application)
    assert (done.exit_code, "1 accepted samples" in done.stdout, "guessed" in done.stderr) == (0, True, True)
    made = files_in(application / "dataevents/web-order")
    assert list(made) == ["event.json", "model.schema.json", "samples/accepted/order.json"]
    assert made["event.json"] == {"name": "web-order", "enabled": True, "type": "Direct", "dataType": 0}
    assert made["samples/accepted/order.json"]["orderId"] == 2**70
    catalog, problems = check_folder(contracts)
    assert problems == []
    assert contract_of(catalog, "web-order").accepted_samples[0].event["city"] == "Köln"


def test_what_to_do_next_is_said(sample: Path, contracts: Path, application: Path):
    """What was not written, the check that passes, and the URL that the mock will listen at."""
    done = run(sample, "--event", "till-order", "--into", application)
    said = done.stdout.splitlines()[1:]
    made = contract_of(check_folder(contracts)[0], "till-order")
    assert [line.split(" (")[0] for line in said[:2]] == ["not written: a deduplication field", "not written: mappings.json"]
    assert said[2:] == [
        f"next: mock-cdp contracts check {contracts}/retail",
        f"then: mock-cdp serve --contracts {contracts}/retail",
        f"it listens at http://127.0.0.1:8080{made.listener_path}/event",
    ]
    assert check_folder(contracts / "retail")[1] == []


def test_each_element_of_an_array_is_a_sample_file(tmp_path: Path, contracts: Path, application: Path):
    """Numbered from 1; files of one name in two folders do not collide."""
    (tmp_path / "other").mkdir()
    (tmp_path / "orders.json").write_text('[{"a": 1}, {"a": 2.5}]')
    (tmp_path / "one.json").write_text('{"a": 3}')
    (tmp_path / "other/one.json").write_text('{"a": 4}')
    texts = [tmp_path / name for name in ("orders.json", "one.json", "other/one.json")]
    assert run(*texts, "--event", "orders", "--into", application).exit_code == 0
    made = files_in(application / "dataevents/orders/samples/accepted")
    assert made == {"one-2.json": {"a": 4}, "one.json": {"a": 3}, "orders-1.json": {"a": 1}, "orders-2.json": {"a": 2.5}}
    assert check_folder(contracts)[1] == []


def test_a_schema_becomes_the_model_without_samples(contracts: Path, application: Path):
    """As it is."""
    model = application / "dataevents/pos-receipt/model.schema.json"
    assert run(model, "--event", "copy", "--into", application).exit_code == 0
    made = files_in(application / "dataevents/copy")
    assert list(made) == ["event.json", "model.schema.json"]
    assert made["model.schema.json"] == json.loads(model.read_text())
    assert check_folder(contracts)[1] == []


def test_samples_that_ship_give_events_that_pass(contracts: Path):
    """Every one of them, beside the event it came from."""
    for folder in sorted(contracts.glob("retail/applications/*/dataevents/*")):
        accepted = sorted((folder / "samples/accepted").glob("*.json"))
        assert run(*accepted, "--event", "inferred", "--into", folder.parents[1]).exit_code == 0
    catalog, problems = check_folder(contracts)
    assert (problems, len(catalog.contracts)) == ([], 8)


def test_the_deepest_sample_can_be_read_again(tmp_path: Path, contracts: Path, application: Path):
    """Its model is twice as deep."""
    from mock_cdp.contract.sample_texts import MAX_SAMPLE_DEPTH

    deep = tmp_path / "deep.json"
    deep.write_text('{"a":' * MAX_SAMPLE_DEPTH + '"x"' + "}" * MAX_SAMPLE_DEPTH)
    assert run(deep, "--event", "deep", "--into", application).exit_code == 0
    assert check_folder(contracts)[1] == []


def test_an_event_that_is_there_is_not_touched(sample: Path, application: Path):
    """Nor anything beside it; not even an empty folder."""
    (application / "dataevents/empty").mkdir()
    before = files_in(application)
    for name in ("pos-receipt", "empty"):
        done = run(sample, "--event", name, "--into", application)
        assert (done.exit_code, "is already there" in done.stderr, done.stdout) == (2, True, "")
    assert files_in(application) == before
    assert list((application / "dataevents/empty").iterdir()) == []


def test_a_name_that_another_event_listens_to_is_refused(sample: Path, application: Path):
    """Two events at one URL, and only one would hear."""
    path = application / "dataevents/pos-receipt/event.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"externalId": "receipts"}))
    done = run(sample, "--event", "receipts", "--into", application)
    assert (done.exit_code, "the event pos-receipt has this external id" in done.stderr) == (2, True)
    assert not (application / "dataevents/receipts").exists()


def test_a_sample_that_no_contract_folder_can_hold_is_refused(tmp_path: Path, application: Path):
    """Before anything is written."""
    large = tmp_path / "large.json"
    large.write_text(json.dumps({"a": "x" * MAX_FILE_BYTES}))
    done = run(large, "--event", "large", "--into", application)
    assert (done.exit_code, "samples/accepted/large.json: " in done.stderr) == (2, True)
    assert sorted(path.name for path in (application / "dataevents").iterdir()) == ["pos-receipt"]


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "a/b", "../x", "Web Order", "é", "a" * 101])
def test_an_event_needs_a_name_that_a_folder_can_have(name: str, sample: Path, application: Path):
    """On any system; the error proposes one."""
    done = run(sample, "--event", name, "--into", application)
    assert (done.exit_code, "not a folder name" in done.stderr, len(done.stderr.splitlines())) == (2, True, 1)


def test_the_folder_must_be_an_application(sample: Path, contracts: Path):
    """Not the business unit's, and not one that is not there."""
    for folder in (contracts / "retail", contracts / "none"):
        done = run(sample, "--event", "x", "--into", folder)
        assert (done.exit_code, "name one that holds application.json" in done.stderr) == (2, True)
    assert check_folder(contracts)[1] == []


def test_one_option_without_the_other_is_a_misuse(sample: Path, application: Path):
    """Said in one line."""
    for options in (("--event", "x"), ("--into", application)):
        done = run(sample, *options)
        assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)


def test_every_file_that_cannot_be_read_is_one_line(sample: Path, tmp_path: Path):
    """All of them, at once."""
    done = run(tmp_path / "none.json", sample, tmp_path)
    assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (2, "", 2)


@pytest.mark.parametrize(
    "text", ['{"a": 1,}', "[]", "5", '{"\\u001b[31m": 1, "\\u001b[31m": 2}'], ids=["syntax", "empty", "number", "escape"]
)
def test_input_of_no_use_exits_2_with_one_line(text: str, tmp_path: Path):
    """Which names the file, and obeys no control character in it."""
    (tmp_path / "bad.json").write_text(text)
    done = run(tmp_path / "bad.json")
    assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert done.stderr.startswith(f"mock-cdp: {tmp_path / 'bad.json'}")
    assert "\x1b" not in done.stderr


def test_without_a_file_usage_is_shown():
    """Exit 2, as any misuse."""
    assert run().exit_code == 2


def test_a_folder_that_cannot_be_written_is_one_line(sample: Path, tmp_path: Path):
    """Here a file stands where the events go; a lone application folder is enough otherwise."""
    (tmp_path / "application.json").write_text("{}")
    (tmp_path / "dataevents").write_text("")
    done = run(sample, "--event", "order", "--into", tmp_path)
    assert (done.exit_code, "cannot be written" in done.stderr, len(done.stderr.splitlines())) == (2, True, 1)
    (tmp_path / "dataevents").unlink()
    done = run(sample, "--event", "order", "--into", tmp_path)
    assert (done.exit_code, "next: put the application below applications/" in done.stdout) == (0, True)
