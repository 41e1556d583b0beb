"""The gate over a real integration: what it finds, how small it makes it, and what it says."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from till import PYTHON, make_till, smallest

from mock_cdp.gate.cases import read_case
from mock_cdp.gate.failure import GateError
from mock_cdp.gate.gate import replay, run_gate
from mock_cdp.gate.runner import Step
from mock_cdp.gate.settings import PROPERTIES, load_gate
from mock_cdp.reports.report import Check, Finding, Report, outcome
from mock_cdp.settings import load_settings
from mock_cdp.testing import contract
from running import free_port, serving


@pytest.fixture
def till(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a project with a sound integration."""
    monkeypatch.delenv("TILL_BUG", raising=False)
    yield make_till(tmp_path)
    sys.modules.pop("integration", None)


def run(till: Path, progress=lambda _: None, **options) -> Report:
    options = {"trials": 60, "go_on": True, **options}
    settings = load_gate(till, options)
    sys.modules.pop("integration", None)
    return run_gate(settings, load_settings({}, environ={}, folder=till), till, progress)


def found(report: Report) -> dict[str, list[Finding]]:
    return {check.property: list(check.findings) for check in report.checks if check.findings}


def check(report: Report, name: str) -> Check:
    return next(one for one in report.checks if one.property == name)


def test_a_sound_integration_keeps_every_property(till: Path):
    report = run(till)
    assert [(one.property, one.outcome, one.reason) for one in report.checks] == [(name, "kept", "") for name in PROPERTIES]
    assert outcome(report) == "kept"
    assert report.counts is not None
    assert report.counts.received == report.counts.accepted + report.counts.duplicate > 0
    assert any(rule.kept for rule in report.coverage)
    assert not (till / "gate-cases").exists()


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    ("bug", "name", "code", "message"),
    [
        ("comma", "accepted", "T04", smallest()),
        ("collapse", "accepted", "S02", smallest()),
        ("lose", "nothing-lost", "lost", smallest(lines=[{"sku": "A1", "cents": 0}] * 3)),
        ("double", "nothing-twice", "twice", smallest()),
        ("secret", "no-leak", "secret-in-body", smallest()),
    ],
)
def test_a_bug_is_found_and_made_small(till: Path, monkeypatch: pytest.MonkeyPatch, bug, name, code, message, seed: int):
    """Within 200 trials, whatever the seed, down to one receipt with as little in it as shows the bug."""
    monkeypatch.setenv("TILL_BUG", bug)
    report = run(till, seed=seed, trials=200, properties=[name])
    [finding] = found(report)[name]
    assert (finding.code, finding.flaky) == (code, False)
    assert json.loads(finding.sent) == message
    assert outcome(report) == "broken"


@pytest.mark.parametrize(
    ("bug", "name", "code"),
    [
        ("leak", "no-leak", "personal receipts[].email"),
        ("position", "line-order", "different"),
        ("note", "blanks", "different (null receipts[].note)"),
        ("renumber", "retry-dropped", "twice"),
        ("renumber", "slow-answer", "twice"),
        ("swallow", "retry-unavailable", "lost"),
        ("swallow", "retry-after-seconds", "lost"),
        ("swallow", "retry-after-date", "lost"),
    ],
)
def test_each_property_finds_its_bug(till: Path, monkeypatch: pytest.MonkeyPatch, bug: str, name: str, code: str):
    monkeypatch.setenv("TILL_BUG", bug)
    report = run(till, properties=[name])
    [finding] = [one for one in found(report)[name] if one.code == code]
    [receipt] = json.loads(finding.sent)["receipts"]
    assert len(receipt["lines"]) == 1 + (bug == "position")


