"""User key and secret: in the query or a form, as SAP documents, or as HTTP Basic, an extension of this mock."""

from urllib.parse import unquote

from mock_cdp.core import tokens
from mock_cdp.core.auth_refusals import UNENCODED_PLUS, near_names, plain_http, repeated, unencoded_plus, unknown_user_key
from mock_cdp.core.credentials import Parameters, plussed, purpose_ids
from mock_cdp.core.delivery import Delivery
from mock_cdp.core.keyholder import NOBODY, Authenticated, Keyholder, Means, Method, exact_holder, holder_of, same
from mock_cdp.core.refusal import ErrorCode, Refusal


def by_secret(given: Parameters, method: Method, delivery: Delivery, means: Means) -> Authenticated | Refusal:
    """Take user key and secret from the query or the form."""
    user_key, secret = given.get("userKey"), given.get("secret")
    if not user_key or not secret:
        return _incomplete(user_key, given)
    if given.repeated & {"userKey", "secret"}:
        return repeated(given)
    if delivery.scheme == "http" and means.settings.plain_http_secret == "refuse":
        return plain_http()
    holder = holder_of(user_key, means.find)
    known = holder.secret if holder else NOBODY
    exact = same(known, secret)
    if holder is None:
        return unknown_user_key(user_key, secret, means)
    if not exact and not same(known, plussed(secret)):
        return _wrong_secret(holder, secret, means)
    plus = not exact or holder.user_key != user_key
    if plus and means.settings.plus_in_credentials == "refuse":
        return unencoded_plus()
    return Authenticated(holder, method, (UNENCODED_PLUS,) if plus else (), purpose_ids(given))


def _incomplete(user_key: str, given: Parameters) -> Refusal:
    lacking = "secret" if user_key else "userKey"
    hint = near_names(given, (lacking,))
    return Refusal(
        code="credentials-incomplete",
        error_code=ErrorCode.MISSING_PARAMETER,
        status=401,  # who sends half of the credentials has not said who they are
        message="Missing required parameter",
        details=f"userKey and secret belong together; {lacking} is missing or empty{hint}",
    )


def _wrong_secret(holder: Keyholder, secret: str, means: Means) -> Refusal:
    return Refusal(
        code="wrong-secret",
        error_code=ErrorCode.INVALID_SECRET,
        message="Invalid secret",
        details=f"user key {holder.user_key} is known, but {_about_secret(holder, secret, means)}",
    )


def _about_secret(holder: Keyholder, secret: str, means: Means) -> str:
    known = holder.secret
    if same(known, plussed(secret.strip(" \t\r\n\"'"))):
        return "the secret has blanks or quotes around it; send it bare"
    if "%" in secret and same(known, unquote(secret)):
        return "the secret is percent-encoded twice"
    if same(known.lower(), plussed(secret.lower())):
        return "the secret's upper and lower case letters differ"
    if same(known.rstrip("="), plussed(secret)):
        return "the = at the secret's end is missing; percent-encode it as %3D"
    if holder_of(secret, means.find):
        return "what came as secret is a user key"
    return "this is not its secret; is it another application's, or cut short by an unencoded character (& # % +)?"


def by_basic(authorization: str, query: Parameters, delivery: Delivery, means: Means) -> Authenticated | Refusal:
    """Take user key and secret from an Authorization header, where the switch allows it."""
    if not means.settings.basic_auth:
        return Refusal(
            code="basic-auth-off",
            error_code=ErrorCode.UNAUTHORIZED_USER,
            status=401,
            message="Unauthorized user",
            details="there is no evidence that CDP takes HTTP Basic; send userKey and secret in the URL, or a bearer "
            "token (switch of this mock: basic_auth = true)",
        )
    if delivery.scheme == "http" and means.settings.plain_http_secret == "refuse":
        return plain_http()
    pair = tokens.basic_pair(authorization)
    if pair is None:
        return _basic_unreadable()
    holder = exact_holder(pair[0], means.find)
    fits = same(holder.secret if holder else NOBODY, pair[1])
    if holder is None:
        return unknown_user_key(pair[0], pair[1], means)
    if not fits:
        return _wrong_secret(holder, pair[1], means)
    return Authenticated(holder, "basic", (), purpose_ids(query))


def _basic_unreadable() -> Refusal:
    return Refusal(
        code="credentials-incomplete",
        error_code=ErrorCode.MISSING_PARAMETER,
        status=401,  # who sends half of the credentials has not said who they are
        message="Missing required parameter",
        details="the Authorization header's Basic value must be the base64 of userKey:secret",
    )
