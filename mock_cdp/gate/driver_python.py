"""The driver `python`: calls a function of the integration in this process, where the router answers its HTTP client."""

import asyncio
import inspect
import os
import sys
import sysconfig
import traceback
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any, Final, Self

import msgspec
from msgspec import Meta

import mock_cdp
from mock_cdp.gate.failure import GateError
from mock_cdp.gate.handed import Handed, likely_secrets, secrets_of
from mock_cdp.gate.message import Message
from mock_cdp.gate.named_function import named_function
from mock_cdp.testing.cdp import Cdp
from mock_cdp.testing.hiding import Secrets

_NOT_THE_USERS: Final = (
    *{sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")},
    str(Path(mock_cdp.__file__).parent),
)

Call = Callable[[bytes], Any]


class PythonSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="python"):
    """A function that takes a message and sends what comes of it with httpx (or httpx2), sync or async."""

    function: Annotated[
        str,
        Meta(
            description="`module:function`, called with the message as bytes, and as `environ` with where to post and the "
            "credentials if it has a parameter of this name; they are in `os.environ` too."
        ),
    ]


class PythonDriver:
    """Calls the function; what it raises is what it says."""

    synchronous = True
    in_process = True
    notes: tuple[str, ...] = ()

    def __init__(self, settings: PythonSettings, folder: Path, cdp: Cdp, event: str) -> None:
        """Prepare; nothing is imported yet."""
        self._name = settings.function
        self._folder = folder.resolve()
        self._environ = cdp.environ(event)
        self._secrets = Secrets(*secrets_of(cdp), *likely_secrets(os.environ))
        self._open = ExitStack()
        self._runner: asyncio.Runner | None = None
        self.described = f"python: {settings.function}"

    def __enter__(self) -> Self:
        """Import the function, from the settings' folder first.

        Raises:
            GateError: There is no such function, its module fails, or it takes something else.
        """
        with ExitStack() as opened:
            opened.enter_context(_environment(self._environ))
            opened.enter_context(_importable(str(self._folder)))
            self._call = _call(self._name, self._environ)
            self._open = opened.pop_all()
        return self

    def __exit__(self, *_error: object) -> None:
        """Leave environment and import path as they were."""
        if self._runner is not None:
            self._runner.close()
            self._runner = None
        self._open.close()

    def hand_over(self, message: Message) -> Handed:
        """Call the function with *message*; there is no timeout, as nothing can end it from within its process."""
        try:
            result = self._call(message.body)
            if inspect.isawaitable(result):
                result = self._awaited(result)
        except SystemExit as ended:
            return self._ended(ended)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is what the integration said
            return Handed(ok=False, said=self._secrets.said(f"{type(error).__name__}: {error}", self._place(error)))
        return Handed(ok=True) if result is None else Handed(ok=True, said=self._secrets.said(str(result)))

    def _awaited(self, result: Awaitable[Any]) -> Any:
        """Run it in one loop for all messages: a client that the integration keeps belongs to its loop."""
        if self._runner is None:
            self._runner = asyncio.Runner()
        return self._runner.run(_waiting(result))

    def _ended(self, ended: SystemExit) -> Handed:
        """Say what `sys.exit` was called with: nothing and 0 are no complaint."""
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        said = ended.code if isinstance(ended.code, str) else ""
        return Handed(ok=status == 0, said=self._secrets.said(said), status=status)

    def _place(self, error: BaseException) -> str:
        """Return the last line of the user's own code that the error came through."""
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if not frame.filename.startswith(_NOT_THE_USERS)] or frames
        path = Path(own[-1].filename)
        shown = path.relative_to(self._folder) if path.is_relative_to(self._folder) else path
        return f"at {shown}:{own[-1].lineno} in {own[-1].name}"


@contextmanager
def _environment(added: Mapping[str, str]) -> Iterator[None]:
    """Have *added* in the environment of this process while a block runs."""
    before = {name: os.environ.get(name) for name in added}
    os.environ.update(added)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


@contextmanager
def _importable(folder: str) -> Iterator[None]:
    """Look for modules in *folder* first while a block runs."""
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)


async def _waiting(result: Awaitable[Any]) -> Any:
    return await result


def _call(name: str, environ: Mapping[str, str]) -> Call:
    """Return a function of a message alone."""
    function = named_function(name, "[gate.driver] function")
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):  # written in C: it takes what it takes
        return function
    given = {"environ": dict(environ)} if "environ" in parameters else {}
    try:
        inspect.signature(function).bind(b"", **given)
    except TypeError as error:
        found = f"{name} cannot be called with a message ({error})"
        raise GateError(f"[gate.driver] function: {found}; let it take `body`, or `body` and `environ`") from None
    return (lambda body: function(body, **given)) if given else function
