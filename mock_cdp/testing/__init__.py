"""The kit for tests: a mock on a real socket (`MockCDP`), one without any (`router`), and contracts for strategies (`contract`).

Nothing heavy is loaded before it is asked for.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mock_cdp.testing.arrived import Arrived
    from mock_cdp.testing.cdp import Cdp, Target
    from mock_cdp.testing.contracts import contract
    from mock_cdp.testing.routing import router
    from mock_cdp.testing.server import MockCDP
    from mock_cdp.testing.trouble import Trouble

_PLACES = {
    "Arrived": "arrived",
    "Cdp": "cdp",
    "MockCDP": "server",
    "Target": "cdp",
    "Trouble": "trouble",
    "contract": "contracts",
    "router": "routing",
}

__all__ = ["Arrived", "Cdp", "MockCDP", "Target", "Trouble", "contract", "router"]


def __getattr__(name: str) -> Any:
    """Load what is asked for."""
    from importlib import import_module

    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    globals()[name] = value
    return value
