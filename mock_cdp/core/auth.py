"""Who sent a delivery: the modes SAP documents or clients use, tried in a fixed order, and refusals that explain themselves.

Order: Authorization header (bearer token, self-signed JWT, Basic), signed request (`sig`), query, form body.
"""

from mock_cdp.core.auth_refusals import missing, permission_denied
from mock_cdp.core.auth_secret import by_basic, by_secret
from mock_cdp.core.auth_signed import by_signature
from mock_cdp.core.auth_token import by_token
from mock_cdp.core.credentials import Parameters, form_parameters, is_form, parameters
from mock_cdp.core.delivery import Delivery
from mock_cdp.core.keyholder import Authenticated, AuthSettings, ClaimNonce, Find, Means
from mock_cdp.core.refusal import ErrorCode, Refusal


def authenticate(
    delivery: Delivery,
    application: str | None,
    *,
    find: Find,
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
    means = Means(find, settings, token_key, claim_nonce, now)
    found = _identify(delivery, means)
    if isinstance(found, Refusal):
        return found
    allowed = found.holder.applications
    if application is not None and allowed is not None and application not in allowed:
        return permission_denied(found.holder, application)
    return found


def _identify(delivery: Delivery, means: Means) -> Authenticated | Refusal:
    authorization = delivery.header("authorization")
    query = parameters(delivery.query)
    if authorization:
        return _by_header(authorization, query, delivery, means)
    if query.get("sig"):
        return by_signature(delivery, query, means)
    if query.values.keys() & {"userKey", "secret"}:
        return by_secret(query, "query", delivery, means)
    if is_form(delivery.header("content-type"), delivery.body):
        return by_secret(form_parameters(delivery.body), "form", delivery, means)
    return missing(query)


def _by_header(authorization: str, query: Parameters, delivery: Delivery, means: Means) -> Authenticated | Refusal:
    scheme, _, rest = authorization.partition(" ")
    match scheme.lower():
        case "bearer":
            return by_token(rest.strip(), query, means)
        case "basic":
            return by_basic(authorization, query, delivery, means)
        case _:
            return Refusal(
                code="authorization-unknown",
                error_code=ErrorCode.UNAUTHORIZED_USER,
                status=401,
                message="Unauthorized user",
                details="the Authorization header must start with Bearer; for userKey and secret in the URL leave it out",
            )
