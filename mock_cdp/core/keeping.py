"""What is kept of a delivery: a receipt in which no secret of the sender's is left."""

import gzip
from typing import Any, Final, TypeVar

import msgspec

from mock_cdp.contract.contract import Contract
from mock_cdp.contract.violation import Violation
from mock_cdp.contract.wording import json_text
from mock_cdp.core.addressing import without_query
from mock_cdp.core.credentials import (
    REDACTED,
    is_form,
    mask_body,
    parameters,
    redact_body,
    redact_form,
    redact_headers,
    redact_named,
    redact_query,
)
from mock_cdp.core.delivery import Delivery, Limits
from mock_cdp.core.encoding import GZIP_MAGIC, decoded
from mock_cdp.core.keyholder import Authenticated
from mock_cdp.core.receipt import DEFAULT_SESSION, Receipt
from mock_cdp.core.refusal import Refusal

T = TypeVar("T")

_LIKELY_LENGTH: Final = 8  # characters; shorter ones are words, and would spoil what is kept
_TELLING: Final = 4  # characters of a secret; fewer say nothing of it
SECRET_IN_BODY: Final = Violation(
    code="secret-in-body",
    pointer="",
    message="the event holds the secret it was sent with; it is kept redacted here, but SAP would keep it as it came: "
    "take it out of the mapping or the script",
)


def receipt_of(
    delivery: Delivery, contract: Contract | None, who: Authenticated | None, revision: str, limits: Limits
) -> Receipt:
    """Return the receipt of *delivery*, not judged yet.

    Args:
        delivery: As received.
        contract: None when none was found.
        who: None when nobody authenticated.
        revision: Of the contracts it is judged by.
        limits: A body that is larger unpacked stays packed.
    """
    body = delivery.body
    if is_form(delivery.header("content-type"), body):
        body = redact_form(body)
    encoding = delivery.header("content-encoding")
    redacted = _packed_again(body, encoding, limits, delivery, who) if encoding else _without_secret(body, delivery, who)
    return Receipt(
        call_id="",
        session=who.holder.session if who else DEFAULT_SESSION,
        application=contract.application_path if contract else "",
        event=contract.path if contract else "",
        received_at=delivery.received_at,
        method=delivery.method,
        path=delivery.path if contract else without_query(delivery.path),
        host=delivery.host,
        query=redact_query(delivery.query),
        headers=redact_headers(delivery.headers),
        body=redacted,
        revision=revision,
        auth=who.method if who else "",
    )


def _without_secret(body: bytes, delivery: Delivery, who: Authenticated | None) -> bytes:
    """Return *body* without the sender's secret, should it have found its way in; of a stranger, without what may be one."""
    if who is not None:
        return redact_body(body, who.holder.secret)
    presented = parameters(delivery.query).get("secret")
    body = redact_named(body)
    return redact_body(body, presented) if len(presented) >= _LIKELY_LENGTH else body


def _packed_again(body: bytes, encoding: str, limits: Limits, delivery: Delivery, who: Authenticated | None) -> bytes:
    unpacked = decoded(body, encoding, limits.max_body_bytes)
    if isinstance(unpacked, Refusal) or (redacted := _without_secret(unpacked, delivery, who)) is unpacked:
        return body
    return gzip.compress(redacted, mtime=0) if body.startswith(GZIP_MAGIC) else redacted


def masked(delivery: Delivery, secret: str, limits: Limits) -> Delivery:
    """Return *delivery* with the sender's secret starred out of its body, in which everything stays where it is.

    What is said of a body that cannot be read quotes from it: of this one, no part of the secret. It is the very same when the
    secret is not in it.
    """
    encoding, body = delivery.header("content-encoding"), delivery.body
    unpacked = decoded(body, encoding, limits.max_body_bytes) if encoding else body
    if isinstance(unpacked, Refusal) or (starred := mask_body(unpacked, secret)) is unpacked:
        return delivery
    headers = tuple((name, value) for name, value in delivery.headers if name != "content-encoding")
    return msgspec.structs.replace(delivery, body=starred, headers=headers)


def hidden(found: T, secret: str, kind: type[T]) -> T:
    """Return *found* without the sender's secret in any of its texts, as quoted there or as JSON quotes it once more.

    Its codes stay: they are ours, and a secret may be a word.
    """
    once = json_text(secret)[1:-1]
    spellings = (json_text(json_text(secret))[3:-3], json_text(once)[1:-1], once)
    cut = [f"{secret[:length]}…" for length in range(len(secret) - 1, _TELLING - 1, -1)]  # where a text was shortened

    def without(value: Any) -> Any:
        match value:
            case str():
                for spelling in spellings:
                    value = value.replace(spelling, REDACTED)
                for beginning in cut if "…" in value else ():
                    value = value.replace(beginning, f"{REDACTED}…")
                return redact_body(value.encode(), secret).decode()
            case list() | tuple():
                return [without(inner) for inner in value]
            case dict():
                return {name: inner if name == "code" else without(inner) for name, inner in value.items()}
            case _:
                return value

    return msgspec.convert(without(msgspec.to_builtins(found)), type=kind)


def as_violation(refusal: Refusal) -> Violation:
    """Write a refusal as a violation, so that it is counted and shown like one."""
    text = f"{refusal.message}: {refusal.details}" if refusal.details else refusal.message
    return Violation(code=refusal.code, pointer=refusal.pointer, message=text)
