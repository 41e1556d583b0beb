"""Which HTTP clients respx answers: httpx, and httpx2 where it is installed."""

from importlib.util import find_spec
from typing import Any

import httpx
from respx.mocks import HTTPCoreMocker

MOCKERS = ["httpcore"]

if find_spec("httpx2") and find_spec("httpcore2"):
    import httpcore2
    import httpx2

    class HTTPCore2Mocker(HTTPCoreMocker):
        """The same for httpx2, which stands on httpcore2."""

        name = "httpcore2"
        targets = [target.replace("httpcore.", "httpcore2.") for target in HTTPCoreMocker.targets]  # noqa: RUF012  # as respx declares it

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
            """Answer a sync client; an error in httpx2's own class, which its users catch."""
            try:
                return super().handler(httpx_request)  # type: ignore[no-untyped-call]
            except httpx.TransportError as error:
                raise _own(error) from error

        @classmethod
        async def async_handler(cls, httpx_request: httpx.Request) -> Any:
            """Answer an async client."""
            try:
                return await super().async_handler(httpx_request)  # type: ignore[no-untyped-call]
            except httpx.TransportError as error:
                raise _own(error) from error

    def _own(error: httpx.TransportError) -> Exception:
        return getattr(httpx2, type(error).__name__)(str(error))  # type: ignore[no-any-return]

    MOCKERS.append(HTTPCore2Mocker.name)
