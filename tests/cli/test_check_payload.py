"""`mock-cdp check`: the verdict first, then causes; exit 0, 1 or 2."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from mock_cdp.cli.check import check
from mock_cdp.contract.catalog import shipped_catalog

RECEIPTS = shipped_catalog() / "retail/applications/sap-car/dataevents/pos-receipt/samples"


def run(*arguments: object, text: str | bytes | None = None):
    """Run the command in this process."""
    return CliRunner().invoke(check, [str(argument) for argument in arguments], input=text)


def sample(name: str) -> dict:
    """Return the event of a rejected sample."""
    return json.loads((RECEIPTS / f"rejected/{name}.json").read_text(encoding="utf-8"))["event"]


def test_an_accepted_payload_exits_0():
    """With one line."""
    done = run(RECEIPTS / "accepted/one-item.json", "--event", "pos-receipt")
    assert (done.exit_code, done.output) == (0, "retail/sap-car/pos-receipt: accepted\n")


def test_a_refused_payload_exits_1_with_its_cause_and_the_lines_to_paste():
    """Verdict first."""
    done = run("-", "--event", "pos-receipt", text=json.dumps(sample("everything-a-string")))
    assert done.exit_code == 1
    lines = done.output.splitlines()
    assert lines[0] == "retail/sap-car/pos-receipt: rejected: 4 violation(s)"
    assert lines[1].startswith("T01 number sent as string: ")
    assert "    json.dataTypeConvertor.decimal=totalAmount;items/quantity;items/amount" in lines


def test_of_a_rejected_sample_the_event_in_it_is_judged():
    """Said on the side; the verdict is that of the event alone."""
    file = RECEIPTS / "rejected/amount-as-string.json"
    done = run(file, "--event", "pos-receipt")
    assert done.stderr == f"mock-cdp: {file} is a rejected sample; what is judged is its event\n"
    assert (done.exit_code, done.stdout) == (
        1,
        run("-", "--event", "pos-receipt", text=json.dumps(sample("amount-as-string"))).stdout,
    )
    done = run("-", "--event", "pos-receipt", "--json", text=file.read_bytes())
    assert done.stderr.startswith("mock-cdp: standard input is a rejected sample")
    assert [one["pointer"] for one in json.loads(done.stdout)["violations"]] == ["/totalAmount"]


def test_the_event_of_a_rejected_sample_is_read_as_it_is_written():
    """A name that stands twice in it is still a warning."""
    text = json.dumps(sample("amount-as-string")).replace('"storeId"', '"storeId": "X", "storeId"')
    done = run("-", "--event", "pos-receipt", text=f'{{"event": {text}, "violations": [{{"code": "type", "pointer": ""}}]}}')
    assert "S06" in done.stdout


@pytest.mark.parametrize(
    "text",
    [
        '{"event": {}, "violations": []}',
        '{"event": {}, "violations": [{"code": "type", "pointer": ""}], "x": 1}',
        '{"event": {}, "violations": [{"code": "type"}]}',
    ],
)
def test_what_only_looks_like_a_rejected_sample_is_the_event(text: str):
    """Exactly its shape, or none of it."""
    done = run("-", "--event", "pos-receipt", text=text)
    assert (done.exit_code, done.stderr) == (1, "")


def test_json_holds_everything():
    """For a pipeline."""
    done = run("-", "--event", "retail/sap-car/pos-receipt", "--json", text=json.dumps(sample("amount-as-string")))
    answer = json.loads(done.output)
    assert (done.exit_code, answer["verdict"]) == (1, "rejected")
    assert [one["pointer"] for one in answer["violations"]] == ["/totalAmount"]
    assert [(one["code"], one["certain"]) for one in answer["diagnoses"]] == [("T01", True)]


def test_an_array_is_judged_as_a_batch():
    """And what no cause explains is listed with its event."""
    batch = [sample("amount-as-string"), sample("anonymous")]
    done = run("-", "--event", "pos-receipt", text=json.dumps(batch))
    assert "rejected: 2 of 2 events, 2 violation(s)" in done.output
    assert "no cause known for 1 violation(s):\n  event 1: the event fits none" in done.output


def test_a_name_that_stands_twice_is_a_warning(tmp_path: Path):
    """Known only from the text."""
    text = json.dumps(json.loads((RECEIPTS / "accepted/one-item.json").read_text(encoding="utf-8")))
    twice = tmp_path / "twice.json"
    twice.write_text(text.replace('"storeId"', '"storeId": "R9", "storeId"'), encoding="utf-8")
    done = run(twice, "--event", "pos-receipt")
    assert done.exit_code == 0
    assert "warning S06 member name twice: /storeId" in done.output


def test_a_reading_in_doubt_says_so():
    """With the other reading."""
    event = {**sample("amount-as-string"), "totalAmount": "1.234"}
    assert (
        "  not certain: 1.234 may also be 1234 with grouping" in run("-", "--event", "pos-receipt", text=json.dumps(event)).output
    )


@pytest.mark.parametrize(
    "text", ["", "<Orders/>", '{"a":', b"\xff{}", "[]", '"v"'], ids=["empty", "xml", "cut", "latin-1", "none", "text"]
)
def test_what_cannot_be_read_exits_2(text: str | bytes):
    """With the listener's own words, on stderr."""
    done = run("-", "--event", "pos-receipt", text=text)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("mock-cdp: ")


def test_a_wrong_name_exits_2(tmp_path: Path):
    """Of the event, the file or the folder; a folder with mistakes judges nothing."""
    assert "did you mean pos-receipt?" in run("-", "--event", "pos-receip", text="{}").stderr
    assert run(tmp_path / "none.json", "--event", "pos-receipt").exit_code == 2
    assert run("-", "--event", "pos-receipt", "--contracts", tmp_path / "none", text="{}").exit_code == 2
    (tmp_path / "businessunit.json").write_text("{", encoding="utf-8")
    assert run("-", "--event", "pos-receipt", "--contracts", tmp_path, text="{}").exit_code == 2


def test_long_lists_are_cut():
    """The rest is in --json; no control character reaches the terminal."""
    event = {**sample("amount-as-string"), "totalAmount": 1, "items": [{"sku": "1", "quantity": "\x1b[31m", "amount": 1}] * 30}
    output = run("-", "--event", "pos-receipt", text=json.dumps(event)).output
    assert "  … and 10 more (--json has all)" in output
    assert "\x1b" not in output
