"""A body's bytes before they are JSON: Content-Encoding undone, never more than allowed, and UTF-8 read strictly."""

import re
import zlib
from typing import Final

from mock_cdp.core.refusal import ErrorCode, Refusal

UNSUPPORTED: Final = 415000  # not in the family's list; the status says it (assumed)

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
GZIP_MAGIC: Final = b"\x1f\x8b"
_UTF_16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_WINDOW: Final = 4_096  # bytes fed at once: what follows a member is copied, so a body of tiny members stays linear
_AROUND: Final = 8  # bytes shown on either side of one that is not UTF-8
_CHARSET: Final = re.compile(r"charset\s*=\s*[\"']?([^\s;\"']+)", re.IGNORECASE)
_MESSAGES: Final = {ErrorCode.TOO_LARGE: "Request entity too large", UNSUPPORTED: "Unsupported media type"}


def broken(code: str, details: str, *, error_code: int = ErrorCode.INVALID_FORMAT, place: str = "") -> Refusal:
    """Return the refusal of a body that cannot be read.

    Args:
        code: Ours, kebab case.
        details: Where, what was found, what to do.
        error_code: The family's six digits.
        place: JSON Pointer into the body.
    """
    message = _MESSAGES.get(error_code, "Invalid request format")
    return Refusal(code=code, error_code=error_code, message=message, details=details, pointer=place)


def too_large(limit: int, when: str = "") -> Refusal:
    """Return the refusal of a body beyond *limit* bytes."""
    return broken(
        "body-too-large",
        f"the body is {when}larger than {limit} bytes (switch: max_body_bytes); send fewer events at once",
        error_code=ErrorCode.TOO_LARGE,
    )


def broken_off(size: int) -> Refusal:
    """Return the refusal of a body of which only the first *size* bytes came."""
    return broken("body-broken-off", f"the body ended after {size} bytes, before its end: the client or a proxy gave up sending")


# -- Content-Encoding --------------------------------------------------------------------------------------------------


def decoded(body: bytes, encoding: str, limit: int) -> bytes | Refusal:
    """Return *body* without its Content-Encoding.

    Args:
        body: As received.
        encoding: The header's value; empty when there is none.
        limit: Most bytes allowed afterwards; a gzip bomb is stopped there.
    """
    codings = [coding for part in encoding.split(",") if (coding := part.strip().lower()) not in {"", "identity"}]
    if not codings:
        return body
    if codings in (["gzip"], ["x-gzip"]):
        return _gunzip(body, limit)
    return broken(
        "content-encoding",
        f"Content-Encoding {encoding.strip()[:40]!r} is not taken; send gzip once, or none (in CPI remove the encoder)",
        error_code=UNSUPPORTED,
    )


def _gunzip(body: bytes, limit: int) -> bytes | Refusal:
    """Unpack all members of *body* (RFC 1952 allows several), window by window."""
    view, parts, size, at = memoryview(body), [], 0, 0
    while at < len(body):
        if at and body[at : at + 2] != GZIP_MAGIC:
            return _trailing_garbage(len(body) - at)
        member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        while not member.eof:
            window = view[at : at + _WINDOW]
            if not window:
                return broken("gzip-truncated", "Content-Encoding says gzip, but the body ends in the middle of it; was it cut?")
            try:
                part = member.decompress(window, limit + 1 - size)
            except zlib.error as error:
                return _not_gzip(body, error)
            size += len(part)
            if size > limit:
                return too_large(limit, "after unpacking gzip ")
            parts.append(part)
            at += len(window) - len(member.unused_data)
    return b"".join(parts)


def _trailing_garbage(count: int) -> Refusal:
    return broken(
        "gzip-trailing-garbage",
        f"{count} bytes follow the end of the gzip data and are no gzip themselves; send nothing after it",
    )


def _not_gzip(body: bytes, error: zlib.error) -> Refusal:
    if not body.startswith(GZIP_MAGIC):
        return broken(
            "gzip-broken",
            f"Content-Encoding says gzip, but the body starts with {body[:4].hex(' ')}, and gzip with 1f 8b; "
            "compress it or remove the header",
        )
    return broken("gzip-broken", f"Content-Encoding says gzip, but the body does not unpack: {error}")


# -- charset -----------------------------------------------------------------------------------------------------------


def foreign_charset(content_type: str) -> str:
    """Return the charset that *content_type* declares, lower case, when it is not UTF-8; else `""`."""
    declared = _CHARSET.search(content_type)
    charset = declared[1].lower()[:40] if declared else ""
    return "" if charset in {"utf-8", "utf8", "us-ascii"} else charset


def as_text(raw: bytes, charset: str = "") -> str | Refusal:
    """Return *raw* as text, or why it is not UTF-8 without a byte order mark.

    Args:
        raw: After Content-Encoding.
        charset: What Content-Type declares, when it is not UTF-8; JSON is UTF-8 all the same (RFC 8259).
    """
    if raw.startswith(BYTE_ORDER_MARK):
        return broken("byte-order-mark", "the body starts with a UTF-8 byte order mark (ef bb bf); send it without")
    if raw.startswith(_UTF_16_MARKS):
        return _not_utf8(f"the body starts with a UTF-16 byte order mark ({raw[:2].hex(' ')})", charset)
    if raw.startswith(GZIP_MAGIC):
        return broken("gzip-undeclared", "the body is gzip (1f 8b), but no header says so; add Content-Encoding: gzip")
    if b"\0" in raw[:4]:
        return _not_utf8(f"the body starts with {raw[:4].hex(' ')}, as UTF-16 or UTF-32 does", charset)
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        at = error.start
        around = raw[max(0, at - _AROUND) : at + _AROUND].hex(" ")
        return _not_utf8(
            f"byte {at} (0x{raw[at]:02x}) is not UTF-8; bytes around it: {around}",
            charset or "Windows-1252 or ISO-8859-1",
        )


def _not_utf8(found: str, charset: str) -> Refusal:
    likely = f"; the text is probably {charset}" if charset else ""
    return broken(
        "invalid-utf8",
        f"{found}{likely}. Send UTF-8: in CPI set the converter's output encoding, remove the header CamelCharsetName",
    )
