"""Judgements over single answers of a listener: what differs from what is known or assumed of CDP. Pure; nothing is sent here."""

from collections.abc import Iterator
from typing import Final

from mock_cdp.testing.conformance_answers import Answer, Basis, Difference, difference

ACCEPTED: Final = 202
SUCCESSES: Final = range(200, 300)
REDIRECTS: Final = range(300, 400)
REFUSALS: Final = range(400, 500)
SERVER_ERRORS: Final = 500
UNAUTHORISED: Final = frozenset({401, 403})


# -- whatever is answered ----------------------------------------------------------------------------------------------


def not_json(answer: Answer) -> Iterator[Difference]:
    """Find an answer that a client which parses every answer cannot read."""
    expected = "a JSON object or array with every answer"
    if not answer.status:
        yield difference(answer, "no-answer", "ends the connection without an answer", expected, "json-always")
    elif answer.status in REDIRECTS:
        yield difference(answer, "redirect", "redirects", f"{expected}, never a redirect", "json-always")
    elif "html" in answer.header("content-type").lower():
        yield difference(answer, "html", "answers HTML", expected, "json-always")
    elif answer.value is None:
        yield difference(answer, "not-json", "answers something that is not JSON", expected, "json-always")


def cookie(answer: Answer) -> Iterator[Difference]:
    """Find a cookie: the interface has no state for one."""
    if answer.header("set-cookie"):
        yield difference(answer, "cookie", "sets a cookie", "no cookie with any answer")


def nameless(answer: Answer) -> Iterator[Difference]:
    """Find an answer whose call cannot be named when asking about it."""
    if not answer.header("x-callid"):
        yield difference(answer, "no-x-callid", "has no x-callid", "the header x-callid with every answer", "x-callid")


# -- acceptance --------------------------------------------------------------------------------------------------------


def acceptance(answer: Answer, entry: str = "accepted-202") -> Iterator[Difference]:
    """Find why *answer* does not accept: it is no 2xx, no JSON, or its errorCode says otherwise.

    Args:
        answer: To something that keeps the contract.
        entry: Of the ledger, by which it should be accepted.
    """
    if found := list(not_json(answer)):
        yield found[0]
    elif answer.status not in SUCCESSES:
        yield difference(answer, "refuses-valid", "refuses what keeps the contract", "HTTP 202 and a JSON object", entry)
    elif answer.object.get("errorCode"):
        yield difference(
            answer, "error-code-on-success", "accepts with a truthy errorCode", "no errorCode, or the number 0", "accepted-202"
        )
    elif answer.status != ACCEPTED:
        yield difference(answer, "other-success", f"accepts with HTTP {answer.status}", "HTTP 202", "accepted-202")


def success_envelope(answer: Answer) -> Iterator[Difference]:
    """Find what the success body lacks of the family envelope."""
    if answer.status in SUCCESSES and (lacking := _lacking(answer)):
        expected = "callId, errorCode 0 and statusCode equal to the HTTP status"
        yield difference(answer, "success-body", f"accepts without {lacking}", expected, "success-body")


# -- refusal -----------------------------------------------------------------------------------------------------------


def refusal(answer: Answer) -> Iterator[Difference]:
    """Find why *answer* is no refusal in the family envelope, its status aside."""
    if found := list(not_json(answer)):
        yield found[0]
        return
    error_code = answer.object.get("errorCode")
    expected = "an errorCode that is a number other than 0"
    if isinstance(error_code, str):
        yield difference(answer, "error-code-text", f"writes errorCode as the text {error_code!r}", expected, "error-envelope")
    elif not error_code or not isinstance(error_code, int) or isinstance(error_code, bool):
        yield difference(answer, "no-error-code", "refuses without an errorCode", expected, "error-envelope")


def error_envelope(answer: Answer) -> Iterator[Difference]:
    """Find what a refusal lacks of the family envelope."""
    yield from refusal(answer)
    if answer.value is not None and (lacking := _lacking(answer)):
        expected = "callId, errorCode and statusCode equal to the HTTP status"
        yield difference(answer, "envelope", f"refuses without {lacking}", expected, "error-envelope")


def _lacking(answer: Answer) -> str:
    found = answer.object
    lacking = [name for name in ("callId", "errorCode", "statusCode") if name not in found]
    if "statusCode" in found and found["statusCode"] != answer.status:
        lacking.append(f"the right statusCode (found {found['statusCode']!r})")
    return ", ".join(lacking)


