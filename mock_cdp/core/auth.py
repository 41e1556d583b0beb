"""Who sent a delivery: the modes SAP documents or clients use, tried in a fixed order, and refusals that explain themselves.

Order: Authorization header (bearer token, self-signed JWT, Basic), signed request (`sig`), query, form body.
"""

import hmac
from collections.abc import Callable, Iterable
from typing import Literal, Protocol
from urllib.parse import unquote

import msgspec

from mock_cdp.contract.violation import Violation
from mock_cdp.core import signature, tokens
from mock_cdp.core.credentials import (
    RAW_PLUS,
    Parameters,
    form_parameters,
    is_form,
    parameters,
    plussed,
    purpose_ids,
    redact_pairs,
    shown,
)
from mock_cdp.core.delivery import Delivery
from mock_cdp.core.receipt import DEFAULT_SESSION
from mock_cdp.core.refusal import ErrorCode, Refusal

SIGNED_NAMES = frozenset({"userKey", "timestamp", "nonce", "sig"})
Method = Literal["query", "form", "bearer", "jwt", "signed", "basic"]

UNENCODED_PLUS = Violation(code="unencoded-plus", pointer="", message=RAW_PLUS)
_NEAR_NAMES = {"userKey": {"userkey", "user_key", "apikey"}, "secret": {"secret", "usersecret", "user_secret"}}
CREDENTIALS_MISSING = "credentials-missing"
NOBODY = "no holder, no secret"  # compared with, so that an unknown key costs what a wrong secret does


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


class Door(msgspec.Struct, frozen=True):
    """All that authentication needs beside the delivery."""

    find: Callable[[str], Keyholder | None]
    settings: AuthSettings
    token_key: bytes
    claim_nonce: ClaimNonce
    now: float


def authenticate(
    delivery: Delivery,
    application: str | None,
    *,
    find: Callable[[str], Keyholder | None],
    settings: AuthSettings,
    token_key: bytes,
    claim_nonce: ClaimNonce,
    now: float,
) -> Authenticated | Refusal:
    """Say who sent *delivery*, or why it cannot be told.

    Args:
        delivery: As received.
        application: Folder path of the application posted to; None asks for no permission.
        find: User key to who holds it.
        settings: The switches.
        token_key: Bearer tokens are signed with it.
        claim_nonce: Uses a nonce (jti) once.
        now: Unix seconds.
    """
    door = Door(find, settings, token_key, claim_nonce, now)
    found = _identify(delivery, door)
    if isinstance(found, Refusal):
        return found
    allowed = found.holder.applications
    if application is not None and allowed is not None and application not in allowed:
        return _permission_denied(found.holder, application)
    return found


def _identify(delivery: Delivery, door: Door) -> Authenticated | Refusal:
    authorization = delivery.header("authorization")
    query = parameters(delivery.query)
    if authorization:
        return _by_header(authorization, query, delivery, door)
    if query.get("sig"):
        return _by_signature(delivery, query, door)
    if query.values.keys() & {"userKey", "secret"}:
        return _by_secret(query, "query", delivery, door)
    if is_form(delivery.header("content-type"), delivery.body):
        return _by_secret(form_parameters(delivery.body), "form", delivery, door)
    return _missing(query)


# -- user key and secret -----------------------------------------------------------------------------------------------


def _by_secret(given: Parameters, method: Method, delivery: Delivery, door: Door) -> Authenticated | Refusal:
    user_key, secret = given.get("userKey"), given.get("secret")
    if not user_key or not secret:
        return _incomplete(user_key, given)
    if given.repeated & {"userKey", "secret"}:
        return _repeated(given)
    if delivery.scheme == "http" and door.settings.plain_http_secret == "refuse":
        return _plain_http()
    holder = _holder(user_key, door)
    known = holder.secret if holder else NOBODY
    exact = same(known, secret)
    if holder is None:
        return _unknown_user_key(user_key, secret, door)
    if not exact and not same(known, plussed(secret)):
        return _wrong_secret(holder, secret, door)
    plus = not exact or holder.user_key != user_key
    if plus and door.settings.plus_in_credentials == "refuse":
        return _unencoded_plus()
    return Authenticated(holder, method, (UNENCODED_PLUS,) if plus else (), purpose_ids(given))


def _holder(user_key: str, door: Door) -> Keyholder | None:
    """Return who holds a key that may have lost its `+`; a configured key with a space is found as well."""
    return _exact_holder(plussed(user_key), door) or (_exact_holder(user_key, door) if " " in user_key else None)


