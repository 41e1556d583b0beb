"""A body's bytes after Content-Encoding, never more of them than allowed."""

import zlib

from mock_cdp.core.json_faults import broken
from mock_cdp.core.refusal import ErrorCode, Refusal

UNSUPPORTED = 415000  # not in the family's list; the status says it (assumed)


def decoded(body: bytes, encoding: str, limit: int) -> bytes | Refusal:
    """Return *body* without its Content-Encoding.

    Args:
        body: As received.
        encoding: The header's value.
        limit: Most bytes allowed afterwards; a gzip bomb is stopped there.
    """
    match encoding.strip().lower():
        case "" | "identity":
            return body
        case "gzip" | "x-gzip":
            return _gunzip(body, limit)
        case other:
            return broken(
                "content-encoding",
                f"Content-Encoding {other[:40]!r} is not taken; send gzip or none (in CPI remove the encoder step)",
                error_code=UNSUPPORTED,
            )


def _gunzip(body: bytes, limit: int) -> bytes | Refusal:
    parts: list[bytes] = []
    size, rest = 0, body
    while rest:
        member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        try:
            part = member.decompress(rest, limit + 1 - size)
        except zlib.error as error:
            return broken("gzip-broken", f"Content-Encoding says gzip, but the body does not unpack: {error}")
        size += len(part)
        if size > limit:
            return too_large(limit, "after unpacking gzip ")
        if not member.eof:
            return broken("gzip-broken", "Content-Encoding says gzip, but the body ends in the middle of it")
        parts.append(part)
        rest = member.unused_data
    return b"".join(parts)


def too_large(limit: int, when: str = "") -> Refusal:
    """Return the refusal of a body beyond *limit* bytes."""
    return broken(
        "body-too-large",
        f"the body is {when}larger than {limit} bytes (switch: max_body_bytes); send fewer events at once",
        error_code=ErrorCode.TOO_LARGE,
    )
