"""Calls of a running mock from the command line: a refusal or a mock that is not there is one line and exit 2."""

import http.client
import json
import urllib.error
import urllib.request
from http import HTTPStatus
from typing import Any, NoReturn
from urllib.parse import urlencode, urlsplit

from mock_cdp.cli import saying

DEFAULT_URL = "http://127.0.0.1:8080"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def call(
    url: str,
    method: str,
    path: str,
    parameters: dict[str, Any] | None = None,
    *,
    body: dict[str, Any] | None = None,
    timeout_s: float = 30,
    root: str = "_mock",
    missing: Any = None,
) -> Any:
    """Ask the mock; a refusal or a mock that is not there is one line and exit 2.

    Args:
        url: Base URL.
        method: Of the request.
        path: Below *root*.
        parameters: Of the query; None leaves one out.
        body: Sent as JSON.
        timeout_s: In seconds.
        root: `_mock` for our own API, `api` for SAP's.
        missing: What to return for 404, unless None.
    """
    given = {name: value for name, value in (parameters or {}).items() if value is not None}
    address = f"{url.rstrip('/')}/{root}/{path}" + (f"?{urlencode(given)}" if given else "")
    if not address.startswith(("http://", "https://")):
        fail(f"--url must start with http:// or https://, found {url}")
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data=data, method=method, headers={"Content-Type": "application/json"})  # noqa: S310  # checked above
    try:
        with opener(address).open(request, timeout=timeout_s) as answer:
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        if error.code == HTTPStatus.NOT_FOUND and missing is not None:
            return missing
        fail(_refusal(error, url))
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        fail(f"no mock answers at {url} ({reason}); start one with `mock-cdp serve` or name it with --url")


def opener(address: str) -> urllib.request.OpenerDirector:
    """Return what opens *address*; a company's proxy cannot reach the mock on this machine."""
    own = urlsplit(address).hostname in LOOPBACK
    return urllib.request.build_opener(*([urllib.request.ProxyHandler({})] if own else []))


def _refusal(error: urllib.error.HTTPError, url: str) -> str:
    try:
        found = json.loads(error.read())
        return str(found["detail"] if "detail" in found else f"{found['errorCode']}: {found['errorDetails']}")
    except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException):
        return f"{url} answered {error.code} and is probably no mock-cdp; name the mock with --url"


def fail(message: str) -> NoReturn:
    """Say on one line what is wrong, whatever a server put into it, and exit 2."""
    saying.fail(" ".join(message.split()))


def note(message: str) -> None:
    """Say something on one line, whatever a server put into it."""
    saying.note(" ".join(message.split()))