def _exact_holder(user_key: str, door: Door) -> Keyholder | None:
    """Return who holds a key; what cannot be printed (NUL, half a surrogate pair) is none, and some stores choke on it."""
    return door.find(user_key) if user_key.isprintable() else None


def same(known: str, given: str) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(known.encode(), given.encode("utf-8", "surrogatepass"))


def _missing(query: Parameters) -> Refusal:
    return Refusal(
        code=CREDENTIALS_MISSING,
        error_code=ErrorCode.UNAUTHORIZED_USER,
        status=401,
        message="Unauthorized user",
        details="no credentials found; add ?userKey=…&secret=… to the URL, percent-encoded, or send Authorization: "
        f"Bearer with a token from /oauth2/token{_near_names(query, _NEAR_NAMES)}",
    )


def _incomplete(user_key: str, given: Parameters) -> Refusal:
    lacking = "secret" if user_key else "userKey"
    hint = _near_names(given, (lacking,))
    return Refusal(
        code="credentials-incomplete",
        error_code=ErrorCode.MISSING_PARAMETER,
        status=401,  # who sends half of the credentials has not said who they are
        message="Missing required parameter",
        details=f"userKey and secret belong together; {lacking} is missing or empty{hint}",
    )


def _near_names(given: Parameters, wanted: Iterable[str]) -> str:
    """Say what stands in the place of names that are *wanted*; `""` when nothing does."""
    meant = {near for name in wanted for near in _NEAR_NAMES[name]}
    found = [name for name in given.values if name.lower() in meant and name not in _NEAR_NAMES]
    return f"; found {', '.join(found)}, but the names are userKey and secret, and case-sensitive" if found else ""


def _repeated(given: Parameters) -> Refusal:
    names = ", ".join(sorted(given.repeated & (SIGNED_NAMES | {"secret"})))
    return Refusal(
        code="credentials-repeated",
        error_code=ErrorCode.INVALID_PARAMETER,
        message="Invalid parameter value",
        details=f"{names} stands more than once in the request; send it once",
    )


def _plain_http() -> Refusal:
    return Refusal(
        code="secret-over-http",
        error_code=ErrorCode.SECRET_OVER_HTTP,
        message="Secret sent over http",
        details="a secret came over plain http; use https (switch: plain_http_secret = allow)",
    )


def _unencoded_plus() -> Refusal:
    return Refusal(
        code="unencoded-plus",
        error_code=ErrorCode.INVALID_SECRET,
        message="Invalid secret",
        details=UNENCODED_PLUS.message,
    )


def _unknown_user_key(user_key: str, secret: str, door: Door) -> Refusal:
    return Refusal(
        code="unknown-user-key",
        error_code=ErrorCode.UNAUTHORIZED_USER,
        message="Unauthorized user",
        details=_about_user_key(user_key, secret, door),
    )


def _about_user_key(user_key: str, secret: str, door: Door) -> str:
    if _holder(secret, door):
        return "what came as secret is a user key: userKey and secret are swapped"
    if _holder(user_key.strip(" \t\r\n\"'"), door):
        return "the user key has blanks or quotes around it; send it bare"
    if "%" in user_key and _holder(unquote(user_key), door):
        return "the user key is percent-encoded twice"
    return (
        "the user key is not known here; `mock-cdp contracts show EVENT --keys` prints a contract's, "
        "GET …/applications/ID/credentials that of an application made by API"
    )


def _wrong_secret(holder: Keyholder, secret: str, door: Door) -> Refusal:
    return Refusal(
        code="wrong-secret",
        error_code=ErrorCode.INVALID_SECRET,
        message="Invalid secret",
        details=f"user key {holder.user_key} is known, but {_about_secret(holder, secret, door)}",
    )


def _about_secret(holder: Keyholder, secret: str, door: Door) -> str:
    known = holder.secret
    if same(known, plussed(secret.strip(" \t\r\n\"'"))):
        return "the secret has blanks or quotes around it; send it bare"
    if "%" in secret and same(known, unquote(secret)):
        return "the secret is percent-encoded twice"
    if same(known.lower(), plussed(secret.lower())):
        return "the secret's upper and lower case letters differ"
    if same(known.rstrip("="), plussed(secret)):
        return "the = at the secret's end is missing; percent-encode it as %3D"
    if _holder(secret, door):
        return "what came as secret is a user key"
    return "this is not its secret; is it another application's, or cut short by an unencoded character (& # % +)?"