def unauthorised(answer: Answer, *, without_any: bool) -> Iterator[Difference]:
    """Find why *answer* does not keep a stranger out with 401 or 403.

    Args:
        answer: To a delivery that must not be let in.
        without_any: Whether it came without credentials, which the ledger has answered with 401.
    """
    expected = "HTTP 401 or 403 in the family envelope"
    if found := list(not_json(answer)):
        yield found[0]
    elif answer.status in SUCCESSES:
        yield difference(answer, "lets-strangers-in", "accepts without valid credentials", expected, "auth-query")
    elif answer.status not in UNAUTHORISED:
        yield _other(answer, "to a stranger", expected)
    else:
        yield from refusal(answer)
        if without_any and answer.status != 401:  # noqa: PLR2004
            title = f"answers HTTP {answer.status} when there are no credentials"
            yield difference(answer, "other-status", title, "HTTP 401", "auth-missing-401", tolerated=True)


def invalid_refused(answer: Answer) -> Iterator[Difference]:
    """Find why *answer* does not refuse an event that breaks its model.

    A success is one of two things: SAP may fail such events later, which nobody outside can know; our mock says in
    its verdict when it does so.
    """
    expected = "HTTP 4xx in the family envelope"
    if answer.status in SUCCESSES and answer.value is not None:
        verdict = answer.header("x-contract-verdict")
        entry = "model-dialect" if verdict not in {"", "rejected"} else "answer-timing"
        yield difference(answer, "accepts-invalid", "accepts an event that breaks its model", expected, entry)
    else:
        yield from _refused(answer, expected)


def body_refused(answer: Answer, entry: str = "answer-timing") -> Iterator[Difference]:
    """Find why *answer* does not refuse a body that cannot be read; of the refusal only that it is JSON is asked."""
    expected = "HTTP 4xx with a JSON object"
    if answer.status in SUCCESSES and answer.value is not None:
        yield difference(answer, "accepts-unreadable", "accepts a body that is no JSON", expected, entry)
    elif answer.status in REFUSALS:
        yield from not_json(answer)
    else:
        yield from _refused(answer, expected)


def nowhere(answer: Answer) -> Iterator[Difference]:
    """Find why *answer* does not say in JSON that nothing listens there."""
    expected = "HTTP 404 with a JSON object"
    if found := list(not_json(answer)):
        yield found[0]
    elif answer.status in SUCCESSES:
        yield difference(answer, "accepts-anywhere", "accepts where no event listens", expected, "listener-url")
    elif answer.status != 404:  # noqa: PLR2004
        yield _other(answer, "where no event listens", expected, tolerated=answer.status in UNAUTHORISED)


def _refused(answer: Answer, expected: str) -> Iterator[Difference]:
    if found := list(not_json(answer)):
        yield found[0]
    elif answer.status not in REFUSALS:
        yield _other(answer, "to an event that breaks its model", expected)
    else:
        yield from refusal(answer)


def _other(answer: Answer, where: str, expected: str, *, tolerated: bool = False) -> Difference:
    """Return that some other status was answered; a 5xx says that the server failed, which no request should bring about."""
    basis: Basis = "http" if answer.status >= SERVER_ERRORS else "assumed"
    return difference(answer, "other-status", f"answers HTTP {answer.status} {where}", expected, basis=basis, tolerated=tolerated)


def wrong_method(answer: Answer) -> Iterator[Difference]:
    """Find why *answer* does not say that a listener takes POST: 405 with Allow, as HTTP asks (RFC 9110, 15.5.6)."""
    expected = "HTTP 405 with an Allow that names POST, in the family envelope"
    if found := list(not_json(answer)):
        yield found[0]
    elif answer.status in SUCCESSES:
        yield difference(answer, "takes-any-method", "accepts a method other than POST", expected, "listener-url")
    elif answer.status != 405:  # noqa: PLR2004
        yield _other(answer, "to a method other than POST", expected)
    elif "POST" not in {method.strip() for method in answer.header("allow").upper().split(",")}:
        yield difference(answer, "no-allow", "answers 405 without an Allow that names POST", expected, basis="http")
    else:
        yield from refusal(answer)


# -- batches -----------------------------------------------------------------------------------------------------------


def partly_refused(answer: Answer, bad: int) -> Iterator[Difference]:
    """Find why *answer* does not keep the good events of a batch and refuse event *bad*."""
    expected = "HTTP 202: a batch is judged event by event"
    if found := list(not_json(answer)):
        yield found[0]
    elif answer.status in REFUSALS:
        yield from refusal(answer)
        yield difference(answer, "refuses-batch", "refuses a batch for one broken event", expected, "batch-partial")
    elif answer.status not in SUCCESSES:
        yield from acceptance(answer)
    else:
        outcomes = answer.object.get("outcomes")
        if isinstance(outcomes, list) and outcomes[bad : bad + 1] != ["rejected"]:
            title = "accepts the broken event of a batch"
            yield difference(answer, "accepts-invalid", title, f"the outcome rejected for event {bad}", "model-dialect")
