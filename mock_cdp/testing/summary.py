"""What the tests of a run sent in all: plain numbers, so that workers can hand them over."""

from typing import Any

from mock_cdp.core.receipt import OUTCOMES
from mock_cdp.cpi.causes import DIAGNOSABLE
from mock_cdp.cpi.causes_transport import TRANSPORT
from mock_cdp.testing.cdp import Cdp

SHOWN = 5  # causes
CAUSES = {**DIAGNOSABLE, **TRANSPORT}


def add(counted: dict[str, Any], cdp: Cdp) -> None:
    """Add what arrived in the session of one test."""
    tally = cdp.tally()
    causes = {code: number for code, number in tally.codes.items() if code in CAUSES}
    merge(counted, {"events": {name: getattr(tally, name) for name in ("received", *OUTCOMES)}, "causes": causes})


def merge(counted: dict[str, Any], more: dict[str, Any]) -> None:
    """Add *more*, counted elsewhere."""
    for group, numbers in more.items():
        mine = counted.setdefault(group, {})
        for name, number in numbers.items():
            mine[name] = mine.get(name, 0) + number


def lines(counted: dict[str, Any]) -> list[str]:
    """Write it: one line of counts, and one of causes where there were any."""
    events = counted["events"]
    outcomes = ", ".join(f"{events[name]} {name}" for name in OUTCOMES if events[name])
    number = events["received"]
    said = [f"{number} event{'s' * (number != 1)} arrived{f': {outcomes}' if outcomes else ''}"]
    causes = sorted(counted["causes"].items(), key=lambda pair: (-pair[1], pair[0]))
    if causes:
        shown = [f"{code} {CAUSES[code].title} ({number})" for code, number in causes[:SHOWN]]
        more = [f"and {len(causes) - SHOWN} more"] if len(causes) > SHOWN else []
        said.append(f"causes: {', '.join([*shown, *more])}")
    return said
