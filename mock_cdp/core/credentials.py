"""Finding credentials in a delivery, and taking them out of what is kept. A raw `+` is a space, as on any server."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import unquote

import msgspec

REDACTED: Final = "[redacted]"

RAW_PLUS: Final = "a + in the credentials arrived as a space: the client sent it raw. Write %2B for +, %2F for / and %3D for ="

# An assignment to a name whose value is a secret, anywhere in a decoded part: behind the `&amp;`, `;` or second `?` of a
# client that built its URL wrongly, too.
_SECRET: Final = re.compile(
    r"(?<![a-z0-9_.-])(?:(?:user|client|access|refresh|id|api)?[-_]?"
    r"(?:secret|token|assertion)|sig|password|api[-_]?key|authorization)\W{0,3}=",
    re.IGNORECASE,
)
_SECRET_HEADER_PARTS: Final = (
    "secret",
    "token",
    "api-key",
    "apikey",
    "passw",
    "authorization",
    "cookie",
    "assertion",
    "credential",
    "jwt",
)
_ADDRESS_HEADER_PARTS: Final = ("referer", "url", "uri", "query")  # proxies repeat the address, credentials included
_USER_KEY_NAMES: Final = frozenset({"userkey", "client_id"})
_SECRET_LENGTH: Final = 32  # seen in client code; a user key has 12, so a longer one is a secret in the wrong place
_SHOWN: Final = 24  # characters of a sender's value that an error shows; shorter than a secret
_CACHED_QUERY: Final = 1_024  # characters; clients repeat their query with every delivery
FORM_TYPE: Final = "application/x-www-form-urlencoded"


class Parameters(msgspec.Struct, frozen=True):
    """Parameters of a query or a form.

    Attributes:
        pairs: `(name, value)` in order, percent-decoded, a raw `+` read as a space.
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
    parts = (part.partition("=") for part in text.replace("+", " ").split("&") if part)
    pairs = tuple((unquote(name), unquote(value)) for name, _, value in parts)
    values: dict[str, str] = {}
    repeated = set()
    for name, value in pairs:
        if name in values:
            repeated.add(name)
        else:
            values[name] = value
    return Parameters(pairs, values, frozenset(repeated))


_cached = lru_cache(maxsize=4_096)(_parsed)


def plussed(text: str) -> str:
    """Return *text* as the client meant it: the base64 alphabet of credentials has `+` and no space."""
    return text.replace(" ", "+")


def shown(text: str) -> str:
    """Return what a sender wrote for an error's text; only its length when it could be a secret in the wrong place."""
    return ascii(text) if len(text) <= _SHOWN else f"{len(text)} characters"


def purpose_ids(found: Parameters) -> tuple[str, ...]:
    """Return the purposes sent along: `purposeIds`, repeated or separated by commas (seen in third-party clients)."""
    given = (value for name, value in found.pairs if name == "purposeIds")
    return tuple(part for value in given for part in value.split(",") if part)


def is_form(content_type: str, body: bytes) -> bool:
    """Return whether *body* is a form; curl and others call a JSON body one by default, its first character tells."""
    return content_type.lower().startswith(FORM_TYPE) and body.lstrip()[:1] not in {b"{", b"["}


def form_parameters(body: bytes) -> Parameters:
    """Parse a form body."""
    return _parsed(body.decode("utf-8", "replace"))


def parse_form_event(body: bytes, content_type: str) -> dict[str, Any]:  # noqa: ARG001  # the caller has looked
    """Return a form's fields as an event, without the credentials; every value stays a string, and the first one counts."""
    found = form_parameters(body)
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
    name, equals, value = part.partition("=")
    decoded = unquote(unquote(part))  # some clients encode twice
    if not _SECRET.search(decoded) and not _is_swapped(name, value):
        return part
    return f"{name}={REDACTED}" if equals and "=" not in unquote(unquote(name)) else REDACTED


def _is_swapped(name: str, value: str) -> bool:
    """Return whether a user key is so long that it is a secret: clients swap the two."""
    return len(value) >= _SECRET_LENGTH <= len(unquote(value)) and unquote(name).strip().lower() in _USER_KEY_NAMES


