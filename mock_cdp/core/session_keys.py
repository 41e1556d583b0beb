"""Credentials in CDP's shape, of sessions and of what is made here. Derived from the mock's own key, no secret need be stored."""

import base64
import hashlib
import hmac
import secrets

from mock_cdp.contract.entities import Credentials


def new_session_id() -> str:
    """Return 22 random characters starting with `S`."""
    return "S" + secrets.token_urlsafe(18)[:21]


def session_user_key(session_id: str, master_key: bytes) -> str:
    """Return 12 characters starting with `A`; plain letters and digits, so that no client has to escape them."""
    return "A" + _plain(hmac.digest(master_key, b"user-key:" + session_id.encode(), hashlib.sha256))[:11]


def session_secret(user_key: str, master_key: bytes) -> str:
    """Return 32 characters for *user_key*; plain letters and digits."""
    return _plain(hmac.digest(master_key, b"secret:" + user_key.encode(), hashlib.sha512))[:32]


def derived_credentials(name: str, master_key: bytes) -> Credentials:
    """Return the user key and secret of *name*: an application's id, or `admin`."""
    user_key = session_user_key(name, master_key)
    return Credentials(user_key=user_key, user_secret=session_secret(user_key, master_key))


def _plain(digest: bytes) -> str:
    return base64.b32encode(digest).decode().lower().rstrip("=")
