"""What the mock answers: CDP's envelope, with the reasons beside it. Always a JSON object, never a cookie, never a redirect."""

from http import HTTPStatus
from typing import Any

import msgspec
import orjson

from mock_cdp.contract.times import time_text
from mock_cdp.contract.violation import Violation
from mock_cdp.core.fault import Fate
from mock_cdp.core.intake import BATCH_REFUSED
from mock_cdp.core.receipt import Receipt
from mock_cdp.core.refusal import ErrorCode, Refusal
from mock_cdp.cpi.diagnosed import Diagnosis

ACCEPTED = 202
SHOWN_CAUSES = 12
SHOWN_PATHS = 5
SHOWN_VIOLATIONS = 50  # in an answer: CPI copies the body into its message log; the receipt holds all


class Reply(msgspec.Struct, frozen=True):
    """An answer, ready to send.

    Attributes:
        status: HTTP status.
        headers: Names in their usual spelling; includes Content-Type.
        body: JSON.
        delay_s: A fault holds it back so long.
        fate: What a fault makes of it.
    """

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    delay_s: float = 0.0
    fate: Fate = "answered"


def reason(status: int) -> str:
    """Return the standard phrase of an HTTP status."""
    return HTTPStatus(status).phrase


def settle(receipt: Receipt, *, answer_later: bool, many: bool, refuse_duplicates: bool) -> None:
    """Fill in status and error code once every outcome is known.

    A batch is 202 if anything in it was kept or was already there; whether SAP does so is unknown (assumed).
    """
    if "rejected" not in (outcomes := receipt.outcomes) and "discarded" not in outcomes:
        refused = refuse_duplicates and not many and outcomes == ["duplicate"]
        _finish(receipt, ErrorCode.INVALID_PARAMETER if refused else 0)
        return
    refused = not answer_later and all(outcome == "rejected" for outcome in outcomes)
    _finish(receipt, ErrorCode.VALIDATION if refused else 0)


def _finish(receipt: Receipt, error_code: int) -> None:
    receipt.error_code = error_code
    receipt.status = error_code // 1000 if error_code else ACCEPTED


def envelope(call_id: str, now: float, *, error_code: int, message: str, details: str, status: int) -> dict[str, Any]:
    """Return the family envelope (documented for Gigya, inferred for CDP)."""
    failed = {"errorMessage": message, "errorDetails": details} if error_code else {}
    return {
        "callId": call_id,
        "errorCode": error_code,
        **failed,
        "statusCode": status,
        "statusReason": reason(status),
        "time": time_text(now),
    }


def refusal_envelope(call_id: str, now: float, refusal: Refusal) -> dict[str, Any]:
    """Return the family envelope of a refusal."""
    return envelope(
        call_id,
        now,
        error_code=refusal.error_code,
        message=refusal.message,
        details=refusal.details,
        status=refusal.http_status,
    )


def challenge(refusal: Refusal) -> list[tuple[str, str]]:
    """Return the header that must go with a 401 (RFC 9110), and none with any other status."""
    return [("WWW-Authenticate", 'Bearer realm="mock-cdp"')] if refusal.http_status == HTTPStatus.UNAUTHORIZED else []


def judged(receipt: Receipt, *, many: bool, later: bool) -> Reply:
    """Answer a delivery whose events were judged."""
    if receipt.outcomes == ["accepted"] and not receipt.warnings and not many:
        return _plain_acceptance(receipt)
    body = _verdict_first(receipt, many=many)
    if many:
        body["outcomes"] = receipt.outcomes
    else:
        body["outcome"] = receipt.outcomes[0]
    if not later:
        body |= _reasons(receipt, many=many)
    return Reply(receipt.status, _headers(receipt, "documented" if receipt.status == ACCEPTED else "assumed"), _json(body))


def _plain_acceptance(receipt: Receipt) -> Reply:
    text = (
        f'{{"callId":"{receipt.call_id}","errorCode":0,"statusCode":202,"statusReason":"Accepted",'
        f'"time":"{time_text(receipt.received_at)}","outcome":"accepted"}}'
    )
    return Reply(ACCEPTED, _headers(receipt, "observed"), text.encode())


