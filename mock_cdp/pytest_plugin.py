"""The pytest plugin: a mock as fixtures, the marker `cdp`, and what arrived in the report of a test that failed.

Loaded in every pytest run of everybody who has it installed, so nothing but pytest is imported before a fixture is asked for.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mock_cdp.settings import Settings
    from mock_cdp.testing.cdp import Cdp
    from mock_cdp.testing.server import MockCDP

_SUMMARY: "pytest.StashKey[dict[str, Any]]" = pytest.StashKey()
_MARKER = (
    'cdp(contracts="folder", answer="later", …): the mock of this test, as `cdp` and `cdp_router` give it: a contract folder '
    "(relative to the root of the project) and any setting by its name"
)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line("markers", _MARKER)
    config.stash[_SUMMARY] = {}


# -- fixtures ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def cdp_settings(pytestconfig: pytest.Config) -> "Settings":
    """Return the settings of the mock: what `mock-cdp.toml` in the project's root says. Override it to change them."""
    from mock_cdp.settings import load_settings

    return load_settings({}, environ={}, folder=pytestconfig.rootpath)


@pytest.fixture(scope="session")
def cdp_tls() -> bool:
    """Return whether the mock serves https. Override it to return True."""
    return False


@pytest.fixture(scope="session")
def _cdp_servers(pytestconfig: pytest.Config, cdp_tls: bool) -> Iterator[Any]:  # noqa: FBT001  # a fixture
    from mock_cdp.testing.pool import Servers
    from mock_cdp.testing.summary import add

    counted = pytestconfig.stash[_SUMMARY]
    servers = Servers(pytestconfig.rootpath, tls=cdp_tls, closing=lambda opened: add(counted, opened))
    yield servers
    servers.stop()


@pytest.fixture(scope="session")
def cdp_server(cdp_settings: "Settings", _cdp_servers: Any) -> "MockCDP":
    """Return the mock itself, running on a free port. `with cdp_server.session() as cdp:` suits Hypothesis' `@given`."""
    return _cdp_servers.running(cdp_settings)  # type: ignore[no-any-return]


@pytest.fixture
def cdp(request: pytest.FixtureRequest, cdp_settings: "Settings", _cdp_servers: Any) -> Iterator["Cdp"]:
    """Return this test's own space in a running mock: where to post, what arrived, and trouble on request."""
    server = _cdp_servers.running(_marked(request, cdp_settings))
    with server.session(request.node.nodeid) as opened:
        request.node.stash[_OPENED] = opened
        yield opened


@pytest.fixture
def cdp_router(request: pytest.FixtureRequest, cdp_settings: "Settings") -> Iterator["Cdp"]:
    """Return the same without a socket: httpx clients are answered in this process, for every CDP host."""
    from mock_cdp.testing.pool import prepared
    from mock_cdp.testing.routing import router
    from mock_cdp.testing.summary import add

    settings = prepared(_marked(request, cdp_settings), request.config.rootpath)
    with router.of(settings) as opened:
        request.node.stash[_OPENED] = opened
        yield opened
        add(request.config.stash[_SUMMARY], opened)


def _marked(request: pytest.FixtureRequest, settings: "Settings") -> "Settings":
    """Return *settings* with what the marker of the test says."""
    marker = request.node.get_closest_marker("cdp")
    if marker is None:
        return settings
    from mock_cdp.testing.pool import marked

    return marked(settings, marker.args, marker.kwargs)


_OPENED: "pytest.StashKey[Cdp]" = pytest.StashKey()


# -- reports -----------------------------------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: "pytest.CallInfo[None]") -> Any:
    """Show what arrived in the report of a test that failed, unless the failure says so itself."""
    report: pytest.TestReport = yield
    opened = item.stash.get(_OPENED, None)
    if opened is not None and report.when == "call" and report.failed and call.excinfo is not None:
        from mock_cdp.testing.cdp import Unmet

        if not isinstance(call.excinfo.value, Unmet):
            report.sections.append(("what arrived at mock-cdp", opened.describe() or "nothing"))
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a worker of pytest-xdist counted."""
    from mock_cdp.testing.summary import merge

    merge(node.config.stash[_SUMMARY], getattr(node, "workeroutput", {}).get("mock_cdp", {}))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what was counted to the process that prints, when this is a worker of pytest-xdist."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["mock_cdp"] = session.config.stash[_SUMMARY]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say how many events arrived in the whole run, and why some were refused."""
    counted = config.stash[_SUMMARY]
    if counted:
        from mock_cdp.testing.summary import lines

        terminalreporter.section("mock-cdp")
        for line in lines(counted):
            terminalreporter.write_line(line)
