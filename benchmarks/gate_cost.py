"""What the gate costs: trials of pos-receipt through an integration in this process, generation and judging included."""

import json
import os
import tempfile
import time
from pathlib import Path

TRIALS = int(os.environ.get("BENCH_TRIALS", "2000"))
SETTINGS = """
[gate]
event = "pos-receipt"
properties = ["accepted", "nothing-lost", "nothing-twice"]
seconds = 600
trials = {trials}

[gate.source]
schema = "source.schema.json"

[gate.driver]
kind = "python"
function = "gate_bench_integration:send"
"""
INTEGRATION = """
import httpx, time

CLIENT = httpx.Client()
SPENT = [0.0]

def send(message, environ):
    began = time.perf_counter()
    params = {"userKey": environ["CDP_USER_KEY"], "secret": environ["CDP_SECRET"]}
    headers = {"Content-Type": "application/json"}
    answer = CLIENT.post(environ["CDP_LISTENER_URL"], params=params, content=message, headers=headers)
    SPENT[0] += time.perf_counter() - began
    if answer.status_code != 202:
        raise RuntimeError(answer.text)
"""


def main():
    """Return `gate_overhead_ms=… gate_trials_per_s=…`: milliseconds of a trial beyond what the integration itself takes."""
    from mock_cdp.gate.gate import run_gate
    from mock_cdp.gate.settings import load_gate
    from mock_cdp.settings import Settings
    from mock_cdp.testing import contract

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "mock-cdp.toml").write_text(SETTINGS.format(trials=TRIALS))
        (folder / "gate_bench_integration.py").write_text(INTEGRATION)
        (folder / "source.schema.json").write_text(json.dumps(dict(contract("pos-receipt").model.schema)))
        began = time.perf_counter()
        report = run_gate(load_gate(folder, {}), Settings(), folder, lambda _: None)
        took = time.perf_counter() - began
        import gate_bench_integration

    trials = report.checks[0].trials
    assert {check.outcome for check in report.checks} == {"kept"}, report.checks
    assert trials == TRIALS
    overhead_ms = (took - gate_bench_integration.SPENT[0]) / trials * 1000
    return f"gate_overhead_ms={overhead_ms:.2f} gate_trials_per_s={trials / took:.0f}"


if __name__ == "__main__":
    print(main())