def _permission_denied(holder: Keyholder, application: str) -> Refusal:
    own = "the configuration only" if holder.admin else ", ".join(sorted(holder.applications or ()))
    return Refusal(
        code="permission-denied",
        error_code=ErrorCode.PERMISSION_DENIED,
        message="Permission denied",
        details=f"user key {holder.user_key} belongs to {own}, the URL to {application}; use that application's key",
    )


# -- the Authorization header ------------------------------------------------------------------------------------------


def _by_header(authorization: str, query: Parameters, delivery: Delivery, door: Door) -> Authenticated | Refusal:
    scheme, _, rest = authorization.partition(" ")
    match scheme.lower():
        case "bearer":
            return _by_token(rest.strip(), query, door)
        case "basic":
            return _by_basic(authorization, query, delivery, door)
        case _:
            return Refusal(
                code="authorization-unknown",
                error_code=ErrorCode.UNAUTHORIZED_USER,
                status=401,
                message="Unauthorized user",
                details="the Authorization header must start with Bearer; for userKey and secret in the URL leave it out",
            )


def _by_token(token: str, query: Parameters, door: Door) -> Authenticated | Refusal:
    try:
        header = tokens.token_header(token)
        if header.get("typ") == tokens.TOKEN_TYPE:
            return _by_bearer(token, query, door)
        return _by_jwt(token, str(header.get("kid") or ""), query, door)
    except tokens.TokenError as trouble:
        return _token_refusal(trouble)


def _by_bearer(token: str, query: Parameters, door: Door) -> Authenticated | Refusal:
    user_key = tokens.token_holder(token, door.token_key, now=door.now)
    holder = door.find(user_key)
    if holder is None:
        return _token_invalid("token-invalid", f"the token's user key {user_key} no longer exists")
    return Authenticated(holder, "bearer", (), purpose_ids(query))


def _by_jwt(token: str, kid: str, query: Parameters, door: Door) -> Authenticated | Refusal:
    holder = _exact_holder(kid, door)
    if holder is None:
        return _token_invalid("token-unknown-kid", f"the JWT's kid must be a user key known here, found {shown(kid)}")
    if not holder.public_key:
        hint = "add publicKey (PEM) to its credentials or to POST /_mock/sessions"
        return _token_invalid("token-no-public-key", f"no public key is known for user key {holder.user_key}; {hint}")
    jti = tokens.self_signed(token, holder.public_key, now=door.now, skew_s=door.settings.clock_skew_s)
    if not _first_use(holder, "jti", jti, door):
        return _nonce_reused("jti")
    return Authenticated(holder, "jwt", (), purpose_ids(query))


def _token_refusal(trouble: tokens.TokenError) -> Refusal:
    if trouble.code == "skew":
        return Refusal(
            code="token-clock",
            error_code=ErrorCode.REQUEST_EXPIRED,
            status=401,
            message="Request has expired",
            details=str(trouble),
        )
    return _token_invalid(f"token-{trouble.code}", str(trouble))


def _token_invalid(code: str, details: str) -> Refusal:
    return Refusal(code=code, error_code=ErrorCode.INVALID_TOKEN, status=401, message="Invalid token", details=details)


def _by_basic(authorization: str, query: Parameters, delivery: Delivery, door: Door) -> Authenticated | Refusal:
    if not door.settings.basic_auth:
        return Refusal(
            code="basic-auth-off",
            error_code=ErrorCode.UNAUTHORIZED_USER,
            status=401,
            message="Unauthorized user",
            details="there is no evidence that CDP takes HTTP Basic; send userKey and secret in the URL, or a bearer "
            "token (switch of this mock: basic_auth = true)",
        )
    if delivery.scheme == "http" and door.settings.plain_http_secret == "refuse":
        return _plain_http()
    pair = tokens.basic_pair(authorization)
    if pair is None:
        return _basic_unreadable()
    holder = _exact_holder(pair[0], door)
    fits = same(holder.secret if holder else NOBODY, pair[1])
    if holder is None:
        return _unknown_user_key(pair[0], pair[1], door)
    if not fits:
        return _wrong_secret(holder, pair[1], door)
    return Authenticated(holder, "basic", (), purpose_ids(query))


def _basic_unreadable() -> Refusal:
    return Refusal(
        code="credentials-incomplete",
        error_code=ErrorCode.MISSING_PARAMETER,
        status=401,  # who sends half of the credentials has not said who they are
        message="Missing required parameter",
        details="the Authorization header's Basic value must be the base64 of userKey:secret",
    )


