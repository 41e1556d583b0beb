"""Hypothesis strategies over a contract: events it accepts, refuses, nearly loses, or gets from CPI, and deliveries of them."""

from mock_cdp.strategies.boundary import Boundary, boundary_events
from mock_cdp.strategies.cpi_shaped import CpiEvent, cpi_events
from mock_cdp.strategies.deliveries import batches, deliveries
from mock_cdp.strategies.events import valid_events
from mock_cdp.strategies.invalid import Invalid, invalid_events

__all__ = [
    "Boundary",
    "CpiEvent",
    "Invalid",
    "batches",
    "boundary_events",
    "cpi_events",
    "deliveries",
    "invalid_events",
    "valid_events",
]
