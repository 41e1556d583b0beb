"""A function that the user wrote, found by its name."""

import importlib
from collections.abc import Callable
from typing import Any

from mock_cdp.gate.failure import GateError


def named_function(name: str, where: str) -> Callable[..., Any]:
    """Import and return a function; its folder must be on the path.

    Args:
        name: `module:function`; the function may be inside a class: `module:Class.function`.
        where: The setting that named it, for errors.

    Raises:
        GateError: The name is none, the module cannot be imported, or there is no such function in it.
    """
    module_name, _, path = name.partition(":")
    if not module_name or not path:
        raise GateError(f"{where}: {name} is no function; write module:function")
    try:
        function: Any = importlib.import_module(module_name)
    except Exception as error:  # whatever a module of the user's does when it is imported
        why = " ".join(f"{type(error).__name__}: {error}".split())  # one line, whatever it says
        found = f"{module_name} cannot be imported ({why})"
        raise GateError(f"{where}: {found}; is it installed, or beside mock-cdp.toml?") from error
    for part in path.split("."):
        function = getattr(function, part, None)
    if not callable(function):
        raise GateError(f"{where}: {module_name} has no function {path}; check the name")
    return function  # type: ignore[no-any-return]  # callable, as just asked
