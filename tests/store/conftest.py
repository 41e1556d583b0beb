"""One suite for every store."""

import pytest

from mock_cdp.store.sql import JournalLimits, open_store


@pytest.fixture(params=["memory", "file"])
def url(request, tmp_path):
    """Return the URL of an empty store, of each kind."""
    return "sqlite://" if request.param == "memory" else str(tmp_path / "store.db")


@pytest.fixture
def open_one(url):
    """Open stores of one kind with limits of the test's choice; they are closed at its end."""
    opened = []

    def opening(*, max_receipts=100_000, max_bytes=512 * 1024 * 1024, **options):
        limits = JournalLimits(max_receipts=max_receipts, max_bytes=max_bytes)
        opened.append(open_store(url, limits=limits, **options))
        return opened[-1]

    yield opening
    for store in opened:
        store.close()


@pytest.fixture
def store(open_one):
    """Return an open, empty store."""
    return open_one()


@pytest.fixture
def two_stores(tmp_path):
    """Return two stores on one file, as two workers have them."""
    both = [open_store(str(tmp_path / "shared.db"), limits=JournalLimits()) for _ in range(2)]
    yield both
    for store in both:
        store.close()
