"""Which HTTP clients respx answers: httpx, and httpx2 where it is installed."""

import threading
from importlib.util import find_spec
from typing import Any

import httpx
from respx.mocks import HTTPCoreMocker, Mocker


def mockers() -> list[str]:
    """Return respx's names for them."""
    if not (find_spec("httpx2") and find_spec("httpcore2")):
        return [HTTPCoreMocker.name]
    # respx knows mockers by name for as long as the process lives, also when this module is loaded anew.
    with _LOCK:
        if _HTTPCORE2 not in Mocker.registry:
            _declare_httpcore2()
    return [HTTPCoreMocker.name, _HTTPCORE2]


_HTTPCORE2 = "httpcore2"
_LOCK = threading.Lock()


def _declare_httpcore2() -> None:
    import httpcore2
    import httpx2

    def own(error: httpx.TransportError) -> Exception:
        """Return the same error in httpx2's own class, which its users catch."""
        return getattr(httpx2, type(error).__name__)(str(error))  # type: ignore[no-any-return]

    class HTTPCore2Mocker(HTTPCoreMocker):
        """The same for httpx2, which stands on httpcore2."""

        name = _HTTPCORE2
        targets = [target.replace("httpcore.", "httpcore2.") for target in HTTPCoreMocker.targets]  # noqa: RUF012  # as respx has it

        @classmethod
        def from_sync_httpx_response(cls, httpx_response: httpx.Response, target: Any, **_kwargs: Any) -> Any:  # noqa: ARG003
            """Return the response in httpcore2's own class."""
            return httpcore2.Response(
                status=httpx_response.status_code,
                headers=httpx_response.headers.raw,
                content=httpx_response.stream,
                extensions=httpx_response.extensions,
            )

        @classmethod
        def handler(cls, httpx_request: httpx.Request) -> Any:
            """Answer a sync client."""
            try:
                return super().handler(httpx_request)  # type: ignore[no-untyped-call]
            except httpx.TransportError as error:
                raise own(error) from error

        @classmethod
        async def async_handler(cls, httpx_request: httpx.Request) -> Any:
            """Answer an async client."""
            try:
                return await super().async_handler(httpx_request)  # type: ignore[no-untyped-call]
            except httpx.TransportError as error:
                raise own(error) from error
