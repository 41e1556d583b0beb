"""Fixtures every test may ask for; a folder's own live beside its tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mock_cdp.contract.catalog import shipped_catalog
from mock_cdp.contract.contract import Catalog
from mock_cdp.contract.folder import load
from mock_cdp.listener import Listener
from running import Running, make_listener, start_mock

pytest_plugins = ["pytester"]


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """Return the contracts that ship."""
    return load(shipped_catalog())


@pytest.fixture
def listener(catalog: Catalog) -> Iterator[Listener]:
    """Return a listener over the shipped contracts with an empty store in memory."""
    listener = make_listener(catalog)
    yield listener
    listener.store.close()


@pytest.fixture
def mock(tmp_path: Path) -> Iterator[Running]:
    """Return a running mock with its defaults, in an empty folder."""
    running = start_mock(cwd=tmp_path)
    yield running
    running.stop()
