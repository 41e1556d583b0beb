"""A WSGI environ to a delivery: the one place where request bytes are read, and no more of them than allowed."""

import io
import time
from collections.abc import Mapping
from typing import Any

from mock_cdp.core.delivery import Delivery, Limits

_NAMES: dict[str, str] = {"CONTENT_TYPE": "content-type", "CONTENT_LENGTH": "content-length"}
_NAMES_KNOWN = 1_000  # a client that invents header names must not fill memory


def read_delivery(environ: Mapping[str, Any], limits: Limits) -> Delivery:
    """Read a request.

    Args:
        environ: As PEP 3333 says; `wsgi.input` is read up to one byte beyond *limits*.
        limits: Of the body.
    """
    body, oversized, broken_off = _body(environ, limits.max_body_bytes)
    return Delivery(
        environ["REQUEST_METHOD"],
        environ["PATH_INFO"],
        environ.get("QUERY_STRING", ""),
        tuple(
            [
                (_NAMES.get(key) or _name(key), value)
                for key, value in environ.items()
                if key[:5] == "HTTP_" or (key in _NAMES and value)
            ]
        ),
        body,
        time.time(),
        environ["wsgi.url_scheme"],
        environ.get("HTTP_HOST", "").lower(),
        oversized,
        broken_off,
    )


def buffered(environ: Mapping[str, Any], limits: Limits) -> io.BytesIO:
    """Return the body read into memory, one byte beyond *limits* at most, for a server whose stream ends with its call."""
    length = environ.get("CONTENT_LENGTH")
    if (length or "HTTP_TRANSFER_ENCODING" in environ) and not _declares_more(length, limits.max_body_bytes):
        return io.BytesIO(_read(environ["wsgi.input"], limits.max_body_bytes + 1))
    return io.BytesIO()


def _declares_more(length: str | None, limit: int) -> bool:
    return bool(length) and int(length or 0) > limit


def _name(key: str) -> str:
    name = key[5:].replace("_", "-").lower()
    if len(_NAMES) < _NAMES_KNOWN:
        _NAMES[key] = name
    return name


def _body(environ: Mapping[str, Any], limit: int) -> tuple[bytes, bool, bool]:
    """Return the body, whether it was longer than *limit*, and whether it ended before its end.

    A declared length over the limit is not read at all.
    """
    length = environ.get("CONTENT_LENGTH")
    if length:
        declared = int(length) if length.isdecimal() else 0
        if declared > limit:
            return b"", True, False
        body = _read(environ["wsgi.input"], declared)
        return body, False, len(body) < declared
    if not environ.get("wsgi.input_terminated"):  # neither a length nor chunks: no body
        return b"", False, False
    try:
        body = _read(environ["wsgi.input"], limit + 1)
    except OSError:  # chunks that are none, or end too early; granian does not tell, and gives what came
        return b"", False, True
    return body[:limit], len(body) > limit, False


def _read(stream: Any, size: int) -> bytes:
    """Read *size* bytes or to the end; a stream may give less than asked."""
    body: bytes = stream.read(size)
    if len(body) >= size or not body:
        return body
    parts = [body]
    left = size - len(body)
    while left and (part := stream.read(left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
