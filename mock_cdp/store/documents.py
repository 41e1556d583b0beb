"""A receipt as bytes: msgpack, compressed when that pays."""

import msgspec
import zstandard

from mock_cdp.core.receipt import Receipt

PLAIN, ZSTD = b"\x00", b"\x01"
_WORTH_IT = 1_024  # below that, compressing costs more than writing

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Receipt).decode


class Documents:
    """Packs and unpacks receipts; one instance a thread at a time."""

    def __init__(self) -> None:
        """Make the compressors once; making one costs more than using it."""
        self._compress = zstandard.ZstdCompressor(level=-1).compress

    def pack(self, receipt: Receipt) -> bytes:
        """Return *receipt* as bytes."""
        raw = _encode(receipt)
        return PLAIN + raw if len(raw) < _WORTH_IT else ZSTD + self._compress(raw)


def unpack(document: bytes) -> Receipt:
    """Return the receipt that *document* holds."""
    kind, raw = document[:1], document[1:]
    return _decode(raw if kind == PLAIN else zstandard.ZstdDecompressor().decompress(raw))
