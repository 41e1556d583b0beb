"""A session's credentials in CDP's shape. The secret is derived from the mock's own key, so it need not be stored."""

import base64
import hashlib
import hmac
import secrets


def new_session_id() -> str:
    """Return 22 random characters starting with `S`."""
    return "S" + secrets.token_urlsafe(18)[:21]


def session_user_key(session_id: str, master_key: bytes) -> str:
    """Return 12 characters starting with `A`; plain letters and digits, so that no client has to escape them."""
    return "A" + _plain(hmac.digest(master_key, b"user-key:" + session_id.encode(), hashlib.sha256))[:11]


def session_secret(user_key: str, master_key: bytes) -> str:
    """Return 32 characters for *user_key*; plain letters and digits."""
    return _plain(hmac.digest(master_key, b"secret:" + user_key.encode(), hashlib.sha512))[:32]


def _plain(digest: bytes) -> str:
    return base64.b32encode(digest).decode().lower().rstrip("=")