# -- the signed request ------------------------------------------------------------------------------------------------


def _by_signature(delivery: Delivery, query: Parameters, door: Door) -> Authenticated | Refusal:
    lacking = [name for name in ("userKey", "timestamp", "nonce") if not query.get(name)]
    if lacking:
        return Refusal(
            code="credentials-incomplete",
            error_code=ErrorCode.MISSING_PARAMETER,
            message="Missing required parameter",
            details=f"a signed request needs userKey, timestamp, nonce and sig; missing: {', '.join(lacking)}",
        )
    if query.repeated & SIGNED_NAMES:
        return _repeated(query)
    holder = _holder(query.get("userKey"), door)
    if holder is None:
        return _unknown_user_key(query.get("userKey"), "", door)
    if late := _late(query.get("timestamp"), door):
        return late
    if not _signature_fits(delivery, query, holder):
        return _wrong_signature(delivery, query, holder)
    plus = holder.user_key != query.get("userKey") or " " in query.get("sig")
    if plus and door.settings.plus_in_credentials == "refuse":
        return _unencoded_plus()
    if not _first_use(holder, "nonce", query.get("nonce"), door):
        return _nonce_reused("nonce")
    return Authenticated(holder, "signed", (UNENCODED_PLUS,) if plus else (), purpose_ids(query))


def _late(timestamp: str, door: Door) -> Refusal | None:
    if not (timestamp.isascii() and timestamp.isdecimal()) or len(timestamp) > 15:  # noqa: PLR2004  # beyond any clock
        details = f"timestamp must be Unix time in seconds or milliseconds, found {shown(timestamp)}"
    else:
        seconds = int(timestamp) / (1000 if len(timestamp) > 11 else 1)  # noqa: PLR2004  # 11 digits: the year 5138
        off = door.now - seconds
        if abs(off) <= door.settings.clock_skew_s:
            return None
        direction = "behind" if off > 0 else "ahead of"
        details = f"timestamp is {abs(off):.0f} s {direction} this clock; {door.settings.clock_skew_s:.0f} s are allowed"
    return Refusal(code="request-expired", error_code=ErrorCode.REQUEST_EXPIRED, message="Request has expired", details=details)


def _bases(delivery: Delivery, pairs: Iterable[tuple[str, str]], user_key: str) -> list[str]:
    """Return the strings a client may have signed: its own few parameters (JavaScript) or all (its siblings)."""
    url = f"{delivery.scheme}://{delivery.host}{delivery.path}"
    everything = [(name, user_key if name == "userKey" else value) for name, value in pairs]
    few = [(name, value) for name, value in everything if name in signature.SIGNED_BY_JS]
    return [signature.base_string(delivery.method, url, signed) for signed in (few, everything)]


def _signature_fits(delivery: Delivery, query: Parameters, holder: Keyholder) -> bool:
    given = plussed(query.get("sig"))
    fits = [same(signature.sign(holder.secret, base), given) for base in _bases(delivery, query.pairs, holder.user_key)]
    return any(fits) and bool(given)


def _wrong_signature(delivery: Delivery, query: Parameters, holder: Keyholder) -> Refusal:
    few, everything = _bases(delivery, redact_pairs(query.pairs), holder.user_key)
    details = "" if signature.sign(holder.secret, "") else "The secret is not base64, so nothing can be signed with it. "
    details += f"sig fits neither of the strings to sign. Few parameters: {few[:400]}"
    if everything != few:
        details += f" All parameters: {everything[:400]}"
    return Refusal(
        code="wrong-signature",
        error_code=ErrorCode.INVALID_SIGNATURE,
        message="Invalid request signature",
        details=f"{details} The key is the base64-decoded secret, the method HMAC-SHA1",
    )


def _first_use(holder: Keyholder, kind: Literal["jti", "nonce"], nonce: str, door: Door) -> bool:
    """Claim *nonce*, written in ASCII: a client may put characters into it that no store takes."""
    expires = door.now + 2 * door.settings.clock_skew_s + 1  # a request may be as early as late
    return door.claim_nonce(holder.user_key, f"{kind}:{nonce!a}", expires_at=expires, now=door.now)


def _nonce_reused(name: str) -> Refusal:
    return Refusal(
        code="nonce-reused",
        error_code=ErrorCode.DUPLICATE_NONCE,
        message="Duplicate nonce",
        details=f"this {name} was used before; make a new one for every request, also when retrying",
    )
