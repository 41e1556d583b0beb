"""Finding credentials in a delivery, and taking them out of what is kept. Strict percent-encoding; `+` is never a space here."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import unquote

import msgspec

REDACTED: Final = "[redacted]"

# Names whose values are secrets, wherever a client puts them.
_SECRET_NAMES: Final = frozenset(
    {
        "secret",
        "usersecret",
        "sig",
        "access_token",
        "client_secret",
        "client_assertion",
        "assertion",
        "password",
        "token",
    }
)
_SECRET_HEADERS: Final = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
_CACHED_QUERY: Final = 1_024  # characters; clients repeat their query with every delivery
FORM_TYPE: Final = "application/x-www-form-urlencoded"


class Parameters(msgspec.Struct, frozen=True):
    """Parameters of a query or a form.

    Attributes:
        pairs: `(name, value)` in order, percent-decoded, `+` left as it is.
        values: The first value of each name.
        repeated: Names that occur more than once.
    """

    pairs: tuple[tuple[str, str], ...]
    values: Mapping[str, str]
    repeated: frozenset[str]

    def get(self, name: str) -> str:
        """Return the first value of *name*, or `""`."""
        return self.values.get(name, "")


def parameters(text: str) -> Parameters:
    """Parse a raw query string or form; a query seen before costs one look-up."""
    return _cached(text) if len(text) <= _CACHED_QUERY else _parsed(text)


def _parsed(text: str) -> Parameters:
    pairs = tuple((unquote(name), unquote(value)) for name, _, value in (p.partition("=") for p in text.split("&") if p))
    values: dict[str, str] = {}
    repeated = set()
    for name, value in pairs:
        if name in values:
            repeated.add(name)
        else:
            values[name] = value
    return Parameters(pairs, values, frozenset(repeated))


_cached = lru_cache(maxsize=4_096)(_parsed)


def purpose_ids(found: Parameters) -> tuple[str, ...]:
    """Return the purposes sent along: `purposeIds`, repeated or separated by commas (seen in third-party clients)."""
    given = (value for name, value in found.pairs if name == "purposeIds")
    return tuple(part for value in given for part in value.split(",") if part)


def is_form(content_type: str, body: bytes) -> bool:
    """Return whether *body* is a form; curl and others call a JSON body one by default, its first character tells."""
    return content_type.lower().startswith(FORM_TYPE) and body.lstrip()[:1] not in {b"{", b"["}


def form_parameters(body: bytes) -> Parameters:
    """Parse a form body; here `+` is a space, as the form's own rules say, except in credentials, which hold no spaces."""
    return _parsed(body.decode("utf-8", "replace"))


def parse_form_event(body: bytes, content_type: str) -> dict[str, Any]:  # noqa: ARG001  # the caller has looked
    """Return a form's fields as an event, without the credentials; every value stays a string, and the first one counts."""
    found = _parsed(body.decode("utf-8", "replace").replace("+", "%20"))
    return {name: value for name, value in found.values.items() if name not in {"userKey", "secret", "purposeIds"}}


def redact_query(query: str) -> str:
    """Return *query* with the value of every secret replaced; never raises."""
    if not query:
        return ""
    return _redacted_query(query) if len(query) <= _CACHED_QUERY else _redact(query)


def _redact(query: str) -> str:
    return "&".join(_redact_part(part) for part in query.split("&"))


_redacted_query = lru_cache(maxsize=4_096)(_redact)


def _redact_part(part: str) -> str:
    name, equals, _ = part.partition("=")
    return f"{name}={REDACTED}" if equals and _is_secret(name) else part


def _is_secret(name: str) -> bool:
    return unquote(name).strip().lower().replace("-", "_") in _SECRET_NAMES


def redact_headers(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Return *headers* (lower-case names) with every secret replaced; the scheme of an Authorization header stays."""
    if not any(_is_secret_header(name) for name, _ in headers):
        return headers
    return tuple([(name, _redact_header(value) if _is_secret_header(name) else value) for name, value in headers])


@lru_cache(maxsize=1_024)
def _is_secret_header(name: str) -> bool:
    return name in _SECRET_HEADERS or any(part in name for part in ("secret", "token", "api-key", "password"))


def _redact_header(value: str) -> str:
    scheme, space, _ = value.partition(" ")
    return f"{scheme} {REDACTED}" if space and scheme.lower() in {"basic", "bearer"} else REDACTED


def redact_form(body: bytes) -> bytes:
    """Return a form body with every secret replaced."""
    return _redact(body.decode("latin-1")).encode("latin-1")
