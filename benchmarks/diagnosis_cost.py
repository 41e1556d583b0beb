"""What explaining a refusal costs: a till receipt of about 1 KB with every value sent as a string and one item collapsed."""

import json
import statistics
import time

import stages
from mock_cdp.contract.catalog import shipped_catalog
from mock_cdp.contract.folder import load
from mock_cdp.core.explanation import explained

REPEAT = 300


def main() -> str:
    """Measure; return a line for machines."""
    contract = next(c for c in load(shipped_catalog()).contracts if c.path == stages.EVENT)
    broken = as_strings(stages.SAMPLE | {"items": [*stages.SAMPLE["items"]] * 2, "purchasedAt": "20241130175012"})
    broken["tenders"] = broken["tenders"][0]
    size = len(json.dumps(broken))
    took = []
    for number in range(REPEAT):
        event = broken | {"storeId": f"R{number}"}
        violations = contract.model.violations(event)
        began = time.perf_counter()
        causes = explained(contract, [event], violations, [])
        took.append((time.perf_counter() - began) * 1000)
    named = ",".join(sorted(cause.code for cause in causes))
    return f"bench_diagnosis event_bytes={size} refused_ms={statistics.median(took[20:]):.2f} causes={named}"


def as_strings(value):
    """Return *value* as CPI's converter writes it."""
    if isinstance(value, dict):
        return {name: as_strings(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [as_strings(inner) for inner in value]
    return value if isinstance(value, str) else json.dumps(value)


if __name__ == "__main__":
    print(main())
