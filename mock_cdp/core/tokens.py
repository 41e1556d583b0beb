"""Tokens: bearer tokens that the mock issues, and JWTs that a client signs itself. joserfc is imported when one arrives."""

import math
from typing import Any, Literal

import msgspec

from mock_cdp.core.credentials import FORM_TYPE, RAW_PLUS, form_parameters, parameters, plussed, shown
from mock_cdp.core.keyholder import Find, holder_of, same

TOKEN_TYPE = "mock-cdp-bearer"  # a header's value, so that our tokens and a client's JWTs cannot be confused
GRANT = "client_credentials"


class TokenError(Exception):
    """A token that cannot be used.

    Attributes:
        code: invalid, expired, or skew.
    """

    def __init__(self, code: Literal["invalid", "expired", "skew"], message: str) -> None:
        """Keep *code* beside the message."""
        super().__init__(message)
        self.code = code


class TokenReply(msgspec.Struct, frozen=True):
    """The token endpoint's answer: an OAuth success or error body."""

    status: int
    body: dict[str, Any]


def make_token(user_key: str, token_key: bytes, *, now: float, lifetime_s: int) -> str:
    """Return a bearer token for *user_key*; it holds all that is needed, so every worker and restart honours it."""
    from joserfc import jwt
    from joserfc.jwk import OctKey

    claims = {"sub": user_key, "iat": int(now), "exp": int(now) + lifetime_s}
    return jwt.encode({"alg": "HS256", "typ": TOKEN_TYPE}, claims, OctKey.import_key(token_key))


def token_holder(token: str, token_key: bytes, *, now: float) -> str:
    """Return the user key a bearer token of ours was issued to.

    Raises:
        TokenError: Forged, mangled or expired (by how many seconds).
    """
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import OctKey

    try:
        claims = jwt.decode(token, OctKey.import_key(token_key), algorithms=["HS256"]).claims
        user_key, expires = str(claims["sub"]), float(claims["exp"])
    except (JoseError, ValueError, KeyError, TypeError):
        raise TokenError("invalid", "the bearer token was not issued by this mock, or was changed") from None
    if now >= expires:
        raise TokenError("expired", f"the bearer token expired {now - expires:.0f} s ago; ask /oauth2/token for a new one")
    return user_key


def token_header(token: str) -> dict[str, Any]:
    """Return a JWT's header, nothing verified.

    Raises:
        TokenError: Not a JWT.
    """
    from joserfc import jws
    from joserfc.errors import JoseError

    try:
        header = jws.extract_compact(token.encode("ascii", "strict")).headers()
    except (JoseError, ValueError):
        raise TokenError("invalid", "the Authorization header holds Bearer and something that is no JWT") from None
    return dict(header)


def self_signed(token: str, public_key: str, *, now: float, skew_s: float) -> str:
    """Verify a JWT the client signed with its application's private key (documented: RS256, kid, iat, jti); return its jti.

    Raises:
        TokenError: Signature, algorithm, missing claims, or a clock that is off by more than *skew_s*.
    """
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import RSAKey

    algorithm = str(token_header(token).get("alg"))
    if algorithm != "RS256":  # neither none nor a shared secret: the public key is no secret
        raise TokenError("invalid", f"the JWT must be signed with RS256, its header says alg {shown(algorithm)}")
    try:
        key = RSAKey.import_key(public_key)
    except (JoseError, ValueError, TypeError):
        raise TokenError("invalid", "the public key kept for this user key is no RSA public key in PEM") from None
    try:
        claims = jwt.decode(token, key, algorithms=["RS256"]).claims
    except (JoseError, ValueError, TypeError, RecursionError):
        raise TokenError("invalid", "the JWT's RS256 signature does not fit the public key of this user key") from None
    issued, jti = _seconds(claims.get("iat")), claims.get("jti")
    if issued is None or not isinstance(jti, str) or not jti:
        raise TokenError("invalid", "the JWT's payload needs iat (Unix seconds, a number) and jti (a nonce, a string)")
    if abs(now - issued) > skew_s:
        direction = "behind" if issued < now else "ahead of"
        hint = "; iat looks like milliseconds" if issued > 100 * now else ""
        raise TokenError("skew", f"iat is {abs(now - issued):.0f} s {direction} this clock; {skew_s:.0f} s are allowed{hint}")
    return jti