def _verdict_first(receipt: Receipt, *, many: bool) -> dict[str, Any]:
    return envelope(
        receipt.call_id,
        receipt.received_at,
        error_code=receipt.error_code,
        message=_message(receipt) if receipt.error_code else "",
        details=_details(receipt, many=many) if receipt.error_code else "",
        status=receipt.status,
    )


def _message(receipt: Receipt) -> str:
    if receipt.outcomes == ["duplicate"]:
        return "Duplicate event"
    return "Schema validation failed"


def _details(receipt: Receipt, *, many: bool) -> str:
    if receipt.outcomes == ["duplicate"]:
        return "an event with the same deduplication value was accepted before; only the first is ingested"
    broken = len({violation.index for violation in receipt.violations if violation.code != BATCH_REFUSED})
    first = _located(receipt.violations[0], many=many) if receipt.violations else ""
    return f"{broken} of {len(receipt.outcomes)} events break the model of {receipt.event}: {first}"


def _located(violation: Violation, *, many: bool) -> str:
    return f"event {violation.index}: {violation.message}" if many else violation.message


def _reasons(receipt: Receipt, *, many: bool) -> dict[str, Any]:
    shown = receipt.violations[:SHOWN_VIOLATIONS]
    errors = [{"fieldName": violation.pointer, "message": _located(violation, many=many)} for violation in shown]
    return (
        _causes(receipt)
        | ({"validationErrors": errors} if errors else {})
        | _shown("violations", receipt.violations, many=many)
        | _shown("warnings", receipt.warnings, many=many)
    )


def _causes(receipt: Receipt) -> dict[str, Any]:
    return {"diagnoses": [_cause(one) for one in receipt.diagnoses[:SHOWN_CAUSES]]} if receipt.diagnoses else {}


def _cause(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return a cause in short; its lines to paste and all its places are in the report."""
    return {
        "code": diagnosis.code,
        "title": diagnosis.title,
        "message": diagnosis.message,
        "paths": diagnosis.paths[:SHOWN_PATHS],
        "count": diagnosis.count,
        "certain": diagnosis.certain,
    }


def _shown(name: str, found: list[Violation], *, many: bool = False) -> dict[str, Any]:
    """Return the first of *found* under *name*, and how many are left to the receipt; in a batch each says of which event."""
    if not found:
        return {}
    more = len(found) - SHOWN_VIOLATIONS
    shown = msgspec.to_builtins(found[:SHOWN_VIOLATIONS])
    if many:  # the first event too: position 0 is a default, and those are left out elsewhere
        shown = [one | {"index": violation.index} for one, violation in zip(shown, found, strict=False)]
    return {name: shown} | ({f"{name}NotShown": more} if more > 0 else {})


def refused(receipt: Receipt, refusal: Refusal) -> Reply:
    """Answer a delivery that was refused as a whole."""
    body = refusal_envelope(receipt.call_id, receipt.received_at, refusal)
    # Without `validationErrors`: a wrong secret or a broken body is no broken model.
    body |= _causes(receipt)
    body |= _shown("violations", receipt.violations) | _shown("warnings", receipt.warnings)
    return Reply(receipt.status, [*_headers(receipt, refusal.basis), *challenge(refusal)], _json(body))


def unkept(call_id: str, now: float, refusal: Refusal, extra_headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """Answer a request that is no delivery (no listener there, wrong method, our own failure)."""
    headers = [("Content-Type", "application/json"), ("x-callid", call_id), ("X-Mock-Basis", refusal.basis)]
    body = refusal_envelope(call_id, now, refusal)
    return Reply(refusal.http_status, [*headers, *challenge(refusal), *extra_headers], _json(body))


def verdict(receipt: Receipt) -> str:
    """Return one word for a delivery: its outcome, or `mixed`."""
    first, *others = receipt.outcomes
    return first if others.count(first) == len(others) else "mixed"


def _headers(receipt: Receipt, basis: str) -> list[tuple[str, str]]:
    return [
        ("Content-Type", "application/json"),
        ("x-callid", receipt.call_id),
        ("X-Contract-Verdict", verdict(receipt)),
        ("X-Contract-Report", f"/_mock/receipts/{receipt.call_id}"),
        ("X-Contract-Revision", receipt.revision),
        ("X-Mock-Basis", basis),
    ]


def _json(body: dict[str, Any]) -> bytes:
    return orjson.dumps(body)
