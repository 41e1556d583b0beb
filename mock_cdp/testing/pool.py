"""The running mocks of a test run: one for each combination of settings, started when first asked for."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from mock_cdp.settings import Settings, SettingsError, changed
from mock_cdp.testing.cdp import Cdp
from mock_cdp.testing.kept import in_memory, refuse_not_ours
from mock_cdp.testing.server import MockCDP


class Servers:
    """Mocks by their settings."""

    def __init__(self, root: Path, *, tls: bool, closing: Callable[[Cdp], object]) -> None:
        """Start with none.

        Args:
            root: What relative contract folders are relative to.
            tls: Whether they serve https.
            closing: Is told of every session before it is gone.
        """
        self._root = root
        self._tls = tls
        self._closing = closing
        self._running: dict[Settings, MockCDP] = {}

    def running(self, settings: Settings) -> MockCDP:
        """Return the mock for *settings*."""
        wanted = prepared(settings, self._root)
        if wanted not in self._running:
            mock = MockCDP.of(wanted, tls=self._tls)
            mock.closing = self._closing
            self._running[wanted] = mock.start()
        return self._running[wanted]

    def stop(self) -> None:
        """Stop all of them."""
        for server in self._running.values():
            server.stop()
        self._running.clear()


def prepared(settings: Settings, root: Path) -> Settings:
    """Return *settings* for a mock in this process, its contract folder as an absolute path."""
    contracts = str(root / settings.contracts) if settings.contracts else ""
    return in_memory(msgspec.structs.replace(settings, contracts=contracts))


def marked(settings: Settings, positional: Sequence[Any], named: Mapping[str, Any]) -> Settings:
    """Return *settings* with what the marker `cdp` of a test says.

    Raises:
        SettingsError: A setting nobody knows, or a value that cannot be.
    """
    if positional:
        raise SettingsError(f'@pytest.mark.cdp takes settings by name, such as contracts="my-contracts"; found {positional[0]!r}')
    refuse_not_ours(named)
    return changed(settings, named, source="@pytest.mark.cdp")
