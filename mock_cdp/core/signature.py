"""The signed request of SAP's API family: HMAC-SHA1 over method, address and parameters, never the body (seen in client code)."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import quote

SIGNED_BY_JS = ("nonce", "timestamp", "userKey")  # the JavaScript client signs only these; its siblings sign everything


def encode(text: str) -> str:
    """Percent-encode all but `A-Za-z0-9-_.~`."""
    return quote(text, safe="")


def base_string(method: str, url: str, pairs: Iterable[tuple[str, str]]) -> str:
    """Return what is signed.

    Args:
        method: HTTP method.
        url: `scheme://host/path`, without a query.
        pairs: Decoded parameters; `sig` is left out, the rest is sorted.
    """
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    address = f"{scheme.lower()}://{host.lower()}{slash}{path}"
    query = "&".join(f"{name}={encode(value)}" for name, value in sorted(pairs) if name != "sig")
    return f"{method.upper()}&{encode(address)}&{encode(query)}"


def sign(secret: str, base: str) -> str:
    """Return the base64 signature of *base*; `""` when *secret* is not base64, which no signature equals."""
    try:
        key = base64.b64decode(secret, validate=True)
    except (binascii.Error, ValueError):
        return ""
    return base64.b64encode(hmac.digest(key, base.encode(), hashlib.sha1)).decode()
