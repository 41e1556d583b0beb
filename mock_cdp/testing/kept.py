"""A listener for tests: contracts and switches as settings say, receipts in memory, sessions for each test."""

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mock_cdp.app import create_app, rules_of
from mock_cdp.contract.contract import Catalog
from mock_cdp.contract.folder import load
from mock_cdp.core.receipt import DEFAULT_SESSION, Session
from mock_cdp.http.door import Door
from mock_cdp.listener import Listener
from mock_cdp.serve import contracts_folder, open_settings_store
from mock_cdp.settings import Settings, SettingsError, changed
from mock_cdp.testing.cdp import Cdp

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_NOT_OURS = frozenset({"host", "port", "store", "workers", "threads", "watch", "writable", "configuration_access"})


def settings_for(contracts: str | Path | None = None, **switches: Any) -> Settings:
    """Return settings of a mock for tests: nothing is read from the environment or from `mock-cdp.toml`.

    Args:
        contracts: A contract folder; without it the contracts that ship.
        switches: Any other setting by its name, such as `answer="later"`.

    Raises:
        SettingsError: A switch nobody knows, or one that a mock for tests does not have.
    """
    refuse_not_ours(switches)
    given = switches if contracts is None else {**switches, "contracts": str(contracts)}
    return in_memory(changed(Settings(), given, source="the mock for tests"))


def refuse_not_ours(names: Iterable[str]) -> None:
    """Refuse settings that only `mock-cdp serve` has.

    Raises:
        SettingsError: *names* holds one.
    """
    for name in names:
        if name in _NOT_OURS:
            raise SettingsError(f"a mock for tests has no setting {name}: it keeps its receipts in memory, on a port of its own")


def in_memory(settings: Settings) -> Settings:
    """Return *settings* for a mock that lives as long as its process: in memory, on a free port of this machine."""
    return msgspec.structs.replace(settings, store="sqlite://", host="127.0.0.1", port=0, workers=1, watch=False)


class Kept:
    """A listener with its application, and the sessions of its tests.

    Attributes:
        listener: Judges and keeps.
        door: The WSGI application: the same as is served by `mock-cdp serve`.
        closing: Is told of every session before it is gone.
    """

    def __init__(self, settings: Settings) -> None:
        """Build both as *settings* say.

        Raises:
            FolderError: The contracts are broken; lists every problem.
        """
        contracts, store = load(contracts_folder(settings)), open_settings_store(settings)
        self.listener = Listener(contracts, store, rules=rules_of(settings), master_key=secrets.token_bytes(32))
        self.closing: Callable[[Cdp], object] = lambda _: None
        app: WSGIApplication = create_app(self.listener).wsgi_app
        self.door = Door(self.listener, app)

    @property
    def catalog(self) -> Catalog:
        """Return the contracts in force."""
        return self.listener.catalog

    @contextmanager
    def session(self, url: str, label: str, variables: Mapping[str, str], *, keep: bool = False) -> Iterator[Cdp]:
        """Open a session at *url*; unless to *keep*, it is gone, with all that arrived in it, when the block ends."""
        opened = self.listener.sessions.open(label=label, now=time.time())
        cdp = Cdp(self.listener, opened, url, dict(variables))
        try:
            yield cdp
        finally:
            self.closing(cdp)
            self.listener.faults.drop(opened.id)
            if not keep:
                self.listener.close_session(opened.id)

    def unsessioned(self, url: str, event: str, variables: Mapping[str, str]) -> Cdp:
        """Return the space of deliveries that are signed with the credentials of *event*'s own application."""
        keys = self.catalog.named(event).credentials
        session = Session(id=DEFAULT_SESSION, user_key=keys.user_key, created_at=time.time())
        return Cdp(self.listener, session, url, dict(variables), secret=keys.user_secret)

    def close(self) -> None:
        """Release the store."""
        self.listener.store.close()
