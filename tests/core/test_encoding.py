"""Content-Encoding undone within the limit."""

import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_cdp.core.encoding import decoded, foreign_charset
from mock_cdp.core.refusal import Refusal

LIMIT = 1_000_000
PACKED = gzip.compress(b'{"a":1}', mtime=0)


@pytest.mark.parametrize("encoding", ["", "identity", " Identity ", ","])
def test_no_encoding_leaves_the_body_alone(encoding):
    """The very same object."""
    body = b"anything"
    assert decoded(body, encoding, LIMIT) is body


@pytest.mark.parametrize("encoding", ["deflate", "br", "zstd", "gzip, gzip", "x" * 100])
def test_an_encoding_other_than_gzip_is_refused(encoding):
    """415, and what is taken."""
    refusal = decoded(PACKED, encoding, LIMIT)
    assert (refusal.code, refusal.http_status, refusal.message) == ("content-encoding", 415, "Unsupported media type")
    assert refusal.details == (
        f"Content-Encoding {encoding[:40]!r} is not taken; send gzip once, or none (in CPI remove the encoder)"
    )


@pytest.mark.parametrize(
    ("body", "code", "details"),
    [
        (
            PACKED[:-3],
            "gzip-truncated",
            "Content-Encoding says gzip, but the body ends in the middle of it; was it cut?",
        ),
        (
            PACKED + PACKED[:5],
            "gzip-truncated",
            "Content-Encoding says gzip, but the body ends in the middle of it; was it cut?",
        ),
        (
            PACKED + b"\0\0junk",
            "gzip-trailing-garbage",
            "6 bytes follow the end of the gzip data and are no gzip themselves; send nothing after it",
        ),
        (
            b'{"a":1}',
            "gzip-broken",
            (
                "Content-Encoding says gzip, but the body starts with 7b 22 61 22, and gzip with 1f 8b; "
                "compress it or remove the header"
            ),
        ),
        (
            PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:],
            "gzip-broken",
            "Content-Encoding says gzip, but the body does not unpack: Error -3 while decompressing data: incorrect data check",
        ),
    ],
)
def test_broken_gzip_is_explained(body, code, details):
    """Cut, followed by something, not compressed, or damaged."""
    refusal = decoded(body, "gzip", LIMIT)
    assert (refusal.code, refusal.details, refusal.http_status) == (code, details, 400)


def test_the_limit_is_exact_after_unpacking():
    """Over all members together."""
    assert decoded(gzip.compress(b"x" * LIMIT), "gzip", LIMIT) == b"x" * LIMIT
    for body in (gzip.compress(b"x" * (LIMIT + 1)), gzip.compress(b"x" * LIMIT) + gzip.compress(b"x")):
        refusal = decoded(body, "gzip", LIMIT)
        assert (refusal.code, refusal.http_status) == ("body-too-large", 413)
        assert refusal.details == (
            "the body is after unpacking gzip larger than 1000000 bytes (switch: max_body_bytes); send fewer events at once"
        )


def test_a_gzip_bomb_costs_no_more_memory_than_the_limit():
    """200 MB in 200 KB are stopped at 1 MB."""
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join([*(packer.compress(bytes(1_000_000)) for _ in range(200)), packer.flush()])
    tracemalloc.start()
    try:
        assert decoded(bomb, "gzip", LIMIT).code == "body-too-large"
        assert tracemalloc.get_traced_memory()[1] < 4 * LIMIT
    finally:
        tracemalloc.stop()


def test_thousands_of_empty_members_are_read():
    """In time linear to the body: what follows a member is not copied each time."""
    assert decoded(gzip.compress(b"", mtime=0) * 20_000, "gzip", LIMIT) == b""


@given(st.lists(st.binary(max_size=6_000), min_size=1, max_size=4))
def test_whatever_is_packed_is_unpacked(parts):
    """Member by member, across windows."""
    assert decoded(b"".join(map(gzip.compress, parts)), "gzip", LIMIT) == b"".join(parts)


@given(st.binary(max_size=200), st.integers(0, 60))
def test_damaged_gzip_never_raises(noise, at):
    """Bytes or a refusal."""
    assert isinstance(decoded(PACKED[:at] + noise, "gzip", 100), bytes | Refusal)


@pytest.mark.parametrize(
    ("content_type", "charset"),
    [
        ("application/json", ""),
        ("application/json; charset=UTF-8", ""),
        ('text/plain;charset="utf8"', ""),
        ("text/plain; charset=us-ascii", ""),
        ("text/plain; Charset = ISO-8859-15; x=y", "iso-8859-15"),
    ],
)
def test_a_charset_is_named_when_it_is_not_utf8(content_type, charset):
    """Lower case; ASCII is UTF-8."""
    assert foreign_charset(content_type) == charset
