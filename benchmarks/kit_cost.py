"""What the test kit costs: the plugin in a run that does not use it, a test's own session, a server, and generated events."""

import statistics
import subprocess
import sys
import time

ROUNDS = 9
LOAD = """
import time, pytest
began = time.perf_counter()
import mock_cdp.pytest_plugin
print((time.perf_counter() - began) * 1000)
"""
EVENTS = 2_000


def main():
    """Return `plugin_ms=… fixture_ms=… valid_events_per_s=…`, and print the rest."""
    start_ms, fixture_ms, stop_ms = served()
    rate, first_ms = generated()
    print(f"kit: server start {start_ms:.0f} ms, stop {stop_ms:.0f} ms, first generated event after {first_ms:.0f} ms")
    return f"plugin_ms={plugin_ms():.1f} fixture_ms={fixture_ms:.2f} valid_events_per_s={rate:.0f}"


def plugin_ms():
    """Return what the plugin adds to a run that does not use it: loading it into a process that has pytest (median).

    Whole runs of pytest differ by more than this from one to the next.
    """
    return statistics.median(float(subprocess.check_output([sys.executable, "-c", LOAD])) for _ in range(ROUNDS))


def served():
    """Return milliseconds to start a server, to open and close a session (median), and to stop."""
    from mock_cdp.testing import MockCDP

    starts, sessions, stops = [], [], []
    for _ in range(3):
        mock = MockCDP()
        starts.append(took(mock.start))
        sessions += [took(lambda: session(mock)) for _ in range(200)]  # noqa: B023  # called at once
        stops.append(took(mock.stop))
    return tuple(statistics.median(times) * 1000 for times in (starts, sessions, stops))


def session(mock):
    """Do what the fixture `cdp` does around a test."""
    with mock.session("bench") as cdp:
        cdp.tally()


def took(call):
    """Return the seconds of one call."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def generated():
    """Return valid pos-receipt events a second inside one `@given`, and milliseconds from nothing to the first."""
    from hypothesis import HealthCheck, Phase, given, settings

    from mock_cdp.strategies import valid_events
    from mock_cdp.testing import contract

    began = time.perf_counter()
    seen = []

    @settings(max_examples=EVENTS, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(valid_events(contract("pos-receipt")))
    def look(_event):
        seen.append(time.perf_counter())

    look()
    return (len(seen) - 1) / (seen[-1] - seen[0]), (seen[0] - began) * 1000


if __name__ == "__main__":
    print(main())