def _seconds(value: Any) -> float | None:
    """Return a claim's time, or None if it is no number a clock can show (JSON readers let NaN and huge integers through)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        seconds = float(value)
    except OverflowError:
        return None
    return seconds if math.isfinite(seconds) else None


def issue_token(
    *,
    content_type: str,
    query: str,
    body: bytes,
    authorization: str,
    find: Find,
    token_key: bytes,
    lifetime_s: int,
    lenient: bool,
    refuse_plain_http: bool = False,
    refuse_raw_plus: bool = False,
    now: float,
) -> TokenReply:
    """Answer `POST /oauth2/token`.

    Args:
        content_type: Of the body; a form is what SAP documents.
        query: Raw query; `grant_type` belongs in the body.
        body: As received.
        authorization: The Authorization header; SAP documents `client_secret_post` only.
        find: User key to who holds it.
        token_key: Signs the token.
        lifetime_s: Of the token.
        lenient: Whether JSON, Basic and URL parameters are taken as well.
        refuse_plain_http: Whether the request came over plain http and a secret may not.
        refuse_raw_plus: Whether a `+` that arrived as a space is refused instead of warned of.
        now: Unix seconds.
    """
    if refuse_plain_http:
        return _error(400, "invalid_request", "a secret came over plain http; use https (switch: plain_http_secret = allow)")
    form = form_parameters(body) if content_type.lower().startswith(FORM_TYPE) else parameters("")
    given = dict(form.values)
    if lenient:
        given = {**_basic(authorization), **parameters(query).values, **_json(body), **given}
    elif trouble := _request_trouble(content_type, query, authorization, given):
        return _error(400, "invalid_request", trouble)
    if repeated := ", ".join(sorted(form.repeated & {"client_id", "client_secret", "grant_type"})):
        return _error(400, "invalid_request", f"{repeated} stands more than once in the form; send it once")
    if given.get("grant_type") != GRANT:
        found = shown(given["grant_type"]) if "grant_type" in given else "none"
        return _error(400, "unsupported_grant_type", f"grant_type must be {GRANT}, found {found}")
    client, secret = given.get("client_id", ""), given.get("client_secret", "")
    holder = holder_of(client, find)
    if holder is None:
        return _error(401, "invalid_client", "client_id must be a user key known here")
    exact = same(holder.secret, secret)
    if not exact and not same(holder.secret, plussed(secret)):
        return _error(401, "invalid_client", "client_secret is not the secret of this user key; percent-encode + / = in a form")
    plus = not exact or holder.user_key != client
    if plus and refuse_raw_plus:
        return _error(401, "invalid_client", RAW_PLUS)
    token = make_token(holder.user_key, token_key, now=now, lifetime_s=lifetime_s)
    warning = {"warning": RAW_PLUS} if plus else {}  # OAuth's clients ignore members they do not know
    return TokenReply(200, {"access_token": token, "token_type": "Bearer", "expires_in": lifetime_s} | warning)


def _request_trouble(content_type: str, query: str, authorization: str, given: dict[str, str]) -> str:
    """Say what CPI's OAuth2 credential is set to, when it is not what SAP CDP documents."""
    if authorization.lower().startswith("basic"):
        return "credentials came as a Basic header; set Client Authentication to Send as Body Parameter"
    if "json" in content_type.lower():
        return f"the body is JSON; set Content Type to {FORM_TYPE}"
    if "client_secret" in parameters(query).values:
        return "client_secret came in the URL; send client_id, client_secret and grant_type as a form body"
    if "grant_type" in parameters(query).values and "grant_type" not in given:
        return "grant_type came in the URL only; send it in the form body (CPI: Grant Type, Send as part of body)"
    if not content_type.lower().startswith(FORM_TYPE):
        return f"the body must be a form ({FORM_TYPE}), found Content-Type {content_type[:60]!r}"
    return ""


def _json(body: bytes) -> dict[str, str]:
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return {k: v for k, v in value.items() if isinstance(v, str)} if isinstance(value, dict) else {}


def _basic(authorization: str) -> dict[str, str]:
    pair = basic_pair(authorization)
    return {"client_id": pair[0], "client_secret": pair[1]} if pair else {}


def basic_pair(authorization: str) -> tuple[str, str] | None:
    """Return user and password of a Basic header, or None."""
    import base64
    import binascii

    try:
        text = base64.b64decode(authorization.partition(" ")[2], validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    user, colon, password = text.partition(":")
    return (user, password) if colon else None


def _error(status: int, error: str, description: str) -> TokenReply:
    return TokenReply(status, {"error": error, "error_description": description})
