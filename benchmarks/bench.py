"""Ratios measured side by side in one run: the mock with everything on against `minimal_flask.py`, same machine, same loader.

The last line is for machines: `bench singles_vs_minimal=… batch_vs_minimal=… p99_ms=… first_202_ms=… help_ms=…
plugin_ms=… fixture_ms=… valid_events_per_s=… gate_overhead_ms=… gate_trials_per_s=…` (one line).
"""

import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import diagnosis_cost
import gate_cost
import kit_cost
import many_events
import stages

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "4"))
CONNECTIONS = 16


def main() -> None:
    """Measure, print, end with the line for machines."""
    if shutil.which("wrk") is None:
        sys.exit("bench needs the loader wrk: apt-get install -y wrk")
    target = stages.target()
    with tempfile.TemporaryDirectory() as folder:
        first = statistics.median(first_202_ms(target, Path(folder) / f"first{i}.db") for i in range(3))
        singles, batches = (measured(kind, target, Path(folder) / f"{kind}.db") for kind in ("single", "batch"))
    help_ms = statistics.median(command_ms("--help") for _ in range(5))
    print()
    stages.main()
    print()
    print(many_events.main(target))
    print(diagnosis_cost.main())
    kit = f"{kit_cost.main()} {gate_cost.main()}"
    print(
        f"\nbench singles_vs_minimal={singles[0]:.2f} batch_vs_minimal={batches[0]:.2f} "
        f"p99_ms={singles[1]:.1f} first_202_ms={first:.0f} help_ms={help_ms:.0f} {kit}"
    )


def measured(kind, target, store):
    """Measure one kind of load on servers of its own, so that neither kind sees what the other left behind."""
    with minimal(target) as reference, mock(store) as ours:
        result = rounds(kind, reference, ours, target)
        counted(ours)
    return result


def rounds(kind, reference, ours, target):
    """Alternate reference and mock; return the median ratio of requests a second, and the mock's median p99."""
    ratios, p99s = [], []
    for turn in range(ROUNDS):
        base, _ = load(kind, reference, target, turn * 2)
        mine, p99 = load(kind, ours, target, turn * 2 + 1)
        ratios.append(mine / base)
        p99s.append(p99)
        print(
            f"{kind:6} round {turn + 1}: minimal {base:8.0f}/s   mock-cdp {mine:8.0f}/s   "
            f"ratio {mine / base:.2f}   p99 {p99:.1f} ms",
            flush=True,
        )
    return statistics.median(ratios), statistics.median(p99s)


def load(kind, port, target, turn):
    """Run wrk once; return requests a second and p99 in milliseconds."""
    start = time.time_ns() // 1_000_000 * 1_000 + turn
    url = f"http://127.0.0.1:{port}{target.path}/{'events' if kind == 'batch' else 'event'}?{target.query}"
    out = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", "-s", HERE / f"{kind}.lua", url],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"BENCH_START": str(start)},
    ).stdout
    if "Non-2xx" in out:
        sys.exit(f"{kind} on {port}: not every answer was 2xx\n{out}")
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", out).groups()
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]), float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def counted(port):
    """Say what the mock counted: what it answered it has kept."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/_mock/counts") as answer:
        print("counts after the load:", answer.read().decode()[:200])


@contextmanager
def server(argv, port, **env):
    """Run a server until the block ends."""
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, env=os.environ | env)
    try:
        wait_for_port(port)
        yield port
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def minimal(target):
    """Run the reference as fast as it goes: one worker, one thread (more threads make it slower)."""
    port = free_port()
    argv = [
        BIN / "granian",
        "--interface",
        "wsgi",
        "--workers",
        "1",
        "--blocking-threads",
        "1",
        "--no-log",
        "--no-ws",
        "--port",
        str(port),
        "--working-dir",
        HERE,
        "minimal_flask:app",
    ]
    return server(argv, port, BENCH_USER_KEY=target.user_key, BENCH_SECRET=target.secret)


def mock(store, *flags):
    """Run the mock with its defaults: everything on, journal and tally durable."""
    port = free_port()
    return server([BIN / "mock-cdp", "serve", "--port", str(port), "--store", str(store), *flags], port)


def first_202_ms(target, store, *flags):
    """Return milliseconds from process start to the first 202."""
    port = free_port()
    body = stages.BODY
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{target.path}/event?{target.query}",
        data=body,
        headers={"Content-Type": "application/json"},
    )
    began = time.perf_counter()
    command = [BIN / "mock-cdp", "serve", "--port", str(port), "--store", str(store), *flags]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        while time.perf_counter() - began < 20:
            try:
                with urllib.request.urlopen(request) as answer:
                    assert answer.status == 202
                    return (time.perf_counter() - began) * 1000
            except urllib.error.HTTPError:
                raise
            except OSError:
                time.sleep(0.005)
        sys.exit("no 202 within 20 s")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def command_ms(*arguments):
    """Return milliseconds of one command."""
    began = time.perf_counter()
    subprocess.run([BIN / "mock-cdp", *arguments], check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - began) * 1000


def wait_for_port(port):
    """Wait until something answers HTTP on *port*."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/")
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.02)
        else:
            return
    sys.exit(f"nothing answers on port {port}")


def free_port():
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    main()
