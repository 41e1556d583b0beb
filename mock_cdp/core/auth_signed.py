"""The signed request (`sig`), as clients of SAP's API family send it."""

from collections.abc import Iterable

from mock_cdp.core import signature
from mock_cdp.core.auth_refusals import SIGNED_NAMES, UNENCODED_PLUS, nonce_reused, repeated, unencoded_plus, unknown_user_key
from mock_cdp.core.credentials import Parameters, plussed, purpose_ids, redact_pairs, shown
from mock_cdp.core.delivery import Delivery
from mock_cdp.core.keyholder import Authenticated, Keyholder, Means, first_use, holder_of, same
from mock_cdp.core.refusal import ErrorCode, Refusal


def by_signature(delivery: Delivery, query: Parameters, means: Means) -> Authenticated | Refusal:
    """Take a request whose signature fits, close to its timestamp, once."""
    lacking = [name for name in ("userKey", "timestamp", "nonce") if not query.get(name)]
    if lacking:
        return Refusal(
            code="credentials-incomplete",
            error_code=ErrorCode.MISSING_PARAMETER,
            message="Missing required parameter",
            details=f"a signed request needs userKey, timestamp, nonce and sig; missing: {', '.join(lacking)}",
        )
    if query.repeated & SIGNED_NAMES:
        return repeated(query)
    holder = holder_of(query.get("userKey"), means.find)
    if holder is None:
        return unknown_user_key(query.get("userKey"), "", means)
    if late := _late(query.get("timestamp"), means):
        return late
    if not _signature_fits(delivery, query, holder):
        return _wrong_signature(delivery, query, holder)
    plus = holder.user_key != query.get("userKey") or " " in query.get("sig")
    if plus and means.settings.plus_in_credentials == "refuse":
        return unencoded_plus()
    if not first_use(holder, "nonce", query.get("nonce"), means):
        return nonce_reused("nonce")
    return Authenticated(holder, "signed", (UNENCODED_PLUS,) if plus else (), purpose_ids(query))


def _late(timestamp: str, means: Means) -> Refusal | None:
    if not (timestamp.isascii() and timestamp.isdecimal()) or len(timestamp) > 15:  # noqa: PLR2004  # beyond any clock
        details = f"timestamp must be Unix time in seconds or milliseconds, found {shown(timestamp)}"
    else:
        seconds = int(timestamp) / (1000 if len(timestamp) > 11 else 1)  # noqa: PLR2004  # 11 digits: the year 5138
        off = means.now - seconds
        if abs(off) <= means.settings.clock_skew_s:
            return None
        direction = "behind" if off > 0 else "ahead of"
        details = f"timestamp is {abs(off):.0f} s {direction} this clock; {means.settings.clock_skew_s:.0f} s are allowed"
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
