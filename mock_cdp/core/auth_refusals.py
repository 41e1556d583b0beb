"""Refusals of credentials that several modes of authentication share."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote

from mock_cdp.contract.violation import Violation
from mock_cdp.core.credentials import RAW_PLUS, Parameters
from mock_cdp.core.keyholder import Keyholder, Means, holder_of
from mock_cdp.core.refusal import ErrorCode, Refusal

CREDENTIALS_MISSING: Final = "credentials-missing"
SIGNED_NAMES: Final = frozenset({"userKey", "timestamp", "nonce", "sig"})
_NEAR_NAMES: Final = {"userKey": {"userkey", "user_key", "apikey"}, "secret": {"secret", "usersecret", "user_secret"}}
UNENCODED_PLUS: Final = Violation(code="unencoded-plus", pointer="", message=RAW_PLUS)


def missing(query: Parameters) -> Refusal:
    """Refuse a delivery without any credentials."""
    return Refusal(
        code=CREDENTIALS_MISSING,
        error_code=ErrorCode.UNAUTHORIZED_USER,
        status=401,
        message="Unauthorized user",
        details="no credentials found; add ?userKey=…&secret=… to the URL, percent-encoded, or send Authorization: "
        f"Bearer with a token from /oauth2/token{near_names(query, _NEAR_NAMES)}",
    )


def near_names(given: Parameters, wanted: Iterable[str]) -> str:
    """Say what stands in the place of names that are *wanted*; `""` when nothing does."""
    meant = {near for name in wanted for near in _NEAR_NAMES[name]}
    found = [name for name in given.values if name.lower() in meant and name not in _NEAR_NAMES]
    return f"; found {', '.join(found)}, but the names are userKey and secret, and case-sensitive" if found else ""


def repeated(given: Parameters) -> Refusal:
    """Refuse credentials that stand more than once: which of them is meant?"""
    names = ", ".join(sorted(given.repeated & (SIGNED_NAMES | {"secret"})))
    return Refusal(
        code="credentials-repeated",
        error_code=ErrorCode.INVALID_PARAMETER,
        message="Invalid parameter value",
        details=f"{names} stands more than once in the request; send it once",
    )


def plain_http() -> Refusal:
    """Refuse a secret that came over plain http."""
    return Refusal(
        code="secret-over-http",
        error_code=ErrorCode.SECRET_OVER_HTTP,
        message="Secret sent over http",
        details="a secret came over plain http; use https (switch: plain_http_secret = allow)",
    )


def unencoded_plus() -> Refusal:
    """Refuse credentials whose `+` came raw, as a space."""
    return Refusal(
        code="unencoded-plus",
        error_code=ErrorCode.INVALID_SECRET,
        message="Invalid secret",
        details=UNENCODED_PLUS.message,
    )


def unknown_user_key(user_key: str, secret: str, means: Means) -> Refusal:
    """Refuse a user key that nobody holds, and say what may have become of it."""
    return Refusal(
        code="unknown-user-key",
        error_code=ErrorCode.UNAUTHORIZED_USER,
        message="Unauthorized user",
        details=_about_user_key(user_key, secret, means),
    )


def _about_user_key(user_key: str, secret: str, means: Means) -> str:
    if holder_of(secret, means.find):
        return "what came as secret is a user key: userKey and secret are swapped"
    if holder_of(user_key.strip(" \t\r\n\"'"), means.find):
        return "the user key has blanks or quotes around it; send it bare"
    if "%" in user_key and holder_of(unquote(user_key), means.find):
        return "the user key is percent-encoded twice"
    return (
        "the user key is not known here; `mock-cdp contracts show EVENT --keys` prints a contract's, "
        "GET …/applications/ID/credentials that of an application made by API"
    )


def nonce_reused(name: str) -> Refusal:
    """Refuse a nonce (jti) that was used before."""
    return Refusal(
        code="nonce-reused",
        error_code=ErrorCode.DUPLICATE_NONCE,
        message="Duplicate nonce",
        details=f"this {name} was used before; make a new one for every request, also when retrying",
    )


def permission_denied(holder: Keyholder, application: str) -> Refusal:
    """Refuse a key that is another application's."""
    own = "the configuration only" if holder.admin else ", ".join(sorted(holder.applications or ()))
    return Refusal(
        code="permission-denied",
        error_code=ErrorCode.PERMISSION_DENIED,
        message="Permission denied",
        details=f"user key {holder.user_key} belongs to {own}, the URL to {application}; use that application's key",
    )
