"""Tokens in the Authorization header: bearer tokens that the mock issued, and JWTs that a client signed itself."""

from mock_cdp.core import tokens
from mock_cdp.core.auth_refusals import nonce_reused
from mock_cdp.core.credentials import Parameters, purpose_ids, shown
from mock_cdp.core.keyholder import Authenticated, Means, exact_holder, first_use
from mock_cdp.core.refusal import ErrorCode, Refusal


def by_token(token: str, query: Parameters, means: Means) -> Authenticated | Refusal:
    """Take a bearer token that was issued here, or a JWT signed with the private key of its `kid`."""
    try:
        header = tokens.token_header(token)
        if header.get("typ") == tokens.TOKEN_TYPE:
            return _by_bearer(token, query, means)
        return _by_jwt(token, str(header.get("kid") or ""), query, means)
    except tokens.TokenError as trouble:
        return _token_refusal(trouble)


def _by_bearer(token: str, query: Parameters, means: Means) -> Authenticated | Refusal:
    user_key = tokens.token_holder(token, means.token_key, now=means.now)
    holder = means.find(user_key)
    if holder is None:
        return _token_invalid("token-invalid", f"the token's user key {user_key} no longer exists")
    return Authenticated(holder, "bearer", (), purpose_ids(query))


def _by_jwt(token: str, kid: str, query: Parameters, means: Means) -> Authenticated | Refusal:
    holder = exact_holder(kid, means.find)
    if holder is None:
        return _token_invalid("token-unknown-kid", f"the JWT's kid must be a user key known here, found {shown(kid)}")
    if not holder.public_key:
        hint = "add publicKey (PEM) to its credentials or to POST /_mock/sessions"
        return _token_invalid("token-no-public-key", f"no public key is known for user key {holder.user_key}; {hint}")
    jti = tokens.self_signed(token, holder.public_key, now=means.now, skew_s=means.settings.clock_skew_s)
    if not first_use(holder, "jti", jti, means):
        return nonce_reused("jti")
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
