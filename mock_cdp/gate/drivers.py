"""Drivers: how a source message is handed to the integration under test. One module for each kind; here is what they share."""

from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from mock_cdp.gate.driver_command import CommandDriver, CommandSettings, LinesDriver
from mock_cdp.gate.driver_cpi import CpiDriver, CpiSettings
from mock_cdp.gate.driver_files import FilesDriver, FilesSettings
from mock_cdp.gate.driver_http import HttpDriver, HttpSettings
from mock_cdp.gate.driver_python import PythonDriver, PythonSettings
from mock_cdp.gate.handed import Handed
from mock_cdp.gate.message import Message
from mock_cdp.testing.cdp import Cdp

__all__ = ["Driver", "DriverSettings", "Handed", "in_process", "open_driver"]

DriverSettings = HttpSettings | CommandSettings | PythonSettings | FilesSettings | CpiSettings  # told apart by `kind`


class Driver(Protocol):
    """Hands messages to one integration, between `__enter__` and `__exit__`.

    Attributes:
        described: One line for the report, without secrets.
        notes: What a reader of the report must know of it, such as what is not imitated; a sentence each.
        synchronous: Whether everything was sent when `hand_over` returns.
        in_process: Whether deliveries go through `mock_cdp.testing.routing.router`; else a real socket is needed.
    """

    described: str
    notes: tuple[str, ...]
    synchronous: bool
    in_process: bool

    def __enter__(self) -> Self:
        """Start what is needed.

        Raises:
            GateError: It cannot be.
        """
        ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Stop it, and clean up."""
        ...

    def hand_over(self, message: Message) -> Handed:
        """Hand *message* over, and return what the integration said.

        Raises:
            GateError: The integration cannot be reached at all.
        """
        ...


def in_process(settings: DriverSettings) -> bool:
    """Return whether the driver of *settings* needs the router of this process instead of a socket."""
    return isinstance(settings, PythonSettings | CpiSettings)


def open_driver(settings: DriverSettings, folder: Path, cdp: Cdp, event: str) -> Driver:
    """Return the driver that *settings* ask for; it is started by `with`.

    Args:
        settings: The table `[gate.driver]`.
        folder: What relative paths are relative to.
        cdp: The session that the integration is to post to.
        event: What it posts; by its folder name.

    Raises:
        GateError: A setting cannot be; one line says which, and what to do.
    """
    match settings:
        case HttpSettings():
            return HttpDriver(settings, folder, cdp)
        case CommandSettings(mode="lines"):
            return LinesDriver(settings, folder, cdp, event)
        case CommandSettings():
            return CommandDriver(settings, folder, cdp, event)
        case PythonSettings():
            return PythonDriver(settings, folder, cdp, event)
        case FilesSettings():
            return FilesDriver(settings, folder, cdp)
    return CpiDriver(settings, folder, cdp, event)
