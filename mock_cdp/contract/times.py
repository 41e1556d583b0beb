"""Times as SAP's API family writes them."""

from datetime import UTC, datetime
from functools import lru_cache


def time_text(unix_seconds: float) -> str:
    """Return the family's time format, UTC with milliseconds."""
    milliseconds = int(unix_seconds * 1000)
    return f"{_second_text(milliseconds // 1000)}.{milliseconds % 1000:03d}Z"


@lru_cache(maxsize=64)  # many deliveries share a second, and writing it out costs more than judging an event
def _second_text(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}"