def test_distinct_causes_are_all_told(till: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TILL_BUG", "comma+collapse")
    report = run(till, properties=["accepted"])
    assert sorted(finding.code for finding in found(report)["accepted"]) == ["S02", "T04"]


def test_after_a_broken_property_the_rest_is_left_for_later(till: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TILL_BUG", "comma")
    report = run(till, go_on=False)
    assert check(report, "resend").outcome == "skipped"
    assert "mend it first, or go on with --all" in check(report, "resend").reason


def test_a_bug_that_comes_and_goes_is_called_flaky(till: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TILL_BUG", "random")
    report = run(till, properties=["accepted"], trials=200)
    assert found(report)["accepted"][0].flaky in {True, False}  # three tries may agree by chance
    assert outcome(report) == "broken"


def test_a_finding_says_what_was_sent_what_arrived_and_what_to_do(till: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TILL_BUG", "comma")
    [finding] = found(run(till, properties=["accepted"]))["accepted"]
    assert "decimal comma" in finding.title
    assert finding.pointers == ("/totalAmount",)
    assert json.loads(finding.arrived[0])["totalAmount"] == "0,00"
    assert [violation.pointer for violation in finding.violations] == ["/totalAmount"]
    assert "Replace comma" in finding.fix
    assert finding.case_file.startswith("gate-cases/accepted-t04-")


# -- cases -------------------------------------------------------------------------------------------------------------


def test_a_case_can_be_handed_over_again_and_runs_first(till: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TILL_BUG", "lose")
    [finding] = found(run(till, properties=["nothing-lost"]))["nothing-lost"]
    path = till / finding.case_file
    case = read_case(path)
    assert (case.property, case.code, case.event) == ("nothing-lost", "lost", "retail/sap-car/pos-receipt")
    settings = load_gate(till, {})
    mock = load_settings({}, environ={}, folder=till)
    again = replay(case, settings, mock, till)
    assert [one.code for one in found(again)["nothing-lost"]] == ["lost"]
    steps: list[Step] = []
    first = run(till, steps.append, properties=["nothing-lost"], trials=1)
    assert steps[0].causes == 1
    assert found(first)["nothing-lost"][0].case_file == finding.case_file
    assert list((till / "gate-cases").iterdir()) == [path]
    monkeypatch.delenv("TILL_BUG")
    assert found(replay(case, settings, mock, till)) == {}


def test_a_case_holds_no_secret(till: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TILL_BUG", "secret")
    run(till, properties=["no-leak"])
    [path] = (till / "gate-cases").iterdir()
    assert "[redacted]" in path.read_text()


def test_a_file_that_is_no_case_is_named(till: Path):
    (till / "gate-cases").mkdir()
    (till / "gate-cases" / "odd.json").write_text('{"version": 1}')
    with pytest.raises(GateError, match=r"gate-cases/odd\.json: no case file: .*round"):
        run(till)


# -- how a run ends ----------------------------------------------------------------------------------------------------


def test_an_interruption_tells_what_was_found_so_far(till: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TILL_BUG", "comma")

    def interrupt(step: Step) -> None:
        if step.causes and step.trials > 3:
            raise KeyboardInterrupt

    report = run(till, interrupt)
    assert report.stopped == "interrupted"
    assert found(report)["accepted"][0].code == "T04"


def test_a_spent_budget_is_no_proof(till: Path):
    report = run(till, seconds=0.000001)
    assert {one.outcome for one in report.checks} == {"skipped"}
    assert outcome(report) == "error"
    assert "the time was up" in check(report, "accepted").reason


def test_an_integration_that_sends_nothing_is_never_sound(till: Path):
    (till / "integration.py").write_text("def send(body):\n    pass\n")
    report = run(till, properties=["accepted"])
    assert outcome(report) == "error"
    assert (check(report, "accepted").outcome, check(report, "accepted").reason) == ("skipped", "nothing arrived")
    assert outcome(run(till, properties=["nothing-lost"])) == "broken"


def test_the_session_is_gone_unless_kept(till: Path):
    import sqlite3

    store = till / "kept.db"
    mock = load_settings({"store": str(store)}, environ={}, folder=till)
    settings = load_gate(till, {"trials": 5, "properties": ("accepted",), "keep": True})
    sys.modules.pop("integration", None)
    (till / "integration.py").write_text((till / "integration.py").read_text().replace('"EUR"', '"euro"'))
    run_gate(settings, mock, till, lambda _: None)
    with sqlite3.connect(store) as connection:
        assert connection.execute("select count(*) from receipts").fetchone()[0] >= 1
        assert connection.execute("select count(*) from sessions").fetchone()[0] == 1
    run_gate(msgspec.structs.replace(settings, keep=False), mock, till, lambda _: None)
    with sqlite3.connect(store) as connection:
        assert connection.execute("select count(*) from sessions").fetchone()[0] == 1


# -- another process ---------------------------------------------------------------------------------------------------

COMMAND = 'kind = "command"\ncommand = ["{python}", "integration.py"]'


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_a_command_posts_over_a_real_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tls: bool):
    till = make_till(tmp_path, driver=COMMAND.format(python=sys.executable))
    report = run(till, properties=["accepted", "nothing-lost", "retry-dropped"], trials=3, trouble_trials=1, tls=tls)
    assert outcome(report) == "kept"
    monkeypatch.setenv("TILL_BUG", "renumber")
    broken = run(till, properties=["retry-dropped"], trouble_trials=1, tls=tls)
    assert [finding.code for finding in found(broken)["retry-dropped"]] == ["twice"]


@pytest.fixture
def flow() -> Iterator[str]:
    """Serve an integration that has its address and keys fixed, as a deployed flow has; yield where it listens."""
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    import httpx

    keys = contract("pos-receipt").credentials

    class Flow(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            url = f"http://127.0.0.1:{PORT}{contract('pos-receipt').listener_path}/event"
            for receipt in message["receipts"]:
                event = contract("pos-receipt").accepted_samples[0].event | {"receiptId": f"R1-20240101-1-{receipt['no']}"}
                query = {"userKey": keys.user_key, "secret": keys.user_secret}
                if "X-Trace" in self.headers:  # with the events of somebody else
                    httpx.post(url, params=query, json=event | {"receiptId": "R9-20240101-9-9"})
                passed_on = {"X-Trace": self.headers.get("X-Trace", "")}
                httpx.post(url, params=query, json=event, headers=passed_on)
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Flow)
    with serving(server) as base:
        yield f"{base}/"


PORT = free_port()


def test_an_integration_with_fixed_keys_is_told_how_to_go_on(tmp_path: Path, flow: str):
    """With the contract's own credentials its events count; without, the report says what to set."""
    till = make_till(tmp_path, driver=f'kind = "http"\nurl = "{flow}"')
    names = {"properties": ["accepted", "nothing-lost"], "trials": 3, "port": PORT}
    report = run(till, credentials="contract", **names)
    assert outcome(report) == "kept"
    lost = run(till, within_s=0.2, seconds=4, **names)
    [finding] = found(lost)["nothing-lost"]
    assert 'set credentials = "contract" in [gate]' in finding.message


@pytest.mark.parametrize(
    ("correlate", "verdict"),
    [
        ('{header = "X-Trace"}', "kept"),
        ('{source = "receipts[].no", event = "receiptId"}', "broken"),  # the event has more than the number in it
        ("", "broken"),
    ],
    ids=["header", "key", "time"],
)
def test_events_are_told_apart_by_what_belongs_to_the_message(tmp_path: Path, flow: str, correlate: str, verdict: str):
    """Somebody else's events do not count when the integration passes an id on."""
    driver = f'kind = "http"\nurl = "{flow}"\ncorrelation_header = "X-Trace"'
    till = make_till(tmp_path, gate=f"correlate = {correlate}" if correlate else "", driver=driver)
    names = {"properties": ["nothing-lost", "nothing-twice"], "trials": 2, "port": PORT, "within_s": 0.3, "seconds": 4}
    assert outcome(run(till, credentials="contract", **names)) == verdict


# -- settings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gate", "driver", "said"),
    [
        ("trails = 5", PYTHON, r"\[gate\]: .*trails.*did you mean trials"),
        ('properties = ["accept"]', PYTHON, "there is no property accept; did you mean accepted"),
        ("trials = 0", PYTHON, r"trials"),
        ("", 'kind = "pyton"', "pyton"),
        ("", PYTHON.replace("integration:send", "integration:sent"), "sent"),
        ("", PYTHON.replace("integration:send", "integratoin:send"), "integratoin"),
    ],
    ids=["setting", "property", "value", "kind", "function", "module"],
)
def test_settings_that_cannot_be_are_one_clear_line(tmp_path: Path, gate: str, driver: str, said: str):
    till = make_till(tmp_path, gate=gate, driver=driver)
    with pytest.raises(GateError, match=said) as failed:
        run(till, trials=None)
    assert "\n" not in str(failed.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('event = "pos-receipt"', 'event = "pos-recipt"', "did you mean pos-receipt"),
        ("length(receipts)", "length(receipts", "length"),
        ("length(receipts)", "receipts", "number"),
        ("till.schema.json", "tills.schema.json", "no such file"),
    ],
    ids=["event", "syntax", "no-number", "schema"],
)
def test_what_is_not_there_is_named(till: Path, old: str, new: str, said: str):
    path = till / "mock-cdp.toml"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(GateError, match=said):
        run(till)


def test_without_a_table_the_way_to_one_is_said(tmp_path: Path):
    with pytest.raises(GateError, match=r"mock-cdp\.toml: there is no such file; .*docs/gate\.md"):
        load_gate(tmp_path, {})
    (tmp_path / "mock-cdp.toml").write_text('answer = "now"\n')
    with pytest.raises(GateError, match=r"has no \[gate\] table"):
        load_gate(tmp_path, {})
