"""The service as the tests want it: sending to this test's own space in the mock, and never really waiting."""

from collections.abc import Iterator

import httpx
import pytest
from hypothesis import Phase, settings

from pos_to_cdp.sending import Listener, Sender

# No deadline: the first example loads the contracts. No explain phase: the mock says why, and tracing all it does costs a minute.
settings.register_profile("till", deadline=None, phases=[phase for phase in Phase if phase is not Phase.explain])
settings.load_profile("till")


@pytest.fixture
def waits() -> list[float]:
    """Return the seconds that the sender wanted to wait, in order."""
    return []


@pytest.fixture
def sender(cdp, waits: list[float]) -> Iterator[Sender]:
    """Return a sender as it runs in production, except for where it sends and that it does not wait."""
    with httpx.Client(timeout=5) as client:
        yield Sender(Listener.from_environ(cdp.environ("pos-receipt")), client, sleep=waits.append)
