"""What many events cost: 2,000 of them against 4, start-up with 2,000 contracts, making 1,000 by API."""

import http.client
import json
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import bench
from mock_cdp.contract.catalog import shipped_catalog

MANY = 2_000
MADE = 1_000


def main(target) -> str:
    """Measure; return a line for machines."""
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        contracts = multiplied(folder / "contracts")
        started = statistics.median(
            bench.first_202_ms(target, folder / f"start{i}.db", "--contracts", str(contracts)) for i in range(3)
        )
        ratio = many_against_few(target, folder, contracts)
        seconds = made(folder / "made.db")
    return f"bench_many many_vs_few={ratio:.2f} start_{MANY}_ms={started:.0f} make_{MADE}_s={seconds:.1f}"


def multiplied(root):
    """Make a folder with MANY events: the ones that ship, and copies of one of them."""
    shutil.copytree(shipped_catalog() / "retail", root / "retail")
    events = root / "retail/applications/sap-car/dataevents"
    for number in range(MANY - 4):
        shutil.copytree(events / "pos-receipt", events / f"copy-{number}", ignore=shutil.ignore_patterns("samples"))
    return root


def many_against_few(target, folder, contracts):
    """Alternate the two; return the median ratio of deliveries a second."""
    ratios = []
    with bench.mock(folder / "few.db") as few, bench.mock(folder / "many.db", "--contracts", str(contracts)) as many:
        for turn in range(bench.ROUNDS):
            base, _ = bench.load("single", few, target, turn * 2)
            mine, _ = bench.load("single", many, target, turn * 2 + 1)
            ratios.append(mine / base)
            print(f"4 events {base:8.0f}/s   {MANY} events {mine:8.0f}/s   ratio {mine / base:.2f}", flush=True)
    return statistics.median(ratios)


def made(store):
    """Return the seconds it takes to make MADE events over one connection, the last of which listens."""
    model = {"type": "object", "properties": {"orderId": {"type": "string"}, "total": {"type": "number"}}}
    with bench.mock(store) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port)

        def call(method, path, body=None, expected=201):
            connection.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status == expected, text
            return json.loads(text)

        unit = f"/api/businessunits/{call('POST', '/api/businessunits', {'name': 'Many'})['id']}"
        application = f"{unit}/applications/{call('POST', f'{unit}/applications', {'name': 'A'})['id']}"
        began = time.perf_counter()
        for number in range(MADE):
            event = call("POST", f"{application}/dataevents", {"name": f"Event {number}", "schema": model})
        seconds = time.perf_counter() - began
        keys = call("GET", f"{application}/credentials", expected=200)
        query = f"userKey={keys['userKey']}&secret={keys['userSecret']}"
        call("POST", f"{application}/dataevents/{event['id']}/event?{query}", {"orderId": "1"}, expected=202)
    return seconds