def redact_pairs(pairs: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    """Return decoded parameters with the value of every secret replaced."""
    return [(name, REDACTED if _SECRET.search(f"{name}={value}") else value) for name, value in pairs]


def redact_headers(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Return *headers* (lower-case names) with every secret replaced; the scheme of an Authorization header stays."""
    if not any(_header_redaction(name) for name, _ in headers):
        return headers
    return tuple([(name, redaction(value) if (redaction := _header_redaction(name)) else value) for name, value in headers])


@lru_cache(maxsize=1_024)
def _header_redaction(name: str) -> Callable[[str], str] | None:
    """Return how the value of the header *name* is redacted; None leaves it."""
    if any(part in name for part in _SECRET_HEADER_PARTS):
        return _redact_header
    return _redact_address if any(part in name for part in _ADDRESS_HEADER_PARTS) else None


def _redact_address(value: str) -> str:
    path, mark, query = value.partition("?")
    return f"{path}?{_redact(query)}" if mark else _redact(value)


def _redact_header(value: str) -> str:
    scheme, space, _ = value.partition(" ")
    return f"{scheme} {REDACTED}" if space and scheme.lower() in {"basic", "bearer"} else REDACTED


def redact_form(body: bytes) -> bytes:
    """Return a form body with every secret replaced; the very same when it holds none."""
    redacted = _redact(body.decode("latin-1")).encode("latin-1")
    return body if redacted == body else redacted


# -- a secret within a body --------------------------------------------------------------------------------------------

_SECRET_BODY_NAMES: Final = (b"secret", b"token", b"assertion", b"password")
_NAMED_IN_BODY: Final = re.compile(  # in JSON, XML, multipart, or a form called text
    rb"((?:" + b"|".join(_SECRET_BODY_NAMES) + rb""")["']?(?:\s{0,8}[:=>]|\r?\n\r?\n)\s{0,8})"""
    rb"""(?!null\b)(?:(")[^"]+|(')[^']+|[^"'&<>\s,;{}\[\]]+)""",
    re.IGNORECASE,
)


def redact_body(body: bytes, secret: str) -> bytes:
    """Return *body* without *secret*, however JSON or a URL spells it; the very same when it is not in it."""
    if b"\0" in body:  # UTF-16, which JSON must not be, and which is refused and kept
        for encoding in ("utf-16-le", "utf-16-be"):
            body = body.replace(secret.encode(encoding), REDACTED.encode(encoding))
    return _replaced(body, secret, lambda _: REDACTED.encode())


def mask_body(body: bytes, secret: str) -> bytes:
    """Return *body* with stars in the place of *secret*, as many as it is long; the very same when it is not in it."""
    return _replaced(body, secret, lambda found: b"*" * len(found[0]))


def _replaced(body: bytes, secret: str, by: Callable[[re.Match[bytes]], bytes]) -> bytes:
    telltale, spellings = _spellings(secret)
    return spellings.sub(by, body) if telltale in body and spellings.search(body) else body


def redact_named(body: bytes) -> bytes:
    """Return *body* without whatever is called a secret: credentials that were put into it; the very same when there are none."""
    lower = body.lower()
    if not any(name in lower for name in _SECRET_BODY_NAMES):  # looking for words is much cheaper than the pattern
        return body
    redacted = _NAMED_IN_BODY.sub(lambda found: found[1] + (found[2] or found[3] or b"") + REDACTED.encode(), body)
    return body if redacted == body else redacted


@lru_cache(maxsize=1_024)
def _spellings(secret: str) -> tuple[bytes, re.Pattern[bytes]]:
    """Return the longest part of *secret* that nobody escapes, and a pattern for all ways to write the whole."""
    telltale = max(re.findall("[A-Za-z0-9]*", secret), key=len).encode()
    return telltale, re.compile(b"".join(map(_spelling, secret)))


def _spelling(character: str) -> bytes:
    plain = re.escape(character.encode())
    if character.isalnum() and character.isascii():
        return plain
    percent = "".join(f"%{byte:02X}" for byte in character.encode()).encode()
    if character == "/":
        plain = rb"(?:/|~1)"  # as a pointer has it
    return rb"(?:\\{0,8}" + plain + rb"|(?i:\\{1,8}u%04x)|(?i:%s))" % (ord(character), percent)
