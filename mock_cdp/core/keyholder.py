"""Who holds a key, and what is needed to find out; how it is asked for is a matter of each mode of authentication."""

import hmac
from collections.abc import Callable
from typing import Final, Literal, Protocol

import msgspec

from mock_cdp.contract.violation import Violation
from mock_cdp.core.credentials import plussed
from mock_cdp.core.receipt import DEFAULT_SESSION

Method = Literal["query", "form", "bearer", "jwt", "signed", "basic"]

NOBODY: Final = "no holder, no secret"  # compared with, so that an unknown key costs what a wrong secret does


class Keyholder(msgspec.Struct, frozen=True):
    """Who may send with a user key.

    Attributes:
        secret: Never shown.
        public_key: PEM, verifies self-signed JWTs; may be empty.
        session: Where the deliveries go.
        applications: Folder paths of the applications the key is good for; None for all.
        admin: Whether it may configure everything; it delivers nothing.
    """

    user_key: str
    secret: str
    public_key: str = ""
    session: str = DEFAULT_SESSION
    applications: frozenset[str] | None = None
    admin: bool = False

    def __repr__(self) -> str:
        """Hide the secret: reprs end in logs."""
        return f"Keyholder(user_key={self.user_key!r}, session={self.session!r})"


class AuthSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The switches of authentication."""

    plain_http_secret: Literal["allow", "refuse"] = "allow"
    plus_in_credentials: Literal["accept", "refuse"] = "accept"
    basic_auth: bool = False
    clock_skew_s: float = 300
    token_lifetime_s: int = 600
    token_request: Literal["strict", "lenient"] = "strict"  # a switch, not a token


class Authenticated(msgspec.Struct, frozen=True):
    """Who it was and how they said so."""

    holder: Keyholder
    method: Method
    warnings: tuple[Violation, ...] = ()
    purpose_ids: tuple[str, ...] = ()


class ClaimNonce(Protocol):
    """Uses a nonce once; False when it was used before."""

    def __call__(self, user_key: str, nonce: str, *, expires_at: float, now: float) -> bool:
        """Claim *nonce* until *expires_at*."""


Find = Callable[[str], Keyholder | None]  # who holds a user key


class Means(msgspec.Struct, frozen=True):
    """All that authentication needs beside the delivery."""

    find: Find
    settings: AuthSettings
    token_key: bytes
    claim_nonce: ClaimNonce
    now: float


def holder_of(user_key: str, find: Find) -> Keyholder | None:
    """Return who holds a key that may have lost its `+`; a configured key with a space is found as well."""
    return exact_holder(plussed(user_key), find) or (exact_holder(user_key, find) if " " in user_key else None)


def exact_holder(user_key: str, find: Find) -> Keyholder | None:
    """Return who holds a key; what cannot be printed (NUL, half a surrogate pair) is none, and some stores choke on it."""
    return find(user_key) if user_key.isprintable() else None


def same(known: str, given: str) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(known.encode(), given.encode("utf-8", "surrogatepass"))


def first_use(holder: Keyholder, kind: Literal["jti", "nonce"], nonce: str, means: Means) -> bool:
    """Claim *nonce*, written in ASCII: a client may put characters into it that no store takes."""
    expires = means.now + 2 * means.settings.clock_skew_s + 1  # a request may be as early as late
    return means.claim_nonce(holder.user_key, f"{kind}:{nonce!a}", expires_at=expires, now=means.now)
