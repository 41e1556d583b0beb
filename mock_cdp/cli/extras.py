"""Commands that need more than the mock itself: what is missing is one line with what to install."""

from importlib.util import find_spec

from mock_cdp.cli.saying import fail


def need(extra: str, *modules: str) -> None:
    """Exit 2 naming *extra* unless all of *modules* are installed."""
    if missing := [name for name in modules if find_spec(name) is None]:
        fail(f"this command needs {', '.join(missing)}: pip install 'mock-cdp[{extra}]'")
