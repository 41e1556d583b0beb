"""A delivery: one HTTP request to a listener, free of any framework."""

import msgspec


class Delivery(msgspec.Struct, frozen=True):
    """One HTTP request as it arrived.

    Attributes:
        method: Upper case.
        path: Percent-decoded path, without the query.
        query: Raw query string, not decoded; may hold credentials, so it is never logged.
        headers: `(lower-case name, value)` in the order given by the server.
        body: Raw bytes as received, neither decompressed nor decoded; at most one byte over the limit is read.
        received_at: Unix time in seconds.
        scheme: `http` or `https`.
        host: The Host header, lower case.
        oversized: Whether the body was longer than the limit, in which case *body* is cut.
        broken_off: Whether the body ended before the end that was announced: the client went away.
    """

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    received_at: float
    scheme: str = "http"
    host: str = ""
    oversized: bool = False
    broken_off: bool = False

    def header(self, name: str, default: str = "") -> str:
        """Return the first header called *name* (lower case)."""
        return next((value for key, value in self.headers if key == name), default)


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much one delivery may hold. SAP's limits are unknown; these protect the mock and can be set.

    Attributes:
        max_body_bytes: Of the body as received, and again after decompression.
        max_events: Of one batch.
        max_depth: Nested non-empty arrays and objects, the event or the batch array counting as 1.
    """

    max_body_bytes: int = 10 * 1024 * 1024
    max_events: int = 1_000
    max_depth: int = 64
